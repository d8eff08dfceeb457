/* test_io.c - moving bytes: vectors, addresses, streams, connections, deadlines. */
#include "rig.h"

/* Puts `count` iovecs into the guest's memory. */
static uint32_t put_iovecs(struct rig *rig, const uint32_t *pairs, uint32_t count) {
    return rig_put(rig, pairs, count * 8);
}

static uint32_t open_file(struct rig *rig, const char *text) {
    uint32_t fd, size;
    OK(do_open(rig, ROOT, "file", 0, OFLAG_CREAT | OFLAG_TRUNC, RIGHTS_RW, 0, &fd));
    OK(do_write(rig, fd, text, &size));
    OK(CALL(rig, "fd_seek", fd, 0, PORT_SEEK_SET, 16));
    return fd;
}

static void test_vectors(void **state) {
    struct rig *rig = *state;
    uint8_t *bytes = rig->memory.bytes;
    uint32_t fd = open_file(rig, "0123456789");
    const uint32_t pairs[] = {SCRATCH, 3, 5, 0, SCRATCH + 100, 4, SCRATCH + 200, 50};
    OK(CALL(rig, "fd_read", fd, put_iovecs(rig, pairs, 4), 4, 16));
    assert_int_equal(rig_u32(rig, 16), 10);
    assert_memory_equal(bytes + SCRATCH, "012", 3);
    assert_memory_equal(bytes + SCRATCH + 100, "3456", 4);
    assert_memory_equal(bytes + SCRATCH + 200, "789", 3);
    OK(CALL(rig, "fd_read", fd, put_iovecs(rig, pairs, 4), 4, 16));
    assert_int_equal(rig_u32(rig, 16), 0);
    OK(CALL(rig, "fd_pread", fd, put_iovecs(rig, pairs, 3), 3, 5, 16));
    assert_int_equal(rig_u32(rig, 16), 5);
    assert_memory_equal(bytes + SCRATCH, "567", 3);
    memcpy(bytes + SCRATCH, "abc", 3);
    memcpy(bytes + SCRATCH + 100, "defg", 4);
    OK(CALL(rig, "fd_pwrite", fd, put_iovecs(rig, pairs, 3), 3, 2, 16));
    assert_int_equal(rig_u32(rig, 16), 7);
    expect_file(rig, "file", "01abcdefg9");
    OK(CALL(rig, "fd_tell", fd, 24));
    assert_int_equal(rig_u64(rig, 24), 10);
    FAILS(PORT_EINVAL, CALL(rig, "fd_pread", fd, put_iovecs(rig, pairs, 1), 1, UINT64_MAX, 16));
    FAILS(PORT_EINVAL, CALL(rig, "fd_pwrite", fd, put_iovecs(rig, pairs, 1), 1, UINT64_MAX, 16));
    OK(CALL(rig, "fd_read", fd, 0, 0, 16));
    assert_int_equal(rig_u32(rig, 16), 0);
}

static void test_many_vectors(void **state) {
    /* More than are taken at once: a short count, and the empty ones are not counted in. */
    struct rig *rig = *state;
    uint32_t pairs[2 * 400];
    uint32_t fd = open_file(rig, "");
    for (uint32_t i = 0; i < 400; i++) {
        pairs[2 * i] = SCRATCH;
        pairs[2 * i + 1] = i >= 200 ? 1 : 0;
    }
    OK(CALL(rig, "fd_write", fd, put_iovecs(rig, pairs, 400), 400, 16));
    assert_int_equal(rig_u32(rig, 16), 64);
}

static void test_faults(void **state) {
    struct rig *rig = *state;
    const uint32_t end = MEMORY_SIZE;
    const uint32_t good[] = {SCRATCH, 4}, over[] = {end - 3, 4}, wraps[] = {UINT32_MAX - 1, 4},
                   big[] = {SCRATCH, 4, 0, UINT32_MAX};
    uint32_t fd = open_file(rig, "text");
    FAILS(PORT_EFAULT, CALL(rig, "fd_write", fd, put_iovecs(rig, over, 1), 1, 16));
    FAILS(PORT_EFAULT, CALL(rig, "fd_write", fd, put_iovecs(rig, wraps, 1), 1, 16));
    FAILS(PORT_EFAULT, CALL(rig, "fd_write", fd, put_iovecs(rig, big, 2), 2, 16));
    FAILS(PORT_EFAULT, CALL(rig, "fd_write", fd, put_iovecs(rig, good, 1), 1, end - 3));
    FAILS(PORT_EFAULT, CALL(rig, "fd_write", fd, end - 7, 1, 16));
    FAILS(PORT_EFAULT, CALL(rig, "fd_write", fd, 0, UINT32_MAX, 16));
    FAILS(PORT_EINVAL, CALL(rig, "fd_write", fd, SCRATCH, 65537, 16));
    FAILS(PORT_EINVAL, CALL(rig, "fd_read", fd, SCRATCH, 65537, 16));
    FAILS(PORT_EFAULT, CALL(rig, "fd_write", fd, SCRATCH, 65536, 16));
    FAILS(PORT_EFAULT, CALL(rig, "fd_read", fd, put_iovecs(rig, good, 1), 1, end - 3));
    FAILS(PORT_EFAULT, CALL(rig, "fd_pread", fd, put_iovecs(rig, good, 1), 1, 0, end - 3));
    FAILS(PORT_EFAULT, CALL(rig, "fd_pwrite", fd, put_iovecs(rig, good, 1), 1, 0, end - 3));
    OK(CALL(rig, "fd_tell", fd, 24));
    assert_int_equal(rig_u64(rig, 24), 0); /* nothing was read or written */
    expect_file(rig, "file", "text");
    FAILS(PORT_EFAULT, CALL(rig, "random_get", end - 4, 5));
    FAILS(PORT_EFAULT, CALL(rig, "random_get", 0, UINT32_MAX));
    FAILS(PORT_EFAULT, CALL(rig, "clock_time_get", 0, 0, end - 7));
    FAILS(PORT_EFAULT, CALL(rig, "clock_res_get", 0, end - 7));
    FAILS(PORT_EFAULT, CALL(rig, "args_sizes_get", 0, end - 3));
    FAILS(PORT_EFAULT, CALL(rig, "args_sizes_get", end - 3, 0));
    FAILS(PORT_EFAULT, CALL(rig, "environ_sizes_get", 0, end - 3));
    FAILS(PORT_EFAULT, CALL(rig, "fd_fdstat_get", fd, end - 23));
    FAILS(PORT_EFAULT, CALL(rig, "fd_filestat_get", ROOT, end - 63));
    FAILS(PORT_EFAULT, CALL(rig, "fd_tell", fd, end - 7));
    FAILS(PORT_EFAULT, CALL(rig, "fd_prestat_dir_name", ROOT, end, 1));
    FAILS(PORT_EFAULT, CALL(rig, "fd_readdir", ROOT, end - 9, 10, 0, 16));
    FAILS(PORT_EFAULT, CALL(rig, "fd_readdir", ROOT, 0, 10, 0, end - 3));
    FAILS(PORT_EFAULT, CALL(rig, "path_filestat_get", ROOT, 0, end - 1, 2, 64));
    FAILS(PORT_EFAULT, CALL(rig, "path_filestat_get", ROOT, 0, TEXT(rig, "file"), end - 63));
    FAILS(PORT_EFAULT, CALL(rig, "path_open", ROOT, 0, TEXT(rig, "new"), OFLAG_CREAT, 0, 0, 0,
                            end - 3));
    FAILS(PORT_ENOENT, do_stat(rig, "new", 0, NULL));
    FAILS(PORT_EFAULT, CALL(rig, "path_create_directory", ROOT, end, 1));
    FAILS(PORT_EFAULT, CALL(rig, "path_readlink", ROOT, TEXT(rig, "file"), end - 1, 2, 16));
    FAILS(PORT_EFAULT, CALL(rig, "path_readlink", ROOT, TEXT(rig, "file"), 0, 2, end - 3));
    FAILS(PORT_EFAULT, CALL(rig, "path_symlink", end, 1, ROOT, TEXT(rig, "new")));
    FAILS(PORT_EFAULT, CALL(rig, "path_rename", ROOT, TEXT(rig, "file"), ROOT, end, 1));
    FAILS(PORT_EFAULT, CALL(rig, "path_link", ROOT, 0, TEXT(rig, "file"), ROOT, end, 1));
    rig->call.memory = NULL; /* a guest that exports none */
    FAILS(PORT_EFAULT, CALL(rig, "fd_tell", fd, 16));
    FAILS(PORT_EFAULT, CALL(rig, "fd_read", fd, 0, 0, 16));
    OK(CALL(rig, "sched_yield", 0));
    rig->call.memory = &rig->memory;
}

static void test_null_streams(void **state) {
    struct rig *rig = *state;
    char bytes[4];
    uint32_t size;
    OK(do_read(rig, 0, bytes, 4, &size));
    assert_int_equal(size, 0);
    OK(do_write(rig, 1, "gone", &size));
    assert_int_equal(size, 4);
    OK(do_write(rig, 2, "gone", &size));
    FAILS(PORT_ENOTCAPABLE, do_write(rig, 0, "x", &size));
    FAILS(PORT_ENOTCAPABLE, do_read(rig, 1, bytes, 4, &size));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_seek", 0, 0, 0, 16));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_sync", 1));
    FAILS(PORT_ENOTSOCK, CALL(rig, "sock_shutdown", 0, 1));
    OK(CALL(rig, "fd_filestat_get", 1, 64));
    OK(CALL(rig, "fd_fdstat_get", 0, 64));
    assert_int_equal(rig->memory.bytes[64], PORT_TYPE_UNKNOWN); /* so isatty says no */
    OK(CALL(rig, "fd_close", 0));
    FAILS(PORT_EBADF, do_read(rig, 0, bytes, 4, &size));
    uint32_t fd;
    OK(do_open(rig, ROOT, ".", 0, 0, 0, 0, &fd));
    assert_int_equal(fd, 0);
}

static void test_standard_streams(void **state) {
    struct rig *rig = *state;
    char bytes[16];
    uint32_t size;
    size_t out;
    wasi_inherit_stdio(rig->wasi);
    wasi_inherit_stdio(rig->wasi); /* once more changes nothing */
    fake_input(rig->fake, "in put", 6, true);
    OK(do_read(rig, 0, bytes, 4, &size));
    assert_int_equal(size, 4);
    OK(do_read(rig, 0, bytes, 4, &size));
    assert_memory_equal(bytes, "ut", 2);
    OK(do_read(rig, 0, bytes, 4, &size));
    assert_int_equal(size, 0);
    OK(do_write(rig, 1, "out", &size));
    OK(do_write(rig, 2, "err", &size));
    assert_memory_equal(fake_output(rig->fake, 1, &out), "out", 3);
    assert_int_equal(out, 3);
    assert_memory_equal(fake_output(rig->fake, 2, &out), "err", 3);
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_seek", 1, 0, PORT_SEEK_CURRENT, 16));
    FAILS(PORT_ENOTSUP, CALL(rig, "fd_fdstat_set_flags", 1, FDFLAG_APPEND));
    OK(CALL(rig, "fd_fdstat_set_flags", 1, FDFLAG_NONBLOCK));
    OK(do_write(rig, 1, "more", &size));
}

static void on_poll(void *env, const char *name) {
    struct rig *rig = env;
    if (strcmp(name, "poll") == 0) fake_input(rig->fake, "late", 4, false);
}

static void test_what_comes_late(void **state) {
    struct rig *rig = *state;
    char bytes[16];
    uint32_t size;
    wasi_inherit_stdio(rig->wasi);
    fake_input(rig->fake, "", 0, false);
    fake_on_call(rig->fake, on_poll, rig);
    OK(do_read(rig, 0, bytes, 16, &size)); /* without a deadline */
    assert_memory_equal(bytes, "late", 4);
    rig->call.deadline_ns = UINT64_MAX - 1;
    OK(do_read(rig, 0, bytes, 16, &size));
    assert_memory_equal(bytes, "late", 4);
    fake_on_call(rig->fake, NULL, NULL);
}

static void test_waiting(void **state) {
    struct rig *rig = *state;
    char bytes[16];
    uint32_t size;
    wasi_inherit_stdio(rig->wasi);
    fake_input(rig->fake, "", 0, false);
    OK(CALL(rig, "fd_fdstat_set_flags", 0, FDFLAG_NONBLOCK));
    FAILS(PORT_EAGAIN, do_read(rig, 0, bytes, 4, &size));
    OK(CALL(rig, "fd_fdstat_set_flags", 0, 0));
    fake_set_clock(rig->fake, PORT_CLOCK_MONOTONIC, 1000);
    rig->call.deadline_ns = 5000;
    const uint32_t iovec[] = {SCRATCH, 4};
    CALL_ENDS(rig, "fd_read", 0, put_iovecs(rig, iovec, 1), 1, 16);
    assert_int_equal(rig->status, NACRE_LIMIT);
    assert_string_equal(rig->call.text, "deadline passed");
    rig->call.deadline_ns = 9000;
    fake_input(rig->fake, "x", 1, false);
    OK(do_read(rig, 0, bytes, 4, &size));
    assert_int_equal(size, 1);
    rig->call.deadline_ns = UINT64_MAX;
}

static void test_big_writes_with_deadline(void **state) {
    /* With a deadline a stream gets what it can take at once. */
    struct rig *rig = *state;
    const uint32_t iovecs[] = {SCRATCH, 3000, SCRATCH, 3000, SCRATCH, 3000};
    wasi_inherit_stdio(rig->wasi);
    rig->call.deadline_ns = UINT64_MAX - 1;
    OK(CALL(rig, "fd_write", 1, put_iovecs(rig, iovecs, 3), 3, 16));
    assert_int_equal(rig_u32(rig, 16), 4096);
    rig->call.deadline_ns = UINT64_MAX;
    OK(CALL(rig, "fd_write", 1, put_iovecs(rig, iovecs, 3), 3, 16));
    assert_int_equal(rig_u32(rig, 16), 9000);
}

static void count_syncs(void *env, const char *name) {
    uint32_t *counts = env;
    counts[0] += strcmp(name, "sync") == 0;
    counts[1] += strcmp(name, "datasync") == 0;
}

static void test_sync_flags(void **state) {
    struct rig *rig = *state;
    static const struct {
        uint32_t flags, syncs, datasyncs;
    } rows[] = {{0, 0, 0}, {FDFLAG_DSYNC, 0, 1}, {FDFLAG_SYNC, 1, 0}, {FDFLAG_RSYNC, 0, 0},
                {FDFLAG_SYNC | FDFLAG_DSYNC, 1, 0}};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        uint32_t counts[2] = {0}, fd, size;
        OK(do_open(rig, ROOT, "file", 0, OFLAG_CREAT, RIGHTS_RW, rows[i].flags, &fd));
        fake_on_call(rig->fake, count_syncs, counts);
        OK(do_write(rig, fd, "x", &size));
        OK(do_write(rig, fd, "", &size));
        fake_on_call(rig->fake, NULL, NULL);
        assert_int_equal(counts[0], rows[i].syncs);
        assert_int_equal(counts[1], rows[i].datasyncs);
    }
}

static struct rig *rig_with_listener(void) {
    struct rig *rig = rig_bare(WORLD_FAKE);
    assert_int_equal(wasi_add_listener(rig->wasi, "fake", NULL), NACRE_OK);
    assert_int_equal(wasi_add_dir(rig->wasi, "/", "/", false, NULL), NACRE_OK);
    rig_define(rig);
    return rig;
}

static void test_connections(void **state) {
    (void)state;
    struct rig *rig = rig_with_listener();
    const uint8_t *bytes = rig->memory.bytes + SCRATCH;
    const uint32_t iovecs[] = {SCRATCH, 4, SCRATCH + 4, 4};
    uint32_t vectors = put_iovecs(rig, iovecs, 2), size, fd;
    size_t sent;
    OK(CALL(rig, "fd_prestat_get", ROOT, 0)); /* the directory is before the listener */
    FAILS(PORT_EBADF, CALL(rig, "fd_prestat_get", 4, 0));
    OK(CALL(rig, "fd_fdstat_set_flags", 4, FDFLAG_NONBLOCK));
    FAILS(PORT_EAGAIN, CALL(rig, "sock_accept", 4, 0, 0));
    OK(CALL(rig, "fd_fdstat_set_flags", 4, 0));
    fake_connect(rig->fake, "hello world", 11, true);
    FAILS(PORT_EINVAL, CALL(rig, "sock_accept", 4, FDFLAG_APPEND, 0));
    FAILS(PORT_EFAULT, CALL(rig, "sock_accept", 4, 0, MEMORY_SIZE));
    FAILS(PORT_ENOTSOCK, CALL(rig, "sock_accept", ROOT, 0, 0));
    OK(CALL(rig, "sock_accept", 4, FDFLAG_NONBLOCK, 0));
    fd = rig_u32(rig, 0);
    assert_int_equal(fd, 5);
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "sock_accept", fd, 0, 0));
    FAILS(PORT_EINVAL, CALL(rig, "sock_recv", fd, vectors, 2, 4, 0, 8));
    OK(CALL(rig, "sock_recv", fd, vectors, 2, RIFLAG_PEEK, 0, 8));
    assert_int_equal(rig_u32(rig, 0), 8);
    OK(CALL(rig, "sock_recv", fd, vectors, 2, RIFLAG_WAITALL, 0, 8));
    assert_memory_equal(bytes, "hello wo", 8);
    OK(CALL(rig, "sock_recv", fd, vectors, 2, RIFLAG_WAITALL, 0, 8));
    assert_int_equal(rig_u32(rig, 0), 3);
    OK(CALL(rig, "sock_recv", fd, vectors, 2, 0, 0, 8));
    assert_int_equal(rig_u32(rig, 0), 0);
    OK(CALL(rig, "sock_send", fd, vectors, 1, 0, 0));
    FAILS(PORT_EINVAL, CALL(rig, "sock_send", fd, vectors, 1, 1, 0));
    OK(do_write(rig, fd, "!", &size));
    assert_memory_equal(fake_sent(rig->fake, 0, &sent), "rldl!", 5);
    assert_int_equal(sent, 5);
    FAILS(PORT_EINVAL, CALL(rig, "sock_shutdown", fd, 0));
    FAILS(PORT_EINVAL, CALL(rig, "sock_shutdown", fd, 4));
    FAILS(PORT_ENOTSOCK, CALL(rig, "sock_shutdown", ROOT, 1));
    FAILS(PORT_EBADF, CALL(rig, "sock_shutdown", 50, 1));
    OK(CALL(rig, "sock_shutdown", fd, SDFLAG_WR));
    FAILS(PORT_EPIPE, CALL(rig, "sock_send", fd, vectors, 1, 0, 0));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "fd_seek", fd, 0, 0, 16));
    rig_destroy(rig);
}

static void test_waitall_waits(void **state) {
    (void)state;
    struct rig *rig = rig_with_listener();
    const uint32_t iovecs[] = {SCRATCH, 2, SCRATCH + 2, 10};
    uint32_t vectors = put_iovecs(rig, iovecs, 2);
    fake_connect(rig->fake, "abcde", 5, false);
    OK(CALL(rig, "sock_accept", 4, 0, 0));
    fake_set_clock(rig->fake, PORT_CLOCK_MONOTONIC, 1000);
    rig->call.deadline_ns = 5000;
    CALL_ENDS(rig, "sock_recv", 5, vectors, 2, RIFLAG_WAITALL, 0, 8);
    assert_int_equal(rig->status, NACRE_LIMIT);
    assert_memory_equal(rig->memory.bytes + SCRATCH, "abcde", 5);
    rig->call.deadline_ns = 9000;
    CALL_ENDS(rig, "sock_accept", 4, 0, 0);
    assert_int_equal(rig->status, NACRE_LIMIT);
    rig_destroy(rig);
}

static void test_process(void **state) {
    struct rig *rig = *state;
    CALL_ENDS(rig, "proc_exit", 33);
    assert_int_equal(rig->status, NACRE_EXIT);
    assert_int_equal(rig->call.exit_code, 33);
    CALL_ENDS(rig, "proc_exit", UINT32_MAX);
    assert_int_equal(rig->call.exit_code, -1);
    CALL_ENDS(rig, "proc_raise", 6);
    assert_int_equal(rig->status, NACRE_EXIT);
    assert_int_equal(rig->call.exit_code, 134);
    OK(CALL(rig, "proc_raise", 0));
    OK(CALL(rig, "proc_raise", 16));
    FAILS(PORT_ENOTSUP, CALL(rig, "proc_raise", 18));
    FAILS(PORT_EINVAL, CALL(rig, "proc_raise", 31));
    OK(CALL(rig, "random_get", 0, 0));
    OK(CALL(rig, "random_get", 0, MEMORY_SIZE));
    rig->call.deadline_ns = 1; /* past */
    CALL_ENDS(rig, "random_get", 0, MEMORY_SIZE);
    assert_int_equal(rig->status, NACRE_LIMIT);
    rig->call.deadline_ns = UINT64_MAX;
    memset(rig->memory.bytes, 0, 64);
    OK(CALL(rig, "random_get", 16, 32));
    assert_int_equal(rig_u64(rig, 8), 0);
    assert_int_equal(rig_u64(rig, 48), 0);
    assert_int_not_equal(rig_u64(rig, 16) | rig_u64(rig, 40), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ALL_WORLDS(test_vectors),
        IN_ALL_WORLDS(test_many_vectors),
        IN_ALL_WORLDS(test_faults),
        IN_ALL_WORLDS(test_null_streams),
        IN_ALL_WORLDS(test_process),
        IN_FAKE(test_standard_streams),
        IN_FAKE(test_what_comes_late),
        IN_FAKE(test_waiting),
        IN_FAKE(test_big_writes_with_deadline),
        IN_FAKE(test_sync_flags),
        cmocka_unit_test(test_connections),
        cmocka_unit_test(test_waitall_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
