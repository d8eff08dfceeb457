/* test_capi_refs.c - wasm.h: references, host info and finalizers, who outlives whom, and modules
 * that are shared or turned into bytes. */
#include "support/capi.h"

#include <pthread.h>

/* --- hostref: any reference as an externref --- */

/* f(externref) -> externref of the host, a global and a table of externrefs around it */
static void build_hostref(struct builder *b) {
    build_functype(b, "e", "e");
    build_functype(b, "", "e");
    build_functype(b, "e", "");
    build_functype(b, "i", "e");
    build_functype(b, "ie", "");
    build_import_func(b, "", "f", 0);
    put(entry(b, 4), "\x6F\x00\x0A", 3);
    put(entry(b, 6), "\x6F\x01\xD0\x6F\x0B", 5);
    build_export(b, "global", 3, 0);
    build_export(b, "table", 1, 0);
    build_func(b, 2, "global.set", "\x20\x00\x24\x00", 4);
    build_func(b, 1, "global.get", "\x23\x00", 2);
    build_func(b, 4, "table.set", "\x20\x00\x20\x01\x26\x00", 6);
    build_func(b, 3, "table.get", "\x20\x00\x25\x00", 4);
    build_func(b, 0, "call", "\x20\x00\x10\x00", 4);
}

static void *seen;

static wasm_trap_t *look(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    const wasm_ref_t *ref = args->data[0].of.ref;
    seen = ref ? wasm_ref_get_host_info(ref) : NULL;
    wasm_val_copy(&results->data[0], &args->data[0]);
    return NULL;
}

/* Compares a result that is a reference, and deletes it. */
static void check_ref(wasm_ref_t *got, const wasm_ref_t *expected) {
    assert_true(wasm_ref_same(got, expected));
    wasm_ref_delete(got);
}

static wasm_ref_t *call_ref(const wasm_func_t *func, wasm_ref_t *ref) {
    wasm_val_t arg = WASM_REF_VAL(ref), result = WASM_INIT_VAL;
    assert_null(call(func, &arg, 1, &result, 1));
    assert_int_equal(result.kind, WASM_EXTERNREF);
    return result.of.ref;
}

static void make_hostref(struct fixture *f) {
    wasm_functype_t *type =
        wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
    wasm_func_t *func = wasm_func_new(f->store, type, look);
    wasm_functype_delete(type);
    build_hostref(&f->b);
    wasm_extern_t *imports[] = {wasm_func_as_extern(func)};
    make_instance(f, imports, 1);
    wasm_func_delete(func);
}

static void test_hostref(void **state) {
    struct fixture *f = *state;
    make_hostref(f);
    wasm_ref_t *refs[] = {wasm_foreign_as_ref(wasm_foreign_new(f->store)),
                          wasm_foreign_as_ref(wasm_foreign_new(f->store)),
                          wasm_instance_as_ref(wasm_instance_copy(f->instance)),
                          wasm_func_as_ref(wasm_func_copy(export_func(f, 2))),
                          wasm_module_as_ref(wasm_module_copy(f->module)),
                          NULL};
    wasm_table_t *table = wasm_extern_as_table(f->exports.data[1]);
    wasm_global_t *global = wasm_extern_as_global(f->exports.data[0]);
    assert_false(wasm_ref_same(refs[0], refs[1]));
    for (size_t i = 0; i < 6; i++) {
        wasm_val_t arg = WASM_REF_VAL(refs[i]), args[] = {WASM_I32_VAL(3), WASM_REF_VAL(refs[i])};
        wasm_val_t result;
        if (refs[i]) wasm_ref_set_host_info(refs[i], &refs[i]);
        check_ref(call_ref(export_func(f, 6), refs[i]), refs[i]);
        assert_ptr_equal(seen, refs[i] ? &refs[i] : NULL);
        assert_null(call(export_func(f, 2), &arg, 1, NULL, 0));
        assert_null(call(export_func(f, 3), NULL, 0, &result, 1));
        check_ref(result.of.ref, refs[i]);
        wasm_global_get(global, &result);
        check_ref(result.of.ref, refs[i]);
        assert_null(call(export_func(f, 4), args, 2, NULL, 0));
        check_ref(wasm_table_get(table, 3), refs[i]);
        assert_true(wasm_table_set(table, 4, refs[i]));
        args[0].of.i32 = 4;
        assert_null(call(export_func(f, 5), args, 1, &result, 1));
        check_ref(result.of.ref, refs[i]);
    }
    for (size_t i = 0; i < 5; i++) wasm_ref_delete(refs[i]);
    /* the guest still has one that the program has no handle of */
    wasm_val_t arg = WASM_REF_VAL(wasm_foreign_as_ref(wasm_foreign_new(f->store))), result;
    wasm_ref_set_host_info(arg.of.ref, f);
    assert_null(call(export_func(f, 2), &arg, 1, NULL, 0));
    wasm_val_delete(&arg);
    assert_null(call(export_func(f, 3), NULL, 0, &result, 1));
    assert_ptr_equal(wasm_ref_get_host_info(result.of.ref), f);
    wasm_val_delete(&result);
}

/* A structure and an i31 of the guest, which come as externrefs and go back as what they were. */
static void test_objects(void **state) {
    struct fixture *f = *state;
    build_functype(&f->b, "", "e");
    build_functype(&f->b, "e", "i");
    put(entry(&f->b, 1), "\x5F\x01\x7F\x01", 4); /* a structure of one i32 */
    build_func(&f->b, 0, "make", "\x41\x2A\xFB\x00\x02\xFB\x1B", 7);
    build_func(&f->b, 1, "get", "\x20\x00\xFB\x1A\xFB\x16\x02\xFB\x02\x02\x00", 11);
    build_func(&f->b, 0, "i31", "\x41\x07\xFB\x1C\xFB\x1B", 6);
    make_instance(f, NULL, 0);
    wasm_val_t val, i31;
    int32_t number = 0;
    assert_null(call(export_func(f, 0), NULL, 0, &val, 1));
    assert_non_null(val.of.ref);
    assert_null(wasm_ref_as_foreign(val.of.ref));
    for (int i = 0; i < 100000; i++) { /* what nobody holds is collected, this is not */
        wasm_val_t other;
        assert_null(call(export_func(f, 0), NULL, 0, &other, 1));
        assert_false(wasm_ref_same(other.of.ref, val.of.ref));
        wasm_val_delete(&other);
    }
    wasm_val_t result = WASM_I32_VAL(number);
    assert_null(call(export_func(f, 1), &val, 1, &result, 1));
    assert_int_equal(result.of.i32, 42);
    assert_null(call(export_func(f, 2), NULL, 0, &i31, 1));
    assert_trap(call(export_func(f, 1), &i31, 1, &result, 1), "cast failure");
    wasm_val_delete(&i31);
    wasm_val_delete(&val);
}

/* Kinds that the standard does not have: an anyref there and back, an exnref. */
static void test_more_kinds(void **state) {
    struct fixture *f = *state;
    enum { ANYREF = 130, EXNREF = 131 };
    put(entry(&f->b, 1), "\x60\x01\x6E\x01\x6E", 5);
    put(entry(&f->b, 1), "\x60\x00\x01\x69", 4);
    build_functype(&f->b, "", "");
    put(entry(&f->b, 13), "\x00\x02", 2);
    build_func(&f->b, 0, "same", "\x20\x00", 2);
    build_func(&f->b, 1, "catch", "\x02\x69\x1F\x40\x01\x03\x00\x08\x00\x0B\x00\x0B", 12);
    make_instance(f, NULL, 0);
    wasm_functype_t *type = wasm_func_type(export_func(f, 0));
    assert_int_equal(wasm_valtype_kind(wasm_functype_params(type)->data[0]), ANYREF);
    wasm_functype_delete(type);
    wasm_val_t val = {.kind = ANYREF, .of.ref = wasm_instance_as_ref(f->instance)}, result;
    assert_null(call(export_func(f, 0), &val, 1, &result, 1));
    assert_int_equal(result.kind, ANYREF);
    check_ref(result.of.ref, val.of.ref);
    assert_null(call(export_func(f, 1), NULL, 0, &result, 1));
    assert_int_equal(result.kind, EXNREF);
    assert_non_null(result.of.ref);
    wasm_val_t copy;
    wasm_val_copy(&copy, &result);
    wasm_val_delete(&result);
    wasm_val_delete(&copy);
}

/* --- finalize: once each, when what they belong to ends --- */

enum { FINALIZED = 8 };
static int finalized[FINALIZED];

static void finalize(void *info) { ++*(int *)info; }

static void test_finalizers(void **state) {
    struct fixture *f = *state;
    memset(finalized, 0, sizeof finalized);
    build_functype(&f->b, "", "");
    build_memory(&f->b, 1, 1);
    build_export(&f->b, "m", 2, 0);
    make_instance(f, NULL, 0);
    wasm_instance_set_host_info_with_finalizer(f->instance, &finalized[0], finalize);
    wasm_extern_set_host_info_with_finalizer(f->exports.data[0], &finalized[1], finalize);
    wasm_module_set_host_info_with_finalizer(f->module, &finalized[2], finalize);
    wasm_foreign_t *lost = wasm_foreign_new(f->store);
    wasm_foreign_set_host_info_with_finalizer(lost, &finalized[3], finalize);
    wasm_foreign_t *copy = wasm_foreign_copy(lost);
    wasm_foreign_delete(lost);
    assert_int_equal(finalized[3], 0);
    assert_ptr_equal(wasm_foreign_get_host_info(copy), &finalized[3]);
    wasm_foreign_delete(copy);
    assert_int_equal(finalized[3], 1); /* the guest never saw it */
    wasm_trap_t *trap = wasm_trap_new(f->store, NULL);
    wasm_trap_set_host_info_with_finalizer(trap, &finalized[4], finalize);
    wasm_trap_set_host_info_with_finalizer(trap, &finalized[5], finalize);
    assert_int_equal(finalized[4], 1); /* replaced */
    wasm_trap_set_host_info(trap, NULL);
    assert_int_equal(finalized[5], 1);
    assert_trap(trap, "");
    wasm_foreign_t *outlives = wasm_foreign_new(f->store);
    wasm_foreign_set_host_info_with_finalizer(outlives, &finalized[6], finalize);
    end_instance(f);
    assert_int_equal(finalized[0], 0); /* an instance lasts as long as its store */
    assert_int_equal(finalized[1], 0);
    assert_int_equal(finalized[2], 1);
    wasm_store_delete(f->store);
    f->store = NULL;
    assert_int_equal(finalized[6], 1);
    wasm_foreign_set_host_info_with_finalizer(outlives, &finalized[7], finalize);
    wasm_foreign_delete(outlives);
    for (size_t i = 0; i < FINALIZED; i++) assert_int_equal(finalized[i], 1);
}

/* A finalizer that ends handles, of others and its own, uses the store and makes more. */
static struct {
    wasm_store_t *store;
    wasm_memory_t *memory;
    wasm_foreign_t *self, *other;
} held;

static void end_held(void *info) {
    finalize(info);
    wasm_memory_data(held.memory)[0] = 1;
    wasm_memory_delete(held.memory);
    wasm_foreign_delete(held.other);
    wasm_foreign_delete(held.self);
    wasm_foreign_t *late = wasm_foreign_new(held.store);
    wasm_foreign_set_host_info_with_finalizer(late, &finalized[1], finalize);
    wasm_foreign_delete(late);
}

static void test_finalizer_at_work(void **state) {
    struct fixture *f = *state;
    memset(finalized, 0, sizeof finalized);
    wasm_limits_t limits = {1, 1};
    wasm_memorytype_t *type = wasm_memorytype_new(&limits);
    held.store = f->store;
    held.memory = wasm_memory_new(f->store, type);
    held.other = wasm_foreign_new(f->store);
    held.self = wasm_foreign_new(f->store);
    wasm_foreign_set_host_info_with_finalizer(held.self, &finalized[0], end_held);
    wasm_foreign_set_host_info_with_finalizer(held.other, &finalized[2], finalize);
    wasm_memorytype_delete(type);
    wasm_store_delete(f->store);
    f->store = NULL;
    for (size_t i = 0; i < 3; i++) assert_int_equal(finalized[i], 1);
}

/* --- Who outlives whom --- */

static wasm_trap_t *do_nothing(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    (void)args, (void)results;
    return NULL;
}

/* The engine goes first, then the store, then all that was in it. */
static void test_backwards(void **state) {
    struct fixture *f = *state;
    wasm_val_t zero = WASM_I32_VAL(0);
    wasm_extern_vec_t exports;
    wasm_frame_vec_t trace;
    build_functype(&f->b, "", "");
    put(entry(&f->b, 4), "\x70\x00\x01", 3);
    build_memory(&f->b, 1, 1);
    put(entry(&f->b, 6), "\x7F\x01\x41\x00\x0B", 5);
    build_func(&f->b, 0, "f", "\x00", 1);
    build_export(&f->b, "t", 1, 0);
    build_export(&f->b, "m", 2, 0);
    build_export(&f->b, "g", 3, 0);
    make_instance(f, NULL, 0);
    wasm_functype_t *type = wasm_functype_new_0_0();
    wasm_func_t *host = wasm_func_new(f->store, type, do_nothing);
    wasm_functype_delete(type);
    wasm_trap_t *trap = call(export_func(f, 0), NULL, 0, NULL, 0);
    wasm_shared_module_t *shared = wasm_module_share(f->module);
    wasm_engine_delete(f->engine);
    f->engine = NULL;
    wasm_store_delete(f->store);
    f->store = NULL;
    assert_trap(call(host, NULL, 0, NULL, 0), "the function's store was deleted");
    assert_trap(call(export_func(f, 0), NULL, 0, NULL, 0), "the function's store was deleted");
    assert_null(wasm_func_type(host));
    assert_int_equal(wasm_func_param_arity(host), 0);
    wasm_table_t *table = wasm_extern_as_table(f->exports.data[1]);
    wasm_memory_t *memory = wasm_extern_as_memory(f->exports.data[2]);
    wasm_global_t *global = wasm_extern_as_global(f->exports.data[3]);
    assert_null(wasm_table_get(table, 0));
    assert_false(wasm_table_set(table, 0, NULL));
    assert_false(wasm_table_grow(table, 0, NULL));
    assert_int_equal(wasm_table_size(table), 0);
    assert_null(wasm_memory_data(memory));
    assert_int_equal(wasm_memory_data_size(memory), 0);
    assert_false(wasm_memory_grow(memory, 0));
    assert_null(wasm_memory_type(memory));
    wasm_global_set(global, &zero);
    wasm_global_get(global, &zero);
    assert_null(zero.of.ref);
    wasm_instance_exports(f->instance, &exports);
    assert_int_equal(exports.size, 0);
    wasm_trap_trace(trap, &trace);
    assert_ptr_equal(wasm_frame_instance(trace.data[0]), f->instance);
    assert_trap(trap, "unreachable");
    end_instance(f);
    assert_int_equal(wasm_frame_func_index(trace.data[0]), 0);
    assert_non_null(wasm_frame_instance(trace.data[0]));
    wasm_frame_vec_delete(&trace);
    wasm_func_delete(host);
    wasm_shared_module_delete(shared);
}

/* Everything that the program has of an instance but one function, which still works. */
static void test_last_handle(void **state) {
    struct fixture *f = *state;
    build_functype(&f->b, "i", "i");
    build_func(&f->b, 0, "same", "\x20\x00", 2);
    make_instance(f, NULL, 0);
    wasm_func_t *func = wasm_func_copy(export_func(f, 0));
    end_instance(f);
    assert_int_equal(call_i32(func, 77), 77);
    wasm_ref_t *ref = wasm_func_as_ref(func);
    wasm_extern_t *again = wasm_extern_copy(wasm_ref_as_extern(ref));
    assert_ptr_equal(wasm_extern_as_ref(again), ref);
    wasm_extern_delete(again);
    assert_null(wasm_ref_as_table(ref));
    assert_null(wasm_ref_as_instance_const(ref));
    wasm_func_delete(func);
}

/* --- serialize, and threads --- */

static void check_works(wasm_store_t *store, wasm_module_t *module) {
    wasm_extern_vec_t none = WASM_EMPTY_VEC, exports;
    assert_non_null(module);
    wasm_instance_t *instance = wasm_instance_new(store, module, &none, NULL);
    assert_non_null(instance);
    wasm_instance_exports(instance, &exports);
    assert_int_equal(call_i32(wasm_extern_as_func(exports.data[0]), 5), 6);
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
}

static void build_successor(struct builder *b) {
    build_functype(b, "i", "i");
    build_func(b, 0, "f", "\x20\x00\x41\x01\x6A", 5);
}

static void test_serialize(void **state) {
    struct fixture *f = *state;
    wasm_byte_vec_t bytes;
    build_successor(&f->b);
    f->module = make_module(f->store, &f->b);
    wasm_module_serialize(f->module, &bytes);
    wasm_module_delete(f->module);
    f->module = wasm_module_deserialize(f->store, &bytes);
    check_works(f->store, f->module);
    /* any byte that is changed, and any that is missing, is noticed */
    for (size_t i = 0; i < bytes.size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            bytes.data[i] = (char)(bytes.data[i] ^ 1 << bit);
            assert_null(wasm_module_deserialize(f->store, &bytes));
            bytes.data[i] = (char)(bytes.data[i] ^ 1 << bit);
        }
        wasm_byte_vec_t part = {i, bytes.data};
        assert_null(wasm_module_deserialize(f->store, &part));
    }
    wasm_byte_vec_t plain = built(&f->b), none = WASM_EMPTY_VEC;
    assert_null(wasm_module_deserialize(f->store, &plain));
    assert_null(wasm_module_deserialize(f->store, &none));
    assert_null(wasm_module_deserialize(f->store, NULL));
    wasm_byte_vec_delete(&plain);
    wasm_byte_vec_delete(&bytes);
}

enum { THREADS = 4, ROUNDS = 50 };

struct work {
    wasm_engine_t *engine; /* NULL: makes its own */
    const wasm_shared_module_t *shared;
    bool is_done;
};

static wasm_trap_t *count_up(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    results->data[0].of.i32 = args->data[0].of.i32 + 1;
    ++*(int *)env;
    return NULL;
}

/* Obtains the module in a store of this thread, and calls the host through it. */
static bool run_once(const struct work *w, wasm_engine_t *engine) {
    int calls = 0;
    wasm_store_t *store = wasm_store_new(engine);
    wasm_module_t *module = wasm_module_obtain(store, w->shared);
    wasm_functype_t *type = functype_i_i();
    wasm_func_t *func = wasm_func_new_with_env(store, type, count_up, &calls, NULL);
    wasm_functype_delete(type);
    wasm_extern_t *list[] = {wasm_func_as_extern(func)};
    wasm_extern_vec_t imports = WASM_ARRAY_VEC(list), exports;
    wasm_instance_t *instance = wasm_instance_new(store, module, &imports, NULL);
    wasm_instance_exports(instance, &exports);
    wasm_val_t val = WASM_I32_VAL(1);
    bool is_right = !call(wasm_extern_as_func(exports.data[0]), &val, 1, &val, 1) &&
                    val.of.i32 == 2 && calls == 1;
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
    wasm_func_delete(func);
    wasm_module_delete(module);
    wasm_store_delete(store);
    return is_right;
}

static void *work(void *argument) {
    struct work *w = argument;
    wasm_engine_t *engine = w->engine ? w->engine : wasm_engine_new();
    w->is_done = true;
    for (int i = 0; i < ROUNDS; i++) w->is_done &= run_once(w, engine);
    if (!w->engine) wasm_engine_delete(engine);
    return NULL;
}

static void test_threads(void **state) {
    struct fixture *f = *state;
    struct work works[THREADS];
    pthread_t threads[THREADS];
    build_functype(&f->b, "i", "i");
    build_import_func(&f->b, "", "f", 0);
    build_func(&f->b, 0, "g", "\x20\x00\x10\x00", 4);
    f->module = make_module(f->store, &f->b);
    wasm_shared_module_t *shared = wasm_module_share(f->module);
    wasm_module_delete(f->module);
    f->module = NULL;
    for (int i = 0; i < THREADS; i++) {
        works[i] = (struct work){i % 2 ? f->engine : NULL, shared, false};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &works[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(works[i].is_done);
    }
    wasm_shared_module_delete(shared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hostref, setup, teardown),
        cmocka_unit_test_setup_teardown(test_objects, setup, teardown),
        cmocka_unit_test_setup_teardown(test_more_kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finalizers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finalizer_at_work, setup, teardown),
        cmocka_unit_test_setup_teardown(test_backwards, setup, teardown),
        cmocka_unit_test_setup_teardown(test_last_handle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_serialize, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
