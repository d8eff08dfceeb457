/* test_seat.c - where a thread that answers waits: on the processor that a core names, if any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "local/host/seat.h"

enum { BURST = 8 };

static cpu_set_t now_allowed(void) {
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    return set;
}

static bool may_be_anywhere(const struct seat *s) {
    const cpu_set_t set = now_allowed();
    return CPU_EQUAL(&set, &s->all) && s->cpu == SEAT_NONE;
}

static uint32_t first_of(const cpu_set_t *set) {
    for (uint32_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, set)) return i;
    fail();
    return 0;
}

static void *take(void *unused) {
    struct seat s;
    (void)unused;
    seat_init(&s);
    assert_true(s.is_of_use && s.cpu == SEAT_NONE);
    const uint32_t here = first_of(&s.all);
    seat_take(&s, here);
    const cpu_set_t one = now_allowed();
    assert_int_equal(CPU_COUNT(&one), 1);
    assert_true(CPU_ISSET(here, &one));
    assert_int_equal(sched_getcpu(), here);
    for (int i = 0; i < BURST - 1; i++) {
        assert_int_equal(s.cpu, here);
        seat_leave_if_busy(&s);
    }
    for (int i = 0; i < 10 * BURST && s.cpu == here; i++) /* some of the time was over */
        seat_leave_if_busy(&s);
    assert_true(may_be_anywhere(&s));
    assert_int_not_equal(sched_getcpu(), here);
    for (int i = 0; i < BURST + 1; i++) seat_leave_if_busy(&s); /* it has none */
    assert_true(may_be_anywhere(&s));
    seat_take(&s, here);
    for (int i = 0; i < 3 * BURST; i++) { /* calls that are rare */
        usleep(2000);
        seat_leave_if_busy(&s);
        assert_int_equal(s.cpu, here);
    }
    return NULL;
}

/* What a core names that was taken over. */
static void *take_none(void *unused) {
    struct seat s;
    (void)unused;
    seat_init(&s);
    static const uint32_t none[] = {SEAT_NONE, SEAT_NONE - 1, CPU_SETSIZE, CPU_SETSIZE - 1,
                                    INT32_MAX, (uint32_t)INT32_MIN};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        seat_take(&s, none[i]);
        assert_true(may_be_anywhere(&s));
    }
    return NULL;
}

/* A thread that was given one processor stays there. */
static void *take_only(void *unused) {
    struct seat s;
    cpu_set_t one;
    (void)unused;
    const cpu_set_t all = now_allowed();
    CPU_ZERO(&one);
    CPU_SET(first_of(&all), &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    seat_init(&s);
    assert_false(s.is_of_use);
    for (uint32_t cpu = 0; cpu < CPU_SETSIZE; cpu++) seat_take(&s, cpu);
    const cpu_set_t set = now_allowed();
    assert_true(CPU_EQUAL(&set, &one) && s.cpu == SEAT_NONE);
    return NULL;
}

/* In a thread of its own, as it is one of a core's host. */
static void run(void *(*test)(void *unused)) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, test, NULL), 0);
    pthread_join(thread, NULL);
}

static void test_take(void **state) {
    (void)state;
    run(take);
}

static void test_take_none(void **state) {
    (void)state;
    run(take_none);
}

static void test_take_only(void **state) {
    (void)state;
    run(take_only);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take), cmocka_unit_test(test_take_none),
        cmocka_unit_test(test_take_only),
    };
    cpu_set_t all;
    if (sched_getaffinity(0, sizeof all, &all) || CPU_COUNT(&all) < 2) {
        puts("SKIPPED: one processor is too few");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
