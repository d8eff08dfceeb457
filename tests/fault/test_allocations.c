/* test_allocations.c - the Nth allocation fails, for N = 0, 1, 2, ... until nothing fails: each
 * time a clear status, nothing left behind (the leak checker sees to that), no crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <nacre/instance.h>

#include "support/builder.h"

static long countdown; /* allocations that succeed before one fails */
static long live;      /* bytes */

static void *failing_resize(void *context, void *pointer, size_t old_size, size_t new_size) {
    (void)context;
    if (new_size == 0) {
        live -= (long)old_size;
        free(pointer);
        return NULL;
    }
    if (countdown-- == 0) return NULL;
    void *moved = realloc(pointer, new_size);
    if (moved) live += (long)new_size - (long)old_size;
    return moved;
}

static nacre_status host(void *env, nacre_caller *caller, const nacre_value *args,
                         nacre_value *results) {
    (void)env, (void)caller, (void)args;
    results[0].of.i32 = 3;
    return NACRE_OK;
}

static void build(struct builder *b, const uint8_t **bytes, size_t *size) {
    build_functype(b, "", "i");
    build_functype(b, "iIfFv", "iIfFv");
    build_import_func(b, "host", "f", 0);
    build_memory(b, 1, 10);
    build_table(b, 10);
    put(entry(b, 6), "\x7F\x01\x41\x07\x0B", 5);               /* a mutable i32 of 7 */
    put(entry(b, 9), "\x00\x41\x01\x0B\x02\x00\x01", 7);        /* two functions at 1 */
    put(entry(b, 11), "\x00\x41\x05\x0B\x03xyz", 8);            /* three bytes at 5 */
    struct bytes code = {0};
    put(&code, "\x02\x7F\x41\x00\x41\x01\x41\x00\x0E\x02\x00\x00\x00\x0B", 14); /* br_table */
    put(&code, "\x41\x01\x11\x00\x00\x6A", 6);                  /* + table[1](): host.f */
    put(&code, "\x41\x05\x40\x00\x6A", 5);                      /* + memory.grow(5) */
    build_func(b, 0, "f", code.data, code.size);
    free(code.data);
    build_module(b, bytes, size);
}

static nacre_status use(nacre_store *store, const nacre_module *module, int32_t *value) {
    nacre_instance *instance;
    nacre_extern item = {.kind = NACRE_EXTERN_FUNC};
    nacre_kind kinds[] = {NACRE_I32};
    nacre_value result;
    nacre_error error;
    nacre_functype type = {0, 1, NULL, kinds};
    nacre_status status = nacre_func_create(store, &type, host, NULL, &item.of.func);
    if (status == NACRE_OK) status = nacre_store_define(store, "host", 4, "f", 1, &item);
    if (status == NACRE_OK) status = nacre_instance_create(store, module, &instance, &error);
    if (status == NACRE_OK) status = nacre_instance_export(instance, "f", 1, &item);
    if (status == NACRE_OK) status = nacre_call(store, item.of.func, NULL, 0, &result, 1, &error);
    if (status == NACRE_OK) *value = result.of.i32;
    if (status == NACRE_TRAP && error.trap == NACRE_TRAP_OUT_OF_MEMORY) status = NACRE_NO_MEMORY;
    return status;
}

static nacre_status all(const uint8_t *bytes, size_t size, int32_t *value) {
    nacre_config config;
    nacre_engine *engine = NULL;
    nacre_store *store = NULL;
    nacre_module *module = NULL;
    nacre_error error;
    nacre_config_init(&config);
    config.allocator.resize = failing_resize;
    config.metering = true;
    nacre_status status = nacre_engine_create(&config, &engine);
    if (status == NACRE_OK) status = nacre_store_create(engine, NULL, &store);
    if (status == NACRE_OK) status = nacre_module_create(engine, bytes, size, &module, &error);
    if (status == NACRE_OK) status = use(store, module, value);
    nacre_store_destroy(store);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    return status;
}

static void test_nth_allocation_fails(void **state) {
    (void)state;
    struct builder b = {0};
    const uint8_t *bytes;
    size_t size;
    int32_t value = -1;
    build(&b, &bytes, &size);
    for (long n = 0;; n++) {
        assert_true(n < 1000);
        countdown = n;
        nacre_status status = all(bytes, size, &value);
        assert_int_equal(live, 0);
        if (countdown >= 0) { /* none failed */
            assert_int_equal(status, NACRE_OK);
            assert_true(n > 30);
            break;
        }
        /* a failed growth may leave the guest with -1, which is no failure of the call */
        assert_true(status == NACRE_NO_MEMORY);
    }
    assert_int_equal(value, 1 + 3 + 1);
    build_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nth_allocation_fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
