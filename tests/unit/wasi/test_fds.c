/* test_fds.c - descriptors: numbers, limits, rights, flags, attributes. */
#include "rig.h"

struct fdstat {
    uint8_t type;
    uint16_t flags;
    uint64_t rights, inheriting;
};

static struct fdstat fdstat_of(struct rig *rig, uint32_t fd) {
    struct fdstat stat;
    const uint8_t *at = rig->memory.bytes + 32;
    OK(CALL(rig, "fd_fdstat_get", fd, 32));
    stat.type = at[0];
    memcpy(&stat.flags, at + 2, 2);
    stat.rights = load_u64(at + 8);
    stat.inheriting = load_u64(at + 16);
    return stat;
}

static void test_numbers(void **state) {
    struct rig *rig = *state;
    uint32_t fd;
    make_file(rig, "file", "x");
    for (uint32_t i = 4; i < 64; i++) { /* the rig's limit is 64 */
        OK(do_open(rig, ROOT, "file", 0, 0, 0, 0, &fd));
        assert_int_equal(fd, i);
    }
    FAILS(PORT_EMFILE, do_open(rig, ROOT, "file", 0, 0, 0, 0, &fd));
    FAILS(PORT_EMFILE, do_open(rig, ROOT, "new", 0, OFLAG_CREAT, 0, 0, &fd));
    OK(CALL(rig, "fd_close", 40));
    OK(CALL(rig, "fd_close", 20));
    FAILS(PORT_EBADF, CALL(rig, "fd_close", 20));
    FAILS(PORT_ENOENT, do_open(rig, ROOT, "new", 0, 0, 0, 0, &fd)); /* had no effect */
    OK(do_open(rig, ROOT, "file", 0, 0, 0, 0, &fd));
    assert_int_equal(fd, 20);
    OK(do_open(rig, ROOT, "file", 0, 0, 0, 0, &fd));
    assert_int_equal(fd, 40);
    FAILS(PORT_EBADF, CALL(rig, "fd_close", 64));
    FAILS(PORT_EBADF, CALL(rig, "fd_close", UINT32_MAX));
    assert_int_equal(wasi_limit_files(rig->wasi, 63), NACRE_LIMIT);
    assert_int_equal(wasi_limit_files(rig->wasi, 65), NACRE_OK);
    OK(do_open(rig, ROOT, "file", 0, 0, 0, 0, &fd));
    assert_int_equal(fd, 64);
}

static void test_renumber(void **state) {
    struct rig *rig = *state;
    uint32_t a, b, size;
    char byte;
    make_file(rig, "a", "A");
    make_file(rig, "b", "B");
    OK(do_open(rig, ROOT, "a", 0, 0, RIGHT_FD_READ, 0, &a));
    OK(do_open(rig, ROOT, "b", 0, 0, RIGHT_FD_READ, 0, &b));
    OK(CALL(rig, "fd_renumber", a, b));
    FAILS(PORT_EBADF, CALL(rig, "fd_close", a));
    OK(do_read(rig, b, &byte, 1, &size));
    assert_int_equal(byte, 'A');
    FAILS(PORT_EBADF, CALL(rig, "fd_renumber", b, a));
    FAILS(PORT_EBADF, CALL(rig, "fd_renumber", a, b));
    FAILS(PORT_EBADF, CALL(rig, "fd_renumber", b, 1000000));
    OK(CALL(rig, "fd_renumber", b, b));
    OK(CALL(rig, "fd_fdstat_get", b, 32));
    /* Over a preopened directory: the number is an ordinary one from then on. */
    OK(CALL(rig, "fd_renumber", b, ROOT));
    FAILS(PORT_EBADF, CALL(rig, "fd_prestat_get", ROOT, 0));
    OK(CALL(rig, "fd_close", ROOT));
}

static void test_prestat(void **state) {
    struct rig *rig = *state;
    OK(CALL(rig, "fd_prestat_get", ROOT, 0));
    assert_int_equal(rig_u32(rig, 0), 0);
    assert_int_equal(rig_u32(rig, 4), 1);
    memset(rig->memory.bytes, 0xEE, 4);
    FAILS(PORT_ENAMETOOLONG, CALL(rig, "fd_prestat_dir_name", ROOT, 0, 0));
    OK(CALL(rig, "fd_prestat_dir_name", ROOT, 0, 3));
    assert_memory_equal(rig->memory.bytes, "/\xEE\xEE", 3);
    FAILS(PORT_EBADF, CALL(rig, "fd_prestat_get", 0, 0));
    FAILS(PORT_EBADF, CALL(rig, "fd_prestat_get", 4, 0));
    FAILS(PORT_EBADF, CALL(rig, "fd_prestat_dir_name", 4, 0, 3));
    FAILS(PORT_EFAULT, CALL(rig, "fd_prestat_get", ROOT, MEMORY_SIZE - 7));
    OK(CALL(rig, "fd_close", ROOT));
    FAILS(PORT_EBADF, CALL(rig, "fd_prestat_get", ROOT, 0));
}

static void test_rights_of_kinds(void **state) {
    struct rig *rig = *state;
    uint32_t fd;
    struct fdstat stat = fdstat_of(rig, ROOT);
    assert_int_equal(stat.type, PORT_TYPE_DIRECTORY);
    assert_int_equal(stat.flags, 0);
    assert_int_equal(stat.rights, rights_of_kinds(WASI_KIND_DIRECTORY));
    assert_true(stat.inheriting & RIGHT_FD_WRITE);
    make_file(rig, "file", "x");
    OK(do_mkdir(rig, "dir"));
    OK(do_open(rig, ROOT, "file", 0, 0, UINT64_MAX & stat.inheriting, FDFLAG_APPEND, &fd));
    stat = fdstat_of(rig, fd);
    assert_int_equal(stat.type, PORT_TYPE_REGULAR);
    assert_int_equal(stat.flags, FDFLAG_APPEND);
    assert_int_equal(stat.rights, rights_of_kinds(WASI_KIND_FILE));
    assert_int_equal(stat.inheriting, 0);
    OK(do_open(rig, ROOT, "dir", 0, 0, RIGHT_FD_SEEK | RIGHT_FD_READDIR, 0, &fd));
    stat = fdstat_of(rig, fd);
    assert_int_equal(stat.rights, RIGHT_FD_READDIR);
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_seek", fd, 0, PORT_SEEK_CURRENT, 0));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_tell", fd, 0));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_read", fd, 0, 0, 0));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_allocate", fd, 0, 1));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_filestat_set_size", fd, 0));
}

/* Every function on a descriptor that lacks the right for it. */
static void test_missing_rights(void **state) {
    static const struct {
        const char *function;
        uint64_t right;
        uint64_t args[8]; /* after the descriptor; PATH stands for a path and its size */
        bool on_dir;
    } rows[] = {
        {"fd_advise", RIGHT_FD_ADVISE, {0, 0, 0}, false},
        {"fd_allocate", RIGHT_FD_ALLOCATE, {0, 1}, false},
        {"fd_datasync", RIGHT_FD_DATASYNC, {0}, false},
        {"fd_sync", RIGHT_FD_SYNC, {0}, false},
        {"fd_fdstat_set_flags", RIGHT_FD_FDSTAT_SET_FLAGS, {0}, false},
        {"fd_filestat_get", RIGHT_FD_FILESTAT_GET, {64}, false},
        {"fd_filestat_set_size", RIGHT_FD_FILESTAT_SET_SIZE, {1}, false},
        {"fd_filestat_set_times", RIGHT_FD_FILESTAT_SET_TIMES, {0, 0, 0}, false},
        {"fd_read", RIGHT_FD_READ, {0, 0, 16}, false},
        {"fd_pread", RIGHT_FD_READ, {0, 0, 0, 16}, false},
        {"fd_pread", RIGHT_FD_SEEK, {0, 0, 0, 16}, false},
        {"fd_write", RIGHT_FD_WRITE, {0, 0, 16}, false},
        {"fd_pwrite", RIGHT_FD_WRITE, {0, 0, 0, 16}, false},
        {"fd_pwrite", RIGHT_FD_SEEK, {0, 0, 0, 16}, false},
        {"fd_seek", RIGHT_FD_SEEK, {1, 0, 16}, false},
        {"fd_tell", RIGHT_FD_TELL | RIGHT_FD_SEEK, {16}, false},
        {"fd_readdir", RIGHT_FD_READDIR, {0, 0, 0, 16}, true},
        {"path_create_directory", RIGHT_PATH_CREATE_DIRECTORY, {1000, 3}, true},
        {"path_filestat_get", RIGHT_PATH_FILESTAT_GET, {0, 1004, 4, 64}, true},
        {"path_filestat_set_times", RIGHT_PATH_FILESTAT_SET_TIMES, {0, 1004, 4, 0, 0, 0}, true},
        {"path_link", RIGHT_PATH_LINK_SOURCE, {0, 1004, 4, ROOT, 1000, 3}, true},
        {"path_open", RIGHT_PATH_OPEN, {0, 1004, 4, 0, 0, 0, 0, 0}, true},
        {"path_open", RIGHT_PATH_CREATE_FILE, {0, 1004, 4, OFLAG_CREAT, 0, 0, 0, 0}, true},
        {"path_open", RIGHT_PATH_FILESTAT_SET_SIZE, {0, 1004, 4, OFLAG_TRUNC, 0, 0, 0, 0}, true},
        {"path_readlink", RIGHT_PATH_READLINK, {1008, 4, 0, 0, 16}, true},
        {"path_remove_directory", RIGHT_PATH_REMOVE_DIRECTORY, {1000, 3}, true},
        {"path_rename", RIGHT_PATH_RENAME_SOURCE, {1004, 4, ROOT, 1000, 3}, true},
        {"path_unlink_file", RIGHT_PATH_UNLINK_FILE, {1000, 3}, true},
    };
    struct rig *rig = *state;
    make_file(rig, "file", "x");
    OK(do_symlink(rig, "file", "link"));
    OK(do_mkdir(rig, "d"));
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        uint64_t args[9] = {0};
        uint32_t fd;
        uint64_t all = rights_of_kinds(rows[i].on_dir ? WASI_KIND_DIRECTORY : WASI_KIND_FILE);
        memcpy(rig->memory.bytes + 1000, "new\0filelink", 12);
        if (rows[i].on_dir) OK(do_open(rig, ROOT, ".", 0, OFLAG_DIRECTORY, all, 0, &fd));
        else OK(do_open(rig, ROOT, "file", 0, 0, all, 0, &fd));
        memcpy(args + 1, rows[i].args, sizeof rows[i].args);
        args[0] = fd;
        struct fdstat stat = fdstat_of(rig, fd);
        OK(CALL(rig, "fd_fdstat_set_rights", fd, all & ~rows[i].right, stat.inheriting));
        uint32_t e = rig_call(rig, rows[i].function, args, true);
        if (e != PORT_ENOTCAPABLE) print_error("%s gave %u\n", rows[i].function, e);
        assert_int_equal(e, PORT_ENOTCAPABLE);
        OK(CALL(rig, "fd_close", fd));
    }
}

static void test_target_rights(void **state) {
    struct rig *rig = *state;
    uint32_t dir;
    uint64_t all = rights_of_kinds(WASI_KIND_DIRECTORY);
    make_file(rig, "file", "x");
    OK(do_open(rig, ROOT, ".", 0, OFLAG_DIRECTORY, all, 0, &dir));
    OK(CALL(rig, "fd_fdstat_set_rights", dir,
            all & ~(uint64_t)(RIGHT_PATH_LINK_TARGET | RIGHT_PATH_RENAME_TARGET |
                              RIGHT_PATH_SYMLINK),
            0));
    FAILS(PORT_ENOTCAPABLE,
          CALL(rig, "path_link", ROOT, 0, TEXT(rig, "file"), dir, TEXT(rig, "new")));
    FAILS(PORT_ENOTCAPABLE,
          CALL(rig, "path_rename", ROOT, TEXT(rig, "file"), dir, TEXT(rig, "new")));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "path_symlink", TEXT(rig, "x"), dir, TEXT(rig, "new")));
    expect_file(rig, "file", "x");
}

static void test_rights_only_shrink(void **state) {
    struct rig *rig = *state;
    uint32_t fd, size;
    char byte;
    make_file(rig, "file", "x");
    OK(do_open(rig, ROOT, "file", 0, 0, RIGHTS_RW, 0, &fd));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_fdstat_set_rights", fd, RIGHTS_RW | RIGHT_FD_SYNC, 0));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_fdstat_set_rights", fd, RIGHTS_RW, 1));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_fdstat_set_rights", fd, UINT64_MAX, 0));
    OK(CALL(rig, "fd_fdstat_set_rights", fd, RIGHT_FD_WRITE, 0));
    FAILS(PORT_ENOTCAPABLE, do_read(rig, fd, &byte, 1, &size));
    OK(do_write(rig, fd, "y", &size));
    OK(CALL(rig, "fd_fdstat_set_rights", fd, 0, 0));
    FAILS(PORT_ENOTCAPABLE, do_write(rig, fd, "y", &size));
    FAILS(PORT_EBADF, CALL(rig, "fd_fdstat_set_rights", 99, 0, 0));
    OK(CALL(rig, "fd_close", fd)); /* needs none */
}

static void test_inheriting(void **state) {
    struct rig *rig = *state;
    uint32_t dir, fd;
    uint64_t all = rights_of_kinds(WASI_KIND_DIRECTORY);
    make_file(rig, "file", "x");
    OK(CALL(rig, "path_open", ROOT, 0, TEXT(rig, "."), OFLAG_DIRECTORY, all,
            (uint64_t)(RIGHT_FD_READ | RIGHT_PATH_OPEN), 0, 0));
    dir = rig_u32(rig, 0);
    assert_int_equal(fdstat_of(rig, dir).inheriting, RIGHT_FD_READ | RIGHT_PATH_OPEN);
    OK(do_open(rig, dir, "file", 0, 0, RIGHT_FD_READ, 0, &fd));
    FAILS(PORT_ENOTCAPABLE, do_open(rig, dir, "file", 0, 0, RIGHT_FD_WRITE, 0, &fd));
    FAILS(PORT_ENOTCAPABLE, do_open(rig, dir, "file", 0, 0, RIGHTS_RW, 0, &fd));
    FAILS(PORT_ENOTCAPABLE, do_open(rig, dir, "file", 0, 0, RIGHT_FD_READ, FDFLAG_SYNC, &fd));
    FAILS(PORT_ENOTCAPABLE, do_open(rig, dir, "file", 0, 0, RIGHT_FD_READ, FDFLAG_DSYNC, &fd));
    /* What decides nothing about opening is left out instead. */
    OK(do_open(rig, dir, "file", 0, 0, RIGHT_FD_READ | RIGHT_FD_FILESTAT_GET, 0, &fd));
    assert_int_equal(fdstat_of(rig, fd).rights, RIGHT_FD_READ);
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_filestat_get", fd, 64));
    /* Through a directory below, no more than that either. */
    OK(CALL(rig, "path_open", dir, 0, TEXT(rig, "."), OFLAG_DIRECTORY, UINT32_MAX &
            ~(uint64_t)(RIGHT_FD_WRITE | RIGHT_FD_ALLOCATE | RIGHT_FD_FILESTAT_SET_SIZE |
                        RIGHT_FD_READDIR), UINT64_MAX, 0, 0));
    assert_int_equal(fdstat_of(rig, rig_u32(rig, 0)).rights, RIGHT_PATH_OPEN);
    assert_int_equal(fdstat_of(rig, rig_u32(rig, 0)).inheriting,
                     RIGHT_FD_READ | RIGHT_PATH_OPEN);
}

static void test_read_only(void **state) {
    struct rig *rig = *state;
    uint32_t fd;
    char byte;
    make_file(rig, "file", "x");
    struct fdstat stat = fdstat_of(rig, ROOT);
    OK(CALL(rig, "fd_fdstat_set_rights", ROOT, stat.rights & rights_reading(),
            stat.inheriting & rights_reading()));
    OK(do_open(rig, ROOT, "file", 0, 0, RIGHT_FD_READ | RIGHT_FD_FILESTAT_SET_TIMES, 0, &fd));
    uint32_t size;
    OK(do_read(rig, fd, &byte, 1, &size));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_sync", fd)); /* was not asked for */
    FAILS(PORT_ENOTCAPABLE, do_open(rig, ROOT, "file", 0, 0, RIGHT_FD_WRITE, 0, NULL));
    FAILS(PORT_ENOTCAPABLE, do_open(rig, ROOT, "file", 0, 0, RIGHT_FD_ALLOCATE, 0, NULL));
    FAILS(PORT_ENOTCAPABLE, do_open(rig, ROOT, "file", 0, OFLAG_TRUNC, 0, 0, NULL));
    FAILS(PORT_ENOTCAPABLE, do_open(rig, ROOT, "new", 0, OFLAG_CREAT, 0, 0, NULL));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_filestat_set_times", fd, 0, 0, 0));
    FAILS(PORT_ENOTCAPABLE, do_mkdir(rig, "new"));
    FAILS(PORT_ENOTCAPABLE, do_unlink(rig, "file"));
    FAILS(PORT_ENOTCAPABLE, do_rename(rig, "file", "new"));
    FAILS(PORT_ENOTCAPABLE, do_symlink(rig, "file", "new"));
    FAILS(PORT_ENOTCAPABLE,
          CALL(rig, "path_link", ROOT, 0, TEXT(rig, "file"), ROOT, TEXT(rig, "new")));
    FAILS(PORT_ENOTCAPABLE,
          CALL(rig, "path_filestat_set_times", ROOT, 0, TEXT(rig, "file"), 0, 0, 0));
    expect_file(rig, "file", "x");
}

static void test_flags(void **state) {
    struct rig *rig = *state;
    uint32_t fd, size;
    OK(do_open(rig, ROOT, "file", 0, OFLAG_CREAT, RIGHTS_RW | RIGHT_FD_FDSTAT_SET_FLAGS,
               FDFLAG_APPEND | FDFLAG_SYNC, &fd));
    assert_int_equal(fdstat_of(rig, fd).flags, FDFLAG_APPEND | FDFLAG_SYNC);
    OK(do_write(rig, fd, "aaaa", &size));
    OK(CALL(rig, "fd_seek", fd, 0, PORT_SEEK_SET, 16));
    OK(do_write(rig, fd, "bbbb", &size));
    OK(CALL(rig, "fd_fdstat_set_flags", fd, FDFLAG_NONBLOCK | FDFLAG_DSYNC));
    assert_int_equal(fdstat_of(rig, fd).flags, FDFLAG_NONBLOCK | FDFLAG_DSYNC);
    OK(CALL(rig, "fd_seek", fd, 0, PORT_SEEK_SET, 16));
    OK(do_write(rig, fd, "cc", &size));
    expect_file(rig, "file", "ccaabbbb");
    OK(CALL(rig, "fd_fdstat_set_flags", fd, FDFLAG_APPEND));
    OK(do_write(rig, fd, "d", &size));
    expect_file(rig, "file", "ccaabbbbd");
    FAILS(PORT_EINVAL, CALL(rig, "fd_fdstat_set_flags", fd, 32));
    FAILS(PORT_EINVAL, CALL(rig, "fd_fdstat_set_flags", fd, UINT32_MAX));
    FAILS(PORT_EBADF, CALL(rig, "fd_fdstat_set_flags", 50, 0));
}

static void test_seek(void **state) {
    struct rig *rig = *state;
    uint32_t fd;
    make_file(rig, "file", "0123456789");
    OK(do_open(rig, ROOT, "file", 0, 0, RIGHTS_RW, 0, &fd));
    OK(CALL(rig, "fd_seek", fd, 4, PORT_SEEK_SET, 16));
    assert_int_equal(rig_u64(rig, 16), 4);
    OK(CALL(rig, "fd_seek", fd, (uint64_t)-3, PORT_SEEK_CURRENT, 16));
    assert_int_equal(rig_u64(rig, 16), 1);
    OK(CALL(rig, "fd_seek", fd, (uint64_t)-2, PORT_SEEK_END, 16));
    assert_int_equal(rig_u64(rig, 16), 8);
    OK(CALL(rig, "fd_tell", fd, 24));
    assert_int_equal(rig_u64(rig, 24), 8);
    FAILS(PORT_EINVAL, CALL(rig, "fd_seek", fd, (uint64_t)-1, PORT_SEEK_SET, 16));
    FAILS(PORT_EINVAL, CALL(rig, "fd_seek", fd, (uint64_t)-11, PORT_SEEK_END, 16));
    FAILS(PORT_EINVAL, CALL(rig, "fd_seek", fd, 0, 3, 16));
    FAILS(PORT_EFAULT, CALL(rig, "fd_seek", fd, 0, PORT_SEEK_SET, MEMORY_SIZE - 4));
    OK(CALL(rig, "fd_tell", fd, 24));
    assert_int_equal(rig_u64(rig, 24), 8); /* none of these moved it */
    OK(CALL(rig, "fd_fdstat_set_rights", fd, RIGHT_FD_TELL, 0));
    OK(CALL(rig, "fd_seek", fd, 0, PORT_SEEK_CURRENT, 16)); /* is telling */
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_seek", fd, 1, PORT_SEEK_CURRENT, 16));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_seek", fd, 0, PORT_SEEK_SET, 16));
}

static void test_sizes_and_times(void **state) {
    struct rig *rig = *state;
    uint32_t fd;
    uint64_t all = rights_of_kinds(WASI_KIND_FILE);
    const uint64_t moment = UINT64_C(1111111111222222200);
    OK(do_open(rig, ROOT, "file", 0, OFLAG_CREAT, all, 0, &fd));
    OK(CALL(rig, "fd_filestat_set_size", fd, 100));
    OK(CALL(rig, "fd_filestat_get", fd, 64));
    assert_int_equal(rig_u64(rig, 64 + 32), 100);
    OK(CALL(rig, "fd_advise", fd, 10, 50, PORT_ADVICE_WILL_NEED));
    FAILS(PORT_EINVAL, CALL(rig, "fd_advise", fd, 10, 50, 6));
    FAILS(PORT_EINVAL, CALL(rig, "fd_advise", fd, UINT64_MAX, 50, 0));
    FAILS(PORT_EINVAL, CALL(rig, "fd_allocate", fd, 0, 0));
    FAILS(PORT_EFBIG, CALL(rig, "fd_allocate", fd, INT64_MAX, 1));
    FAILS(PORT_EFBIG, CALL(rig, "fd_allocate", fd, UINT64_MAX, UINT64_MAX));
    FAILS(PORT_EFBIG, CALL(rig, "fd_filestat_set_size", fd, UINT64_MAX));
    uint32_t e = CALL(rig, "fd_allocate", fd, 90, 20);
    OK(CALL(rig, "fd_filestat_get", fd, 64));
    assert_true(e == PORT_OK ? rig_u64(rig, 64 + 32) == 110 : e == PORT_ENOTSUP);
    OK(CALL(rig, "fd_filestat_set_times", fd, 5, moment, FSTFLAG_MTIM));
    OK(CALL(rig, "fd_filestat_get", fd, 64));
    assert_int_equal(rig_u64(rig, 64 + 48), moment);
    OK(CALL(rig, "fd_filestat_set_times", fd, moment, 5, FSTFLAG_ATIM | FSTFLAG_MTIM_NOW));
    OK(CALL(rig, "fd_filestat_get", fd, 64));
    assert_int_equal(rig_u64(rig, 64 + 40), moment);
    assert_true(rig_u64(rig, 64 + 48) > moment);
    FAILS(PORT_EINVAL, CALL(rig, "fd_filestat_set_times", fd, 0, 0, 3));
    FAILS(PORT_EINVAL, CALL(rig, "fd_filestat_set_times", fd, 0, 0, 12));
    FAILS(PORT_EINVAL, CALL(rig, "fd_filestat_set_times", fd, 0, 0, 1 << 16));
    OK(CALL(rig, "fd_sync", fd));
    OK(CALL(rig, "fd_datasync", fd));
    OK(CALL(rig, "fd_filestat_get", ROOT, 64));
    assert_int_equal(rig->memory.bytes[64 + 16], PORT_TYPE_DIRECTORY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ALL_WORLDS(test_numbers),       IN_ALL_WORLDS(test_renumber),
        IN_ALL_WORLDS(test_prestat),       IN_ALL_WORLDS(test_rights_of_kinds),
        IN_ALL_WORLDS(test_missing_rights), IN_ALL_WORLDS(test_target_rights),
        IN_ALL_WORLDS(test_rights_only_shrink), IN_ALL_WORLDS(test_inheriting),
        IN_ALL_WORLDS(test_read_only),     IN_ALL_WORLDS(test_flags),
        IN_ALL_WORLDS(test_seek),          IN_ALL_WORLDS(test_sizes_and_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
