/*
 * main.c - nacre-compiler: one compilation a process.
 *
 *   nacre-compiler [OPTION...] MODULE IMAGE
 *
 * MODULE may be - for standard input, IMAGE for standard output. An IMAGE with a name gets it when
 * it is complete. What went wrong is the exit status, a nacre_status, and one line on standard
 * error: "nacre-compiler: 0x1f: text", or without the offset.
 *
 * For: nacre/compiler.h, which starts it with limits; what a module can do to it costs that
 * compilation alone.
 * Not for: people; its arguments may change.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/compiler.h"
#include "compiler/tool/tool.h"
#include "crypto/crypto.h"
#include "port/posix/posix.h"

static int fail(nacre_status status, uint64_t offset, const char *what, const char *why) {
    fputs("nacre-compiler: ", stderr);
    if (offset != NACRE_NO_OFFSET) fprintf(stderr, "0x%" PRIx64 ": ", offset);
    fprintf(stderr, "%s%s%s\n", what, what[0] && why[0] ? ": " : "", why);
    return (int)status;
}

static int fail_io(const char *path) {
    return fail(NACRE_IO, NACRE_NO_OFFSET, path, strerror(errno));
}

static uint8_t *read_all(const char *path, size_t *size) {
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
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

static bool write_to(int fd, const uint8_t *bytes, uint64_t size) {
    while (size > 0) {
        ssize_t put = write(fd, bytes, size);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        bytes += put;
        size -= (uint64_t)put;
    }
    return true;
}

/* Whoever started this may be gone: the image takes its name by itself, whole or not at all. */
static bool write_named(const char *path, const uint8_t *bytes, uint64_t size) {
    size_t room = strlen(path) + 32;
    char *temporary = malloc(room);
    if (!temporary) return false;
    snprintf(temporary, room, "%s.%ld.tmp", path, (long)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool done = fd >= 0 && write_to(fd, bytes, size);
    if (fd >= 0) {
        if (close(fd) != 0) done = false;
        if (done) done = rename(temporary, path) == 0;
        int number = errno;
        if (!done) unlink(temporary);
        errno = number;
    }
    free(temporary);
    return done;
}

static bool write_all(const char *path, const uint8_t *bytes, uint64_t size) {
    if (strcmp(path, "-") == 0) return write_to(STDOUT_FILENO, bytes, size);
    return write_named(path, bytes, size);
}

static bool read_option(struct compile_options *o, const char *arg) {
    if (strcmp(arg, "--explicit") == 0) o->explicit_bounds = true;
    else if (strcmp(arg, "--fuel") == 0) o->metering = true;
    else if (strcmp(arg, "--deterministic") == 0) o->deterministic = true;
    else if (strcmp(arg, "-g") == 0) o->debug = true;
    else if (strncmp(arg, "--target=", 9) == 0) o->target = arg + 9;
    else if (strncmp(arg, "--jobs=", 7) == 0) o->jobs = (uint32_t)strtoul(arg + 7, NULL, 10);
    else if (strncmp(arg, "--passes=", 9) == 0) o->pipeline = arg + 9;
    else if (strncmp(arg, "--dump=", 7) == 0) o->dump = arg + 7;
    else if (sscanf(arg, "--continue=%u:%u", &o->func, &o->loop) == 2) o->continues = true;
    else if (strncmp(arg, "-O", 2) == 0 && arg[2] >= '0' && arg[2] <= '3')
        o->level = (uint32_t)(arg[2] - '0');
    else return false;
    return true;
}

static int compile(struct compile_options *options, const char *module, const char *path) {
    const struct allocator *allocator = port_posix_allocator();
    nacre_error error = {.offset = NACRE_NO_OFFSET};
    uint8_t *image;
    uint64_t image_size;
    size_t size;
    uint8_t *bytes = read_all(module, &size);
    if (!bytes) return fail_io(module);
    crypto_sha256(bytes, size, options->module_sha256);
    nacre_status status =
        compile_module(options, allocator, bytes, size, &image, &image_size, &error);
    int result = 0;
    if (status != NACRE_OK) {
        const char *why = error.text[0] ? error.text : nacre_status_text(status);
        result = fail(status, error.offset, why, "");
    } else {
        if (!write_all(path, image, image_size)) result = fail_io(path);
        ALLOC_FREE_ARRAY(allocator, image, image_size);
    }
    free(bytes);
    return result;
}

int main(int argc, char **argv) {
    struct compile_options options = {.level = 2};
    int i = 1;
    memory_watch();
    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++)
        if (!read_option(&options, argv[i]))
            return fail(NACRE_ARGUMENT, NACRE_NO_OFFSET, argv[i], "no such option");
    if (argc - i != 2)
        return fail(NACRE_ARGUMENT, NACRE_NO_OFFSET, "usage",
                    "nacre-compiler [OPTION...] MODULE IMAGE");
    return compile(&options, argv[i], argv[i + 1]);
}
