/* test_capi.c - wasm.h while the Nth allocation fails, for every N: what cannot be made is NULL or
 * empty, a call that cannot be made gives a trap, and nothing is left behind. */
#include "support/capi.h"

/* --- The C library's allocator, but for one call --- */

static long countdown = -1; /* calls that succeed before one fails; -1: all do */
static long calls;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);

static bool fails(void) {
    calls++;
    return countdown >= 0 && countdown-- == 0;
}

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}
void *__wrap_realloc(void *pointer, size_t size) {
    return fails() ? NULL : __real_realloc(pointer, size);
}

/* --- A program that looks at everything that it gets --- */

struct program {
    wasm_engine_t *engine;
    wasm_store_t *store;
    wasm_module_t *module, *again;
    wasm_func_t *host;
    wasm_foreign_t *foreign;
    wasm_instance_t *instance;
    wasm_extern_vec_t exports;
};

static int ended;
static void end_env(void *env) { ended += env == &ended; }

static wasm_trap_t *pass_or_fail(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    (void)env;
    if (!args->data[0].of.ref) return wasm_trap_new(NULL, NULL);
    wasm_val_copy(&results->data[0], &args->data[0]);
    return NULL;
}

static bool make(struct program *p, const wasm_byte_vec_t *bytes) {
    wasm_byte_vec_t serialized;
    if (!(p->engine = wasm_engine_new_with_config(wasm_config_new())) ||
        !(p->store = wasm_store_new(p->engine)) ||
        !(p->module = wasm_module_new(p->store, bytes)))
        return false;
    wasm_module_serialize(p->module, &serialized);
    p->again = wasm_module_deserialize(p->store, &serialized);
    wasm_byte_vec_delete(&serialized);
    wasm_functype_t *type =
        wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
    if (type)
        p->host = wasm_func_new_with_env(p->store, type, pass_or_fail, &ended, end_env);
    wasm_functype_delete(type);
    p->foreign = wasm_foreign_new(p->store);
    return p->again && p->host && p->foreign;
}

static bool look_at_types(const struct program *p) {
    wasm_importtype_vec_t imports, copies;
    wasm_exporttype_vec_t exports;
    wasm_module_imports(p->module, &imports);
    wasm_module_exports(p->module, &exports);
    wasm_importtype_vec_copy(&copies, &imports);
    bool is_whole = imports.size == 1 && exports.size == 5 && copies.size == 1;
    for (size_t i = 0; i < exports.size; i++) assert_non_null(exports.data[i]);
    wasm_importtype_vec_delete(&imports);
    wasm_exporttype_vec_delete(&exports);
    wasm_importtype_vec_delete(&copies);
    return is_whole;
}

static bool instantiate(struct program *p) {
    wasm_extern_t *list[] = {wasm_func_as_extern(p->host)};
    wasm_extern_vec_t imports = WASM_ARRAY_VEC(list);
    wasm_trap_t *trap;
    p->instance = wasm_instance_new(p->store, p->again, &imports, &trap);
    assert_true(!p->instance == !!trap);
    wasm_trap_delete(trap);
    if (!p->instance) return false;
    wasm_instance_exports(p->instance, &p->exports);
    assert_true(p->exports.size == 0 || p->exports.size == 5);
    return p->exports.size == 5;
}

/* Did the call do what it does? If not there is a trap to say so. */
static bool call_export(const struct program *p, wasm_ref_t *ref, bool traps) {
    wasm_val_t arg = WASM_REF_VAL(ref), result = WASM_INIT_VAL;
    wasm_frame_vec_t trace = WASM_EMPTY_VEC;
    wasm_message_t message = WASM_EMPTY_VEC;
    wasm_trap_t *trap = call(wasm_extern_as_func(p->exports.data[0]), &arg, 1, &result, 1);
    if (!trap) {
        assert_false(traps);
        assert_true(wasm_ref_same(result.of.ref, ref));
        wasm_val_delete(&result);
        return true;
    }
    wasm_trap_trace(trap, &trace);
    wasm_trap_message(trap, &message);
    bool is_whole = traps && trace.size == 1 && message.size == 1 &&
                    wasm_frame_instance(trace.data[0]) == p->instance;
    wasm_frame_vec_delete(&trace);
    wasm_byte_vec_delete(&message);
    wasm_trap_delete(trap);
    return is_whole;
}

static bool use_things(const struct program *p) {
    wasm_val_t val;
    wasm_table_t *table = wasm_extern_as_table(p->exports.data[1]);
    bool is_set = wasm_table_set(table, 0, wasm_func_as_ref(p->host)) &&
                  wasm_table_grow(table, 100, NULL);
    wasm_ref_t *ref = is_set ? wasm_table_get(table, 0) : NULL;
    if (is_set) assert_true(wasm_ref_same(ref, wasm_func_as_ref(p->host)));
    wasm_ref_delete(ref);
    wasm_global_get(wasm_extern_as_global(p->exports.data[3]), &val);
    assert_true(val.kind == WASM_FUNCREF || !val.of.ref);
    bool is_read = val.of.ref;
    wasm_val_delete(&val);
    wasm_global_get(wasm_extern_as_global(p->exports.data[4]), &val);
    is_read &= val.of.ref != NULL;
    wasm_val_delete(&val);
    return is_set && is_read && wasm_memory_grow(wasm_extern_as_memory(p->exports.data[2]), 1);
}

static void end(struct program *p) {
    wasm_extern_vec_delete(&p->exports);
    wasm_instance_delete(p->instance);
    wasm_foreign_delete(p->foreign);
    wasm_func_delete(p->host);
    wasm_module_delete(p->again);
    wasm_module_delete(p->module);
    wasm_store_delete(p->store);
    wasm_engine_delete(p->engine);
}

static bool run(const wasm_byte_vec_t *bytes) {
    struct program p = {0};
    ended = 0;
    bool is_done = make(&p, bytes) && look_at_types(&p) && instantiate(&p) &&
                   call_export(&p, wasm_foreign_as_ref(p.foreign), false) &&
                   call_export(&p, NULL, true) && use_things(&p);
    bool had_host = p.host;
    end(&p);
    assert_int_equal(ended, had_host);
    return is_done;
}

static void build(struct builder *b) {
    build_functype(b, "e", "e");
    put(entry(b, 1), "\x5F\x01\x7F\x01", 4); /* a structure of one i32 */
    build_import_func(b, "", "f", 0);
    build_table(b, 2);
    build_memory(b, 1, 2);
    put(entry(b, 6), "\x70\x00\xD2\x00\x0B", 5);                     /* the import */
    put(entry(b, 6), "\x6F\x00\xFB\x01\x01\xFB\x1B\x0B", 8);         /* a structure */
    build_func(b, 0, "call", "\x20\x00\x10\x00", 4);
    build_export(b, "t", 1, 0);
    build_export(b, "m", 2, 0);
    build_export(b, "function", 3, 0);
    build_export(b, "structure", 3, 1);
}

static void test_nth_allocation_fails(void **state) {
    (void)state;
    struct builder b = {0};
    build(&b);
    wasm_byte_vec_t bytes = built(&b);
    countdown = -1;
    calls = 0;
    assert_true(run(&bytes));
    long needed = calls;
    assert_true(needed > 60);
    /* A config is not needed, nor are a trap's offsets; and the collector may find room. */
    long survived = 0;
    for (countdown = 0; countdown < needed; countdown++) {
        long n = countdown;
        survived += run(&bytes);
        countdown = n;
    }
    countdown = -1;
    assert_true(survived < needed / 4);
    wasm_byte_vec_delete(&bytes);
    build_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nth_allocation_fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
