/* test_embedding.c - the public interface: host functions, values, memories, errors, frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <nacre/instance.h>
#include <nacre/wasi.h>

#include "support/builder.h"

struct fixture {
    nacre_engine *engine;
    nacre_store *store;
    nacre_module *module;
    nacre_instance *instance;
    nacre_error error;
    struct builder b;
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    return nacre_engine_create(NULL, &f->engine) || nacre_store_create(f->engine, NULL, &f->store);
}

static int teardown(void **state) {
    struct fixture *f = *state;
    nacre_store_destroy(f->store);
    nacre_module_destroy(f->module);
    nacre_engine_destroy(f->engine);
    build_free(&f->b);
    free(f);
    return 0;
}

static nacre_status instantiate(struct fixture *f) {
    const uint8_t *bytes;
    size_t size;
    build_module(&f->b, &bytes, &size);
    assert_int_equal(nacre_module_create(f->engine, bytes, size, &f->module, &f->error), NACRE_OK);
    return nacre_instance_create(f->store, f->module, &f->instance, &f->error);
}

static nacre_ref func(struct fixture *f, const char *name) {
    nacre_extern item;
    assert_int_equal(nacre_instance_export(f->instance, name, strlen(name), &item), NACRE_OK);
    assert_int_equal(item.kind, NACRE_EXTERN_FUNC);
    return item.of.func;
}

static void define(struct fixture *f, const char *name, const nacre_functype *type,
                   nacre_callback callback, void *env) {
    nacre_extern item = {.kind = NACRE_EXTERN_FUNC};
    assert_int_equal(nacre_func_create(f->store, type, callback, env, &item.of.func), NACRE_OK);
    assert_int_equal(nacre_store_define(f->store, "host", 4, name, strlen(name), &item), NACRE_OK);
}

static nacre_value i32(int32_t value) { return (nacre_value){.kind = NACRE_I32, .of.i32 = value}; }

/* host.add(i32, i64) -> f64, called by the guest's f(i32, i64) -> f64 */
static nacre_status add(void *env, nacre_caller *caller, const nacre_value *args,
                        nacre_value *results) {
    assert_non_null(nacre_caller_instance(caller));
    assert_int_equal(args[0].kind, NACRE_I32);
    assert_int_equal(results[0].kind, NACRE_F64);
    results[0].of.f64 = args[0].of.i32 + (double)args[1].of.i64 + *(int *)env;
    return NACRE_OK;
}

static void test_callback(void **state) {
    struct fixture *f = *state;
    int env = 1000;
    nacre_kind params[] = {NACRE_I32, NACRE_I64}, results[] = {NACRE_F64};
    define(f, "add", &(nacre_functype){2, 1, params, results}, add, &env);
    build_functype(&f->b, "iI", "F");
    build_import_func(&f->b, "host", "add", 0);
    build_func(&f->b, 0, "f", (const uint8_t[]){0x20, 0, 0x20, 1, 0x10, 0}, 6);
    assert_int_equal(instantiate(f), NACRE_OK);
    nacre_value args[2] = {i32(-3), {.kind = NACRE_I64, .of.i64 = 1LL << 40}}, result;
    assert_int_equal(nacre_call(f->store, func(f, "f"), args, 2, &result, 1, NULL), NACRE_OK);
    assert_true(result.of.f64 == 997.0 + (double)(1LL << 40));
    /* arguments are checked */
    assert_int_equal(nacre_call(f->store, func(f, "f"), args, 1, &result, 1, &f->error),
                     NACRE_TYPE);
    assert_string_equal(f->error.text, "wrong number of arguments: expected 2, given 1");
    args[0].kind = NACRE_F32;
    assert_int_equal(nacre_call(f->store, func(f, "f"), args, 2, &result, 1, &f->error),
                     NACRE_TYPE);
    assert_string_equal(f->error.text, "argument 1 is not a value of type i32");
    assert_int_equal(nacre_call(f->store, NACRE_NULL, args, 2, &result, 1, NULL), NACRE_ARGUMENT);
    assert_int_equal(nacre_call(f->store, 999999, args, 2, &result, 1, NULL), NACRE_ARGUMENT);
    nacre_functype type;
    assert_int_equal(nacre_func_type(f->store, func(f, "f"), &type), NACRE_OK);
    assert_int_equal(type.param_count, 2);
    assert_int_equal(type.results[0], NACRE_F64);
}

static nacre_status refuse(void *env, nacre_caller *caller, const nacre_value *args,
                         nacre_value *results) {
    (void)env, (void)results;
    if (args[0].of.i32 == 0) return nacre_caller_fail(caller, "the host says no");
    return nacre_caller_exit(caller, args[0].of.i32);
}

/* outer -> inner -> host.fail: trap with text, backtrace, names of exports; exit with a code. */
static void test_host_failures(void **state) {
    struct fixture *f = *state;
    nacre_kind params[] = {NACRE_I32};
    define(f, "fail", &(nacre_functype){1, 0, params, NULL}, refuse, NULL);
    build_functype(&f->b, "i", "");
    build_import_func(&f->b, "host", "fail", 0);
    build_func(&f->b, 0, "inner", (const uint8_t[]){0x01, 0x20, 0, 0x10, 0}, 5);
    build_func(&f->b, 0, "outer", (const uint8_t[]){0x20, 0, 0x10, 1}, 4);
    assert_int_equal(instantiate(f), NACRE_OK);
    nacre_value arg = i32(0);
    assert_int_equal(nacre_call(f->store, func(f, "outer"), &arg, 1, NULL, 0, &f->error),
                     NACRE_TRAP);
    assert_int_equal(f->error.trap, NACRE_TRAP_HOST);
    assert_string_equal(f->error.text, "the host says no");
    assert_int_equal(f->error.frames_total, 2);
    assert_string_equal(f->error.frames[0].name, "inner");
    assert_string_equal(f->error.frames[1].name, "outer");
    assert_int_equal(f->error.frames[0].function, 1);
    /* the offsets are those of the call instructions */
    assert_int_equal(f->b.module.data[f->error.frames[0].offset], 0x10);
    assert_int_equal(f->b.module.data[f->error.frames[1].offset], 0x10);
    assert_int_equal(f->error.offset, f->error.frames[0].offset);
    arg = i32(42);
    assert_int_equal(nacre_call(f->store, func(f, "outer"), &arg, 1, NULL, 0, &f->error),
                     NACRE_EXIT);
    assert_int_equal(f->error.exit_code, 42);
}

static nacre_status again(void *env, nacre_caller *caller, const nacre_value *args,
                          nacre_value *results) {
    struct fixture *f = env;
    nacre_value arg = i32(args[0].of.i32 - 1);
    nacre_error error;
    (void)caller;
    if (args[0].of.i32 == 0) {
        results[0].of.i32 = 0;
        return NACRE_OK;
    }
    nacre_status status = nacre_call(f->store, func(f, "f"), &arg, 1, results, 1, &error);
    if (status == NACRE_OK) results[0].of.i32 += 1;
    return status;
}

/* host and guest call each other; too deep is a trap. */
static void test_nested_calls(void **state) {
    struct fixture *f = *state;
    nacre_kind kinds[] = {NACRE_I32};
    define(f, "again", &(nacre_functype){1, 1, kinds, kinds}, again, f);
    build_functype(&f->b, "i", "i");
    build_import_func(&f->b, "host", "again", 0);
    build_func(&f->b, 0, "f", (const uint8_t[]){0x20, 0, 0x10, 0, 0x41, 1, 0x6A}, 7);
    assert_int_equal(instantiate(f), NACRE_OK);
    nacre_value arg = i32(20), result;
    assert_int_equal(nacre_call(f->store, func(f, "f"), &arg, 1, &result, 1, NULL), NACRE_OK);
    assert_int_equal(result.of.i32, 41);
    arg = i32(1000);
    assert_int_equal(nacre_call(f->store, func(f, "f"), &arg, 1, &result, 1, &f->error),
                     NACRE_TRAP);
    arg = i32(20);
    assert_int_equal(nacre_call(f->store, func(f, "f"), &arg, 1, &result, 1, NULL), NACRE_OK);
    assert_int_equal(result.of.i32, 41);
}

/* Calls into the guest, and hands on how that ended but not its code. */
static nacre_status hand_on(void *env, nacre_caller *caller, const nacre_value *args,
                            nacre_value *results) {
    struct fixture *f = env;
    (void)caller, (void)results;
    return nacre_call(f->store, func(f, "inner"), args, 1, NULL, 0, NULL);
}

/* outer -> host -> inner -> host: the exit code comes through, and does not stay. */
static void test_nested_exit(void **state) {
    struct fixture *f = *state;
    nacre_kind params[] = {NACRE_I32};
    const nacre_functype one = {1, 0, params, NULL};
    define(f, "fail", &one, refuse, NULL);
    define(f, "hand_on", &one, hand_on, f);
    build_functype(&f->b, "i", "");
    build_import_func(&f->b, "host", "fail", 0);
    build_import_func(&f->b, "host", "hand_on", 0);
    build_func(&f->b, 0, "inner", (const uint8_t[]){0x20, 0, 0x10, 0}, 4);
    build_func(&f->b, 0, "outer", (const uint8_t[]){0x20, 0, 0x10, 1}, 4);
    assert_int_equal(instantiate(f), NACRE_OK);
    nacre_value arg = i32(7);
    assert_int_equal(nacre_call(f->store, func(f, "outer"), &arg, 1, NULL, 0, &f->error),
                     NACRE_EXIT);
    assert_int_equal(f->error.exit_code, 7);
    arg = i32(0);
    assert_int_equal(nacre_call(f->store, func(f, "outer"), &arg, 1, NULL, 0, &f->error),
                     NACRE_TRAP);
    assert_int_equal(f->error.exit_code, 0);
}

static nacre_status seventy_seven(void *env, nacre_caller *caller, const nacre_value *args,
                                  nacre_value *results) {
    (void)env, (void)caller, (void)args;
    results[0] = i32(77);
    return NACRE_OK;
}

static int32_t yield(struct fixture *f) {
    nacre_value result;
    assert_int_equal(nacre_call(f->store, func(f, "f"), NULL, 0, &result, 1, NULL), NACRE_OK);
    return result.of.i32;
}

/* WASI's functions, and one that takes the place of one: which counts is what came later. */
static void test_replaced_wasi(void **state) {
    struct fixture *f = *state;
    nacre_kind results[] = {NACRE_I32};
    nacre_extern item = {.kind = NACRE_EXTERN_FUNC};
    build_functype(&f->b, "", "i");
    build_import_func(&f->b, "wasi_snapshot_preview1", "sched_yield", 0);
    build_func(&f->b, 0, "f", (const uint8_t[]){0x10, 0}, 2);
    assert_int_equal(nacre_func_create(f->store, &(nacre_functype){0, 1, NULL, results},
                                       seventy_seven, NULL, &item.of.func), NACRE_OK);
    const char *const steps[] = {"define", "attach", "define", "attach"};
    for (size_t i = 0; i < 4; i++) {
        nacre_wasi *wasi;
        if (steps[i][0] == 'd') {
            assert_int_equal(nacre_store_define(f->store, "wasi_snapshot_preview1", 22,
                                                "sched_yield", 11, &item), NACRE_OK);
        } else {
            assert_int_equal(nacre_wasi_create(f->engine, &wasi), NACRE_OK);
            assert_int_equal(nacre_wasi_attach(wasi, f->store), NACRE_OK);
        }
        if (i == 0) assert_int_equal(instantiate(f), NACRE_OK);
        else assert_int_equal(nacre_instance_create(f->store, f->module, &f->instance, NULL),
                              NACRE_OK);
        assert_int_equal(yield(f), steps[i][0] == 'd' ? 77 : 0);
    }
}

static nacre_status slow(void *env, nacre_caller *caller, const nacre_value *args,
                         nacre_value *results) {
    (void)env, (void)caller, (void)args, (void)results;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    return NACRE_OK;
}

/* A guest that does nothing but call the host is late after 50 ms, not after many instructions. */
static void test_slow_host(void **state) {
    struct fixture *f = *state;
    nacre_limits limits;
    nacre_config config;
    nacre_config_init(&config);
    config.metering = true;
    nacre_limits_init(&limits);
    limits.deadline_ms = 50;
    nacre_store_destroy(f->store);
    nacre_engine_destroy(f->engine);
    assert_int_equal(nacre_engine_create(&config, &f->engine), NACRE_OK);
    assert_int_equal(nacre_store_create(f->engine, &limits, &f->store), NACRE_OK);
    build_functype(&f->b, "", "");
    build_import_func(&f->b, "host", "slow", 0);
    build_func(&f->b, 0, "f", "\x03\x40\x10\x00\x0C\x00\x0B", 7);
    define(f, "slow", &(nacre_functype){0}, slow, NULL);
    assert_int_equal(instantiate(f), NACRE_OK);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    assert_int_equal(nacre_call(f->store, func(f, "f"), NULL, 0, NULL, 0, &f->error), NACRE_TRAP);
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_int_equal(f->error.trap, NACRE_TRAP_DEADLINE);
    assert_true(end.tv_sec - begin.tv_sec < 2);
}

static void test_memory(void **state) {
    struct fixture *f = *state;
    build_functype(&f->b, "i", "i");
    build_memory(&f->b, 1, 3);
    build_export(&f->b, "m", 2, 0);
    build_func(&f->b, 0, "load", (const uint8_t[]){0x20, 0, 0x28, 2, 0}, 5);
    assert_int_equal(instantiate(f), NACRE_OK);
    nacre_extern item;
    assert_int_equal(nacre_instance_export(f->instance, "m", 1, &item), NACRE_OK);
    nacre_memory *m = item.of.memory;
    uint32_t value = 0x12345678, back = 0;
    assert_int_equal(nacre_memory_size(m), 65536);
    assert_int_equal(nacre_memory_write(m, 65532, &value, 4), NACRE_OK);
    assert_int_equal(nacre_memory_write(m, 65533, &value, 4), NACRE_BOUNDS);
    assert_int_equal(nacre_memory_write(m, UINT64_MAX, &value, 4), NACRE_BOUNDS);
    assert_int_equal(nacre_memory_read(m, 65532, &back, 4), NACRE_OK);
    assert_int_equal(back, value);
    assert_int_equal(nacre_memory_read(m, 65536, &back, 0), NACRE_OK);
    assert_int_equal(nacre_memory_read(m, 65537, &back, 0), NACRE_BOUNDS);
    nacre_value arg = i32(65532), result;
    assert_int_equal(nacre_call(f->store, func(f, "load"), &arg, 1, &result, 1, NULL), NACRE_OK);
    assert_int_equal(result.of.i32, value);
    uint64_t old;
    assert_int_equal(nacre_memory_grow(m, 2, &old), NACRE_OK);
    assert_int_equal(old, 1);
    assert_int_equal(nacre_memory_grow(m, 1, &old), NACRE_LIMIT);
    assert_int_equal(nacre_memory_size(m), 3 * 65536);
    arg = i32(3 * 65536 - 4);
    assert_int_equal(nacre_call(f->store, func(f, "load"), &arg, 1, &result, 1, NULL), NACRE_OK);
    assert_int_equal(result.of.i32, 0);
}

/* Copies of more than a piece that overlap their source, in both directions. */
static void test_large_copies(void **state) {
    struct fixture *f = *state;
    enum { SIZE = 5 << 20, STEP = 3 };
    nacre_extern item;
    build_functype(&f->b, "iii", "");
    build_memory(&f->b, SIZE / 65536, UINT64_MAX);
    build_export(&f->b, "memory", 2, 0);
    build_func(&f->b, 0, "copy", "\x20\x00\x20\x01\x20\x02\xFC\x0A\x00\x00", 10);
    assert_int_equal(instantiate(f), NACRE_OK);
    assert_int_equal(nacre_instance_export(f->instance, "memory", 6, &item), NACRE_OK);
    uint8_t *data = nacre_memory_data(item.of.memory), *expected = malloc(SIZE);
    for (uint32_t i = 0; i < SIZE; i++) data[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
    memcpy(expected, data, SIZE);
    for (int up = 0; up < 2; up++) {
        int32_t to = up ? STEP : 0, from = up ? 0 : STEP;
        nacre_value args[] = {i32(to), i32(from), i32(SIZE - STEP)};
        memmove(expected + to, expected + from, SIZE - STEP);
        assert_int_equal(nacre_call(f->store, func(f, "copy"), args, 3, NULL, 0, &f->error),
                         NACRE_OK);
        assert_memory_equal(data, expected, SIZE);
    }
    free(expected);
}

static void test_globals_and_tables(void **state) {
    struct fixture *f = *state;
    nacre_value v128 = {.kind = NACRE_V128}, back;
    for (uint8_t i = 0; i < 16; i++) v128.of.v128[i] = i;
    nacre_global *g, *constant;
    assert_int_equal(nacre_global_create(f->store, &v128, true, &g), NACRE_OK);
    nacre_global_get(g, &back);
    assert_memory_equal(back.of.v128, v128.of.v128, 16);
    nacre_value one = i32(1);
    assert_int_equal(nacre_global_set(g, &one), NACRE_TYPE);
    assert_int_equal(nacre_global_create(f->store, &one, false, &constant), NACRE_OK);
    assert_int_equal(nacre_global_set(constant, &one), NACRE_ARGUMENT);
    nacre_table *t;
    assert_int_equal(nacre_table_create(f->store, NACRE_EXTERNREF, 2, 4, false, &t), NACRE_OK);
    assert_int_equal(nacre_table_set(t, 1, nacre_extern_ref(77)), NACRE_OK);
    assert_int_equal(nacre_table_set(t, 2, nacre_extern_ref(77)), NACRE_BOUNDS);
    assert_int_equal(nacre_table_set(t, 1, 8), NACRE_TYPE); /* no object is there */
    assert_int_equal(nacre_table_get(t, 1, &back), NACRE_OK);
    assert_int_equal(nacre_extern_number(back.of.ref), 77);
    uint64_t old;
    assert_int_equal(nacre_table_grow(t, 2, NACRE_NULL, &old), NACRE_OK);
    assert_int_equal(nacre_table_grow(t, 1, NACRE_NULL, &old), NACRE_LIMIT);
    assert_int_equal(nacre_table_size(t), 4);
    assert_int_equal(nacre_table_create(f->store, NACRE_I32, 2, 4, false, &t), NACRE_ARGUMENT);
    assert_int_equal(nacre_table_create(f->store, NACRE_FUNCREF, 5, 4, false, &t), NACRE_ARGUMENT);
}

static void test_missing_imports(void **state) {
    struct fixture *f = *state;
    build_functype(&f->b, "i", "");
    build_import_func(&f->b, "host", "fail", 0);
    assert_int_equal(instantiate(f), NACRE_UNKNOWN_IMPORT);
    assert_string_equal(f->error.text, "\"host\".\"fail\" is not defined");
    nacre_extern none = {.kind = NACRE_EXTERN_FUNC, .of.func = NACRE_NULL};
    assert_int_equal(nacre_store_define(f->store, "host", 4, "fail", 4, &none), NACRE_ARGUMENT);
    none.of.func = 12345;
    assert_int_equal(nacre_store_define(f->store, "host", 4, "fail", 4, &none), NACRE_ARGUMENT);
    nacre_kind params[] = {NACRE_I64};
    define(f, "fail", &(nacre_functype){1, 0, params, NULL}, refuse, NULL);
    assert_int_equal(nacre_instance_create(f->store, f->module, &f->instance, &f->error),
                     NACRE_IMPORT_TYPE);
    params[0] = NACRE_I32; /* a later definition of the name wins */
    define(f, "fail", &(nacre_functype){1, 0, params, NULL}, refuse, NULL);
    assert_int_equal(nacre_instance_create(f->store, f->module, &f->instance, &f->error),
                     NACRE_OK);
}

/* An import of another kind than a function: `type` is as in the binary format. */
static void import_other(struct builder *b, const char *name, uint8_t kind, const void *type,
                         size_t size) {
    struct bytes *s = entry(b, 2);
    put_name(s, "host");
    put_name(s, name);
    put_byte(s, kind);
    put(s, type, size);
}

/* Types of imports and exports, of modules and of what is in a store. */
static void test_types(void **state) {
    struct fixture *f = *state;
    nacre_externtype t;
    build_functype(&f->b, "iF", "I");
    build_import_func(&f->b, "host", "f", 0);
    import_other(&f->b, "t", 1, "\x6F\x01\x02\x05", 4);
    import_other(&f->b, "m", 2, "\x04\x03", 2);
    import_other(&f->b, "g", 3, "\x7C\x01", 2);
    build_export(&f->b, "f", 0, 0);
    build_export(&f->b, "t", 1, 0);
    build_export(&f->b, "m", 2, 0);
    build_export(&f->b, "g", 3, 0);
    const uint8_t *bytes;
    size_t size;
    build_module(&f->b, &bytes, &size);
    assert_int_equal(nacre_module_create(f->engine, bytes, size, &f->module, &f->error), NACRE_OK);
    assert_int_equal(nacre_module_import_type(f->module, 4, &t), NACRE_NOT_FOUND);
    assert_int_equal(nacre_module_export_type(f->module, 4, &t), NACRE_NOT_FOUND);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(i < 4 ? nacre_module_import_type(f->module, i, &t)
                               : nacre_module_export_type(f->module, i - 4, &t),
                         NACRE_OK);
        switch (t.kind) {
        case NACRE_EXTERN_FUNC:
            assert_int_equal(t.func.param_count, 2);
            assert_int_equal(t.func.params[1], NACRE_F64);
            assert_int_equal(t.func.results[0], NACRE_I64);
            break;
        case NACRE_EXTERN_TABLE:
            assert_int_equal(t.value, NACRE_EXTERNREF);
            assert_true(t.min == 2 && t.max == 5 && !t.is64);
            break;
        case NACRE_EXTERN_MEMORY: assert_true(t.is64 && t.min == 3 && t.max == UINT64_MAX); break;
        default: assert_true(t.value == NACRE_F64 && t.is_mutable);
        }
    }
    nacre_extern item = {.kind = NACRE_EXTERN_MEMORY};
    assert_int_equal(nacre_memory_create(f->store, 1, 9, false, &item.of.memory), NACRE_OK);
    assert_int_equal(nacre_memory_grow(item.of.memory, 2, NULL), NACRE_OK);
    assert_int_equal(nacre_extern_type(f->store, &item, &t), NACRE_OK);
    assert_true(t.kind == NACRE_EXTERN_MEMORY && t.min == 3 && t.max == 9 && !t.is64);
    item = (nacre_extern){.kind = NACRE_EXTERN_FUNC, .of.func = NACRE_NULL};
    assert_int_equal(nacre_extern_type(f->store, &item, &t), NACRE_ARGUMENT);
}

/* Two imports of one name are given apart; the instance is known by its module and by frames. */
static void test_given_imports(void **state) {
    struct fixture *f = *state;
    nacre_kind kind = NACRE_I32;
    nacre_functype one = {1, 0, &kind, NULL};
    nacre_extern items[3] = {{.kind = NACRE_EXTERN_FUNC}, {.kind = NACRE_EXTERN_GLOBAL}};
    nacre_value seven = i32(7);
    build_functype(&f->b, "i", "");
    build_functype(&f->b, "", "");
    build_import_func(&f->b, "host", "x", 0);
    import_other(&f->b, "x", 3, "\x7F\x00", 2);
    uint32_t run = build_func(&f->b, 1, "run", "\x23\x00\x10\x00", 4);
    const uint8_t *bytes;
    size_t size;
    build_module(&f->b, &bytes, &size);
    assert_int_equal(nacre_module_create(f->engine, bytes, size, &f->module, &f->error), NACRE_OK);
    assert_int_equal(nacre_instance_create_with(f->store, f->module, items, 2, &f->instance, NULL),
                     NACRE_ARGUMENT); /* the function is null */
    assert_int_equal(nacre_func_create(f->store, &one, refuse, NULL, &items[0].of.func), NACRE_OK);
    assert_int_equal(nacre_global_create(f->store, &seven, false, &items[1].of.global), NACRE_OK);
    assert_int_equal(
        nacre_instance_create_with(f->store, f->module, items, 1, &f->instance, &f->error),
        NACRE_IMPORT_TYPE);
    assert_string_equal(f->error.text, "wrong number of imports: expected 2, given 1");
    assert_int_equal(nacre_instance_create_with(f->store, f->module, items, 2, &f->instance, NULL),
                     NACRE_OK);
    assert_ptr_equal(nacre_instance_module(f->instance), f->module);
    assert_int_equal(nacre_call(f->store, func(f, "run"), NULL, 0, NULL, 0, &f->error),
                     NACRE_EXIT);
    assert_int_equal(f->error.exit_code, 7);
    seven = i32(0);
    assert_int_equal(nacre_global_create(f->store, &seven, false, &items[1].of.global), NACRE_OK);
    assert_int_equal(nacre_instance_create_with(f->store, f->module, items, 2, &f->instance, NULL),
                     NACRE_OK);
    assert_int_equal(nacre_call(f->store, func(f, "run"), NULL, 0, NULL, 0, &f->error),
                     NACRE_TRAP);
    assert_ptr_equal(f->error.frames[0].instance, f->instance);
    uint64_t body = nacre_module_function_offset(f->module, run);
    assert_int_equal(f->error.frames[0].offset - body, 3); /* no locals, global.get 0, call */
    assert_true(nacre_module_function_offset(f->module, 0) == NACRE_NO_OFFSET);
    assert_true(nacre_module_function_offset(f->module, run + 1) == NACRE_NO_OFFSET);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_callback, setup, teardown),
        cmocka_unit_test_setup_teardown(test_host_failures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nested_calls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nested_exit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replaced_wasi, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_host, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large_copies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_globals_and_tables, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_imports, setup, teardown),
        cmocka_unit_test_setup_teardown(test_types, setup, teardown),
        cmocka_unit_test_setup_teardown(test_given_imports, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
