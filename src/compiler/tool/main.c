/*
 * main.c - nacre-compiler: one compilation a process.
 *
 * For: `nacre compile` and `nacre run`, which start it with limits; what a module can do to it costs
 * that compilation alone.
 * Not for: people; its arguments may change.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compiler.h"
#include "crypto/crypto.h"
#include "port/posix/posix.h"

static int fail(const char *what, const char *why) {
    fprintf(stderr, "nacre-compiler: %s: %s\n", what, why);
    return 1;
}

static uint8_t *read_all(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t capacity = 0, got;
    *size = 0;
    if (!file) return NULL;
    do {
        capacity = capacity ? capacity * 2 : 1 << 20;
        uint8_t *more = realloc(bytes, capacity);
        if (!more) break;
        bytes = more;
        got = fread(bytes + *size, 1, capacity - *size, file);
        *size += got;
    } while (*size == capacity);
    fclose(file);
    return bytes;
}

static bool write_all(const char *path, const uint8_t *bytes, uint64_t size) {
    FILE *file = fopen(path, "wb");
    if (!file) return false;
    bool done = fwrite(bytes, 1, size, file) == size;
    return fclose(file) == 0 && done;
}

static bool read_option(struct compile_options *o, const char *arg) {
    if (strcmp(arg, "--explicit") == 0) o->explicit_bounds = true;
    else if (strcmp(arg, "--fuel") == 0) o->metering = true;
    else if (strcmp(arg, "--deterministic") == 0) o->deterministic = true;
    else if (strncmp(arg, "--target=", 9) == 0) o->target = arg + 9;
    else if (strncmp(arg, "--jobs=", 7) == 0) o->jobs = (uint32_t)atoi(arg + 7);
    else if (strncmp(arg, "--passes=", 9) == 0) o->pipeline = arg + 9;
    else if (strncmp(arg, "--dump=", 7) == 0) o->dump = arg + 7;
    else if (strncmp(arg, "-O", 2) == 0 && arg[2] >= '0' && arg[2] <= '3')
        o->level = (uint32_t)(arg[2] - '0');
    else return false;
    return true;
}

int main(int argc, char **argv) {
    struct compile_options options = {.level = 2};
    const struct allocator *allocator = port_posix_allocator();
    nacre_error error = {0};
    uint8_t *image;
    uint64_t image_size;
    size_t size;
    int i = 1;
    while (i < argc && argv[i][0] == '-')
        if (!read_option(&options, argv[i++])) return fail(argv[i - 1], "no such option");
    if (argc - i != 2) return fail("usage", "nacre-compiler [OPTION...] MODULE IMAGE");
    uint8_t *bytes = read_all(argv[i], &size);
    if (!bytes) return fail(argv[i], strerror(errno));
    crypto_sha256(bytes, size, options.module_sha256);
    nacre_status status =
        compile_module(&options, allocator, bytes, size, &image, &image_size, &error);
    if (status != NACRE_OK)
        return fail(argv[i], error.text[0] ? error.text : nacre_status_text(status));
    if (!write_all(argv[i + 1], image, image_size)) return fail(argv[i + 1], strerror(errno));
    return 0;
}
