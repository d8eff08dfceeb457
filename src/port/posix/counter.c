/* counter.c - counters as files: ~/.local/state/nacre/counters/NAME, or below XDG_STATE_HOME.
 * Whoever can write there can turn them back. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/port.h"
#include "port/posix/handles.h"

/* A value is so many digits and a line's end, so that each takes the place of the one before. */
enum { DIGITS = 20, TEXT = DIGITS + 1 };

/* False: the user has no folder. */
static bool find_path(const uint8_t name[16], char path[PATH_MAX]) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool has_state = state && state[0] == '/';
    const char *base = has_state ? state : home;
    char hex[33];
    if (!base || base[0] != '/') return false;
    for (size_t i = 0; i < 16; i++) snprintf(hex + 2 * i, 3, "%02x", name[i]);
    int size = snprintf(path, PATH_MAX, "%s%s/nacre/counters/%s", base,
                        has_state ? "" : "/.local/state", hex);
    return size > 0 && size < PATH_MAX;
}

static void make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        (void)mkdirat(AT_FDCWD, path, 0700); /* which a run may call */
        *slash = '/';
    }
}

static nacre_status read_value(int fd, uint64_t *value) {
    char text[TEXT + 1] = "", *end;
    ssize_t size = pread(fd, text, TEXT, 0);
    if (size != TEXT) return size == 0 ? NACRE_NOT_FOUND : NACRE_IO;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || end != text + DIGITS) return NACRE_IO;
    *value = number;
    return NACRE_OK;
}

static nacre_status counter_read(void *context, const uint8_t name[16], uint64_t *value) {
    char path[PATH_MAX];
    (void)context;
    if (!find_path(name, path)) return NACRE_UNSUPPORTED;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT || errno == ENOTDIR ? NACRE_NOT_FOUND : NACRE_IO;
    nacre_status status = read_value(fd, value);
    close(fd);
    return status;
}

/* In an open and locked file. */
static nacre_status change(int fd, uint64_t from, uint64_t to) {
    char text[TEXT + 1];
    uint64_t now = PORT_COUNTER_NONE;
    nacre_status status = read_value(fd, &now);
    if (status != NACRE_OK && status != NACRE_NOT_FOUND) return status;
    if (now != from || (now != PORT_COUNTER_NONE && to <= now)) return NACRE_INTEGRITY;
    snprintf(text, sizeof text, "%0*llu\n", DIGITS, (unsigned long long)to);
    return pwrite(fd, text, TEXT, 0) == TEXT ? NACRE_OK : NACRE_IO;
}

static nacre_status counter_advance(void *context, const uint8_t name[16], uint64_t from,
                                    uint64_t to) {
    char path[PATH_MAX];
    (void)context;
    if (!find_path(name, path)) return NACRE_UNSUPPORTED;
    if (from == PORT_COUNTER_NONE) make_folders(path);
    int how = O_RDWR | O_CLOEXEC | (from == PORT_COUNTER_NONE ? O_CREAT : 0);
    int fd = open(path, how, 0600);
    if (fd < 0) return errno == ENOENT ? NACRE_INTEGRITY : NACRE_IO;
    nacre_status status = flock(fd, LOCK_EX) ? NACRE_IO : change(fd, from, to);
    close(fd);
    return status;
}

const struct port_counter posix_counter = {counter_read, counter_advance};
