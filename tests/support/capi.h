/* capi.h - what the tests of wasm.h share: an engine, a store, and a module from a builder. */
#ifndef TESTS_SUPPORT_CAPI_H
#define TESTS_SUPPORT_CAPI_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <wasm.h>

#include "support/builder.h"

struct fixture {
    wasm_engine_t *engine;
    wasm_store_t *store;
    struct builder b;
    wasm_module_t *module;
    wasm_instance_t *instance;
    wasm_extern_vec_t exports;
};

static inline int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->engine = wasm_engine_new();
    f->store = wasm_store_new(f->engine);
    *state = f;
    return !f->store;
}

/* Deletes the instance and all that came from it. */
static inline void end_instance(struct fixture *f) {
    wasm_extern_vec_delete(&f->exports);
    wasm_instance_delete(f->instance);
    wasm_module_delete(f->module);
    f->instance = NULL;
    f->module = NULL;
    build_free(&f->b);
}

static inline int teardown(void **state) {
    struct fixture *f = *state;
    end_instance(f);
    wasm_store_delete(f->store);
    wasm_engine_delete(f->engine);
    free(f);
    return 0;
}

static inline wasm_byte_vec_t built(struct builder *b) {
    const uint8_t *data;
    size_t size;
    wasm_byte_vec_t bytes;
    b->module.size = 0;
    build_module(b, &data, &size);
    wasm_byte_vec_new(&bytes, size, (const char *)data);
    return bytes;
}

/* The bytes need not stay: a module has its own. */
static inline wasm_module_t *make_module(wasm_store_t *store, struct builder *b) {
    wasm_byte_vec_t bytes = built(b);
    wasm_module_t *module = wasm_module_new(store, &bytes);
    wasm_byte_vec_delete(&bytes);
    return module;
}

static inline wasm_trap_t *try_instance(struct fixture *f, wasm_extern_t **imports, size_t count) {
    wasm_trap_t *trap;
    wasm_extern_vec_t vec = {count, imports};
    f->module = make_module(f->store, &f->b);
    assert_non_null(f->module);
    f->instance = wasm_instance_new(f->store, f->module, &vec, &trap);
    assert_true(!f->instance == !!trap);
    if (f->instance) wasm_instance_exports(f->instance, &f->exports);
    return trap;
}

static inline void make_instance(struct fixture *f, wasm_extern_t **imports, size_t count) {
    assert_null(try_instance(f, imports, count));
}

static inline wasm_func_t *export_func(struct fixture *f, size_t index) {
    assert_true(index < f->exports.size);
    wasm_func_t *func = wasm_extern_as_func(f->exports.data[index]);
    assert_non_null(func);
    return func;
}

/* Calls with as many arguments and results as are given. */
static inline wasm_trap_t *call(const wasm_func_t *func, wasm_val_t *args, size_t arg_count,
                                wasm_val_t *results, size_t result_count) {
    wasm_val_vec_t in = {arg_count, args}, out = {result_count, results};
    return wasm_func_call(func, &in, &out);
}

static inline int32_t call_i32(const wasm_func_t *func, int32_t argument) {
    wasm_val_t arg = WASM_I32_VAL(argument), result = WASM_INIT_VAL;
    assert_null(call(func, &arg, 1, &result, 1));
    assert_int_equal(result.kind, WASM_I32);
    return result.of.i32;
}

/* Compares a trap's message, and deletes the trap. */
static inline void assert_trap(wasm_trap_t *trap, const char *text) {
    wasm_message_t message;
    assert_non_null(trap);
    wasm_trap_message(trap, &message);
    assert_int_equal(message.data[message.size - 1], 0);
    assert_string_equal(message.data, text);
    wasm_byte_vec_delete(&message);
    wasm_trap_delete(trap);
}

static inline wasm_functype_t *functype_i_i(void) {
    return wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
}

#endif
