/* test_poll.c - clocks and poll_oneoff, on clocks that the test moves. */
#include "rig.h"

enum { IN = SCRATCH + 4096, OUT = SCRATCH + 12288, COUNT = 16 };

static uint32_t subscriptions; /* how many the test has put */

static void begin(struct rig *rig) {
    subscriptions = 0;
    memset(rig->memory.bytes + IN, 0, 16384);
}

static void put_clock(struct rig *rig, uint64_t userdata, uint32_t clock, uint64_t timeout,
                      uint16_t flags) {
    uint8_t *at = rig->memory.bytes + IN + SUBSCRIPTION_SIZE * subscriptions++;
    store_u64(at, userdata);
    at[8] = EVENT_CLOCK;
    store_u32(at + 16, clock);
    store_u64(at + 24, timeout);
    store_u16(at + 40, flags);
}

static void put_file(struct rig *rig, uint64_t userdata, uint8_t tag, uint32_t fd) {
    uint8_t *at = rig->memory.bytes + IN + SUBSCRIPTION_SIZE * subscriptions++;
    store_u64(at, userdata);
    at[8] = tag;
    store_u32(at + 16, fd);
}

static uint32_t poll(struct rig *rig) {
    return CALL(rig, "poll_oneoff", IN, OUT, subscriptions, COUNT);
}

static void expect(struct rig *rig, uint32_t index, uint64_t userdata, uint32_t error,
                   uint8_t tag, uint64_t size, uint16_t flags) {
    const uint8_t *at = rig->memory.bytes + OUT + EVENT_SIZE * index;
    uint16_t got_error, got_flags;
    memcpy(&got_error, at + 8, 2);
    memcpy(&got_flags, at + 24, 2);
    assert_true(index < rig_u32(rig, COUNT));
    assert_int_equal(load_u64(at), userdata);
    assert_int_equal(got_error, error);
    assert_int_equal(at[10], tag);
    assert_int_equal(load_u64(at + 16), size);
    assert_int_equal(got_flags, flags);
}

static uint64_t now(struct rig *rig, uint32_t clock) {
    OK(CALL(rig, "clock_time_get", clock, 0, 0));
    return rig_u64(rig, 0);
}

static void test_clocks(void **state) {
    struct rig *rig = *state;
    fake_set_clock(rig->fake, PORT_CLOCK_PROCESS, 77);
    assert_int_equal(now(rig, PORT_CLOCK_PROCESS), 77);
    fake_set_clock(rig->fake, PORT_CLOCK_MONOTONIC, 5000);
    assert_int_equal(now(rig, PORT_CLOCK_MONOTONIC), 5000);
    fake_set_clock(rig->fake, PORT_CLOCK_MONOTONIC, 3000); /* a host that lies */
    assert_int_equal(now(rig, PORT_CLOCK_MONOTONIC), 5000);
    fake_set_clock(rig->fake, PORT_CLOCK_REALTIME, 3000); /* that one may go back */
    assert_int_equal(now(rig, PORT_CLOCK_REALTIME), 3000);
    for (uint32_t i = 0; i < 4; i++) {
        OK(CALL(rig, "clock_res_get", i, 0));
        assert_int_equal(rig_u64(rig, 0), 1);
    }
    FAILS(PORT_EINVAL, CALL(rig, "clock_res_get", 4, 0));
    FAILS(PORT_EINVAL, CALL(rig, "clock_time_get", 4, 0, 0));
}

static void test_sleeping(void **state) {
    struct rig *rig = *state;
    fake_set_clock(rig->fake, PORT_CLOCK_MONOTONIC, 5000);
    uint64_t realtime = now(rig, PORT_CLOCK_REALTIME);
    begin(rig);
    put_clock(rig, 0xABCDEF0123456789, PORT_CLOCK_MONOTONIC, 700, 0);
    OK(poll(rig));
    assert_int_equal(rig_u32(rig, COUNT), 1);
    expect(rig, 0, 0xABCDEF0123456789, 0, EVENT_CLOCK, 0, 0);
    assert_int_equal(now(rig, PORT_CLOCK_MONOTONIC), 5700);
    begin(rig);
    put_clock(rig, 1, PORT_CLOCK_MONOTONIC, 6000, CLOCKFLAG_ABSTIME);
    put_clock(rig, 2, PORT_CLOCK_MONOTONIC, 900, 0);
    put_clock(rig, 3, PORT_CLOCK_REALTIME, 300, 0);
    OK(poll(rig));
    assert_int_equal(rig_u32(rig, COUNT), 2); /* both at 6000 */
    expect(rig, 0, 1, 0, EVENT_CLOCK, 0, 0);
    expect(rig, 1, 3, 0, EVENT_CLOCK, 0, 0);
    begin(rig);
    put_clock(rig, 4, PORT_CLOCK_MONOTONIC, 10, CLOCKFLAG_ABSTIME); /* long past */
    put_clock(rig, 5, PORT_CLOCK_MONOTONIC, UINT64_MAX, 0);
    OK(poll(rig));
    assert_int_equal(rig_u32(rig, COUNT), 1);
    assert_int_equal(now(rig, PORT_CLOCK_MONOTONIC), 6000);
    begin(rig);
    put_clock(rig, 6, PORT_CLOCK_REALTIME, realtime + UINT64_C(5000000000), CLOCKFLAG_ABSTIME);
    OK(poll(rig));
    assert_int_equal(now(rig, PORT_CLOCK_REALTIME), realtime + UINT64_C(5000000000));
}

static uint32_t polls;

static void set_clock(void *env, const char *name) {
    struct rig *rig = env;
    if (strcmp(name, "poll") || ++polls < 2) return; /* the first does not wait */
    fake_set_clock(rig->fake, PORT_CLOCK_REALTIME, UINT64_C(9000000000));
}

static void test_realtime_jumps(void **state) {
    /* The clock is set while the guest waits: it wakes when the clock says so. */
    struct rig *rig = *state;
    fake_set_clock(rig->fake, PORT_CLOCK_REALTIME, 0);
    uint64_t before = now(rig, PORT_CLOCK_MONOTONIC);
    begin(rig);
    put_clock(rig, 1, PORT_CLOCK_REALTIME, UINT64_C(9000000000), CLOCKFLAG_ABSTIME);
    polls = 0;
    fake_on_call(rig->fake, set_clock, rig);
    OK(poll(rig));
    fake_on_call(rig->fake, NULL, NULL);
    assert_in_range(now(rig, PORT_CLOCK_MONOTONIC) - before, 0, UINT64_C(2000000000));
}

static void test_bad_subscriptions(void **state) {
    struct rig *rig = *state;
    uint32_t fd;
    make_file(rig, "file", "x");
    OK(do_open(rig, ROOT, "file", 0, 0, RIGHT_FD_READ, 0, &fd)); /* no right to poll */
    begin(rig);
    FAILS(PORT_EINVAL, poll(rig));
    FAILS(PORT_EINVAL, CALL(rig, "poll_oneoff", IN, OUT, UINT32_MAX, COUNT));
    put_clock(rig, 1, PORT_CLOCK_PROCESS, 1, 0);
    put_clock(rig, 2, 9, 1, 0);
    put_clock(rig, 3, PORT_CLOCK_MONOTONIC, 1, 2);
    put_file(rig, 4, EVENT_FD_READ, 50);
    put_file(rig, 5, EVENT_FD_WRITE, UINT32_MAX);
    put_file(rig, 6, EVENT_FD_READ, fd);
    put_file(rig, 7, EVENT_FD_READ, ROOT);
    put_clock(rig, 8, PORT_CLOCK_MONOTONIC, UINT64_C(60000000000), 0);
    OK(poll(rig));
    assert_int_equal(rig_u32(rig, COUNT), 7);
    expect(rig, 0, 1, PORT_ENOTSUP, EVENT_CLOCK, 0, 0);
    expect(rig, 1, 2, PORT_EINVAL, EVENT_CLOCK, 0, 0);
    expect(rig, 2, 3, PORT_EINVAL, EVENT_CLOCK, 0, 0);
    expect(rig, 3, 4, PORT_EBADF, EVENT_FD_READ, 0, 0);
    expect(rig, 4, 5, PORT_EBADF, EVENT_FD_WRITE, 0, 0);
    expect(rig, 5, 6, PORT_ENOTCAPABLE, EVENT_FD_READ, 0, 0);
    expect(rig, 6, 7, PORT_ENOTCAPABLE, EVENT_FD_READ, 0, 0);
    put_file(rig, 9, 3, 0);
    FAILS(PORT_EINVAL, poll(rig));
    const uint32_t end = MEMORY_SIZE;
    FAILS(PORT_EFAULT, CALL(rig, "poll_oneoff", end - 47, OUT, 1, COUNT));
    FAILS(PORT_EFAULT, CALL(rig, "poll_oneoff", IN, end - 31, 1, COUNT));
    FAILS(PORT_EFAULT, CALL(rig, "poll_oneoff", IN, OUT, 1, end - 3));
}

static void test_files(void **state) {
    struct rig *rig = *state;
    uint32_t fd;
    make_file(rig, "file", "0123456789");
    OK(do_open(rig, ROOT, "file", 0, 0, RIGHTS_RW | RIGHT_POLL_FD_READWRITE, 0, &fd));
    OK(CALL(rig, "fd_seek", fd, 4, PORT_SEEK_SET, 16));
    begin(rig);
    put_file(rig, 1, EVENT_FD_READ, fd);
    put_file(rig, 2, EVENT_FD_WRITE, fd);
    put_file(rig, 3, EVENT_FD_READ, 0); /* empty streams are always ready */
    put_file(rig, 4, EVENT_FD_WRITE, 1);
    put_clock(rig, 5, PORT_CLOCK_MONOTONIC, UINT64_C(60000000000), 0);
    OK(poll(rig));
    assert_int_equal(rig_u32(rig, COUNT), 4);
    expect(rig, 0, 1, 0, EVENT_FD_READ, 6, 0);
    expect(rig, 1, 2, 0, EVENT_FD_WRITE, 0, 0);
    expect(rig, 2, 3, 0, EVENT_FD_READ, 0, 0);
    expect(rig, 3, 4, 0, EVENT_FD_WRITE, 0, 0);
}

static void test_streams(void **state) {
    struct rig *rig = *state;
    wasi_inherit_stdio(rig->wasi);
    fake_input(rig->fake, "", 0, false);
    begin(rig);
    put_file(rig, 1, EVENT_FD_READ, 0);
    put_clock(rig, 2, PORT_CLOCK_MONOTONIC, 5, 0);
    OK(poll(rig));
    assert_int_equal(rig_u32(rig, COUNT), 1);
    expect(rig, 0, 2, 0, EVENT_CLOCK, 0, 0);
    put_file(rig, 3, EVENT_FD_WRITE, 1);
    put_file(rig, 4, EVENT_FD_READ, 1); /* not for reading */
    OK(poll(rig));
    assert_int_equal(rig_u32(rig, COUNT), 2);
    expect(rig, 0, 3, 0, EVENT_FD_WRITE, 0, 0);
    expect(rig, 1, 4, PORT_ENOTCAPABLE, EVENT_FD_READ, 0, 0);
    begin(rig);
    put_file(rig, 1, EVENT_FD_READ, 0);
    put_file(rig, 9, EVENT_FD_READ, 0); /* twice the same */
    fake_input(rig->fake, "abc", 3, false);
    OK(poll(rig));
    assert_int_equal(rig_u32(rig, COUNT), 2);
    expect(rig, 0, 1, 0, EVENT_FD_READ, 3, 0);
    expect(rig, 1, 9, 0, EVENT_FD_READ, 3, 0);
    char bytes[4];
    uint32_t size;
    OK(do_read(rig, 0, bytes, 3, &size));
    fake_input(rig->fake, "", 0, true);
    OK(poll(rig));
    expect(rig, 0, 1, 0, EVENT_FD_READ, 0, EVENTFLAG_HANGUP);
}

static void test_deadline(void **state) {
    struct rig *rig = *state;
    fake_set_clock(rig->fake, PORT_CLOCK_MONOTONIC, 1000);
    rig->call.deadline_ns = 5000;
    begin(rig);
    put_clock(rig, 1, PORT_CLOCK_MONOTONIC, 3000, 0);
    OK(poll(rig));
    CALL_ENDS(rig, "poll_oneoff", IN, OUT, 1, COUNT);
    assert_int_equal(rig->status, NACRE_LIMIT);
    assert_string_equal(rig->call.text, "deadline passed");
    assert_int_equal(now(rig, PORT_CLOCK_MONOTONIC), 5000);
}

static void test_in_and_out_overlap(void **state) {
    struct rig *rig = *state;
    begin(rig);
    for (uint64_t i = 0; i < 20; i++) put_clock(rig, i, PORT_CLOCK_MONOTONIC, 0, 0);
    OK(CALL(rig, "poll_oneoff", IN, IN, 20, COUNT));
    assert_int_equal(rig_u32(rig, COUNT), 20);
    for (uint32_t i = 0; i < 20; i++) assert_int_equal(rig_u64(rig, IN + i * EVENT_SIZE), i);
}

static void test_without_files(void **state) {
    /* A port without files has clocks to wait on all the same. */
    (void)state;
    struct rig *rig = rig_bare(WORLD_FAKE);
    nacre_error error;
    rig->port.files = NULL;
    wasi_inherit_stdio(rig->wasi);
    assert_int_equal(wasi_add_dir(rig->wasi, "/", "/", false, &error), NACRE_IO);
    assert_string_equal(error.text, "can't open directory \"/\": Not supported");
    assert_int_equal(wasi_add_listener(rig->wasi, "x", &error), NACRE_IO);
    rig_define(rig);
    begin(rig);
    put_clock(rig, 1, PORT_CLOCK_MONOTONIC, 5000, 0);
    put_file(rig, 2, EVENT_FD_READ, 3);
    OK(poll(rig));
    expect(rig, 0, 2, PORT_EBADF, EVENT_FD_READ, 0, 0);
    subscriptions = 1;
    uint64_t before = now(rig, PORT_CLOCK_MONOTONIC);
    OK(poll(rig));
    assert_true(now(rig, PORT_CLOCK_MONOTONIC) >= before + 5000);
    rig_destroy(rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FAKE(test_clocks),    IN_FAKE(test_sleeping),          IN_FAKE(test_realtime_jumps),
        IN_FAKE(test_streams),   IN_ALL_WORLDS(test_bad_subscriptions),
        IN_ALL_WORLDS(test_files), IN_FAKE(test_deadline),        IN_FAKE(test_in_and_out_overlap),
        cmocka_unit_test(test_without_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
