/* test_caught.c - a host of a TEE that was caught at a lie: the guest's run ends there, with what
 * the host did, and so does every later one. */
#include "rig.h"
#include "unit/tee/direct.h"

/* It read more than there was room for. */
static void exaggerate(void *env, struct calls_slot *slot) {
    (void)env;
    if (slot->call == CALLS_READ && slot->error == 0) slot->words[0]++;
}

/* It can't close, which nobody looks at, and gives an error that there is none. */
static void mumble(void *env, struct calls_slot *slot) {
    (void)env;
    if (slot->call == CALLS_CLOSE) slot->error = 1000;
}

static void test_lie_ends_the_run(void **state) {
    struct rig *rig = *state;
    const uint32_t iovec[2] = {SCRATCH, 3};
    uint32_t fd, list = rig_put(rig, iovec, sizeof iovec);
    make_file(rig, "tide", "6.1");
    OK(do_open(rig, ROOT, "tide", 0, 0, RIGHTS_RW, 0, &fd));
    rig->direct->lie = exaggerate;
    CALL_ENDS(rig, "fd_read", fd, list, 1, 16);
    assert_int_equal(rig->status, NACRE_HOST);
    assert_string_equal(rig->call.text, "read: more than was asked for");
    rig->direct->lie = NULL;
    CALL_ENDS(rig, "fd_read", fd, list, 1, 16);
    assert_int_equal(rig->status, NACRE_HOST);
    CALL_ENDS(rig, "sched_yield", 0);
    assert_int_equal(rig->status, NACRE_HOST);
}

static void test_lie_that_nobody_asks_for(void **state) {
    struct rig *rig = *state;
    uint32_t fd;
    make_file(rig, "tide", "6.1");
    OK(do_open(rig, ROOT, "tide", 0, 0, RIGHTS_RW, 0, &fd));
    rig->direct->lie = mumble;
    CALL_ENDS(rig, "fd_close", fd);
    assert_int_equal(rig->status, NACRE_HOST);
    assert_string_equal(rig->call.text, "a reply with an unknown error");
}

#define ACROSS(test) {#test, test, setup_boundary, teardown, NULL}

int main(void) {
    const struct CMUnitTest tests[] = {
        ACROSS(test_lie_ends_the_run),
        ACROSS(test_lie_that_nobody_asks_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
