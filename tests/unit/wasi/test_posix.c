/* test_posix.c - the port for Linux itself: memory, clocks, pipes, sockets, odd files. */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"

static void test_pages(void **state) {
    const struct port *port = port_posix();
    const uint64_t size = UINT64_C(8) << 30;
    uint8_t *base;
    (void)state;
    assert_int_equal(port->pages_reserve(port->context, size, &base), NACRE_OK);
    assert_int_equal(port->pages_commit(port->context, base, 65536), NACRE_OK);
    assert_int_equal(base[0] | base[65535], 0);
    base[65535] = 7;
    assert_int_equal(port->pages_commit(port->context, base, 131072), NACRE_OK);
    assert_int_equal(base[65535], 7);
    assert_int_equal(base[131071], 0);
    port->pages_release(port->context, base, size);
    assert_int_equal(port->pages_reserve(port->context, UINT64_C(1) << 60, &base),
                     NACRE_NO_MEMORY);
    assert_int_equal(port->pages_reserve(port->context, 0, &base), NACRE_OK);
    assert_int_equal(port->pages_commit(port->context, base, 0), NACRE_OK);
    port->pages_release(port->context, base, 0);
}

static void test_clocks_and_random(void **state) {
    const struct port *port = port_posix();
    uint64_t a, b;
    uint8_t bytes[1000] = {0};
    bool seen[256] = {false};
    uint32_t kinds = 0;
    (void)state;
    for (enum port_clock clock = PORT_CLOCK_REALTIME; clock <= PORT_CLOCK_THREAD; clock++) {
        assert_int_equal(port->clock_now(port->context, clock, &a), NACRE_OK);
        assert_int_equal(port->clock_step(port->context, clock, &b), NACRE_OK);
        assert_true(b > 0);
    }
    assert_int_equal(port->clock_now(port->context, (enum port_clock)9, &a), NACRE_UNSUPPORTED);
    assert_int_equal(port->random(port->context, bytes, sizeof bytes), NACRE_OK);
    for (size_t i = 0; i < sizeof bytes; i++) {
        kinds += !seen[bytes[i]];
        seen[bytes[i]] = true;
    }
    assert_true(kinds > 200);
    port->yield(port->context);
    const struct allocator *allocator = port_posix_allocator();
    uint8_t *p = allocator->resize(allocator->context, NULL, 0, 40);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % 16, 0);
    p[39] = 5;
    p = allocator->resize(allocator->context, p, 40, 100000);
    assert_int_equal(p[39], 5);
    allocator->resize(allocator->context, p, 100000, 0);
}

/* Replaces the streams of the process while a context takes them. */
static void inherit(struct rig *rig, int in, int out) {
    int saved[2] = {dup(0), dup(1)};
    fflush(stdout);
    dup2(in, 0);
    dup2(out, 1);
    wasi_inherit_stdio(rig->wasi);
    dup2(saved[0], 0);
    dup2(saved[1], 1);
    close(saved[0]);
    close(saved[1]);
}

static uint64_t soon(struct rig *rig, uint64_t ns) {
    uint64_t now;
    assert_int_equal(rig->port.clock_now(rig->port.context, PORT_CLOCK_MONOTONIC, &now),
                     NACRE_OK);
    return now + ns;
}

static void test_pipes(void **state) {
    struct rig *rig = *state;
    int in[2], out[2];
    uint32_t size;
    char bytes[16];
    assert_int_equal(pipe(in) | pipe(out), 0);
    inherit(rig, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    OK(CALL(rig, "fd_fdstat_get", 0, 64));
    assert_int_equal(rig->memory.bytes[64], PORT_TYPE_UNKNOWN);
    assert_false(rig_u64(rig, 72) & (RIGHT_FD_SEEK | RIGHT_FD_TELL | RIGHT_FD_WRITE));
    /* Nothing to read: a deadline ends the wait. */
    rig->call.deadline_ns = soon(rig, 20000000);
    uint32_t iovec[] = {SCRATCH, 8};
    CALL_ENDS(rig, "fd_read", 0, rig_put(rig, iovec, 8), 1, 16);
    assert_int_equal(rig->status, NACRE_LIMIT);
    rig->call.deadline_ns = soon(rig, UINT64_C(60000000000));
    assert_int_equal(write(in[1], "hello", 5), 5);
    OK(do_read(rig, 0, bytes, 16, &size));
    assert_int_equal(size, 5);
    OK(CALL(rig, "fd_fdstat_set_flags", 0, FDFLAG_NONBLOCK));
    FAILS(PORT_EAGAIN, do_read(rig, 0, bytes, 16, &size));
    close(in[1]);
    OK(do_read(rig, 0, bytes, 16, &size));
    assert_int_equal(size, 0);
    OK(do_write(rig, 1, "out", &size));
    assert_int_equal(read(out[0], bytes, 16), 3);
    /* A full pipe, too. */
    static char much[65536];
    memcpy(rig->memory.bytes + SCRATCH, much, sizeof much);
    uint32_t big[] = {SCRATCH, sizeof much};
    rig->call.deadline_ns = soon(rig, 50000000);
    uint64_t written = 0;
    do {
        CALL_ENDS(rig, "fd_write", 1, rig_put(rig, big, 8), 1, 16);
        if (rig->status == NACRE_OK) written += rig_u32(rig, 16);
    } while (rig->status == NACRE_OK && written < 1000000);
    assert_int_equal(rig->status, NACRE_LIMIT);
    rig->call.deadline_ns = UINT64_MAX;
    /* Nobody reads: an error, and no signal, though it is not blocked or ignored here. */
    signal(SIGPIPE, SIG_DFL);
    close(out[0]);
    FAILS(PORT_EPIPE, do_write(rig, 1, "x", &size));
    sigset_t pending;
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
}

static void test_regular_streams(void **state) {
    /* nacre run app.wasm < file > file: seeking works. */
    struct rig *rig = *state;
    char path[96], bytes[16];
    uint32_t size;
    make_file(rig, "in", "0123456789");
    snprintf(path, sizeof path, "%s/in", rig->folder);
    int in = open(path, O_RDONLY);
    snprintf(path, sizeof path, "%s/out", rig->folder);
    int out = open(path, O_WRONLY | O_CREAT, 0666);
    inherit(rig, in, out);
    OK(CALL(rig, "fd_seek", 0, 6, PORT_SEEK_SET, 16));
    OK(do_read(rig, 0, bytes, 16, &size));
    assert_memory_equal(bytes, "6789", 4);
    OK(do_write(rig, 1, "abc", &size));
    FAILS(PORT_ENOTCAPABLE, do_write(rig, 0, "abc", &size));
    FAILS(PORT_ENOTCAPABLE, do_read(rig, 1, bytes, 16, &size));
    expect_file(rig, "out", "abc");
    OK(CALL(rig, "fd_close", 1)); /* ours stays open */
    assert_int_equal(write(out, "d", 1), 1);
    close(in);
    close(out);
}

static void test_odd_streams(void **state) {
    /* nacre run app.wasm < directory: what is in it was not granted. */
    struct rig *rig = *state;
    uint32_t fd;
    char outside[80];
    snprintf(outside, sizeof outside, "%s-outside", rig->folder);
    int in = open(outside, O_RDONLY | O_DIRECTORY), pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    inherit(rig, in, pair[0]);
    /* The host of a core does not even lend it. */
    const uint32_t refused = rig->direct ? PORT_ENOTDIR : PORT_ENOTCAPABLE;
    FAILS(refused, do_open(rig, 0, ".", 0, 0, 0, 0, &fd));
    FAILS(refused, CALL(rig, "path_create_directory", 0, TEXT(rig, "new")));
    FAILS(refused, CALL(rig, "fd_readdir", 0, 0, 100, 0, 16));
    FAILS(PORT_EBADF, CALL(rig, "fd_prestat_get", 0, 0));
    /* A socket can be written, and not be shut down for everybody else. */
    char bytes[8];
    OK(do_write(rig, 1, "out", &fd));
    assert_int_equal(read(pair[1], bytes, 8), 3);
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "sock_shutdown", 1, SDFLAG_WR));
    close(in);
    close(pair[0]);
    close(pair[1]);
}

static void test_devices(void **state) {
    (void)state;
    struct rig *rig = rig_bare(WORLD_POSIX);
    char bytes[16];
    uint32_t fd, size;
    assert_int_equal(wasi_add_dir(rig->wasi, "/dev", "/dev", false, NULL), NACRE_OK);
    rig_define(rig);
    OK(do_open(rig, ROOT, "null", 0, 0, RIGHTS_RW, 0, &fd));
    OK(do_write(rig, fd, "gone", &size));
    assert_int_equal(size, 4);
    OK(do_read(rig, fd, bytes, 16, &size));
    assert_int_equal(size, 0);
    OK(CALL(rig, "fd_fdstat_get", fd, 64));
    assert_int_equal(rig->memory.bytes[64], PORT_TYPE_CHARACTER);
    assert_true(rig_u64(rig, 72) & RIGHT_FD_SEEK); /* no terminal */
    OK(do_open(rig, ROOT, "zero", 0, 0, RIGHT_FD_READ, 0, &fd));
    OK(do_read(rig, fd, bytes, 16, &size));
    assert_int_equal(size, 16);
    rig_destroy(rig);
}

static void test_fifo(void **state) {
    /* Opening and reading a pipe in a directory must not hang for ever. */
    struct rig *rig = *state;
    char path[96], bytes[16];
    uint32_t fd, size;
    snprintf(path, sizeof path, "%s/fifo", rig->folder);
    assert_int_equal(mkfifo(path, 0666), 0);
    FAILS(PORT_ENXIO, do_open(rig, ROOT, "fifo", 0, 0, RIGHT_FD_WRITE, 0, NULL));
    OK(do_open(rig, ROOT, "fifo", 0, 0, RIGHT_FD_READ, 0, &fd));
    int writer = open(path, O_WRONLY);
    rig->call.deadline_ns = soon(rig, 20000000);
    uint32_t iovec[] = {SCRATCH, 8};
    CALL_ENDS(rig, "fd_read", fd, rig_put(rig, iovec, 8), 1, 16);
    assert_int_equal(rig->status, NACRE_LIMIT);
    rig->call.deadline_ns = UINT64_MAX;
    assert_int_equal(write(writer, "abc", 3), 3);
    OK(do_read(rig, fd, bytes, 16, &size));
    assert_int_equal(size, 3);
    close(writer);
    uint32_t to;
    OK(do_open(rig, ROOT, "fifo", 0, 0, RIGHT_FD_WRITE, 0, &to));
    OK(CALL(rig, "fd_close", fd));
    signal(SIGPIPE, SIG_DFL);
    FAILS(PORT_EPIPE, do_write(rig, to, "x", &size));
}

static int connect_to(uint64_t listener, int family) {
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    assert_int_equal(getsockname((int)(uint32_t)listener, (struct sockaddr *)&at, &size), 0);
    int fd = socket(family, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, size), 0);
    return fd;
}

static uint64_t last_listener;
static enum port_errno note_listener(void *context, const char *address, uint64_t *file) {
    enum port_errno e = port_posix()->files->listen(context, address, file);
    if (e == PORT_OK) last_listener = *file;
    return e;
}

static void test_sockets(void **state) {
    (void)state;
    struct rig *rig = rig_bare(WORLD_POSIX);
    char bytes[16];
    uint32_t size;
    rig->files.listen = note_listener;
    assert_int_equal(wasi_add_listener(rig->wasi, "127.0.0.1:0", NULL), NACRE_OK);
    rig_define(rig);
    rig->call.deadline_ns = soon(rig, 20000000);
    CALL_ENDS(rig, "sock_accept", 3, 0, 0);
    assert_int_equal(rig->status, NACRE_LIMIT);
    rig->call.deadline_ns = UINT64_MAX;
    int peer = connect_to(last_listener, AF_INET);
    OK(CALL(rig, "sock_accept", 3, 0, 0));
    uint32_t fd = rig_u32(rig, 0);
    assert_int_equal(fd, 4);
    rig->call.deadline_ns = soon(rig, 20000000);
    uint32_t iovec[] = {SCRATCH, 8};
    uint32_t vector = rig_put(rig, iovec, 8);
    CALL_ENDS(rig, "sock_recv", fd, vector, 1, 0, 0, 8);
    assert_int_equal(rig->status, NACRE_LIMIT);
    rig->call.deadline_ns = soon(rig, UINT64_C(60000000000));
    assert_int_equal(send(peer, "hello", 5, 0), 5);
    OK(CALL(rig, "sock_recv", fd, vector, 1, RIFLAG_PEEK, 0, 8));
    assert_int_equal(rig_u32(rig, 0), 5);
    OK(do_read(rig, fd, bytes, 16, &size));
    assert_int_equal(size, 5);
    OK(CALL(rig, "sock_send", fd, vector, 1, 0, 0));
    assert_int_equal(recv(peer, bytes, 16, 0), 8);
    OK(CALL(rig, "sock_shutdown", fd, SDFLAG_WR));
    assert_int_equal(recv(peer, bytes, 16, 0), 0);
    signal(SIGPIPE, SIG_DFL);
    FAILS(PORT_EPIPE, do_write(rig, fd, "x", &size));
    FAILS(PORT_EPIPE, CALL(rig, "sock_send", fd, vector, 1, 0, 0));
    close(peer);
    OK(CALL(rig, "sock_recv", fd, vector, 1, RIFLAG_WAITALL, 0, 8));
    assert_int_equal(rig_u32(rig, 0), 0);
    OK(CALL(rig, "fd_close", fd));
    rig_destroy(rig);
}

static void test_addresses(void **state) {
    static const char *const bad[] = {
        "", ":", ":80", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
        "127.0.0.1:65536", "127.0.0.1:123456", "127.0.0.1:-1", "[::1]", "[::1:80", "::1:80",
        "[]:80", "[127.0.0.1]:80", "1.2.3.4.5:80", "127.0.0.1 :80",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:80",
    };
    (void)state;
    struct rig *rig = rig_bare(WORLD_POSIX);
    nacre_error error;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        nacre_status status = wasi_add_listener(rig->wasi, bad[i], &error);
        if (status != NACRE_ARGUMENT) print_error("address \"%s\": %d\n", bad[i], (int)status);
        assert_int_equal(status, NACRE_ARGUMENT);
    }
    assert_string_equal(error.text + strlen(error.text) - 38,
                        "not a numeric HOST:PORT or [HOST]:PORT");
    assert_int_equal(wasi_add_listener(rig->wasi, "192.0.2.1:0", &error), NACRE_IO);
    assert_string_equal(error.text, "can't listen at \"192.0.2.1:0\": Address not available");
    rig->files.listen = note_listener;
    nacre_status status = wasi_add_listener(rig->wasi, "[::1]:0", &error);
    if (status == NACRE_OK) close(connect_to(last_listener, AF_INET6));
    else assert_int_equal(status, NACRE_IO); /* a machine without IPv6 */
    rig_destroy(rig);
}

static void test_read_dir_names(void **state) {
    /* Names of the host that a guest could not name are left out, long ones are not cut. */
    struct rig *rig = *state;
    char path[400], name[256];
    memset(name, 'n', 255);
    name[255] = 0;
    snprintf(path, sizeof path, "%s/%s", rig->folder, name);
    close(open(path, O_CREAT | O_WRONLY, 0666));
    snprintf(path, sizeof path, "%s/\xFF\xFE", rig->folder);
    close(open(path, O_CREAT | O_WRONLY, 0666));
    OK(CALL(rig, "fd_readdir", ROOT, SCRATCH, 4096, 0, 16));
    assert_int_equal(rig_u32(rig, 16), 3 * DIRENT_SIZE + 1 + 2 + 255);
    assert_memory_equal(rig->memory.bytes + SCRATCH + 3 * DIRENT_SIZE + 3, name, 255);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),  cmocka_unit_test(test_clocks_and_random),
        IN_POSIX(test_pipes),          IN_POSIX(test_regular_streams),
        IN_POSIX(test_odd_streams),
        cmocka_unit_test(test_devices), IN_POSIX(test_fifo),
        cmocka_unit_test(test_sockets), cmocka_unit_test(test_addresses),
        IN_POSIX(test_read_dir_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
