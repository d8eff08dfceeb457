/* test_limits.c - hostile modules: each ends in a result, a trap or a named limit, soon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <nacre/instance.h>

#include "support/builder.h"
#include "support/slower.h"

struct run {
    nacre_status status; /* of loading, or instantiating, or calling "f" */
    nacre_error error;
    nacre_value result;
    uint64_t fuel;
};

static struct run run(struct builder *b, const nacre_limits *limits, uint32_t results) {
    struct run r = {0};
    nacre_config config;
    nacre_config_init(&config);
    config.metering = limits != NULL;
    nacre_engine *engine;
    nacre_store *store;
    nacre_module *module = NULL;
    nacre_instance *instance;
    nacre_extern item;
    const uint8_t *bytes;
    size_t size;
    build_module(b, &bytes, &size);
    assert_int_equal(nacre_engine_create(&config, &engine), NACRE_OK);
    assert_int_equal(nacre_store_create(engine, limits, &store), NACRE_OK);
    r.status = nacre_module_create(engine, bytes, size, &module, &r.error);
    if (r.status == NACRE_OK) r.status = nacre_instance_create(store, module, &instance, &r.error);
    if (r.status == NACRE_OK) {
        assert_int_equal(nacre_instance_export(instance, "f", 1, &item), NACRE_OK);
        r.status = nacre_call(store, item.of.func, NULL, 0, &r.result, results, &r.error);
    }
    r.fuel = nacre_store_fuel(store);
    nacre_store_destroy(store);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    build_free(b);
    return r;
}

static void repeat(struct bytes *code, const void *part, size_t size, uint32_t count) {
    while (count--) put(code, part, size);
}

/* A module of one function "f" of no parameters with the given results. */
static struct run run_code(struct bytes *code, const char *results, const struct bytes *locals,
                           const nacre_limits *limits) {
    struct builder b = {0};
    build_functype(&b, "", results);
    build_memory(&b, 1, UINT64_MAX);
    build_func_locals(&b, 0, "f", locals, code->data, code->size);
    free(code->data);
    *code = (struct bytes){0};
    return run(&b, limits, (uint32_t)strlen(results));
}

static void test_deep_nesting(void **state) {
    (void)state;
    static const uint8_t openers[][4] = {{2, 0x02, 0x40}, {2, 0x03, 0x40}, {4, 0x41, 0, 0x04}};
    for (size_t i = 0; i < 3; i++) {
        struct bytes code = {0};
        for (int n = 0; n < 300000; n++) {
            put(&code, openers[i] + 1, i == 2 ? 3 : 2);
            if (i == 2) put_byte(&code, 0x40);
        }
        repeat(&code, "\x0B", 1, 300000);
        assert_int_equal(run_code(&code, "", NULL, NULL).status, NACRE_OK);
    }
}

static void test_many_functions(void **state) {
    (void)state;
    struct builder b = {0};
    build_functype(&b, "", "");
    for (int i = 0; i < 100000; i++) build_func(&b, 0, i == 99999 ? "f" : NULL, "\x01", 1);
    assert_int_equal(run(&b, NULL, 0).status, NACRE_OK);
}

/* Fifty blocks, each with 900 results, and a table that branches to all of them. */
static void test_br_table_with_values(void **state) {
    (void)state;
    struct builder b = {0};
    struct bytes code = {0};
    char many[901] = {0};
    memset(many, 'i', 900);
    build_functype(&b, "", "");
    build_functype(&b, "", many);
    repeat(&code, "\x02\x01", 2, 50);
    repeat(&code, "\x41\x00", 2, 950);
    put(&code, "\x41\x07\x0E", 3);
    put_leb(&code, 60000);
    for (int i = 0; i <= 60000; i++) put_leb(&code, (uint64_t)(i % 50));
    put_byte(&code, 0x0B);
    for (int i = 0; i < 49; i++) put_byte(&code, 0x0B);
    repeat(&code, "\x1A", 1, 900);
    build_func(&b, 0, "f", code.data, code.size);
    free(code.data);
    assert_int_equal(run(&b, NULL, 0).status, NACRE_OK);
}

static void test_frames(void **state) {
    (void)state;
    struct bytes code = {0}, locals = {0};
    put_leb(&locals, 1);
    put_leb(&locals, 1000000);
    put_byte(&locals, 0x7F);
    struct run r = run_code(&code, "", &locals, NULL);
    assert_int_equal(r.status, NACRE_LIMIT);
    assert_string_equal(r.error.text, "too many locals, the limit is 50000");
    locals.size = 0;
    put_leb(&locals, 1);
    put_leb(&locals, 40000);
    put_byte(&locals, 0x7B);
    r = run_code(&code, "", &locals, NULL); /* two slots each */
    assert_int_equal(r.status, NACRE_LIMIT);
    free(locals.data);
    repeat(&code, "\x41\x00", 2, 70000);
    repeat(&code, "\x1A", 1, 70000);
    assert_int_equal(run_code(&code, "", NULL, NULL).status, NACRE_LIMIT);
}

static void test_stack_exhaustion(void **state) {
    (void)state;
    struct bytes code = {0};
    put(&code, "\x10\x00", 2); /* f calls f */
    struct run r = run_code(&code, "", NULL, NULL);
    assert_int_equal(r.error.trap, NACRE_TRAP_STACK_EXHAUSTED);
    assert_int_equal(r.error.frame_count, NACRE_FRAME_COUNT);
    assert_true(r.error.frames_total > 10000);
    nacre_limits limits;
    nacre_limits_init(&limits);
    limits.stack_bytes = 1;
    put(&code, "\x10\x00", 2);
    uint32_t before = r.error.frames_total;
    r = run_code(&code, "", NULL, &limits);
    assert_int_equal(r.error.trap, NACRE_TRAP_STACK_EXHAUSTED);
    assert_true(r.error.frames_total < before);
}

/* A tail call does not take stack. */
static void test_tail_calls(void **state) {
    (void)state;
    struct builder b = {0};
    build_functype(&b, "i", "i");
    build_functype(&b, "", "i");
    /* g(n) = n == 0 ? 7 : g(n - 1) */
    build_func(&b, 0, NULL,
               "\x20\x00\x45\x04\x40\x41\x07\x0F\x0B\x20\x00\x41\x01\x6B\x12\x00", 16);
    build_func(&b, 1, "f", "\x41\x80\x89\x7A\x41\x00\x6C\x41\xC0\x84\x3D\x6A\x10\x00", 14);
    struct run r = run(&b, NULL, 1);
    assert_int_equal(r.status, NACRE_OK);
    assert_int_equal(r.result.of.i32, 7);
}

static void test_fuel(void **state) {
    (void)state;
    nacre_limits limits;
    nacre_limits_init(&limits);
    limits.fuel = 1000000;
    struct bytes code = {0};
    put(&code, "\x03\x40\x0C\x00\x0B", 5); /* for ever, without calls */
    struct run r = run_code(&code, "", NULL, &limits);
    assert_int_equal(r.error.trap, NACRE_TRAP_OUT_OF_FUEL);
    assert_int_equal(r.fuel, 0);
    /* what is used is exact, and the same each time: 5 constants, 4 additions */
    for (int i = 0; i < 2; i++) {
        repeat(&code, "\x41\x01", 2, 5);
        repeat(&code, "\x6A", 1, 4);
        r = run_code(&code, "i", NULL, &limits);
        assert_int_equal(r.status, NACRE_OK);
        assert_int_equal(r.result.of.i32, 5);
        assert_int_equal(r.fuel, 1000000 - 9);
    }
}

static double seconds(const struct timespec *begin, const struct timespec *end) {
    return (double)(end->tv_sec - begin->tv_sec) + (double)(end->tv_nsec - begin->tv_nsec) / 1e9;
}

static void test_deadline(void **state) {
    (void)state;
    nacre_limits limits;
    struct timespec begin, end;
    nacre_limits_init(&limits);
    limits.deadline_ms = 50;
    struct bytes code = {0};
    put(&code, "\x03\x40\x0C\x00\x0B", 5);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    struct run r = run_code(&code, "", NULL, &limits);
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_int_equal(r.error.trap, NACRE_TRAP_DEADLINE);
    assert_true(seconds(&begin, &end) < 5 * slower());
    put(&code, "\x03\x40\x10\x00\x0B", 5); /* recursion under a deadline ends too */
    r = run_code(&code, "", NULL, &limits);
    assert_int_equal(r.status, NACRE_TRAP);
}

/* One instruction that touches 4 GiB ends at the deadline too. */
static void test_deadline_in_bulk(void **state) {
    (void)state;
    static const char *const codes[] = {
        "\x41\x00\x41\x01\x41\x7F\xFC\x0B\x00",     /* fill all but the last byte */
        "\x41\x00\x41\x01\x41\x7F\xFC\x0A\x00\x00", /* copy it down by one */
        "\x41\x01\x41\x00\x41\x7F\xFC\x0A\x00\x00", /* and up */
    };
    static const size_t sizes[] = {9, 10, 10};
    nacre_limits limits;
    nacre_limits_init(&limits);
    limits.deadline_ms = 10;
    for (size_t i = 0; i < 3; i++) {
        struct builder b = {0};
        struct timespec begin, end;
        build_functype(&b, "", "");
        build_memory(&b, 65536, UINT64_MAX);
        build_func(&b, 0, "f", codes[i], sizes[i]);
        clock_gettime(CLOCK_MONOTONIC, &begin);
        struct run r = run(&b, &limits, 0);
        clock_gettime(CLOCK_MONOTONIC, &end);
        assert_int_equal(r.error.trap, NACRE_TRAP_DEADLINE);
        assert_true(seconds(&begin, &end) < 0.5 * slower());
    }
}

/* Filling 4 GiB again and again is not cheap because it is few instructions. */
static void test_bulk_costs(void **state) {
    (void)state;
    nacre_limits limits;
    nacre_limits_init(&limits);
    limits.fuel = 100000;
    struct bytes code = {0};
    put(&code, "\x03\x40\x41\x00\x41\x00\x41\x80\x80\x04\xFC\x0B\x00\x0C\x00\x0B", 16);
    struct run r = run_code(&code, "", NULL, &limits); /* for ever, 64 KiB at a time */
    assert_int_equal(r.error.trap, NACRE_TRAP_OUT_OF_FUEL);
    put(&code, "\x41\x00\x41\x00\x41\x80\x80\x04\xFC\x0B\x00", 11);
    r = run_code(&code, "", NULL, &limits);
    assert_int_equal(r.status, NACRE_OK);
    assert_int_equal(r.fuel, 100000 - 4 - 65536 / 64);
}

static void test_limits_need_metering(void **state) {
    (void)state;
    nacre_engine *engine;
    nacre_store *store = NULL;
    nacre_limits limits;
    nacre_limits_init(&limits);
    limits.fuel = 5;
    assert_int_equal(nacre_engine_create(NULL, &engine), NACRE_OK);
    assert_int_equal(nacre_store_create(engine, &limits, &store), NACRE_ARGUMENT);
    assert_null(store);
    nacre_engine_destroy(engine);
}

/* The last bytes of 4 GiB, and an address beyond what 32 bits hold. */
static void test_large_memory(void **state) {
    (void)state;
    struct builder b = {0};
    build_functype(&b, "", "i");
    build_memory(&b, 65536, UINT64_MAX);
    build_func(&b, 0, "f", "\x41\x7C\x41\x4D\x36\x02\x00\x41\x7C\x28\x02\x00", 12);
    struct run r = run(&b, NULL, 1);
    assert_int_equal(r.status, NACRE_OK);
    assert_int_equal(r.result.of.i32, -51);
    build_functype(&b, "", "i");
    build_memory(&b, 65536, UINT64_MAX);
    build_func(&b, 0, "f", "\x41\x7F\x28\x02\xFF\xFF\xFF\xFF\x0F", 9);
    r = run(&b, NULL, 1);
    assert_int_equal(r.error.trap, NACRE_TRAP_MEMORY_BOUNDS);
}

static void test_memory_limit(void **state) {
    (void)state;
    nacre_limits limits;
    nacre_limits_init(&limits);
    limits.memory_bytes = 3 * 65536 + 1;
    struct bytes code = {0};
    put(&code, "\x41\x02\x40\x00\x1A\x41\x01\x40\x00", 9); /* grow by 2: fits; by 1: -1 */
    struct run r = run_code(&code, "i", NULL, &limits);
    assert_int_equal(r.status, NACRE_OK);
    assert_int_equal(r.result.of.i32, -1);
    struct builder b = {0};
    build_memory(&b, 4, UINT64_MAX);
    r = run(&b, &limits, 0);
    assert_int_equal(r.status, NACRE_LIMIT);
    assert_string_equal(r.error.text, "memories of the module need more than the store may have");
}

/* Address space is reserved for so much, and a memory stays within. */
static void test_reserve(void **state) {
    (void)state;
    nacre_limits limits;
    nacre_limits_init(&limits);
    limits.reserve_bytes = 4 * 65536;
    struct bytes code = {0};
    put(&code, "\x41\x03\x40\x00\x41\x01\x40\x00\x6A", 9); /* grow by 3: 1; by 1: -1 */
    struct run r = run_code(&code, "i", NULL, &limits);
    assert_int_equal(r.status, NACRE_OK);
    assert_int_equal(r.result.of.i32, 0);
    struct builder b = {0};
    build_memory(&b, 5, UINT64_MAX); /* begins with more */
    build_functype(&b, "", "i");
    build_func(&b, 0, "f", "\x41\x01\x40\x00", 4);
    r = run(&b, &limits, 1);
    assert_int_equal(r.status, NACRE_OK);
    assert_int_equal(r.result.of.i32, -1);
}

static void test_table_limit(void **state) {
    (void)state;
    struct builder b = {0};
    build_table(&b, 4000000000u);
    assert_int_equal(run(&b, NULL, 0).status, NACRE_LIMIT);
}

/* What a constant expression makes counts as what functions make; it has no frame. */
static void test_constant_objects(void **state) {
    (void)state;
    nacre_limits limits;
    nacre_limits_init(&limits);
    limits.memory_bytes = 1 << 20;
    static const uint32_t sizes[] = {1000, 1 << 28};
    for (size_t i = 0; i < 2; i++) {
        struct builder b = {0};
        put(entry(&b, 1), "\x5E\x78\x01", 3);       /* type 0: (array (mut i8)) */
        build_functype(&b, "", "i");
        put(entry(&b, 6), "\x63\x00\x00\x41", 4);   /* (global (ref null 0) (i32.const ... */
        put_sleb(&b.sections[6], sizes[i]);
        put(&b.sections[6], "\xFB\x07\x00\x0B", 4); /* ... (array.new_default 0)) */
        build_func(&b, 1, "f", "\x23\x00\xFB\x0F", 4); /* its length */
        struct run r = run(&b, &limits, 1);
        if (i == 0) {
            assert_int_equal(r.status, NACRE_OK);
            assert_int_equal(r.result.of.i32, sizes[i]);
            continue;
        }
        assert_int_equal(r.status, NACRE_TRAP);
        assert_int_equal(r.error.trap, NACRE_TRAP_OUT_OF_MEMORY);
        assert_int_equal(r.error.frame_count, 0);
    }
}

/* No frame holds its operands, so that it may have more than a frame's. */
static void test_constant_operands(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    struct builder b = {0};
    build_functype(&b, "", "i");
    struct bytes *global = entry(&b, 6);
    put(global, "\x7F\x00", 2); /* (global i32 ... */
    repeat(global, "\x41\x01", 2, COUNT);
    repeat(global, "\x6A", 1, COUNT - 1);
    put_byte(global, 0x0B);
    build_func(&b, 0, "f", "\x23\x00", 2);
    struct run r = run(&b, NULL, 1);
    assert_int_equal(r.status, NACRE_OK);
    assert_int_equal(r.result.of.i32, COUNT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deep_nesting),         cmocka_unit_test(test_many_functions),
        cmocka_unit_test(test_br_table_with_values), cmocka_unit_test(test_frames),
        cmocka_unit_test(test_stack_exhaustion),     cmocka_unit_test(test_tail_calls),
        cmocka_unit_test(test_fuel),                 cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_deadline_in_bulk),     cmocka_unit_test(test_bulk_costs),
        cmocka_unit_test(test_limits_need_metering), cmocka_unit_test(test_large_memory),
        cmocka_unit_test(test_memory_limit),         cmocka_unit_test(test_table_limit),
        cmocka_unit_test(test_reserve),              cmocka_unit_test(test_constant_objects),
        cmocka_unit_test(test_constant_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
