/*
 * instantiate.c - how long it takes to make an instance in a process that has the module.
 *
 *   bench_instantiate MODULE [IMAGE] [TIMES]
 *
 * Prints the least and the middle time, in microseconds, of: a store with WASI (and its
 * destruction), and an instance in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nacre/image.h>
#include <nacre/instance.h>
#include <nacre/wasi.h>

enum { TIMES_MAX = 100000 };

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void must(nacre_status status, const char *what) {
    if (status == NACRE_OK) return;
    fprintf(stderr, "instantiate: %s: %s\n", what, nacre_status_text(status));
    exit(1);
}

static void *read_all(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) must(NACRE_IO, path);
    long end = ftell(file);
    rewind(file);
    void *bytes = malloc((size_t)end);
    if (!bytes || fread(bytes, 1, (size_t)end, file) != (size_t)end) must(NACRE_IO, path);
    fclose(file);
    *size = (size_t)end;
    return bytes;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void report(const char *what, double *times, size_t count) {
    qsort(times, count, sizeof *times, by_size);
    printf("%s: least %.1f us, middle %.1f us\n", what, times[0], times[count / 2]);
}

int main(int argc, char **argv) {
    static double whole[TIMES_MAX], instance_only[TIMES_MAX];
    size_t size, times = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000;
    nacre_engine *engine;
    nacre_module *module;
    if (argc < 2 || times == 0 || times > TIMES_MAX) return 2;
    void *bytes = read_all(argv[1], &size);
    must(nacre_engine_create(NULL, &engine), "engine");
    must(nacre_module_create(engine, bytes, size, &module, NULL), argv[1]);
    if (argc > 2) must(nacre_module_use_image(module, argv[2], NULL, NULL), argv[2]);
    for (size_t i = 0; i < times; i++) {
        nacre_store *store;
        nacre_wasi *wasi;
        nacre_instance *instance;
        double begin = now_us();
        must(nacre_store_create(engine, NULL, &store), "store");
        must(nacre_wasi_create(engine, &wasi), "WASI");
        must(nacre_wasi_attach(wasi, store), "WASI");
        double middle = now_us();
        must(nacre_instance_create(store, module, &instance, NULL), "instance");
        instance_only[i] = now_us() - middle;
        nacre_store_destroy(store);
        whole[i] = now_us() - begin;
    }
    report("instance", instance_only, times);
    report("store, instance, and their end", whole, times);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    free(bytes);
    return 0;
}
