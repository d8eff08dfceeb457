/*
 * instantiate.c - how long it takes to make an instance in a process that has the module.
 *
 *   bench_instantiate MODULE IMAGE [TIMES [THREADS]]
 *
 * Prints the least and the middle time, in microseconds, of: a store with WASI (and its
 * destruction), and an instance in it. Then how many of these a second one thread makes, and
 * several of one engine and module at once, who share the work: processors may differ in speed.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nacre/image.h>
#include <nacre/instance.h>
#include <nacre/wasi.h>

enum { TIMES_MAX = 100000, THREADS_MAX = 64 };

struct work {
    nacre_engine *engine;
    nacre_module *module;
    size_t times; /* for each thread, ... */
    long left;    /* ... of which whoever is faster does more; atomic */
};

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

/* Returns how long the instance alone took. */
static double make_one(const struct work *w) {
    nacre_store *store;
    nacre_wasi *wasi;
    nacre_instance *instance;
    must(nacre_store_create(w->engine, NULL, &store), "store");
    must(nacre_wasi_create(w->engine, &wasi), "WASI");
    must(nacre_wasi_attach(wasi, store), "WASI");
    double begin = now_us();
    must(nacre_instance_create(store, w->module, &instance, NULL), "instance");
    double took = now_us() - begin;
    nacre_store_destroy(store);
    return took;
}

static void time_each(const struct work *w) {
    static double whole[TIMES_MAX], instance_only[TIMES_MAX];
    for (size_t i = 0; i < w->times; i++) {
        double begin = now_us();
        instance_only[i] = make_one(w);
        whole[i] = now_us() - begin;
    }
    report("instance", instance_only, w->times);
    report("store, instance, and their end", whole, w->times);
}

static void *make_many(void *arg) {
    enum { PART = 64 };
    struct work *w = arg;
    while (__atomic_fetch_sub(&w->left, PART, __ATOMIC_RELAXED) > 0)
        for (int i = 0; i < PART; i++) (void)make_one(w);
    return NULL;
}

/* Returns how many a second. */
static double time_threads(struct work *w, size_t threads) {
    pthread_t thread[THREADS_MAX];
    w->left = (long)(w->times * threads);
    double begin = now_us();
    for (size_t i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, make_many, w) != 0) must(NACRE_IO, "thread");
    for (size_t i = 0; i < threads; i++) pthread_join(thread[i], NULL);
    return (double)(w->times * threads) * 1e6 / (now_us() - begin);
}

int main(int argc, char **argv) {
    size_t size, threads = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
    struct work w = {.times = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000};
    if (argc < 3 || w.times == 0 || w.times > TIMES_MAX || threads > THREADS_MAX) return 2;
    void *bytes = read_all(argv[1], &size);
    must(nacre_engine_create(NULL, &w.engine), "engine");
    must(nacre_module_create(w.engine, bytes, size, &w.module, NULL), argv[1]);
    must(nacre_module_use_image(w.module, argv[2], NULL, NULL), argv[2]);
    time_each(&w);
    double one = time_threads(&w, 1);
    printf("1 thread: %.0f a second\n", one);
    for (size_t n = 2; n <= threads; n *= 2) {
        double several = time_threads(&w, n);
        printf("%zu threads: %.0f a second, %.2f of one\n", n, several, several / one);
    }
    nacre_module_destroy(w.module);
    nacre_engine_destroy(w.engine);
    free(bytes);
    return 0;
}
