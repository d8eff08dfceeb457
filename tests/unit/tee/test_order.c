/* test_order.c - orders and outcomes as bytes: what is written is read, and nothing else is taken
 * for one. */
/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "port/posix/posix.h"
#include "proto/order.h"

static void write_order(struct order_writer *w) {
    order_begin(w, port_posix_allocator());
    order_put_text(w, ORDER_ARG, "tide");
    order_put(w, ORDER_STDIO, NULL, 0);
    order_put_option(w, ORDER_OPTION_fuel, UINT64_MAX - 1);
    order_put_module(w, 0);
    assert_false(w->failed);
}

static void test_order(void **state) {
    struct order_writer w;
    struct order_read item;
    enum order_option option;
    uint64_t value;
    bool ok;
    (void)state;
    write_order(&w);
    struct order_reader r = {w.bytes, w.bytes + w.size};
    assert_true(order_next(&r, &item, &ok));
    assert_int_equal(item.item, ORDER_ARG);
    assert_int_equal(item.size, 4);
    assert_memory_equal(item.bytes, "tide", 4);
    assert_false(order_read_option(&item, &option, &value));
    assert_true(order_next(&r, &item, &ok));
    assert_int_equal(item.item, ORDER_STDIO);
    assert_true(order_next(&r, &item, &ok));
    assert_true(order_read_option(&item, &option, &value));
    assert_int_equal(option, ORDER_OPTION_fuel);
    assert_int_equal(value, UINT64_MAX - 1);
    assert_true(order_next(&r, &item, &ok));
    assert_int_equal(item.item, ORDER_MODULE);
    assert_false(order_next(&r, &item, &ok));
    assert_true(ok);
    order_free(&w);
}

/* Walks bytes that lie at the end of what may be touched. */
static bool is_order(const uint8_t *bytes, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    struct order_read item;
    bool ok;
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    struct order_reader r = {copy, copy + size};
    while (order_next(&r, &item, &ok)) {
        enum order_option option;
        uint64_t value;
        assert_true(item.item < ORDER_ITEMS && item.size <= size);
        if (order_read_option(&item, &option, &value)) assert_true(option < ORDER_OPTIONS);
    }
    free(copy);
    return ok;
}

static void test_damaged_order(void **state) {
    struct order_writer w;
    (void)state;
    write_order(&w);
    uint32_t whole = 0;
    for (uint32_t size = 0; size <= w.size; size++) whole += is_order(w.bytes, size);
    assert_int_equal(whole, 5); /* at the end of each item, and nothing at all */
    for (uint32_t i = 0; i < w.size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            w.bytes[i] ^= (uint8_t)(1 << bit);
            (void)is_order(w.bytes, w.size);
            w.bytes[i] ^= (uint8_t)(1 << bit);
        }
    }
    order_free(&w);
}

static const nacre_value values[] = {
    {.kind = NACRE_I32, .of.i32 = INT32_MIN},
    {.kind = NACRE_I64, .of.i64 = -2},
    {.kind = NACRE_F32, .of.f32 = -0.5f},
    {.kind = NACRE_F64, .of.f64 = 1e300},
    {.kind = NACRE_V128, .of.v128 = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
    {.kind = NACRE_FUNCREF, .of.ref = 5},
    {.kind = NACRE_EXTERNREF, .of.ref = NACRE_NULL},
    {.kind = NACRE_ANYREF, .of.ref = UINT32_MAX},
    {.kind = NACRE_EXNREF, .of.ref = 9},
};

static void test_values(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        struct order_writer w;
        struct order_read item;
        nacre_value back;
        bool ok;
        order_begin(&w, port_posix_allocator());
        order_put_value(&w, &values[i]);
        struct order_reader r = {w.bytes, w.bytes + w.size};
        assert_true(order_next(&r, &item, &ok));
        assert_true(order_read_value(&item, &back));
        assert_int_equal(back.kind, values[i].kind);
        assert_memory_equal(&back.of, &values[i].of, sizeof back.of);
        order_free(&w);
    }
}

static nacre_error an_error(void) {
    nacre_error error = {.status = NACRE_TRAP, .trap = NACRE_TRAP_STACK_EXHAUSTED,
                         .exit_code = -3, .offset = 77, .frame_count = 2, .frames_total = 900,
                         .text = "call stack exhausted"};
    error.frames[0] = (nacre_frame){.function = 5, .offset = 77, .name = "deep"};
    error.frames[1] = (nacre_frame){.function = 6, .offset = NACRE_NO_OFFSET};
    return error;
}

static void test_outcome(void **state) {
    uint8_t bytes[OUTCOME_BYTES_MAX];
    nacre_error error = an_error(), back;
    (void)state;
    uint32_t size = outcome_write(&error, bytes);
    assert_int_equal(outcome_read(bytes, sizeof bytes, &back), size);
    assert_int_equal(back.status, NACRE_TRAP);
    assert_int_equal(back.trap, NACRE_TRAP_STACK_EXHAUSTED);
    assert_int_equal(back.exit_code, -3);
    assert_int_equal(back.offset, 77);
    assert_int_equal(back.frame_count, 2);
    assert_int_equal(back.frames_total, 900);
    assert_string_equal(back.text, error.text);
    assert_string_equal(back.frames[0].name, "deep");
    assert_int_equal(back.frames[1].offset, NACRE_NO_OFFSET);
    assert_null(back.frames[0].instance);
}

/* What comes of a core that was taken over. */
static void test_forged_outcome(void **state) {
    uint8_t bytes[OUTCOME_BYTES_MAX], forged[OUTCOME_BYTES_MAX];
    nacre_error error = an_error(), back = {.exit_code = 99};
    (void)state;
    uint32_t size = outcome_write(&error, bytes);
    for (uint32_t cut = 0; cut < size; cut++) assert_false(outcome_read(bytes, cut, &back));
    static const struct { uint32_t at, value; } lies[] = {
        {0, 1000}, {0, UINT32_MAX}, {4, 1000}, {12, 3}, {12, UINT32_MAX}, {12, 33},
    };
    for (size_t i = 0; i < ARRAY_COUNT(lies); i++) {
        memcpy(forged, bytes, sizeof forged);
        store_u32(forged + lies[i].at, lies[i].value);
        assert_false(outcome_read(forged, size, &back));
    }
    assert_int_equal(back.exit_code, 99);
    /* Texts without an end get one. */
    memset(forged, 'x', sizeof forged);
    memcpy(forged, bytes, 32);
    assert_true(outcome_read(forged, size, &back));
    assert_int_equal(strlen(back.text), NACRE_ERROR_TEXT - 1);
    assert_int_equal(strlen(back.frames[1].name), NACRE_FRAME_NAME - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_damaged_order),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_outcome),
        cmocka_unit_test(test_forged_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
