/* test_capi.c - wasm.h: a program of each kind that the standard shows. */
#include "support/capi.h"

/* --- hello: a callback without arguments --- */

static int greetings;

static wasm_trap_t *greet(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    assert_int_equal(args->size, 0);
    assert_int_equal(results->size, 0);
    greetings++;
    return NULL;
}

static void test_hello(void **state) {
    struct fixture *f = *state;
    wasm_functype_t *type = wasm_functype_new_0_0();
    wasm_func_t *func = wasm_func_new(f->store, type, greet);
    wasm_functype_delete(type);
    build_functype(&f->b, "", "");
    build_import_func(&f->b, "", "hello", 0);
    build_func(&f->b, 0, "run", "\x10\x00", 2);
    wasm_extern_t *imports[] = {wasm_func_as_extern(func)};
    make_instance(f, imports, 1);
    wasm_func_delete(func);
    greetings = 0;
    assert_null(call(export_func(f, 0), NULL, 0, NULL, 0));
    assert_null(wasm_func_call(export_func(f, 0), NULL, NULL));
    assert_int_equal(greetings, 2);
}

/* --- callback: arguments, results, an environment --- */

static int ended;

static void end_env(void *env) { ended += *(int *)env; }

static wasm_trap_t *add(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    assert_int_equal(args->size, 4);
    assert_int_equal(results->size, 1);
    assert_int_equal(results->data[0].kind, WASM_F64);
    results->data[0].of.f64 = *(int *)env + args->data[0].of.i32 + (double)args->data[1].of.i64 +
                              args->data[2].of.f32 + args->data[3].of.f64;
    return NULL;
}

static void test_callback(void **state) {
    struct fixture *f = *state;
    static int env = 1000;
    wasm_valtype_t *ps[] = {wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(),
                            wasm_valtype_new_f64()};
    wasm_valtype_t *rs[] = {wasm_valtype_new_f64()};
    wasm_valtype_vec_t params, results;
    wasm_valtype_vec_new(&params, 4, ps);
    wasm_valtype_vec_new(&results, 1, rs);
    wasm_functype_t *type = wasm_functype_new(&params, &results);
    ended = 0;
    wasm_func_t *func = wasm_func_new_with_env(f->store, type, add, &env, end_env);
    wasm_functype_delete(type);
    assert_int_equal(wasm_func_param_arity(func), 4);
    assert_int_equal(wasm_func_result_arity(func), 1);
    build_functype(&f->b, "iIfF", "F");
    build_import_func(&f->b, "host", "add", 0);
    build_func(&f->b, 0, "f", "\x20\x00\x20\x01\x20\x02\x20\x03\x10\x00", 10);
    wasm_extern_t *imports[] = {wasm_func_as_extern(func)};
    make_instance(f, imports, 1);
    wasm_func_delete(func);
    wasm_val_t args[] = {WASM_I32_VAL(-1), WASM_I64_VAL(1LL << 40), WASM_F32_VAL(0.5f),
                         WASM_F64_VAL(0.25)};
    wasm_val_t result = WASM_INIT_VAL;
    assert_null(call(export_func(f, 0), args, 4, &result, 1));
    assert_int_equal(result.kind, WASM_F64);
    assert_true(result.of.f64 == 999.75 + (double)(1LL << 40));
    end_instance(f);
    assert_int_equal(ended, 0); /* the guest may still have it in a table */
    wasm_store_delete(f->store);
    f->store = NULL;
    assert_int_equal(ended, 1000);
}

/* --- multi: many values, more than a call keeps on the stack --- */

enum { MANY = 40 };

static wasm_trap_t *reverse(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    for (size_t i = 0; i < args->size; i++)
        wasm_val_copy(&results->data[i], &args->data[args->size - 1 - i]);
    return NULL;
}

static void test_multi(void **state) {
    struct fixture *f = *state;
    wasm_valtype_vec_t params, results;
    char letters[MANY + 1] = "";
    struct bytes code = {0};
    wasm_valtype_vec_new_uninitialized(&params, MANY);
    for (size_t i = 0; i < MANY; i++) {
        letters[i] = i % 2 ? 'I' : 'i';
        params.data[i] = i % 2 ? wasm_valtype_new_i64() : wasm_valtype_new_i32();
        put_byte(&code, 0x20);
        put_leb(&code, i);
    }
    put(&code, "\x10\x00", 2);
    wasm_valtype_vec_new_uninitialized(&results, MANY);
    char reversed[MANY + 1] = "";
    for (size_t i = 0; i < MANY; i++) {
        results.data[i] = wasm_valtype_copy(params.data[MANY - 1 - i]);
        reversed[i] = letters[MANY - 1 - i];
    }
    wasm_functype_t *type = wasm_functype_new(&params, &results);
    assert_int_equal(params.size, 0); /* they belong to the type now */
    wasm_func_t *func = wasm_func_new(f->store, type, reverse);
    wasm_functype_delete(type);
    build_functype(&f->b, letters, reversed);
    build_import_func(&f->b, "", "f", 0);
    build_func(&f->b, 0, "g", code.data, code.size);
    free(code.data);
    wasm_extern_t *imports[] = {wasm_func_as_extern(func)};
    make_instance(f, imports, 1);
    wasm_val_t args[MANY], back[MANY];
    for (int i = 0; i < MANY; i++) {
        args[i].kind = i % 2 ? WASM_I64 : WASM_I32;
        if (i % 2) args[i].of.i64 = (int64_t)i << 33;
        else args[i].of.i32 = i;
    }
    assert_null(call(export_func(f, 0), args, MANY, back, MANY));
    for (int i = 0; i < MANY; i++) {
        const wasm_val_t *from = &args[MANY - 1 - i];
        assert_int_equal(back[i].kind, from->kind);
        assert_true(from->kind == WASM_I32 ? back[i].of.i32 == from->of.i32
                                           : back[i].of.i64 == from->of.i64);
    }
    wasm_func_delete(func);
}

/* --- global --- */

static void test_global(void **state) {
    struct fixture *f = *state;
    wasm_globaltype_t *constant = wasm_globaltype_new(wasm_valtype_new_i64(), WASM_CONST);
    wasm_globaltype_t *variable = wasm_globaltype_new(wasm_valtype_new_f32(), WASM_VAR);
    wasm_val_t seven = WASM_I64_VAL(7), half = WASM_F32_VAL(0.5f), val;
    wasm_global_t *c = wasm_global_new(f->store, constant, &seven);
    wasm_global_t *v = wasm_global_new(f->store, variable, &half);
    assert_null(wasm_global_new(f->store, variable, &seven)); /* of another type */
    wasm_globaltype_delete(constant);
    wasm_globaltype_delete(variable);
    build_functype(&f->b, "", "I");
    build_functype(&f->b, "f", "");
    put(entry(&f->b, 2), "\x01h\x01g\x03\x7E\x00", 7);
    put(entry(&f->b, 2), "\x01h\x01g\x03\x7D\x01", 7); /* the same name, another global */
    build_func(&f->b, 0, "get", "\x23\x00", 2);
    build_func(&f->b, 1, "set", "\x20\x00\x24\x01", 4);
    put(entry(&f->b, 6), "\x7F\x01\x41\x2A\x0B", 5);
    build_export(&f->b, "own", 3, 2);
    build_export(&f->b, "var", 3, 1);
    wasm_extern_t *imports[] = {wasm_global_as_extern(c), wasm_global_as_extern(v)};
    make_instance(f, imports, 2);
    assert_null(call(export_func(f, 0), NULL, 0, &val, 1));
    assert_int_equal(val.of.i64, 7);
    half.of.f32 = 2.5f;
    assert_null(call(export_func(f, 1), &half, 1, NULL, 0));
    wasm_global_get(v, &val);
    assert_true(val.kind == WASM_F32 && val.of.f32 == 2.5f);
    half.of.f32 = 4.5f;
    wasm_global_set(v, &half);
    wasm_global_set(v, &seven); /* of another type: nothing happens */
    wasm_global_set(c, &seven);
    wasm_global_t *own = wasm_extern_as_global(f->exports.data[2]);
    wasm_global_get(own, &val);
    assert_int_equal(val.of.i32, 42);
    wasm_global_t *var = wasm_extern_as_global(f->exports.data[3]);
    assert_true(wasm_global_same(var, v)); /* what was imported comes back as what it was */
    assert_false(wasm_global_same(var, c));
    wasm_global_get(var, &val);
    assert_true(val.of.f32 == 4.5f);
    wasm_globaltype_t *type = wasm_global_type(var);
    assert_int_equal(wasm_globaltype_mutability(type), WASM_VAR);
    assert_int_equal(wasm_valtype_kind(wasm_globaltype_content(type)), WASM_F32);
    wasm_globaltype_delete(type);
    wasm_global_delete(c);
    wasm_global_delete(v);
}

/* --- table --- */

static wasm_trap_t *negate(const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    results->data[0].of.i32 = -args->data[0].of.i32;
    return NULL;
}

static void check_element(wasm_table_t *table, uint32_t index, bool is_set) {
    wasm_ref_t *ref = wasm_table_get(table, index);
    assert_true(!ref == !is_set);
    wasm_ref_delete(ref);
}

static int32_t call_element(struct fixture *f, int32_t value, int32_t index) {
    wasm_val_t args[] = {WASM_I32_VAL(value), WASM_I32_VAL(index)}, result;
    assert_null(call(export_func(f, 1), args, 2, &result, 1));
    return result.of.i32;
}

static void test_table(void **state) {
    struct fixture *f = *state;
    build_functype(&f->b, "i", "i");
    build_functype(&f->b, "ii", "i");
    put(entry(&f->b, 4), "\x70\x01\x02\x05", 4);
    build_export(&f->b, "table", 1, 0);
    build_func(&f->b, 1, "call", "\x20\x00\x20\x01\x11\x00\x00", 7);
    build_func(&f->b, 0, "same", "\x20\x00", 2);
    make_instance(f, NULL, 0);
    wasm_table_t *table = wasm_extern_as_table(f->exports.data[0]);
    wasm_functype_t *type = functype_i_i();
    wasm_func_t *host = wasm_func_new(f->store, type, negate);
    wasm_functype_delete(type);
    assert_int_equal(wasm_table_size(table), 2);
    check_element(table, 0, false);
    check_element(table, 2, false); /* past the end */
    assert_true(wasm_table_set(table, 0, wasm_func_as_ref(export_func(f, 2))));
    assert_true(wasm_table_set(table, 1, wasm_func_as_ref(host)));
    assert_false(wasm_table_set(table, 2, NULL));
    assert_int_equal(call_element(f, 5, 0), 5);
    assert_int_equal(call_element(f, 5, 1), -5);
    wasm_ref_t *ref = wasm_table_get(table, 1);
    assert_true(wasm_ref_same(ref, wasm_func_as_ref(host)));
    assert_int_equal(call_i32(wasm_ref_as_func(ref), 8), -8);
    assert_true(wasm_table_grow(table, 2, ref));
    wasm_ref_delete(ref);
    assert_int_equal(call_element(f, 6, 3), -6);
    assert_false(wasm_table_grow(table, 2, NULL)); /* over the maximum */
    assert_true(wasm_table_grow(table, 1, NULL));
    check_element(table, 4, false);
    wasm_val_t args[] = {WASM_I32_VAL(1), WASM_I32_VAL(4)}, result;
    assert_trap(call(export_func(f, 1), args, 2, &result, 1), "uninitialized element");
    args[1].of.i32 = 5;
    assert_trap(call(export_func(f, 1), args, 2, &result, 1), "undefined element");
    /* one without an instance, its elements set */
    wasm_limits_t limits = {3, 3};
    wasm_tabletype_t *tabletype = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
    wasm_table_t *alone = wasm_table_new(f->store, tabletype, wasm_func_as_ref(host));
    wasm_tabletype_delete(tabletype);
    check_element(alone, 2, true);
    assert_false(wasm_table_grow(alone, 1, NULL));
    tabletype = wasm_table_type(alone);
    assert_int_equal(wasm_tabletype_limits(tabletype)->min, 3);
    assert_int_equal(wasm_tabletype_limits(tabletype)->max, 3);
    wasm_tabletype_delete(tabletype);
    wasm_table_delete(alone);
    wasm_func_delete(host);
}

/* --- memory --- */

static void test_memory(void **state) {
    struct fixture *f = *state;
    build_functype(&f->b, "i", "i");
    build_memory(&f->b, 2, 3);
    build_export(&f->b, "memory", 2, 0);
    build_func(&f->b, 0, "load", "\x20\x00\x2D\x00\x00", 5);
    put(entry(&f->b, 11), "\x00\x41\x80\x20\x0B\x02\x01\x02", 8); /* at 0x1000: 1 2 */
    make_instance(f, NULL, 0);
    wasm_memory_t *memory = wasm_extern_as_memory(f->exports.data[0]);
    assert_int_equal(wasm_memory_size(memory), 2);
    assert_int_equal(wasm_memory_data_size(memory), 2 * MEMORY_PAGE_SIZE);
    assert_int_equal(wasm_memory_data(memory)[0x1001], 2);
    wasm_memory_data(memory)[0x1001] = 9;
    assert_int_equal(call_i32(export_func(f, 1), 0x1001), 9);
    wasm_val_t end = WASM_I32_VAL(0x20000), val;
    assert_trap(call(export_func(f, 1), &end, 1, &val, 1), "out of bounds memory access");
    assert_true(wasm_memory_grow(memory, 1));
    assert_false(wasm_memory_grow(memory, 1));
    assert_int_equal(call_i32(export_func(f, 1), 0x20000), 0);
    wasm_limits_t limits = {5, 5};
    wasm_memorytype_t *type = wasm_memorytype_new(&limits);
    wasm_memory_t *alone = wasm_memory_new(f->store, type);
    wasm_memorytype_delete(type);
    assert_false(wasm_memory_grow(alone, 1));
    assert_true(wasm_memory_grow(alone, 0));
    wasm_memory_t *copy = wasm_memory_copy(alone);
    assert_true(wasm_memory_same(alone, copy));
    assert_ptr_equal(wasm_memory_data(alone), wasm_memory_data(copy));
    wasm_memory_delete(copy);
    wasm_memory_delete(alone);
}

/* --- trap: from the host, from the guest, with frames --- */

static wasm_trap_t *give_up(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    wasm_message_t message;
    (void)args, (void)results;
    wasm_name_new_from_string_nt(&message, "the callback gives up");
    wasm_trap_t *trap = wasm_trap_new(env, &message);
    wasm_name_delete(&message);
    return trap;
}

static void check_frame(struct fixture *f, const wasm_frame_t *frame, uint32_t func,
                        size_t func_offset, uint8_t opcode) {
    assert_ptr_equal(wasm_frame_instance(frame), f->instance);
    assert_int_equal(wasm_frame_func_index(frame), func);
    assert_int_equal(wasm_frame_func_offset(frame), func_offset);
    assert_int_equal(f->b.module.data[wasm_frame_module_offset(frame)], opcode);
}

static void check_frames(struct fixture *f, wasm_trap_t *trap, uint8_t opcode) {
    wasm_frame_vec_t trace;
    assert_non_null(trap);
    wasm_frame_t *origin = wasm_trap_origin(trap);
    check_frame(f, origin, opcode == 0x10 ? 1 : 2, 2, opcode);
    wasm_frame_delete(origin);
    wasm_trap_trace(trap, &trace);
    assert_int_equal(trace.size, 2);
    check_frame(f, trace.data[0], opcode == 0x10 ? 1 : 2, 2, opcode);
    check_frame(f, trace.data[1], opcode == 0x10 ? 3 : 4, 1, 0x10);
    wasm_frame_vec_delete(&trace);
}

static void test_trap(void **state) {
    struct fixture *f = *state;
    wasm_functype_t *type = wasm_functype_new_0_0();
    wasm_func_t *func = wasm_func_new_with_env(f->store, type, give_up, f->store, NULL);
    wasm_functype_delete(type);
    build_functype(&f->b, "", "");
    build_import_func(&f->b, "host", "fail", 0);
    build_func(&f->b, 0, NULL, "\x01\x10\x00", 3);     /* 1: nop, call the host */
    build_func(&f->b, 0, NULL, "\x01\x00", 2);         /* 2: nop, unreachable */
    build_func(&f->b, 0, "host", "\x10\x01\x01", 3);   /* 3: call 1 */
    build_func(&f->b, 0, "guest", "\x10\x02\x01", 3);  /* 4: call 2 */
    wasm_extern_t *imports[] = {wasm_func_as_extern(func)};
    make_instance(f, imports, 1);
    wasm_trap_t *trap = call(export_func(f, 0), NULL, 0, NULL, 0);
    check_frames(f, trap, 0x10);
    assert_trap(trap, "the callback gives up");
    trap = call(export_func(f, 1), NULL, 0, NULL, 0);
    check_frames(f, trap, 0x00);
    assert_trap(trap, "unreachable");
    trap = call(func, NULL, 0, NULL, 0); /* no guest was there */
    assert_null(wasm_trap_origin(trap));
    assert_trap(trap, "the callback gives up");
    wasm_func_delete(func);
}

/* --- start --- */

static void test_start(void **state) {
    struct fixture *f = *state;
    build_functype(&f->b, "", "");
    build_func(&f->b, 0, NULL, "\x01", 1);
    build_func(&f->b, 0, NULL, "\x01\x01\x00", 3);
    f->b.counts[8] = 1; /* the start section: just the function's index */
    wasm_trap_t *trap = try_instance(f, NULL, 0);
    assert_null(f->instance);
    wasm_frame_t *origin = wasm_trap_origin(trap);
    assert_int_equal(wasm_frame_func_index(origin), 1);
    assert_int_equal(wasm_frame_func_offset(origin), 3); /* behind the count of locals */
    assert_non_null(wasm_frame_instance(origin));
    wasm_frame_delete(origin);
    assert_trap(trap, "unreachable");
    assert_null(wasm_instance_new(f->store, f->module, NULL, NULL)); /* nobody wants the trap */
}

/* --- reflect --- */

static void check_name(const wasm_name_t *name, const char *text) {
    assert_int_equal(name->size, strlen(text));
    assert_memory_equal(name->data, text, name->size);
}

static void check_types(const wasm_externtype_t *const types[5]) {
    const wasm_functype_t *func = wasm_externtype_as_functype_const(types[0]);
    assert_int_equal(wasm_functype_params(func)->size, 3);
    static const wasm_valkind_t kinds[] = {WASM_I32, WASM_EXTERNREF, WASM_FUNCREF};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(wasm_valtype_kind(wasm_functype_params(func)->data[i]), kinds[i]);
    assert_int_equal(wasm_valtype_kind(wasm_functype_results(func)->data[0]), WASM_F64);
    const wasm_tabletype_t *table = wasm_externtype_as_tabletype_const(types[1]);
    assert_int_equal(wasm_valtype_kind(wasm_tabletype_element(table)), WASM_EXTERNREF);
    assert_int_equal(wasm_tabletype_limits(table)->min, 1);
    assert_int_equal(wasm_tabletype_limits(table)->max, 50);
    const wasm_memorytype_t *memory = wasm_externtype_as_memorytype_const(types[2]);
    assert_int_equal(wasm_memorytype_limits(memory)->min, 1);
    assert_int_equal(wasm_memorytype_limits(memory)->max, wasm_limits_max_default);
    const wasm_globaltype_t *global = wasm_externtype_as_globaltype_const(types[3]);
    assert_int_equal(wasm_valtype_kind(wasm_globaltype_content(global)), WASM_I64);
    assert_int_equal(wasm_globaltype_mutability(global), WASM_VAR);
    const wasm_tagtype_t *tag = wasm_externtype_as_tagtype_const(types[4]);
    assert_int_equal(wasm_functype_params(wasm_tagtype_functype(tag))->size, 1);
    for (size_t i = 0; i < 5; i++) {
        assert_true(!wasm_externtype_as_functype_const(types[i]) == (i != 0));
        assert_true(!wasm_externtype_as_tagtype_const(types[i]) == (i != 4));
    }
}

static const char *const things[] = {"func", "table", "memory", "global", "tag"};

static void build_things(struct fixture *f, int section) {
    static const char *const types[] = {"\0\0", "\1\x6F\1\1\x32", "\2\0\1", "\3\x7E\1", "\4\0\1"};
    static const uint8_t sizes[] = {2, 5, 3, 3, 3};
    for (uint8_t i = 0; i < 5; i++) {
        struct bytes *s = entry(&f->b, section);
        if (section == 2) put_name(s, "from");
        put_name(s, things[i]);
        if (section == 2) put(s, types[i], sizes[i]);
        else put(s, (const uint8_t[]){i, 0}, 2);
    }
}

static void test_reflect(void **state) {
    struct fixture *f = *state;
    wasm_importtype_vec_t imports;
    wasm_exporttype_vec_t exports, copies;
    const wasm_externtype_t *in[5], *out[5];
    build_functype(&f->b, "ier", "F");
    build_functype(&f->b, "i", "");
    build_things(f, 2);
    build_things(f, 7);
    f->module = make_module(f->store, &f->b);
    assert_non_null(f->module);
    wasm_module_imports(f->module, &imports);
    wasm_module_exports(f->module, &exports);
    wasm_exporttype_vec_copy(&copies, &exports);
    wasm_exporttype_vec_delete(&exports);
    assert_int_equal(imports.size, 5);
    assert_int_equal(copies.size, 5);
    for (size_t i = 0; i < 5; i++) {
        check_name(wasm_importtype_module(imports.data[i]), "from");
        check_name(wasm_importtype_name(imports.data[i]), things[i]);
        check_name(wasm_exporttype_name(copies.data[i]), things[i]);
        in[i] = wasm_importtype_type(imports.data[i]);
        out[i] = wasm_exporttype_type(copies.data[i]);
    }
    check_types(in);
    check_types(out);
    wasm_importtype_vec_delete(&imports);
    wasm_exporttype_vec_delete(&copies);
}

/* The types of what an instance has, in the order of its exports. */
static void test_instance_types(void **state) {
    struct fixture *f = *state;
    static const wasm_externkind_t kinds[] = {WASM_EXTERN_FUNC, WASM_EXTERN_TABLE,
                                              WASM_EXTERN_MEMORY, WASM_EXTERN_GLOBAL,
                                              WASM_EXTERN_TAG};
    build_functype(&f->b, "i", "");
    build_func(&f->b, 0, NULL, "\x01", 1);
    build_table(&f->b, 4);
    build_memory(&f->b, 1, 2);
    put(entry(&f->b, 6), "\x7C\x00\x44\0\0\0\0\0\0\0\0\x0B", 12);
    put(entry(&f->b, 13), "\x00\x00", 2);
    build_things(f, 7);
    make_instance(f, NULL, 0);
    assert_int_equal(f->exports.size, 5);
    for (size_t i = 0; i < 5; i++) {
        const wasm_extern_t *e = f->exports.data[i];
        wasm_externtype_t *type = wasm_extern_type(e);
        assert_int_equal(wasm_extern_kind(e), kinds[i]);
        assert_int_equal(wasm_externtype_kind(type), kinds[i]);
        assert_true(!wasm_extern_as_func_const(e) == (i != 0));
        assert_true(!wasm_extern_as_table_const(e) == (i != 1));
        assert_true(!wasm_extern_as_memory_const(e) == (i != 2));
        assert_true(!wasm_extern_as_global_const(e) == (i != 3));
        wasm_externtype_delete(type);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hello, setup, teardown),
        cmocka_unit_test_setup_teardown(test_callback, setup, teardown),
        cmocka_unit_test_setup_teardown(test_multi, setup, teardown),
        cmocka_unit_test_setup_teardown(test_global, setup, teardown),
        cmocka_unit_test_setup_teardown(test_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reflect, setup, teardown),
        cmocka_unit_test_setup_teardown(test_instance_types, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
