/* func.c - functions: of the program and of the guest. See capi.h */
#include "capi/capi.h"

enum { FEW = 16 }; /* values that a call keeps on the stack */

/* --- Called by the guest --- */

static wasm_trap_t *call_program(const wasm_func_t *func, const wasm_val_vec_t *args,
                                 wasm_val_vec_t *results) {
    return func->callback ? func->callback(args, results)
                          : func->callback_with_env(func->env, args, results);
}

/* Calls it with `vals`: arguments, then room for results. */
static nacre_status call_out(wasm_func_t *func, nacre_caller *caller, const nacre_functype *type,
                             wasm_val_t *vals, nacre_value *results) {
    wasm_store_t *store = func->base.ref.store;
    wasm_val_t *given = vals + type->param_count;
    const wasm_val_vec_t args = {type->param_count, vals};
    wasm_val_vec_t out = {type->result_count, given};
    wasm_trap_t *trap = call_program(func, &args, &out);
    if (trap) {
        capi_ref_drop(store->trap);
        store->trap = trap;
        return nacre_caller_fail(caller, trap->message.data);
    }
    for (uint32_t i = 0; i < type->result_count; i++)
        if (!capi_val_in(store, &given[i], type->results[i], &results[i]))
            return nacre_caller_fail(caller, "a callback gave a result of another type or store");
    return NACRE_OK;
}

static nacre_status call_back(void *env, nacre_caller *caller, const nacre_value *args,
                              nacre_value *results) {
    wasm_func_t *func = env;
    wasm_store_t *store = func->base.ref.store;
    nacre_functype type;
    wasm_val_t few[FEW], *vals = few;
    nacre_status status = nacre_func_type(store->store, func->base.item.of.func, &type);
    if (status != NACRE_OK) return status;
    size_t count = (size_t)type.param_count + type.result_count;
    if (count > FEW) vals = calloc(count, sizeof *vals);
    if (!vals) return NACRE_NO_MEMORY;
    if (!capi_vals_out(store, args, type.param_count, vals)) {
        status = NACRE_NO_MEMORY;
    } else {
        for (uint32_t i = 0; i < type.result_count; i++)
            (void)capi_val_out(store, &results[i], &vals[type.param_count + i]); /* zero or null */
        status = call_out(func, caller, &type, vals, results);
        for (size_t i = 0; i < count; i++) wasm_val_delete(&vals[i]);
    }
    if (vals != few) free(vals);
    return status;
}

/* --- Made by the program --- */

/* The kinds of types; false when there is one that wasm_val_t has no room for. */
static bool put_kinds(nacre_kind *kinds, const wasm_valtype_vec_t *types) {
    for (size_t i = 0; i < types->size; i++) {
        if (types->data[i]->inner == NACRE_V128) return false;
        kinds[i] = types->data[i]->inner;
    }
    return true;
}

static bool create(wasm_store_t *store, const wasm_functype_t *type, wasm_func_t *func) {
    const wasm_valtype_vec_t *params = wasm_functype_params(type);
    const wasm_valtype_vec_t *results = wasm_functype_results(type);
    if (params->size > UINT32_MAX || results->size > UINT32_MAX) return false;
    nacre_extern *item = &func->base.item;
    nacre_kind *kinds = calloc(params->size + results->size + 1, sizeof *kinds);
    const nacre_functype inner = {(uint32_t)params->size, (uint32_t)results->size, kinds,
                                  kinds ? kinds + params->size : NULL};
    item->kind = NACRE_EXTERN_FUNC;
    bool is_made = kinds && put_kinds(kinds, params) &&
                   put_kinds(kinds + params->size, results) &&
                   nacre_func_create(store->store, &inner, call_back, func, &item->of.func) ==
                       NACRE_OK &&
                   capi_list_set(&store->funcs, item->of.func, &func->base.ref);
    free(kinds);
    return is_made;
}

static wasm_func_t *new_func(wasm_store_t *store, const wasm_functype_t *type,
                             const wasm_func_t *like) {
    wasm_func_t *func = capi_ref_new(store, CAPI_FUNC, sizeof *func);
    if (!func) return NULL;
    func->callback = like->callback;
    func->callback_with_env = like->callback_with_env;
    func->env = like->env;
    if (create(store, type, func)) {
        func->env_finalizer = like->env_finalizer;
        return func;
    }
    capi_ref_free(&func->base.ref); /* if the store has it, nobody can call it */
    return NULL;
}

wasm_func_t *wasm_func_new(wasm_store_t *store, const wasm_functype_t *type,
                           wasm_func_callback_t callback) {
    return new_func(store, type, &(wasm_func_t){.callback = callback});
}

wasm_func_t *wasm_func_new_with_env(wasm_store_t *store, const wasm_functype_t *type,
                                    wasm_func_callback_with_env_t callback, void *env,
                                    void (*finalizer)(void *)) {
    return new_func(store, type,
                    &(wasm_func_t){.callback_with_env = callback, .env = env,
                                   .env_finalizer = finalizer});
}

/* --- Types --- */

static nacre_functype type_of(const wasm_func_t *func) {
    nacre_functype type = {0};
    const wasm_store_t *store = func->base.ref.store;
    if (store && nacre_func_type(store->store, func->base.item.of.func, &type) != NACRE_OK)
        type = (nacre_functype){0};
    return type;
}

wasm_functype_t *wasm_func_type(const wasm_func_t *func) {
    return wasm_externtype_as_functype(wasm_extern_type(&func->base));
}

size_t wasm_func_param_arity(const wasm_func_t *func) { return type_of(func).param_count; }
size_t wasm_func_result_arity(const wasm_func_t *func) { return type_of(func).result_count; }

/* --- Called by the program --- */

static bool has_v128(const nacre_functype *type) {
    uint32_t count = type->param_count + type->result_count; /* they stand in one row */
    for (uint32_t i = 0; i < count; i++)
        if (type->params[i] == NACRE_V128) return true;
    return false;
}

static wasm_trap_t *call_in(const wasm_func_t *func, const nacre_functype *type,
                            const wasm_val_t *args, wasm_val_t *results, nacre_value *values) {
    wasm_store_t *store = func->base.ref.store;
    nacre_error error;
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!capi_val_in(store, &args[i], type->params[i], &values[i]))
            return capi_trap_of(store, "argument", i, "is of another type or store");
    nacre_value *back = values + type->param_count;
    if (nacre_call(store->store, func->base.item.of.func, values, type->param_count, back,
                   type->result_count, &error) != NACRE_OK)
        return capi_trap_explain(store, &error);
    return capi_vals_out(store, back, type->result_count, results)
               ? NULL
               : capi_trap(store, "out of memory");
}

/* The counts are the same, or the store says how they differ. */
static wasm_trap_t *wrong_counts(const wasm_func_t *func, size_t args, size_t results) {
    wasm_store_t *store = func->base.ref.store;
    nacre_error error;
    uint32_t arg_count = args < UINT32_MAX ? (uint32_t)args : UINT32_MAX;
    (void)!nacre_call(store->store, func->base.item.of.func, NULL, arg_count, NULL,
                      (uint32_t)results, &error);
    return capi_trap(store, error.text);
}

wasm_trap_t *wasm_func_call(const wasm_func_t *func, const wasm_val_vec_t *args,
                            wasm_val_vec_t *results) {
    wasm_store_t *store = func->base.ref.store;
    if (!store) return capi_trap(NULL, "the function's store was deleted");
    nacre_functype type = type_of(func);
    size_t arg_count = args && args->data ? args->size : 0;
    size_t result_count = results && results->data ? results->size : 0;
    if (arg_count != type.param_count || result_count < type.result_count)
        return wrong_counts(func, arg_count,
                            result_count < type.result_count ? result_count : type.result_count);
    if (has_v128(&type)) return capi_trap(store, "a v128 cannot be passed here");
    nacre_value few[FEW], *values = few;
    size_t count = (size_t)type.param_count + type.result_count;
    if (count > FEW) values = calloc(count, sizeof *values);
    if (!values) return capi_trap(store, "out of memory");
    wasm_trap_t *trap = call_in(func, &type, args ? args->data : NULL,
                                results ? results->data : NULL, values);
    if (values != few) free(values);
    return trap;
}
