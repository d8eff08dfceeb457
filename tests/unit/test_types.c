/* test_types.c - canonical types: equal groups get equal ids; matching follows the hierarchy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "port/default.h"
#include "wasm/types.h"

static struct allocator allocator;
static struct wasm_types types;

static int setup(void **state) {
    (void)state;
    allocator = port_default_allocator();
    static const struct hash_key key = {{1, 2}};
    return wasm_types_init(&types, &allocator, &key) ? 0 : 1;
}

static int teardown(void **state) {
    (void)state;
    wasm_types_deinit(&types);
    return 0;
}

static uint32_t add(const struct wasm_type *group, uint32_t count) {
    uint32_t first;
    assert_int_equal(wasm_types_add(&types, group, count, &first), NACRE_OK);
    return first;
}

static struct wasm_type func(wasm_valtype *param) {
    return (struct wasm_type){.is_final = true, .super = WASM_NO_TYPE, .param_count = 1,
                              .values = param};
}

static void test_equal_types(void **state) {
    (void)state;
    wasm_valtype i32 = WASM_I32, i64 = WASM_I64;
    struct wasm_type a = func(&i32), b = func(&i32), c = func(&i64);
    assert_int_equal(add(&a, 1), add(&b, 1));
    assert_int_not_equal(add(&a, 1), add(&c, 1));
    for (uint32_t i = 0; i < 500; i++) { /* many, so that the table grows */
        wasm_valtype values[10];
        for (uint32_t k = 0; k < 10; k++) values[k] = i >> k & 1 ? WASM_I32 : WASM_F64;
        struct wasm_type t = {.super = WASM_NO_TYPE, .param_count = 10, .values = values,
                              .is_final = i & 1};
        assert_int_equal(add(&t, 1), add(&t, 1));
    }
    assert_int_equal(add(&a, 1), add(&b, 1));
}

/* A type that refers to itself equals another that does, but not one that refers to it. */
static void test_recursive(void **state) {
    (void)state;
    wasm_valtype self = WASM_REFTYPE(false, WASM_HEAP_GROUP);
    struct wasm_type a = func(&self), b = func(&self);
    uint32_t id = add(&a, 1);
    assert_int_equal(add(&b, 1), id);
    assert_int_equal(wasm_heap(wasm_type_get(&types, id)->values[0]), id);
    wasm_valtype outside = WASM_REFTYPE(false, id);
    struct wasm_type c = func(&outside);
    assert_int_not_equal(add(&c, 1), id);
    struct wasm_type pair[2] = {func(&self), func(&self)};
    assert_int_not_equal(add(pair, 2), id);
}

static void test_subtypes(void **state) {
    (void)state;
    struct wasm_field fields[2] = {{.type = WASM_I32}, {.type = WASM_I64, .is_mutable = true}};
    struct wasm_type top = {.kind = WASM_TYPE_STRUCT, .super = WASM_NO_TYPE, .field_count = 1,
                            .fields = fields};
    uint32_t top_id = add(&top, 1);
    struct wasm_type below = top;
    below.super = top_id;
    below.field_count = 2;
    uint32_t below_id = add(&below, 1);
    assert_true(wasm_type_below(&types, below_id, top_id));
    assert_false(wasm_type_below(&types, top_id, below_id));
    assert_true(wasm_type_extends(&types, wasm_type_get(&types, below_id),
                                  wasm_type_get(&types, top_id)));
    assert_false(wasm_type_extends(&types, wasm_type_get(&types, top_id),
                                   wasm_type_get(&types, below_id)));
    assert_true(wasm_heap_matches(&types, below_id, WASM_HEAP_EQ));
    assert_true(wasm_heap_matches(&types, WASM_HEAP_NONE, below_id));
    assert_false(wasm_heap_matches(&types, WASM_HEAP_NOFUNC, below_id));
    assert_false(wasm_heap_matches(&types, below_id, WASM_HEAP_FUNC));
}

static void test_matching(void **state) {
    (void)state;
    static const struct { uint32_t heap, super; bool matches; } cases[] = {
        {WASM_HEAP_I31, WASM_HEAP_EQ, true},      {WASM_HEAP_EQ, WASM_HEAP_I31, false},
        {WASM_HEAP_EQ, WASM_HEAP_ANY, true},      {WASM_HEAP_FUNC, WASM_HEAP_ANY, false},
        {WASM_HEAP_NONE, WASM_HEAP_ARRAY, true},  {WASM_HEAP_NONE, WASM_HEAP_EXTERN, false},
        {WASM_HEAP_NOEXTERN, WASM_HEAP_EXTERN, true}, {WASM_HEAP_NOEXN, WASM_HEAP_EXN, true},
        {WASM_HEAP_STRUCT, WASM_HEAP_ARRAY, false},   {WASM_HEAP_ANY, WASM_HEAP_EQ, false}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        assert_int_equal(wasm_heap_matches(&types, cases[i].heap, cases[i].super),
                         cases[i].matches);
    wasm_valtype func_ref = WASM_REFTYPE(false, WASM_HEAP_FUNC);
    assert_true(wasm_valtype_matches(&types, func_ref, WASM_FUNCREF));
    assert_false(wasm_valtype_matches(&types, WASM_FUNCREF, func_ref));
    assert_true(wasm_valtype_matches(&types, WASM_BOTTOM, WASM_I32));
    assert_false(wasm_valtype_matches(&types, WASM_I32, WASM_I64));
}

/* The nth of many groups, no two alike; the members behind its first refer to that. */
static uint32_t add_nth(uint32_t n, uint32_t size) {
    wasm_valtype first = WASM_REFTYPE(true, WASM_HEAP_GROUP), bits[9];
    struct wasm_type group[3] = {func(bits), func(&first), func(&first)};
    for (uint32_t k = 0; k < 9; k++) bits[k] = n >> k & 1 ? WASM_I32 : WASM_I64;
    group[0].param_count = 9;
    return add(group, size);
}

/* Groups come and go at random: while one is in use its equal has its id, and no other has. */
static void test_release(void **state) {
    (void)state;
    enum { GROUPS = 300, ROUNDS = 20000 };
    uint32_t uses[GROUPS] = {0}, ids[GROUPS], random = 1;
    for (int round = 0; round < ROUNDS; round++) {
        random = random * 1664525 + 1013904223;
        uint32_t n = (random >> 16) % GROUPS, size = n % 3 + 1;
        if (uses[n] && random >> 31) {
            uses[n]--;
            wasm_types_release(&types, ids[n] + size - 1); /* any member will do */
            continue;
        }
        uint32_t id = add_nth(n, size);
        if (uses[n]++) assert_int_equal(id, ids[n]);
        ids[n] = id;
        for (uint32_t i = 0; i < GROUPS; i++)
            if (i != n && uses[i]) assert_true(id + size <= ids[i] || id >= ids[i] + i % 3 + 1);
    }
    for (uint32_t n = 0; n < GROUPS; n++)
        for (; uses[n] > 0; uses[n]--) wasm_types_release(&types, ids[n]);
    assert_int_equal(types.group_count, 0);
    assert_int_equal(types.count, 0);
    assert_int_equal(types.free_count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_equal_types, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recursive, setup, teardown),
        cmocka_unit_test_setup_teardown(test_subtypes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_matching, setup, teardown),
        cmocka_unit_test_setup_teardown(test_release, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
