/* test_readdir.c - fd_readdir: entries, cookies, buffers of every size. */
#include <stdio.h>

#include "rig.h"

enum { NAMES_MAX = 400, BUFFER = SCRATCH };

struct listing {
    char names[NAMES_MAX][32];
    uint8_t types[NAMES_MAX];
    uint64_t inodes[NAMES_MAX], cookies[NAMES_MAX];
    uint32_t count;
};

/* Reads a directory as wasi-libc does: whole entries only, then on from the last one's cookie,
 * with a larger buffer when not even one fits. */
static void list(struct rig *rig, uint32_t fd, uint32_t size, struct listing *to) {
    uint64_t cookie = 0;
    to->count = 0;
    for (;;) {
        OK(CALL(rig, "fd_readdir", fd, BUFFER, size, cookie, 16));
        uint32_t used = rig_u32(rig, 16), at = 0;
        const uint8_t *bytes = rig->memory.bytes + BUFFER;
        assert_true(used <= size);
        while (used - at >= DIRENT_SIZE) {
            uint32_t name_size = load_u32(bytes + at + 16);
            if (used - at - DIRENT_SIZE < name_size) break;
            assert_true(name_size < 32 && to->count < NAMES_MAX);
            memcpy(to->names[to->count], bytes + at + DIRENT_SIZE, name_size);
            to->names[to->count][name_size] = 0;
            to->types[to->count] = bytes[at + 20];
            to->inodes[to->count] = load_u64(bytes + at + 8);
            cookie = to->cookies[to->count++] = load_u64(bytes + at);
            at += DIRENT_SIZE + name_size;
        }
        if (used < size) return;
        if (at == 0) size *= 2;
    }
}

static uint32_t open_dir(struct rig *rig, const char *path) {
    uint32_t fd;
    OK(do_open(rig, ROOT, path, 0, OFLAG_DIRECTORY, RIGHT_FD_READDIR | RIGHT_FD_FILESTAT_GET, 0,
               &fd));
    return fd;
}

static uint32_t find(const struct listing *list, const char *name) {
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], name)) continue;
        assert_int_equal(found, UINT32_MAX);
        found = i;
    }
    assert_int_not_equal(found, UINT32_MAX);
    return found;
}

static void test_empty(void **state) {
    struct rig *rig = *state;
    struct listing all;
    OK(do_mkdir(rig, "dir"));
    uint32_t fd = open_dir(rig, "dir");
    list(rig, fd, 256, &all);
    assert_int_equal(all.count, 2);
    assert_string_equal(all.names[0], ".");
    assert_string_equal(all.names[1], "..");
    assert_int_equal(all.types[0], PORT_TYPE_DIRECTORY);
    assert_int_equal(all.types[1], PORT_TYPE_DIRECTORY);
    OK(CALL(rig, "fd_filestat_get", fd, 64));
    assert_int_equal(all.inodes[0], rig_u64(rig, 72));
}

static void test_types(void **state) {
    struct rig *rig = *state;
    struct listing all;
    uint8_t stat[64];
    OK(do_mkdir(rig, "dir"));
    OK(do_mkdir(rig, "dir/sub"));
    OK(do_symlink(rig, "x", "dir/link"));
    make_file(rig, "dir/file", "x");
    list(rig, open_dir(rig, "dir"), 4096, &all);
    assert_int_equal(all.count, 5);
    assert_int_equal(all.types[find(&all, "sub")], PORT_TYPE_DIRECTORY);
    assert_int_equal(all.types[find(&all, "link")], PORT_TYPE_LINK);
    assert_int_equal(all.types[find(&all, "file")], PORT_TYPE_REGULAR);
    OK(do_stat(rig, "dir/file", 0, stat));
    assert_int_equal(all.inodes[find(&all, "file")], load_u64(stat + 8));
}

static void make_many(struct rig *rig, uint32_t count) {
    OK(do_mkdir(rig, "dir"));
    for (uint32_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "dir/file.%u", i);
        make_file(rig, name, "");
    }
}

static void test_every_size(void **state) {
    struct rig *rig = *state;
    static struct listing all, again;
    make_many(rig, 40);
    uint32_t fd = open_dir(rig, "dir");
    list(rig, fd, 65536, &all);
    assert_int_equal(all.count, 42);
    for (uint32_t size = 1; size < 300; size++) {
        list(rig, fd, size, &again);
        assert_int_equal(again.count, 42);
        for (uint32_t i = 0; i < 42; i++) assert_string_equal(again.names[i], all.names[i]);
    }
    /* A buffer gets what fits, to its last byte, and nothing behind it changes. */
    uint8_t whole[4096];
    OK(CALL(rig, "fd_readdir", fd, BUFFER, sizeof whole, 0, 16));
    uint32_t used = rig_u32(rig, 16);
    assert_true(used < sizeof whole);
    memcpy(whole, rig->memory.bytes + BUFFER, used);
    for (uint32_t size = 0; size <= used; size++) {
        memset(rig->memory.bytes + BUFFER, 0xEE, sizeof whole);
        OK(CALL(rig, "fd_readdir", fd, BUFFER, size, 0, 16));
        assert_int_equal(rig_u32(rig, 16), size);
        assert_memory_equal(rig->memory.bytes + BUFFER, whole, size);
        assert_int_equal(rig->memory.bytes[BUFFER + size], 0xEE);
    }
}

static void test_many(void **state) {
    struct rig *rig = *state;
    static struct listing all;
    make_many(rig, 300);
    uint32_t fd = open_dir(rig, "dir");
    list(rig, fd, 256, &all);
    assert_int_equal(all.count, 302);
    for (uint32_t i = 0; i < 300; i++) {
        char name[32];
        snprintf(name, sizeof name, "file.%u", i);
        find(&all, name);
    }
    /* Every cookie leads to what follows. */
    static struct listing rest;
    for (uint32_t i = 0; i < all.count; i += 17) {
        OK(CALL(rig, "fd_readdir", fd, BUFFER, 65536, all.cookies[i], 16));
        uint32_t n = 0, used = rig_u32(rig, 16);
        for (uint32_t at = 0; at < used; n++) {
            at += DIRENT_SIZE + rig_u32(rig, BUFFER + at + 16);
        }
        assert_int_equal(n, all.count - i - 1);
    }
    /* Removing what was read does not hide the rest: how "rm -r" works. */
    list(rig, fd, 256, &rest);
    uint64_t cookie = 0;
    uint32_t removed = 0;
    for (;;) {
        OK(CALL(rig, "fd_readdir", fd, BUFFER, 200, cookie, 16));
        uint32_t used = rig_u32(rig, 16), at = 0;
        while (used - at >= DIRENT_SIZE) {
            uint32_t size = rig_u32(rig, BUFFER + at + 16);
            if (used - at - DIRENT_SIZE < size) break;
            char name[64] = "dir/";
            memcpy(name + 4, rig->memory.bytes + BUFFER + at + DIRENT_SIZE, size);
            cookie = rig_u64(rig, BUFFER + at);
            if (strncmp(name, "dir/file", 8) == 0) {
                OK(do_unlink(rig, name));
                removed++;
            }
            at += DIRENT_SIZE + size;
        }
        if (used < 200) break;
    }
    assert_int_equal(removed, 300);
    OK(do_rmdir(rig, "dir"));
}

static void test_errors(void **state) {
    struct rig *rig = *state;
    uint32_t fd;
    make_file(rig, "file", "");
    OK(do_open(rig, ROOT, "file", 0, 0, RIGHT_FD_READ, 0, &fd));
    FAILS(PORT_ENOTDIR, CALL(rig, "fd_readdir", fd, BUFFER, 100, 0, 16));
    FAILS(PORT_EBADF, CALL(rig, "fd_readdir", 60, BUFFER, 100, 0, 16));
    OK(do_mkdir(rig, "dir"));
    uint32_t dir = open_dir(rig, "dir");
    uint32_t e = CALL(rig, "fd_readdir", dir, BUFFER, 100, UINT64_MAX, 16);
    assert_true(e == PORT_EINVAL || (e == PORT_OK && rig_u32(rig, 16) == 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ALL_WORLDS(test_empty), IN_ALL_WORLDS(test_types),  IN_ALL_WORLDS(test_every_size),
        IN_ALL_WORLDS(test_many),  IN_ALL_WORLDS(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
