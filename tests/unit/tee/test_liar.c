/* test_liar.c - a host that lies: it is caught, or what it says is possible; and the core touches
 * no memory but its own. */
/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/tee/workload.h"

/* --- One lie, and what it is called --- */

struct lie {
    uint32_t call, word; /* that is changed in the reply */
    uint64_t value;
    const char *text;
};

static const struct lie lies[] = {
    {CALLS_OPEN_ROOT, 0, 4096, "open_root: the number of a file that is open, or none"},
    {CALLS_OPEN, 0, 0, "open: the number of a file that is open, or none"},
    {CALLS_OPEN, 0, UINT64_MAX, "open: the number of a file that is open, or none"},
    {CALLS_STANDARD, 0, 0, "standard: the number of a file that is open, or none"},
    {CALLS_LISTEN, 0, 5000, "listen: the number of a file that is open, or none"},
    {CALLS_ACCEPT, 0, 1, "accept: the number of a file that is open, or none"},
    {CALLS_OPEN_BENEATH, 0, 0, "open_beneath: the number of a file that is open, or none"},
    {CALLS_STAT, 3, UINT64_MAX, "stat: size is more than INT64_MAX"},
    {CALLS_STAT, 7, PORT_TYPE_COUNT, "stat: type is none of PORT_TYPE_COUNT"},
    {CALLS_FILE_STAT, 3, 3002, "file_stat: a file shorter than what was written to it"},
    {CALLS_FILE_STAT, 7, UINT64_MAX, "stat: type is none of PORT_TYPE_COUNT"},
    {CALLS_READ, 0, CALLS_DATA + 1, "read: more than was asked for"},
    {CALLS_READ_AT, 0, 3001, "read_at: more than was asked for"},
    {CALLS_WRITE, 0, UINT64_MAX, "write: more than was asked for"},
    {CALLS_WRITE_AT, 0, 3001, "write_at: more than was asked for"},
    {CALLS_RECEIVE, 0, 11, "receive: more than was asked for"},
    {CALLS_SEND, 0, 11, "send: more than was asked for"},
    {CALLS_READ_LINK, 0, 4, "read_link: more than was asked for"},
    {CALLS_READ_DIR, 0, 4, "read_dir: more than was asked for"},
    {CALLS_SEEK, 0, 8, "seek: another position than was asked for"},
    {CALLS_SEEK, 0, UINT64_MAX, "seek: position is more than INT64_MAX"},
};

struct liar {
    const struct lie *lie;
    bool is_told;
};

static void tell(void *env, struct calls_slot *slot) {
    struct liar *liar = env;
    if (slot->call != liar->lie->call || liar->is_told || slot->error) return;
    if (slot->call == CALLS_FILE_STAT && slot->words[3] == 0) return; /* nothing to hide yet */
    slot->words[liar->lie->word] = liar->lie->value;
    liar->is_told = true;
}

static enum port_errno hear(void *env, const struct port_span *spans, uint32_t count,
                            size_t *size) {
    *(size_t *)env = *size = count == 1 ? spans->size : 0;
    return PORT_OK;
}

/* Whatever it was caught at, the host is told what became of the run. */
static void expect_answer(struct direct *direct) {
    static const struct served_orders orders = {.answer = hear};
    uint8_t bytes[5] = {0};
    const struct port_span span = {bytes, sizeof bytes};
    size_t heard = 0, sent = 0;
    direct->served.orders = &orders;
    direct->served.orders_env = &heard;
    assert_int_equal(calls_answer(direct->port.context, &span, 1, &sent), PORT_OK);
    assert_int_equal(sent, sizeof bytes);
    assert_int_equal(heard, sizeof bytes);
}

static void test_lies(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(lies); i++) {
        struct liar liar = {.lie = &lies[i]};
        struct fake *fake = work_fake();
        struct work_host host;
        struct direct *direct = direct_create(work_host(&host, fake), "/data", false);
        direct->lie = tell;
        direct->env = &liar;
        work(&direct->port);
        assert_true(liar.is_told);
        assert_non_null(direct->port.caught(direct->port.context));
        assert_string_equal(direct->port.caught(direct->port.context), lies[i].text);
        /* From then on nothing is asked. */
        uint64_t dir = 7, now;
        direct->lie = NULL;
        assert_int_equal(direct->port.files->open_root(direct->port.files_context, "/data", &dir),
                         PORT_EIO);
        assert_int_equal(direct->port.clock_now(direct->port.context, PORT_CLOCK_REALTIME, &now),
                         NACRE_IO);
        assert_int_equal(dir, 7);
        expect_answer(direct);
        direct_destroy(direct);
        fake_destroy(fake);
    }
}

/* What lies in the data. */
static void lie_in_data(void *env, struct calls_slot *slot) {
    const struct lie *lie = env;
    if (slot->call == lie->call && slot->error == 0)
        memcpy(slot->data + lie->word, &lie->value, sizeof lie->value);
}

static void test_lies_in_data(void **state) {
    static const struct lie in_data[] = {
        {CALLS_READ_DIR, 16, PORT_TYPE_COUNT, "entry: type is none of PORT_TYPE_COUNT"},
        {CALLS_READ_DIR, 24, 0, "entry: name is no component of a path"},
        {CALLS_READ_DIR, 24, 256, "entry: name is no component of a path"},
        {CALLS_READ_DIR, 32, '/', "entry: name is no component of a path"},
        {CALLS_READ_DIR, 32, 0, "entry: name is no component of a path"},
        {CALLS_POLL, 16, 8, "poll: ready has bits beyond 7"},
        {CALLS_POLL, 24, PORT_ERRNO_COUNT, "poll: error is none of PORT_ERRNO_COUNT"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(in_data); i++) {
        struct lie lie = in_data[i];
        struct fake *fake = work_fake();
        struct work_host host;
        struct direct *direct = direct_create(work_host(&host, fake), "/data", false);
        direct->lie = lie_in_data;
        direct->env = &lie;
        work(&direct->port);
        assert_non_null(direct->port.caught(direct->port.context));
        assert_string_equal(direct->port.caught(direct->port.context), lie.text);
        direct_destroy(direct);
        fake_destroy(fake);
    }
}

static void turn_back(void *env, struct calls_slot *slot) {
    (void)env;
    if (slot->call == CALLS_CLOCK_NOW) slot->words[0] = 1000000 - slot->number;
}

static void test_clock_that_runs_backwards(void **state) {
    struct fake *fake = work_fake();
    struct work_host host;
    struct direct *direct = direct_create(work_host(&host, fake), "/data", false);
    const struct port *port = &direct->port;
    uint64_t now = 0;
    (void)state;
    direct->lie = turn_back;
    assert_int_equal(port->clock_now(port->context, PORT_CLOCK_REALTIME, &now), NACRE_OK);
    assert_int_equal(port->clock_now(port->context, PORT_CLOCK_REALTIME, &now), NACRE_OK);
    assert_int_equal(port->clock_now(port->context, PORT_CLOCK_MONOTONIC, &now), NACRE_OK);
    assert_int_equal(port->clock_now(port->context, PORT_CLOCK_MONOTONIC, &now), NACRE_IO);
    assert_string_equal(port->caught(port->context), "clock_now: a clock that runs backwards");
    direct_destroy(direct);
    fake_destroy(fake);
}

/* --- Each way to lie, at each call --- */

enum way { REPLAY, EARLY, UNKNOWN_ERROR, LARGE, TRUNCATE, CORRUPT, FAIL, WAYS };

struct schemer {
    enum way way;
    uint32_t calls, at; /* so many so far; and which one is lied about */
    uint64_t random;
    struct calls_slot before; /* the reply before */
};

static uint64_t next(uint64_t *random) {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

static void lie_about(struct schemer *s, struct calls_slot *slot) {
    uint32_t size;
    switch (s->way) {
    case REPLAY: memcpy(slot, &s->before, sizeof *slot); break;
    case EARLY: slot->answered--; break;
    case UNKNOWN_ERROR: slot->error = PORT_ERRNO_COUNT + (uint32_t)next(&s->random) % 9; break;
    case LARGE:
        for (int i = 0; i < CALLS_WORDS; i++) slot->words[i] = UINT64_MAX >> next(&s->random) % 64;
        break;
    case TRUNCATE:
        memset(slot->words + next(&s->random) % CALLS_WORDS, 0, sizeof slot->words[0]);
        memset(slot->data + next(&s->random) % 500, 0, 1000);
        break;
    case CORRUPT:
        size = offsetof(struct calls_slot, data) + 2000;
        for (int i = 0; i < 20; i++)
            ((uint8_t *)slot)[next(&s->random) % size] ^= (uint8_t)(1 << next(&s->random) % 8);
        break;
    default: slot->error = 1 + (uint32_t)next(&s->random) % (PORT_ERRNO_COUNT - 1); break;
    }
}

static void scheme(void *env, struct calls_slot *slot) {
    struct schemer *s = env;
    if (s->calls++ == s->at) lie_about(s, slot);
    memcpy(&s->before, slot, sizeof *slot);
}

/* How many calls were made. */
static uint32_t run(struct schemer *s) {
    struct fake *fake = work_fake();
    struct work_host host;
    struct direct *direct = direct_create(work_host(&host, fake), "/data", false);
    direct->lie = scheme;
    direct->env = s;
    work(&direct->port);
    bool must_be_caught = s->way == REPLAY || s->way == EARLY || s->way == UNKNOWN_ERROR;
    if (must_be_caught && s->calls > s->at)
        assert_non_null(direct->port.caught(direct->port.context));
    direct_destroy(direct);
    fake_destroy(fake);
    return s->calls;
}

static void test_each_call(void **state) {
    struct schemer *s = work_take(sizeof *s);
    (void)state;
    s->at = UINT32_MAX;
    const uint32_t honest = run(s);
    assert_in_range(honest, CALLS_COUNT, 1000);
    for (int way = 0; way < WAYS; way++) {
        for (uint32_t at = 0; at < honest; at++) {
            memset(s, 0, sizeof *s);
            s->way = (enum way)way;
            s->at = at;
            s->random = 88172645463325252u + at * 977u + (uint32_t)way;
            (void)run(s);
        }
    }
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_lies_in_data),
        cmocka_unit_test(test_clock_that_runs_backwards),
        cmocka_unit_test(test_each_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
