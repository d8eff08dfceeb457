/* test_paths.c - what paths lead to, in all worlds. */
#include <stdio.h>

#include "rig.h"

static uint32_t open_plain(struct rig *rig, const char *path) {
    return do_open(rig, ROOT, path, LOOKUP_FOLLOW, 0, RIGHT_FD_READ, 0, NULL);
}

/* dir/nested/file, link -> dir, up -> .., deep -> dir/nested/../nested */
static void make_tree(struct rig *rig) {
    OK(do_mkdir(rig, "dir"));
    OK(do_mkdir(rig, "dir/nested/"));
    make_file(rig, "dir/nested/file", "hello");
    OK(do_symlink(rig, "dir", "link"));
    OK(do_symlink(rig, "..", "up"));
    OK(do_symlink(rig, "../nested/./file", "dir/nested/self"));
    OK(do_symlink(rig, "dir/nested/../nested/", "deep"));
}

static void test_good_paths(void **state) {
    static const char *const paths[] = {
        "dir/nested/file", "./dir/nested/file", "dir//nested///file", "dir/./nested/./file",
        "dir/.//nested/../../dir/nested/../nested///./file", "link/nested/file",
        "link/../dir/nested/file", "dir/nested/self", "deep/file", "deep/self",
        "link/nested/../nested/self",
    };
    struct rig *rig = *state;
    make_tree(rig);
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) expect_file(rig, paths[i], "hello");
    OK(open_plain(rig, "dir/nested/"));
    OK(open_plain(rig, "dir/nested///"));
    OK(open_plain(rig, "deep"));
    OK(open_plain(rig, "deep/"));
    OK(open_plain(rig, "."));
    OK(open_plain(rig, "./"));
    OK(open_plain(rig, "dir/.."));
    OK(open_plain(rig, "link/nested/../.."));
    OK(do_open(rig, ROOT, "link/", 0, 0, RIGHT_FD_READ, 0, NULL)); /* the slash follows it */
}

static void test_bad_paths(void **state) {
    static const struct {
        const char *path;
        uint32_t error;
    } rows[] = {
        {"", PORT_ENOENT},
        {"nothing", PORT_ENOENT},
        {"nothing/file", PORT_ENOENT},
        {"nothing/..", PORT_ENOENT},
        {"dir/nothing/../nested", PORT_ENOENT},
        {"dir/nested/file/", PORT_ENOTDIR},
        {"dir/nested/file///", PORT_ENOTDIR},
        {"dir/nested/file/.", PORT_ENOTDIR},
        {"dir/nested/file/..", PORT_ENOTDIR},
        {"dir/nested/file/x", PORT_ENOTDIR},
        {"dir/nested/self/", PORT_ENOTDIR},
        {"dir/nested/self/x", PORT_ENOTDIR},
        {"/", PORT_EPERM},
        {"/dir", PORT_EPERM},
        {"//dir", PORT_EPERM},
        {"..", PORT_EPERM},
        {"../", PORT_EPERM},
        {"./..", PORT_EPERM},
        {"dir/../..", PORT_EPERM},
        {"dir/../../dir/nested/file", PORT_EPERM},
        {"dir/nested/../../../x/dir/nested/file", PORT_EPERM},
        {"up", PORT_EPERM},
        {"up/", PORT_EPERM},
        {"up/dir", PORT_EPERM},
        {"link/../..", PORT_EPERM},
        {"\xff", PORT_EILSEQ},
        {"dir/\xc0\xaf", PORT_EILSEQ},
        {"dir/\xed\xa0\x80", PORT_EILSEQ},
    };
    struct rig *rig = *state;
    make_tree(rig);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        uint32_t e = open_plain(rig, rows[i].path);
        if (e != rows[i].error) print_error("path \"%s\"\n", rows[i].path);
        assert_int_equal(e, rows[i].error);
        e = do_stat(rig, rows[i].path, LOOKUP_FOLLOW, NULL);
        if (e != rows[i].error) print_error("stat of path \"%s\"\n", rows[i].path);
        assert_int_equal(e, rows[i].error);
    }
}

static void test_nul_bytes(void **state) {
    struct rig *rig = *state;
    make_tree(rig);
    static const char end[] = "dir/nested/file\0", middle[] = "dir\0/nested";
    FAILS(PORT_EINVAL, CALL(rig, "path_open", ROOT, 0, rig_put(rig, end, sizeof end - 1),
                            sizeof end - 1, 0, 0, 0, 0, 0));
    FAILS(PORT_EINVAL, CALL(rig, "path_create_directory", ROOT,
                            rig_put(rig, middle, sizeof middle - 1), sizeof middle - 1));
    FAILS(PORT_EINVAL, CALL(rig, "path_symlink", rig_put(rig, middle, sizeof middle - 1),
                            sizeof middle - 1, ROOT, TEXT(rig, "new")));
}

static void test_long_names(void **state) {
    struct rig *rig = *state;
    char name[300], path[5000];
    memset(name, 'n', sizeof name);
    name[255] = 0;
    OK(do_mkdir(rig, name));
    OK(open_plain(rig, name));
    snprintf(path, sizeof path, "%s/%s", name, name);
    make_file(rig, path, "x");
    expect_file(rig, path, "x");
    name[255] = 'n';
    name[256] = 0;
    FAILS(PORT_ENAMETOOLONG, do_mkdir(rig, name));
    FAILS(PORT_ENAMETOOLONG, open_plain(rig, name));
    snprintf(path, sizeof path, "%s/x", name);
    FAILS(PORT_ENAMETOOLONG, open_plain(rig, path));
    memset(path, '/', sizeof path);
    memcpy(path, "./", 2);
    path[4095] = 0;
    OK(open_plain(rig, path)); /* 4,095 bytes fit */
    path[4095] = '/';
    path[4096] = 0;
    FAILS(PORT_ENAMETOOLONG, open_plain(rig, path));
    path[4999] = 0;
    FAILS(PORT_ENAMETOOLONG, do_symlink(rig, path, "new"));
}

static void test_depth(void **state) {
    struct rig *rig = *state;
    char path[600] = "";
    for (int i = 0; i < 120; i++) { /* below PATH_DEPTH_MAX */
        memcpy(path + 2 * i, "d", 2);
        OK(do_mkdir(rig, path));
        memcpy(path + 2 * i + 1, "/", 2);
    }
    OK(open_plain(rig, path));
    char up[1200];
    size_t size = strlen(path);
    memcpy(up, path, size);
    for (int i = 0; i < 120; i++, size += 3) memcpy(up + size, "../", 4);
    OK(open_plain(rig, up));
    memcpy(up + size, "..", 3);
    FAILS(PORT_EPERM, open_plain(rig, up));
}

static void test_too_deep(void **state) {
    /* A walk holds every directory on its way open; a host that resolves itself need not. */
    struct rig *rig = *state;
    char path[600] = "", below[600];
    uint32_t dir = ROOT;
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 100; j++) {
            memcpy(path + 2 * j, "d", 2);
            OK(CALL(rig, "path_create_directory", dir, TEXT(rig, path)));
            memcpy(path + 2 * j + 1, "/", 2);
        }
        OK(do_open(rig, dir, path, 0, OFLAG_DIRECTORY, rights_of_kinds(WASI_KIND_DIRECTORY), 0,
                   &dir));
    }
    snprintf(below, sizeof below, "%s%s", path, path);
    uint32_t e = open_plain(rig, below);
    /* If the kernel has it. */
    bool shortcut = rig->world == WORLD_POSIX || rig->world == WORLD_BOUNDARY;
    assert_true(e == PORT_ENAMETOOLONG || (shortcut && e == PORT_OK));
}

static void test_links(void **state) {
    struct rig *rig = *state;
    make_tree(rig);
    OK(do_symlink(rig, "dangling", "gone"));
    OK(do_symlink(rig, "loop", "loop"));
    OK(do_symlink(rig, "b", "a"));
    OK(do_symlink(rig, "a", "b"));
    FAILS(PORT_ENOENT, open_plain(rig, "gone"));
    FAILS(PORT_ELOOP, open_plain(rig, "loop"));
    FAILS(PORT_ELOOP, open_plain(rig, "loop/x"));
    FAILS(PORT_ELOOP, open_plain(rig, "a"));
    FAILS(PORT_ELOOP, do_stat(rig, "a", LOOKUP_FOLLOW, NULL));
    OK(do_stat(rig, "a", 0, NULL));
    FAILS(PORT_ELOOP, do_open(rig, ROOT, "link", 0, 0, 0, 0, NULL));
    FAILS(PORT_ELOOP, do_open(rig, ROOT, "gone", 0, 0, 0, 0, NULL));
    uint32_t e = do_open(rig, ROOT, "link", 0, OFLAG_DIRECTORY, 0, 0, NULL);
    assert_true(e == PORT_ELOOP || e == PORT_ENOTDIR);
    OK(do_open(rig, ROOT, "link", LOOKUP_FOLLOW, OFLAG_DIRECTORY, 0, 0, NULL));
    /* Creating through a dangling link makes its target; not with O_EXCL. */
    FAILS(PORT_EEXIST,
          do_open(rig, ROOT, "gone", LOOKUP_FOLLOW, OFLAG_CREAT | OFLAG_EXCL, RIGHTS_RW, 0, NULL));
    OK(do_open(rig, ROOT, "gone", LOOKUP_FOLLOW, OFLAG_CREAT, RIGHTS_RW, 0, NULL));
    expect_file(rig, "dangling", "");
    /* Forty links are followed, and no more. */
    make_file(rig, "l0", "end");
    for (int i = 1; i <= 41; i++) {
        char from[8], to[8];
        snprintf(from, sizeof from, "l%d", i);
        snprintf(to, sizeof to, "l%d", i - 1);
        OK(do_symlink(rig, to, from));
    }
    expect_file(rig, "l40", "end");
    FAILS(PORT_ELOOP, open_plain(rig, "l41"));
}

static void test_links_grow(void **state) {
    /* Each of 40 links adds to the text that is left: it must end in an error, not in a mess. */
    struct rig *rig = *state;
    char target[600];
    memset(target, '/', sizeof target);
    target[0] = '.';
    memcpy(target + 590, "grow", 5);
    OK(do_symlink(rig, target, "grow"));
    uint32_t e = open_plain(rig, "grow/x");
    assert_true(e == PORT_ELOOP || e == PORT_ENAMETOOLONG);
    memcpy(target + 580, "grow/././x", 11);
    OK(do_unlink(rig, "grow"));
    OK(do_symlink(rig, target, "grow"));
    e = open_plain(rig, "grow");
    assert_true(e == PORT_ELOOP || e == PORT_ENAMETOOLONG);
}

static void test_symlink(void **state) {
    struct rig *rig = *state;
    FAILS(PORT_EPERM, do_symlink(rig, "/", "new"));
    FAILS(PORT_EPERM, do_symlink(rig, "/etc/passwd", "new"));
    FAILS(PORT_ENOENT, do_symlink(rig, "", "new"));
    FAILS(PORT_ENOENT, do_symlink(rig, "source", "target/"));
    OK(do_symlink(rig, "source", "target"));
    FAILS(PORT_EEXIST, do_symlink(rig, "source", "target"));
    FAILS(PORT_EEXIST, do_symlink(rig, "source", "target/"));
    FAILS(PORT_EEXIST, do_symlink(rig, "source", "."));
    FAILS(PORT_EEXIST, do_symlink(rig, "source", "./"));
    OK(do_mkdir(rig, "dir"));
    FAILS(PORT_EEXIST, do_symlink(rig, "source", "dir"));
    FAILS(PORT_EEXIST, do_symlink(rig, "source", "dir/"));
    FAILS(PORT_EEXIST, do_symlink(rig, "source", "dir/.."));
    FAILS(PORT_EPERM, do_symlink(rig, "source", "../new"));
}

static uint32_t read_link(struct rig *rig, const char *path, uint32_t capacity) {
    memset(rig->memory.bytes + SCRATCH, 0xEE, 64);
    return CALL(rig, "path_readlink", ROOT, TEXT(rig, path), SCRATCH, capacity, 0);
}

static void test_readlink(void **state) {
    struct rig *rig = *state;
    const uint8_t *bytes = rig->memory.bytes + SCRATCH;
    make_file(rig, "file", "");
    OK(do_mkdir(rig, "dir"));
    OK(do_symlink(rig, "target", "link"));
    OK(do_symlink(rig, "dir", "to_dir"));
    OK(read_link(rig, "link", 10));
    assert_int_equal(rig_u32(rig, 0), 6);
    assert_memory_equal(bytes, "target\xEE\xEE\xEE\xEE", 10);
    OK(read_link(rig, "link", 4));
    assert_int_equal(rig_u32(rig, 0), 4);
    assert_memory_equal(bytes, "targ\xEE\xEE", 6);
    OK(read_link(rig, "link", 0));
    assert_int_equal(rig_u32(rig, 0), 0);
    FAILS(PORT_EINVAL, read_link(rig, "file", 10));
    FAILS(PORT_EINVAL, read_link(rig, "dir", 10));
    FAILS(PORT_EINVAL, read_link(rig, "dir/", 10));
    FAILS(PORT_EINVAL, read_link(rig, "to_dir/", 10));
    FAILS(PORT_EINVAL, read_link(rig, ".", 10));
    FAILS(PORT_EINVAL, read_link(rig, "dir/..", 10));
    FAILS(PORT_ENOENT, read_link(rig, "link/", 10));
    FAILS(PORT_ENOENT, read_link(rig, "nothing", 10));
}

static void test_directories(void **state) {
    struct rig *rig = *state;
    OK(do_mkdir(rig, "dir"));
    FAILS(PORT_EEXIST, do_mkdir(rig, "dir"));
    FAILS(PORT_EEXIST, do_mkdir(rig, "dir/"));
    FAILS(PORT_EEXIST, do_mkdir(rig, "."));
    FAILS(PORT_EEXIST, do_mkdir(rig, "dir/.."));
    FAILS(PORT_EPERM, do_mkdir(rig, "../x"));
    FAILS(PORT_ENOENT, do_mkdir(rig, "no/dir"));
    make_file(rig, "dir/file", "x");
    FAILS(PORT_ENOTEMPTY, do_rmdir(rig, "dir"));
    FAILS(PORT_ENOTDIR, do_rmdir(rig, "dir/file"));
    FAILS(PORT_ENOTDIR, do_rmdir(rig, "dir/file/"));
    FAILS(PORT_EINVAL, do_rmdir(rig, "."));
    FAILS(PORT_EINVAL, do_rmdir(rig, "dir/."));
    FAILS(PORT_EISDIR, do_unlink(rig, "dir"));
    FAILS(PORT_EISDIR, do_unlink(rig, "dir/"));
    FAILS(PORT_EISDIR, do_unlink(rig, "."));
    FAILS(PORT_ENOTDIR, do_unlink(rig, "dir/file/"));
    FAILS(PORT_ENOENT, do_unlink(rig, "nothing"));
    FAILS(PORT_ENOENT, do_unlink(rig, "nothing/"));
    OK(do_unlink(rig, "dir/file"));
    OK(do_symlink(rig, "dir", "link"));
    FAILS(PORT_ENOTDIR, do_rmdir(rig, "link"));
    FAILS(PORT_ENOTDIR, do_rmdir(rig, "link/"));
    FAILS(PORT_ENOTDIR, do_unlink(rig, "link/"));
    OK(do_unlink(rig, "link")); /* the link, not what it leads to */
    OK(do_rmdir(rig, "dir/"));
    FAILS(PORT_ENOENT, do_rmdir(rig, "dir"));
}

static void test_rename(void **state) {
    struct rig *rig = *state;
    make_file(rig, "file", "f");
    make_file(rig, "other", "o");
    OK(do_mkdir(rig, "dir"));
    OK(do_mkdir(rig, "empty"));
    make_file(rig, "dir/inside", "i");
    FAILS(PORT_ENOTDIR, do_rename(rig, "file", "new/"));
    FAILS(PORT_ENOTDIR, do_rename(rig, "file/", "new"));
    FAILS(PORT_ENOTDIR, do_rename(rig, "file/", "new/"));
    FAILS(PORT_EISDIR, do_rename(rig, "file", "empty"));
    FAILS(PORT_ENOTDIR, do_rename(rig, "dir", "file"));
    FAILS(PORT_ENOTEMPTY, do_rename(rig, "empty", "dir"));
    FAILS(PORT_EINVAL, do_rename(rig, "dir", "dir/sub"));
    FAILS(PORT_ENOENT, do_rename(rig, "nothing", "new"));
    FAILS(PORT_EBUSY, do_rename(rig, ".", "new"));
    FAILS(PORT_EBUSY, do_rename(rig, "file", "."));
    FAILS(PORT_EPERM, do_rename(rig, "file", "../new"));
    FAILS(PORT_EPERM, do_rename(rig, "../file", "new"));
    OK(do_rename(rig, "file", "other"));
    expect_file(rig, "other", "f");
    OK(do_rename(rig, "dir/", "moved"));
    OK(do_rename(rig, "moved", "moved2/"));
    expect_file(rig, "moved2/inside", "i");
    OK(do_rename(rig, "moved2", "empty"));
    expect_file(rig, "empty/inside", "i");
    OK(do_symlink(rig, "empty", "link"));
    FAILS(PORT_ENOTDIR, do_rename(rig, "link/", "new"));
    OK(do_rename(rig, "link", "new"));
    expect_file(rig, "new/inside", "i");
}

static uint32_t do_link(struct rig *rig, uint32_t lookup, const char *from, const char *to) {
    return CALL(rig, "path_link", ROOT, lookup, TEXT(rig, from), ROOT, TEXT(rig, to));
}

static void test_hard_links(void **state) {
    struct rig *rig = *state;
    uint8_t a[64], b[64];
    make_file(rig, "file", "f");
    OK(do_mkdir(rig, "dir"));
    OK(do_link(rig, 0, "file", "dir/link"));
    OK(do_stat(rig, "file", 0, a));
    OK(do_stat(rig, "dir/link", 0, b));
    assert_memory_equal(a, b, 64);
    assert_int_equal(load_u64(a + 24), 2);
    FAILS(PORT_EEXIST, do_link(rig, 0, "file", "dir/link"));
    FAILS(PORT_EEXIST, do_link(rig, 0, "file", "file"));
    FAILS(PORT_EEXIST, do_link(rig, 0, "file", "dir"));
    FAILS(PORT_EPERM, do_link(rig, 0, "dir", "new"));
    FAILS(PORT_EPERM, do_link(rig, 0, ".", "new"));
    FAILS(PORT_ENOENT, do_link(rig, 0, "file", "new/"));
    FAILS(PORT_ENOTDIR, do_link(rig, 0, "file/", "new"));
    FAILS(PORT_ENOENT, do_link(rig, 0, "nothing", "new"));
    FAILS(PORT_EPERM, do_link(rig, 0, "../x", "new"));
    FAILS(PORT_EPERM, do_link(rig, 0, "file", "../x"));
    FAILS(PORT_EINVAL, do_link(rig, 2, "file", "new"));
    OK(do_symlink(rig, "target", "symlink"));
    OK(do_link(rig, 0, "symlink", "link"));
    OK(read_link(rig, "link", 10));
    FAILS(PORT_ENOENT, do_link(rig, LOOKUP_FOLLOW, "symlink", "new"));
    make_file(rig, "target", "t");
    OK(do_link(rig, LOOKUP_FOLLOW, "symlink", "new"));
    FAILS(PORT_EINVAL, read_link(rig, "new", 10));
    expect_file(rig, "new", "t");
}

static void test_stat(void **state) {
    struct rig *rig = *state;
    uint8_t stat[64];
    make_tree(rig);
    OK(do_stat(rig, "dir/nested/file", 0, stat));
    assert_int_equal(stat[16], PORT_TYPE_REGULAR);
    assert_int_equal(load_u64(stat + 32), 5);
    assert_true(load_u64(stat + 48) > UINT64_C(1500000000000000000));
    OK(do_stat(rig, "link", 0, stat));
    assert_int_equal(stat[16], PORT_TYPE_LINK);
    OK(do_stat(rig, "link", LOOKUP_FOLLOW, stat));
    assert_int_equal(stat[16], PORT_TYPE_DIRECTORY);
    OK(do_stat(rig, "link/", 0, stat));
    assert_int_equal(stat[16], PORT_TYPE_DIRECTORY);
    OK(do_stat(rig, ".", 0, stat));
    assert_int_equal(stat[16], PORT_TYPE_DIRECTORY);
    FAILS(PORT_ENOTDIR, do_stat(rig, "dir/nested/file/", 0, stat));
    FAILS(PORT_EINVAL, do_stat(rig, "dir", 2, stat));
}

static uint32_t set_times(struct rig *rig, const char *path, uint32_t lookup, uint64_t access,
                          uint64_t modify, uint32_t flags) {
    return CALL(rig, "path_filestat_set_times", ROOT, lookup, TEXT(rig, path), access, modify,
                flags);
}

static void test_times(void **state) {
    struct rig *rig = *state;
    uint8_t stat[64], link[64];
    const uint64_t moment = UINT64_C(1234567890123456700);
    make_tree(rig);
    OK(do_symlink(rig, "dir/nested/file", "to_file"));
    OK(do_stat(rig, "to_file", 0, link));
    OK(set_times(rig, "to_file", LOOKUP_FOLLOW, 1, moment, FSTFLAG_MTIM));
    OK(do_stat(rig, "dir/nested/file", 0, stat));
    assert_int_equal(load_u64(stat + 48), moment);
    assert_int_not_equal(load_u64(stat + 40), 1);
    OK(do_stat(rig, "to_file", 0, stat));
    assert_memory_equal(stat + 48, link + 48, 8); /* the link itself did not change */
    OK(set_times(rig, "to_file", 0, moment, 7000, FSTFLAG_ATIM | FSTFLAG_MTIM));
    OK(do_stat(rig, "to_file", 0, stat));
    assert_int_equal(load_u64(stat + 48), 7000);
    FAILS(PORT_EINVAL, set_times(rig, "dir", 0, 0, 0, FSTFLAG_MTIM | FSTFLAG_MTIM_NOW));
    FAILS(PORT_EINVAL, set_times(rig, "dir", 0, 0, 0, FSTFLAG_ATIM | FSTFLAG_ATIM_NOW));
    FAILS(PORT_EINVAL, set_times(rig, "dir", 0, 0, 0, 16));
    FAILS(PORT_EINVAL, set_times(rig, "dir", 4, 0, 0, 0));
    OK(set_times(rig, "dir", 0, 0, 0, FSTFLAG_ATIM_NOW | FSTFLAG_MTIM_NOW));
    OK(set_times(rig, "dir/nested/..", 0, 0, moment, FSTFLAG_MTIM));
    OK(do_stat(rig, "dir", 0, stat));
    assert_int_equal(load_u64(stat + 48), moment);
    FAILS(PORT_EPERM, set_times(rig, "up", LOOKUP_FOLLOW, 0, 0, 0));
}

static void test_open_flags(void **state) {
    struct rig *rig = *state;
    uint32_t fd, size;
    make_file(rig, "file", "hello");
    OK(do_mkdir(rig, "dir"));
    FAILS(PORT_EINVAL, do_open(rig, ROOT, "file", 2, 0, 0, 0, NULL));
    FAILS(PORT_EINVAL, do_open(rig, ROOT, "file", 0, 16, 0, 0, NULL));
    FAILS(PORT_EINVAL, do_open(rig, ROOT, "file", 0, 0, 0, 32, NULL));
    FAILS(PORT_EINVAL, do_open(rig, ROOT, "dir", 0, OFLAG_DIRECTORY | OFLAG_CREAT, 0, 0, NULL));
    FAILS(PORT_EINVAL, do_open(rig, ROOT, "dir", 0, OFLAG_DIRECTORY | OFLAG_TRUNC, 0, 0, NULL));
    FAILS(PORT_ENOTDIR, do_open(rig, ROOT, "file", 0, OFLAG_DIRECTORY, 0, 0, NULL));
    FAILS(PORT_EEXIST, do_open(rig, ROOT, "file", 0, OFLAG_CREAT | OFLAG_EXCL, 0, 0, NULL));
    FAILS(PORT_EEXIST, do_open(rig, ROOT, "dir", 0, OFLAG_CREAT | OFLAG_EXCL, 0, 0, NULL));
    FAILS(PORT_EISDIR, do_open(rig, ROOT, "new/", 0, OFLAG_CREAT, 0, 0, NULL));
    FAILS(PORT_EISDIR, do_open(rig, ROOT, "dir", 0, 0, RIGHTS_RW, 0, NULL));
    FAILS(PORT_ENOENT, do_open(rig, ROOT, "new", 0, 0, 0, 0, NULL));
    OK(do_open(rig, ROOT, "file", 0, OFLAG_CREAT, 0, 0, NULL)); /* is kept */
    expect_file(rig, "file", "hello");
    OK(do_open(rig, ROOT, "file", 0, 0, RIGHTS_RW, FDFLAG_APPEND, &fd));
    OK(do_write(rig, fd, " you", &size));
    OK(CALL(rig, "fd_close", fd));
    expect_file(rig, "file", "hello you");
    OK(do_open(rig, ROOT, "file", 0, OFLAG_TRUNC, 0, 0, NULL));
    expect_file(rig, "file", "");
    FAILS(PORT_ENOTDIR, do_open(rig, 0, "file", 0, 0, 0, 0, NULL));
    FAILS(PORT_EBADF, do_open(rig, 77, "file", 0, 0, 0, 0, NULL));
}

static void test_open_beside(void **state) {
    /* A directory that the guest opened is as much of a root as the one that it was granted. */
    struct rig *rig = *state;
    uint32_t dir;
    make_tree(rig);
    OK(do_open(rig, ROOT, "dir/nested", 0, OFLAG_DIRECTORY, rights_of_kinds(WASI_KIND_DIRECTORY),
               0, &dir));
    OK(do_open(rig, dir, "file", 0, 0, RIGHT_FD_READ, 0, NULL));
    OK(do_open(rig, dir, ".", 0, 0, RIGHT_FD_READ, 0, NULL));
    FAILS(PORT_EPERM, do_open(rig, dir, "..", 0, 0, RIGHT_FD_READ, 0, NULL));
    FAILS(PORT_EPERM, do_open(rig, dir, "self", LOOKUP_FOLLOW, 0, RIGHT_FD_READ, 0, NULL));
    OK(CALL(rig, "path_rename", dir, TEXT(rig, "file"), ROOT, TEXT(rig, "file")));
    expect_file(rig, "file", "hello");
    OK(CALL(rig, "path_link", ROOT, 0, TEXT(rig, "file"), dir, TEXT(rig, "again")));
    expect_file(rig, "dir/nested/again", "hello");
    OK(CALL(rig, "fd_close", dir));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ALL_WORLDS(test_good_paths),   IN_ALL_WORLDS(test_bad_paths),
        IN_ALL_WORLDS(test_nul_bytes),    IN_ALL_WORLDS(test_long_names),
        IN_ALL_WORLDS(test_depth),        IN_ALL_WORLDS(test_too_deep),
        IN_ALL_WORLDS(test_links),
        IN_ALL_WORLDS(test_links_grow),   IN_ALL_WORLDS(test_symlink),
        IN_ALL_WORLDS(test_readlink),     IN_ALL_WORLDS(test_directories),
        IN_ALL_WORLDS(test_rename),       IN_ALL_WORLDS(test_hard_links),
        IN_ALL_WORLDS(test_stat),         IN_ALL_WORLDS(test_times),
        IN_ALL_WORLDS(test_open_flags),   IN_ALL_WORLDS(test_open_beside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
