/*
 * raw.c - what a C library does not use: rights, renumbering, addresses that are none.
 *
 * It wants an empty directory as "/".
 */
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

static void say(const char *what, __wasi_errno_t e) { printf("%s: %d\n", what, (int)e); }

static __wasi_errno_t open_file(const char *path, __wasi_oflags_t oflags, __wasi_rights_t rights,
                                __wasi_fd_t *fd) {
    return __wasi_path_open(3, 0, path, oflags, rights, 0, 0, fd);
}

static void rights(void) {
    const __wasi_rights_t wanted = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE;
    __wasi_fd_t fd;
    __wasi_fdstat_t stat;
    __wasi_size_t size;
    char byte = 'x';
    __wasi_ciovec_t out = {(const uint8_t *)&byte, 1};
    say("create", open_file("file", __WASI_OFLAGS_CREAT, wanted, &fd));
    say("write", __wasi_fd_write(fd, &out, 1, &size));
    say("seek without the right",
        __wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &(__wasi_filesize_t){0}));
    say("give up writing", __wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ, 0));
    say("write", __wasi_fd_write(fd, &out, 1, &size));
    say("take it back", __wasi_fd_fdstat_set_rights(fd, wanted, 0));
    say("stat", __wasi_fd_fdstat_get(fd, &stat));
    printf("type %d, rights %llx\n", stat.fs_filetype, (unsigned long long)stat.fs_rights_base);
    say("close", __wasi_fd_close(fd));
    say("close", __wasi_fd_close(fd));
}

static void numbers(void) {
    __wasi_fd_t a, b;
    say("open", open_file("a", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_READ, &a));
    say("open", open_file("b", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_READ, &b));
    printf("%u %u\n", a, b);
    say("renumber", __wasi_fd_renumber(b, a));
    say("the old number", __wasi_fd_close(b));
    say("to one that is closed", __wasi_fd_renumber(a, b));
    say("close", __wasi_fd_close(a));
}

static void addresses(void) {
    uint8_t *nowhere = (uint8_t *)0xFFFFFFF0;
    __wasi_ciovec_t out = {nowhere, 100};
    __wasi_size_t size;
    say("write from nowhere", __wasi_fd_write(1, &out, 1, &size));
    say("vectors nowhere", __wasi_fd_write(1, (const __wasi_ciovec_t *)nowhere, 9, &size));
    say("random bytes to nowhere", __wasi_random_get(nowhere, 100));
    say("time to nowhere",
        __wasi_clock_time_get(0, 0, (__wasi_timestamp_t *)(nowhere + 12)));
    say("a bad clock", __wasi_clock_time_get(9, 0, &(__wasi_timestamp_t){0}));
    say("bad flags", open_file("x", 0x4000, 0, &(__wasi_fd_t){0}));
    say("nothing to wait for", __wasi_poll_oneoff(NULL, NULL, 0, &size));
}

static void preopened(void) {
    __wasi_prestat_t stat;
    char name[4] = {0};
    say("prestat", __wasi_fd_prestat_get(3, &stat));
    printf("%d, %d bytes\n", stat.tag, (int)stat.u.dir.pr_name_len);
    say("name", __wasi_fd_prestat_dir_name(3, (uint8_t *)name, 1));
    printf("%s\n", name);
    say("too short", __wasi_fd_prestat_dir_name(3, (uint8_t *)name, 0));
    say("the next", __wasi_fd_prestat_get(4, &stat));
}

static void cut_off(void) {
    uint8_t buffer[60];
    __wasi_size_t used;
    for (__wasi_size_t size = 0; size <= sizeof buffer; size += 20) {
        say("readdir", __wasi_fd_readdir(3, buffer, size, 0, &used));
        printf("%d of %d\n", (int)used, (int)size);
    }
}

int main(void) {
    preopened();
    rights();
    numbers();
    addresses();
    cut_off();
    return 0;
}
