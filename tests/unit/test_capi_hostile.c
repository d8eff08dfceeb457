/* test_capi_hostile.c - wasm.h: what the standard does not allow, or does not speak of, is refused
 * and nothing else happens. */
#include "support/capi.h"

/* --- Counts and kinds of arguments and results --- */

static void make_sum(struct fixture *f) {
    build_functype(&f->b, "iI", "Ii");
    build_func(&f->b, 0, "swap", "\x20\x01\x20\x00", 4);
    make_instance(f, NULL, 0);
}

static void test_counts(void **state) {
    struct fixture *f = *state;
    make_sum(f);
    const wasm_func_t *func = export_func(f, 0);
    wasm_val_t args[] = {WASM_I32_VAL(1), WASM_I64_VAL(2), WASM_I32_VAL(3)};
    wasm_val_t results[3] = {WASM_INIT_VAL, WASM_INIT_VAL, WASM_I32_VAL(99)};
    const char *none = "wrong number of arguments: expected 2, given 0";
    assert_trap(wasm_func_call(func, NULL, NULL), none);
    assert_trap(call(func, args, 1, results, 2), "wrong number of arguments: expected 2, given 1");
    assert_trap(call(func, args, 3, results, 2), "wrong number of arguments: expected 2, given 3");
    assert_trap(call(func, NULL, 2, results, 2), "wrong number of arguments: expected 2, given 0");
    assert_trap(call(func, args, 2, results, 1), "wrong number of results: expected 2, given 1");
    assert_trap(call(func, args, 2, NULL, 2), "wrong number of results: expected 2, given 0");
    assert_null(call(func, args, 2, results, 3)); /* room for more is no mistake */
    assert_true(results[0].of.i64 == 2 && results[1].of.i32 == 1 && results[2].of.i32 == 99);
}

static void test_kinds(void **state) {
    struct fixture *f = *state;
    make_sum(f);
    wasm_val_t results[2];
    wasm_val_t args[] = {WASM_I32_VAL(1), WASM_F64_VAL(2)};
    assert_trap(call(export_func(f, 0), args, 2, results, 2),
                "argument 2 is of another type or store");
    args[1].kind = 77;
    assert_trap(call(export_func(f, 0), args, 2, results, 2),
                "argument 2 is of another type or store");
    args[1].kind = WASM_FUNCREF;
    args[1].of.ref = NULL;
    assert_trap(call(export_func(f, 0), args, 2, results, 2),
                "argument 2 is of another type or store");
}

/* --- Things of another store --- */

static wasm_ref_t *elsewhere;

static wasm_trap_t *give_elsewhere(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    (void)args;
    results->data[0] = (wasm_val_t)WASM_REF_VAL(wasm_ref_copy(elsewhere));
    return NULL;
}

static wasm_trap_t *give_f64(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    (void)args;
    results->data[0] = (wasm_val_t)WASM_F64_VAL(1);
    return NULL;
}

static wasm_func_t *make_giver(wasm_store_t *store, wasm_func_callback_t callback) {
    wasm_functype_t *type = wasm_functype_new_0_1(wasm_valtype_new_externref());
    wasm_func_t *func = wasm_func_new(store, type, callback);
    wasm_functype_delete(type);
    return func;
}

static void test_other_store(void **state) {
    struct fixture *f = *state;
    wasm_store_t *other = wasm_store_new(f->engine);
    wasm_func_t *theirs = make_giver(other, give_elsewhere);
    wasm_func_t *ours = make_giver(f->store, give_elsewhere);
    wasm_func_t *wrong = make_giver(f->store, give_f64);
    elsewhere = wasm_foreign_as_ref(wasm_foreign_new(other));
    build_functype(&f->b, "", "e");
    build_functype(&f->b, "e", "");
    build_functype(&f->b, "r", "");
    build_import_func(&f->b, "", "f", 0);
    put(entry(&f->b, 4), "\x70\x00\x01", 3);
    build_func(&f->b, 0, "give", "\x10\x00", 2);
    build_func(&f->b, 1, "take", "", 0);
    build_func(&f->b, 2, "take a function", "", 0);
    build_export(&f->b, "table", 1, 0);
    wasm_extern_t *imports[] = {wasm_func_as_extern(theirs)};
    assert_trap(try_instance(f, imports, 1), "import 1 is none of this store");
    wasm_module_delete(f->module);
    imports[0] = wasm_func_as_extern(ours);
    make_instance(f, imports, 1);
    wasm_val_t val = WASM_REF_VAL(elsewhere), result = WASM_INIT_VAL;
    assert_trap(call(export_func(f, 1), &val, 1, NULL, 0),
                "argument 1 is of another type or store");
    const char *bad = "a callback gave a result of another type or store";
    assert_trap(call(export_func(f, 0), NULL, 0, &result, 1), bad);
    assert_trap(call(ours, NULL, 0, &result, 1), bad);
    assert_trap(call(wrong, NULL, 0, &result, 1), bad);
    val = (wasm_val_t){.kind = WASM_FUNCREF, .of.ref = wasm_func_as_ref(theirs)};
    assert_trap(call(export_func(f, 2), &val, 1, NULL, 0),
                "argument 1 is of another type or store");
    val.of.ref = wasm_table_as_ref(wasm_extern_as_table(f->exports.data[3])); /* no function */
    assert_trap(call(export_func(f, 2), &val, 1, NULL, 0),
                "argument 1 is of another type or store");
    wasm_table_t *table = wasm_extern_as_table(f->exports.data[3]);
    assert_false(wasm_table_set(table, 0, wasm_func_as_ref(theirs)));
    assert_false(wasm_table_grow(table, 1, wasm_func_as_ref(theirs)));
    assert_true(wasm_table_set(table, 0, wasm_func_as_ref(ours)));
    wasm_globaltype_t *type = wasm_globaltype_new(wasm_valtype_new_externref(), WASM_VAR);
    val = (wasm_val_t)WASM_REF_VAL(elsewhere);
    assert_null(wasm_global_new(f->store, type, &val));
    wasm_globaltype_delete(type);
    wasm_ref_delete(elsewhere);
    wasm_func_delete(theirs);
    wasm_func_delete(ours);
    wasm_func_delete(wrong);
    wasm_store_delete(other);
}

static void test_other_engine(void **state) {
    struct fixture *f = *state;
    wasm_engine_t *engine = wasm_engine_new();
    wasm_store_t *store = wasm_store_new(engine);
    wasm_trap_t *trap;
    f->module = make_module(store, &f->b);
    assert_null(wasm_instance_new(f->store, f->module, NULL, &trap));
    assert_trap(trap, "the module is of another engine");
    wasm_module_delete(f->module);
    f->module = NULL;
    wasm_store_delete(store);
    wasm_engine_delete(engine);
}

/* --- Imports that do not fit --- */

static void test_imports(void **state) {
    struct fixture *f = *state;
    wasm_func_t *func = make_giver(f->store, give_elsewhere);
    wasm_extern_t *imports[] = {wasm_func_as_extern(func), NULL};
    wasm_trap_t *trap;
    build_functype(&f->b, "", "");
    build_import_func(&f->b, "a", "b", 0);
    assert_trap(try_instance(f, NULL, 0), "wrong number of imports: expected 1, given 0");
    const struct {
        wasm_extern_vec_t vec;
        const char *text;
    } cases[] = {{{2, imports}, "import 2 is none of this store"},
                 {{1, imports + 1}, "import 1 is none of this store"},
                 {{1, NULL}, "wrong number of imports: expected 1, given 0"},
                 {{1, imports}, "\"a\".\"b\" has another type"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(wasm_instance_new(f->store, f->module, &cases[i].vec, &trap));
        assert_trap(trap, cases[i].text);
    }
    wasm_func_delete(func);
}

/* --- Modules that are none --- */

static void test_modules(void **state) {
    struct fixture *f = *state;
    wasm_byte_vec_t none = WASM_EMPTY_VEC, lies = {8, NULL}, bytes;
    build_functype(&f->b, "i", "i");
    build_func(&f->b, 0, "f", "\x20\x00", 2);
    bytes = built(&f->b);
    assert_true(wasm_module_validate(f->store, &bytes));
    for (size_t i = 0; i < bytes.size; i++) {
        wasm_byte_vec_t part = {i, bytes.data};
        bool is_valid = wasm_module_validate(f->store, &part);
        wasm_module_t *module = wasm_module_new(f->store, &part);
        assert_true(!module == !is_valid);
        if (i <= 8) assert_true(is_valid == (i == 8)); /* a header alone is a module */
        wasm_module_delete(module);
    }
    wasm_byte_vec_delete(&bytes);
    assert_null(wasm_module_new(f->store, NULL));
    assert_null(wasm_module_new(f->store, &none));
    assert_null(wasm_module_new(f->store, &lies));
    assert_false(wasm_module_validate(f->store, NULL));
    assert_false(wasm_module_validate(f->store, &lies));
}

/* --- Types and limits that cannot be --- */

static void test_types(void **state) {
    struct fixture *f = *state;
    assert_null(wasm_valtype_new(99));
    assert_null(wasm_functype_new_1_0(wasm_valtype_new(99)));
    assert_null(wasm_functype_new_0_2(wasm_valtype_new_i32(), NULL));
    assert_null(wasm_globaltype_new(NULL, WASM_VAR));
    assert_null(wasm_tagtype_new(NULL));
    const wasm_limits_t wrong[] = {{2, 1}, {0xfffffffe, wasm_limits_max_default}};
    for (size_t i = 0; i < 2; i++) {
        wasm_memorytype_t *memory = wasm_memorytype_new(&wrong[i]);
        wasm_tabletype_t *table = wasm_tabletype_new(wasm_valtype_new_funcref(), &wrong[i]);
        assert_null(wasm_memory_new(f->store, memory));
        assert_null(wasm_table_new(f->store, table, NULL));
        wasm_memorytype_delete(memory);
        wasm_tabletype_delete(table);
    }
    const wasm_limits_t one = {1, 1};
    wasm_tabletype_t *numbers = wasm_tabletype_new(wasm_valtype_new_i32(), &one);
    assert_null(wasm_table_new(f->store, numbers, NULL));
    wasm_tabletype_delete(numbers);
}

/* v128 can be seen in types, and that is all. */
static void test_v128(void **state) {
    struct fixture *f = *state;
    build_functype(&f->b, "v", "");
    build_functype(&f->b, "", "v");
    build_func(&f->b, 0, "take", "", 0);
    build_func(&f->b, 1, "give", "\xFD\x0C\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 18);
    put(entry(&f->b, 6), "\x7B\x01\xFD\x0C\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0B", 21);
    build_export(&f->b, "global", 3, 0);
    make_instance(f, NULL, 0);
    wasm_functype_t *type = wasm_func_type(export_func(f, 0));
    wasm_valkind_t kind = wasm_valtype_kind(wasm_functype_params(type)->data[0]);
    assert_int_equal(kind, 4);
    assert_true(wasm_valkind_is_num(kind));
    assert_null(wasm_func_new(f->store, type, give_elsewhere));
    wasm_functype_delete(type);
    wasm_val_t val = {.kind = kind};
    assert_trap(call(export_func(f, 0), &val, 1, NULL, 0), "a v128 cannot be passed here");
    assert_trap(call(export_func(f, 1), NULL, 0, &val, 1), "a v128 cannot be passed here");
    wasm_global_t *global = wasm_extern_as_global(f->exports.data[2]);
    wasm_global_set(global, &val);
    wasm_global_get(global, &val);
    assert_int_equal(val.kind, WASM_EXTERNREF);
    assert_null(val.of.ref);
    wasm_globaltype_t *globaltype = wasm_global_type(global);
    assert_null(wasm_global_new(f->store, globaltype, &(wasm_val_t){.kind = 4}));
    wasm_globaltype_delete(globaltype);
}

/* --- Vectors and names --- */

static void test_vectors(void **state) {
    (void)state;
    wasm_valtype_vec_t types, copy;
    wasm_valtype_vec_new_uninitialized(&types, 3);
    types.data[1] = wasm_valtype_new_i64();
    wasm_valtype_vec_copy(&copy, &types);
    assert_int_equal(copy.size, 3);
    assert_null(copy.data[0]);
    assert_int_equal(wasm_valtype_kind(copy.data[1]), WASM_I64);
    wasm_valtype_vec_delete(&copy);
    wasm_valtype_vec_delete(&types);
    wasm_valtype_vec_delete(&types); /* it is empty now */
    wasm_valtype_vec_delete(NULL);
    wasm_byte_vec_t bytes;
    wasm_byte_vec_new_uninitialized(&bytes, 0);
    assert_null(bytes.data);
    wasm_byte_vec_new(&bytes, 0, NULL);
    assert_int_equal(bytes.size, 0);
    wasm_name_t name;
    wasm_name_new_from_string(&name, "abc");
    assert_int_equal(name.size, 3);
    wasm_name_delete(&name);
    wasm_name_new_from_string_nt(&name, "abc");
    assert_int_equal(name.size, 4);
    wasm_name_delete(&name);
    wasm_val_t pointer;
    wasm_val_init_ptr(&pointer, &name);
    assert_ptr_equal(wasm_val_ptr(&pointer), &name);
}

/* --- Traps --- */

static void test_messages(void **state) {
    struct fixture *f = *state;
    wasm_message_t message, none = WASM_EMPTY_VEC;
    wasm_name_new_from_string(&message, "no NUL at the end");
    assert_trap(wasm_trap_new(f->store, &message), "no NUL at the end");
    wasm_name_delete(&message);
    assert_trap(wasm_trap_new(f->store, &none), "");
    assert_trap(wasm_trap_new(f->store, NULL), "");
    wasm_name_new(&message, 4, "a\0b");
    wasm_trap_t *trap = wasm_trap_new(f->store, &message);
    wasm_name_delete(&message);
    wasm_trap_message(trap, &message);
    assert_int_equal(message.size, 4);
    assert_memory_equal(message.data, "a\0b", 4);
    wasm_name_delete(&message);
    wasm_trap_delete(trap);
}

static struct fixture *around;

/* Calls the guest again, until that fails, and hands the trap on. */
static wasm_trap_t *dive(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    wasm_val_t arg = args->data[0];
    arg.of.i32++;
    return call(export_func(around, 0), &arg, 1, results->data, 1);
}

static void test_deep(void **state) {
    struct fixture *f = *state;
    wasm_functype_t *type = functype_i_i();
    wasm_func_t *func = wasm_func_new(f->store, type, dive);
    wasm_functype_delete(type);
    build_functype(&f->b, "i", "i");
    build_import_func(&f->b, "", "dive", 0);
    build_func(&f->b, 0, "f", "\x20\x00\x10\x00", 4);
    build_func(&f->b, 0, "endless", "\x20\x00\x10\x02\x01", 5);
    wasm_extern_t *imports[] = {wasm_func_as_extern(func)};
    make_instance(f, imports, 1);
    around = f;
    wasm_val_t val = WASM_I32_VAL(0);
    assert_trap(call(export_func(f, 0), &val, 1, &val, 1),
                "host and guest call each other too deep");
    wasm_trap_t *trap = call(export_func(f, 1), &val, 1, &val, 1);
    wasm_frame_vec_t trace;
    wasm_trap_trace(trap, &trace);
    assert_int_equal(trace.size, 32);
    for (size_t i = 0; i < trace.size; i++)
        assert_int_equal(wasm_frame_func_index(trace.data[i]), 2);
    wasm_frame_vec_delete(&trace);
    assert_trap(trap, "call stack exhausted");
    wasm_func_delete(func);
}

static wasm_trap_t *kept;

static wasm_trap_t *give_kept(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    (void)args, (void)results;
    return wasm_trap_copy(kept);
}

/* Calls a function that traps, and goes on as if it had not. */
static wasm_trap_t *swallow(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    (void)args, (void)results;
    wasm_trap_t *trap = call(export_func(around, 0), NULL, 0, NULL, 0);
    assert_true(wasm_trap_same(trap, kept));
    wasm_trap_delete(trap);
    return NULL;
}

/* One trap may come out many times, of the start function too; what was dealt with is over. */
static void test_same_trap(void **state) {
    struct fixture *f = *state;
    wasm_functype_t *type = wasm_functype_new_0_0();
    wasm_func_t *give = wasm_func_new(f->store, type, give_kept);
    wasm_func_t *deal = wasm_func_new(f->store, type, swallow);
    wasm_functype_delete(type);
    kept = wasm_trap_new(f->store, NULL);
    build_functype(&f->b, "", "");
    build_import_func(&f->b, "", "give", 0);
    build_import_func(&f->b, "", "deal", 0);
    build_func(&f->b, 0, "give", "\x10\x00", 2);
    build_func(&f->b, 0, "deal", "\x10\x01", 2);
    build_func(&f->b, 0, "both", "\x10\x01\x00", 3);
    wasm_extern_t *imports[] = {wasm_func_as_extern(give), wasm_func_as_extern(deal)};
    make_instance(f, imports, 2);
    around = f;
    for (int i = 0; i < 3; i++) {
        wasm_trap_t *trap = call(export_func(f, 0), NULL, 0, NULL, 0);
        assert_true(wasm_trap_same(trap, kept));
        wasm_trap_delete(trap);
    }
    assert_null(call(export_func(f, 1), NULL, 0, NULL, 0));
    assert_trap(call(export_func(f, 2), NULL, 0, NULL, 0), "unreachable");
    wasm_trap_delete(kept);
    wasm_func_delete(give);
    wasm_func_delete(deal);
}

/* An instance that catches what another throws, with a tag of the other's. */
static void check_catches(wasm_store_t *store, const wasm_extern_vec_t *imports) {
    struct builder b = {0};
    wasm_val_t val = WASM_INIT_VAL;
    wasm_extern_vec_t exports;
    build_functype(&b, "", "");
    build_functype(&b, "", "i");
    build_import_func(&b, "", "throw", 0);
    put(entry(&b, 2), "\x00\x03tag\x04\x00\x00", 8);
    build_func(&b, 1, "f", "\x02\x40\x1F\x40\x01\x00\x00\x00\x10\x00\x0B\x00\x0B\x41\x05", 15);
    wasm_module_t *module = make_module(store, &b);
    wasm_instance_t *instance = wasm_instance_new(store, module, imports, NULL);
    assert_non_null(instance);
    wasm_instance_exports(instance, &exports);
    assert_null(call(wasm_extern_as_func(exports.data[0]), NULL, 0, &val, 1));
    assert_int_equal(val.of.i32, 5);
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
    wasm_module_delete(module);
    build_free(&b);
}

static void test_exception(void **state) {
    struct fixture *f = *state;
    build_functype(&f->b, "", "");
    put(entry(&f->b, 13), "\x00\x00", 2);
    build_func(&f->b, 0, "throw", "\x08\x00", 2);
    build_export(&f->b, "tag", 4, 0);
    make_instance(f, NULL, 0);
    check_catches(f->store, &f->exports);
    wasm_trap_t *trap = call(export_func(f, 0), NULL, 0, NULL, 0);
    wasm_frame_t *origin = wasm_trap_origin(trap);
    assert_ptr_equal(wasm_frame_instance(origin), f->instance);
    wasm_frame_delete(origin);
    assert_trap(trap, "uncaught exception");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_store, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_engine, setup, teardown),
        cmocka_unit_test_setup_teardown(test_imports, setup, teardown),
        cmocka_unit_test_setup_teardown(test_modules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_types, setup, teardown),
        cmocka_unit_test_setup_teardown(test_v128, setup, teardown),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test_setup_teardown(test_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deep, setup, teardown),
        cmocka_unit_test_setup_teardown(test_same_trap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exception, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
