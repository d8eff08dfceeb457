/* test_host.c - hosts that fail and hosts that lie. */
#include <stdio.h>
#include <stdlib.h>

#include "rig.h"

/* A guest's day. Every call may fail, with the fault's error or because of what failed before;
 * none may crash or leak. */
static void use_everything(struct rig *rig) {
    const uint32_t end = MEMORY_SIZE / 2;
    uint32_t iovec[] = {SCRATCH, 64}, fd = 99, size = 0;
    uint64_t all = rights_of_kinds(WASI_KIND_FILE);
    memset(rig->memory.bytes, 0, end);
    do_mkdir(rig, "dir");
    do_mkdir(rig, "dir/sub");
    do_symlink(rig, "dir/sub", "link");
    do_open(rig, ROOT, "link/../file", LOOKUP_FOLLOW, OFLAG_CREAT, all, FDFLAG_SYNC, &fd);
    do_write(rig, fd, "text", &size);
    CALL(rig, "fd_pwrite", fd, rig_put(rig, iovec, 8), 1, 10, 16);
    CALL(rig, "fd_seek", fd, 0, PORT_SEEK_SET, 16);
    CALL(rig, "fd_read", fd, rig_put(rig, iovec, 8), 1, 16);
    CALL(rig, "fd_pread", fd, rig_put(rig, iovec, 8), 1, 2, 16);
    CALL(rig, "fd_allocate", fd, 0, 100);
    CALL(rig, "fd_advise", fd, 0, 100, 0);
    CALL(rig, "fd_filestat_get", fd, 64);
    CALL(rig, "fd_filestat_set_size", fd, 7);
    CALL(rig, "fd_filestat_set_times", fd, 1, 1, 5);
    CALL(rig, "fd_fdstat_set_flags", fd, FDFLAG_APPEND);
    CALL(rig, "fd_sync", fd);
    CALL(rig, "fd_datasync", fd);
    CALL(rig, "fd_tell", fd, 16);
    CALL(rig, "fd_readdir", ROOT, SCRATCH, 500, 0, 16);
    do_stat(rig, "link/../file", LOOKUP_FOLLOW, NULL);
    CALL(rig, "path_filestat_set_times", ROOT, 1, TEXT(rig, "link"), 1, 1, 5);
    CALL(rig, "path_link", ROOT, 0, TEXT(rig, "dir/file"), ROOT, TEXT(rig, "hard"));
    CALL(rig, "path_readlink", ROOT, TEXT(rig, "link"), SCRATCH, 50, 16);
    do_rename(rig, "hard", "dir/sub/harder");
    do_unlink(rig, "dir/sub/harder");
    do_rmdir(rig, "link/");
    do_unlink(rig, "link");
    do_rmdir(rig, "dir/sub/");
    if (CALL(rig, "sock_accept", 4, 0, 0) == 0) {
        uint32_t socket = rig_u32(rig, 0);
        CALL(rig, "sock_recv", socket, rig_put(rig, iovec, 8), 1, RIFLAG_WAITALL, 16, 20);
        CALL(rig, "sock_send", socket, rig_put(rig, iovec, 8), 1, 0, 16);
        CALL(rig, "sock_shutdown", socket, 3);
        CALL(rig, "fd_renumber", socket, fd);
    }
    CALL(rig, "random_get", SCRATCH, 10);
    CALL(rig, "clock_time_get", 0, 0, 16);
    CALL(rig, "clock_res_get", 0, 16);
    memset(rig->memory.bytes + SCRATCH, 0, 200);
    store_u32(rig->memory.bytes + SCRATCH + 16, 1);
    rig->memory.bytes[SCRATCH + 48 + 8] = EVENT_FD_READ;
    CALL(rig, "poll_oneoff", SCRATCH, SCRATCH + 200, 2, 16);
    CALL(rig, "fd_close", fd);
}

/* One run in which the call number `n` of the port fails; false: there was no such call. */
static bool run_with_fault(uint64_t n, enum port_errno error) {
    struct fake *fake = fake_create();
    struct rig *rig = calloc(1, sizeof *rig);
    rig->fake = fake;
    rig->port = *fake_port(fake);
    rig->allocator = *fake_allocator(fake);
    rig->memory = (struct memory){calloc(1, MEMORY_SIZE), MEMORY_SIZE};
    rig->next = MEMORY_SIZE / 2;
    rig->call = (struct host_call){.memory = &rig->memory, .deadline_ns = UINT64_MAX};
    double_store_init(&rig->store);
    fake_connect(fake, "abc", 3, true);
    fake_fail(fake, n, error);
    bool made = wasi_create(&rig->allocator, &rig->port, 16, &rig->wasi) == NACRE_OK;
    if (made) {
        wasi_inherit_stdio(rig->wasi);
        bool ok = wasi_add_arg(rig->wasi, "prog") == NACRE_OK;
        ok &= wasi_add_env(rig->wasi, "A=B") == NACRE_OK;
        ok &= wasi_add_dir(rig->wasi, "/", "/", false, NULL) == NACRE_OK;
        ok &= wasi_add_listener(rig->wasi, "x", NULL) == NACRE_OK;
        ok &= wasi_define(rig->wasi, &rig->store) == NACRE_OK;
        if (rig->store.count == WASI_FUNCTIONS) use_everything(rig);
        assert_true(ok || fake_fault_hit(fake));
    }
    bool hit = fake_fault_hit(fake);
    if (rig->store.count < WASI_FUNCTIONS && made) wasi_destroy(rig->wasi);
    double_store_deinit(&rig->store);
    assert_int_equal(fake_open_files(fake), 0);
    assert_int_equal(fake_live_allocations(fake), 0);
    fake_destroy(fake);
    free(rig->memory.bytes);
    free(rig);
    return hit;
}

static void test_every_failure(void **state) {
    static const enum port_errno errors[] = {PORT_EIO, PORT_ENOTDIR, PORT_ELOOP, PORT_EINVAL,
                                             PORT_ENOENT, (enum port_errno)12345};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(errors); i++) {
        uint64_t n = 0;
        while (run_with_fault(n, errors[i])) n++;
        assert_in_range(n, 60, 1000); /* it was a day of work */
    }
}

/* Hosts that lie: the real function is called, and then its answer is made false. */

static const struct port_files *honest;

static enum port_errno lying_read(void *context, uint64_t file, const struct port_span *spans,
                                  uint32_t count, size_t *size) {
    (void)honest->read(context, file, spans, count, size);
    *size = 1000;
    return PORT_OK;
}

static enum port_errno lying_write_at(void *context, uint64_t file,
                                      const struct port_span *spans, uint32_t count,
                                      uint64_t offset, size_t *size) {
    (void)honest->write_at(context, file, spans, count, offset, size);
    *size = SIZE_MAX;
    return PORT_OK;
}

static enum port_errno lying_stat(void *context, uint64_t dir, const char *name,
                                  struct port_stat *stat) {
    enum port_errno e = honest->stat(context, dir, name, stat);
    stat->type = (enum port_file_type)200;
    return e;
}

static enum port_errno lying_file_stat(void *context, uint64_t file, struct port_stat *stat) {
    enum port_errno e = honest->file_stat(context, file, stat);
    stat->type = (enum port_file_type)77;
    return e;
}

static struct {
    const char *bytes;
    size_t size, said;
} link_answer;

static enum port_errno lying_read_link(void *context, uint64_t dir, const char *name,
                                       char *target, size_t capacity, size_t *size) {
    (void)context;
    (void)dir;
    (void)name;
    if (link_answer.size > capacity) return PORT_EIO;
    memcpy(target, link_answer.bytes, link_answer.size);
    *size = link_answer.said;
    return PORT_OK;
}

static struct port_entry entry_answer;
static uint32_t count_answer;

static enum port_errno lying_read_dir(void *context, uint64_t dir, uint64_t cookie,
                                      struct port_entry *entries, uint32_t capacity,
                                      uint32_t *count) {
    (void)context;
    (void)dir;
    if (cookie >= 1000) {
        *count = 0;
        return PORT_OK;
    }
    for (uint32_t i = 0; i < capacity; i++) entries[i] = entry_answer;
    *count = count_answer;
    return PORT_OK;
}

static uint32_t dirents(struct rig *rig, const char *name, uint32_t size, uint64_t next,
                        uint32_t count) {
    memset(&entry_answer, 0, sizeof entry_answer);
    if (size <= PORT_NAME_MAX) memcpy(entry_answer.name, name, size);
    entry_answer.name_size = size;
    entry_answer.next = next;
    entry_answer.type = (enum port_file_type)99;
    count_answer = count;
    return CALL(rig, "fd_readdir", ROOT, SCRATCH, 1000, 2, 16);
}

static void test_lies_about_bytes(void **state) {
    struct rig *rig = *state;
    uint32_t fd, size, iovec[] = {SCRATCH, 8};
    char bytes[16];
    honest = fake_port(rig->fake)->files;
    make_file(rig, "file", "text");
    OK(do_open(rig, ROOT, "file", 0, 0, RIGHTS_RW, 0, &fd));
    rig->files.read = lying_read;
    FAILS(PORT_EIO, do_read(rig, fd, bytes, 8, &size));
    rig->files.write_at = lying_write_at;
    FAILS(PORT_EIO, CALL(rig, "fd_pwrite", fd, rig_put(rig, iovec, 8), 1, 0, 16));
    rig->files.stat = lying_stat;
    uint8_t stat[64];
    OK(do_stat(rig, "file", 0, stat));
    assert_int_equal(stat[16], PORT_TYPE_UNKNOWN);
    rig->files.file_stat = lying_file_stat;
    OK(do_open(rig, ROOT, "file", 0, 0, RIGHT_FD_READ | RIGHT_FD_FILESTAT_GET, 0, &fd));
    OK(CALL(rig, "fd_filestat_get", fd, 64));
    assert_int_equal(rig->memory.bytes[64 + 16], PORT_TYPE_UNKNOWN);
}

static void test_lies_about_links(void **state) {
    struct rig *rig = *state;
    static const struct {
        const char *bytes;
        size_t size, said;
        uint32_t error;
    } rows[] = {
        {"a\0b", 3, 3, PORT_EIO},       {"abc", 3, 5000, PORT_EIO}, {"abc", 3, SIZE_MAX, PORT_EIO},
        {"", 0, 0, PORT_ENOENT},        {"/etc", 4, 4, PORT_EPERM}, {"../..", 5, 5, PORT_EPERM},
        {"link", 4, 4, PORT_ELOOP},     {"abc", 3, 4088, PORT_ENAMETOOLONG},
    };
    OK(do_symlink(rig, "x", "link"));
    rig->files.read_link = lying_read_link;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        link_answer.bytes = rows[i].bytes;
        link_answer.size = rows[i].size;
        link_answer.said = rows[i].said;
        uint32_t e = do_stat(rig, "link/more/x", LOOKUP_FOLLOW, NULL);
        if (e != rows[i].error) print_error("row %zu: %u\n", i, e);
        assert_int_equal(e, rows[i].error);
    }
    FAILS(PORT_EIO, CALL(rig, "path_readlink", ROOT, TEXT(rig, "link"), SCRATCH, 4000, 16));
}

static void test_lies_about_entries(void **state) {
    struct rig *rig = *state;
    static const struct {
        const char *name;
        uint32_t size;
    } hidden[] = {{"", 0}, {".", 1}, {"..", 2}, {"a/b", 3}, {"a\0b", 3}, {"\xFF", 1},
                  {"long", 256}, {"long", UINT32_MAX}};
    rig->files.read_dir = lying_read_dir;
    for (size_t i = 0; i < ARRAY_COUNT(hidden); i++) {
        OK(dirents(rig, hidden[i].name, hidden[i].size, 1000, 1));
        assert_int_equal(rig_u32(rig, 16), 0);
    }
    OK(dirents(rig, "shown", 5, 1000, 1));
    assert_int_equal(rig_u32(rig, 16), 29);
    assert_int_equal(rig->memory.bytes[SCRATCH + 20], PORT_TYPE_UNKNOWN);
    FAILS(PORT_EIO, dirents(rig, "shown", 5, 0, 1));
    FAILS(PORT_EIO, dirents(rig, "shown", 5, UINT64_MAX, 1));
    FAILS(PORT_EIO, dirents(rig, "shown", 5, 1000, 17));
    FAILS(PORT_EIO, dirents(rig, "shown", 5, 1000, UINT32_MAX));
    OK(dirents(rig, "shown", 5, 5, 1)); /* for ever the same: until the buffer is full */
    assert_int_equal(rig_u32(rig, 16), 1000);
}

static enum port_errno busy_read(void *context, uint64_t file, const struct port_span *spans,
                                 uint32_t count, size_t *size) {
    (void)honest->poll(context, NULL, 0, 1); /* is a call, so that time can be made to pass */
    (void)file;
    (void)spans;
    (void)count;
    (void)size;
    return PORT_EAGAIN;
}

static void pass_time(void *env, const char *name) {
    struct rig *rig = env;
    static uint64_t now;
    (void)name;
    fake_set_clock(rig->fake, PORT_CLOCK_MONOTONIC, now += 1000);
}

static void test_lies_about_readiness(void **state) {
    /* "Ready", and then "not now", for ever: the deadline holds all the same. */
    struct rig *rig = *state;
    uint32_t iovec[] = {SCRATCH, 8};
    honest = fake_port(rig->fake)->files;
    rig->files.read = busy_read;
    wasi_inherit_stdio(rig->wasi);
    fake_on_call(rig->fake, pass_time, rig);
    rig->call.deadline_ns = 1000000;
    CALL_ENDS(rig, "fd_read", 0, rig_put(rig, iovec, 8), 1, 16);
    assert_int_equal(rig->status, NACRE_LIMIT);
    fake_on_call(rig->fake, NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_failure), IN_FAKE(test_lies_about_bytes),
        IN_FAKE(test_lies_about_links),       IN_FAKE(test_lies_about_entries),
        IN_FAKE(test_lies_about_readiness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
