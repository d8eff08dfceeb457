/*
 * wasm.h - today's wasm.h for programs that were written for that of 2019, such as the standard's
 * own examples as V8 has them. Values and imports were arrays then, where they are vectors now.
 */
#ifndef STANDARD_2019_WASM_H
#define STANDARD_2019_WASM_H

#include <stdlib.h>

#include_next <wasm.h>

enum { WASM_ANYREF = WASM_EXTERNREF };

static inline wasm_trap_t *call_2019(const wasm_func_t *func, const wasm_val_t args[],
                                     wasm_val_t results[]) {
    wasm_val_t nobody_looks[16];
    wasm_val_vec_t in = {wasm_func_param_arity(func), (wasm_val_t *)(uintptr_t)args};
    wasm_val_vec_t out = {wasm_func_result_arity(func), results ? results : nobody_looks};
    return wasm_func_call(func, &in, &out);
}

struct callback_2019 {
    wasm_trap_t *(*alone)(const wasm_val_t args[], wasm_val_t results[]);
    wasm_trap_t *(*with_env)(void *env, const wasm_val_t args[], wasm_val_t results[]);
    void *env;
    void (*finalizer)(void *env);
};

static inline wasm_trap_t *call_back_2019(void *env, const wasm_val_vec_t *args,
                                          wasm_val_vec_t *results) {
    const struct callback_2019 *c = env;
    return c->alone ? c->alone(args->data, results->data)
                    : c->with_env(c->env, args->data, results->data);
}

static inline void finalize_2019(void *env) {
    struct callback_2019 *c = env;
    if (c->finalizer) c->finalizer(c->env);
    free(c);
}

static inline wasm_func_t *func_2019(wasm_store_t *store, const wasm_functype_t *type,
                                     struct callback_2019 callback) {
    struct callback_2019 *c = malloc(sizeof *c);
    if (!c) return NULL;
    *c = callback;
    return wasm_func_new_with_env(store, type, call_back_2019, c, finalize_2019);
}

static inline wasm_instance_t *instance_2019(wasm_store_t *store, const wasm_module_t *module,
                                             const wasm_extern_t *const imports[],
                                             wasm_trap_t **trap) {
    wasm_importtype_vec_t types;
    wasm_module_imports(module, &types);
    wasm_extern_vec_t vec = {types.size, (wasm_extern_t **)(uintptr_t)imports};
    wasm_importtype_vec_delete(&types);
    return wasm_instance_new(store, module, &vec, trap);
}

#define wasm_func_call call_2019
#define wasm_func_new(store, type, callback) \
    func_2019(store, type, (struct callback_2019){.alone = callback})
#define wasm_func_new_with_env(store, type, callback, env_, finalizer_)                    \
    func_2019(store, type, (struct callback_2019){.with_env = callback, .env = env_,       \
                                                  .finalizer = finalizer_})
#define wasm_instance_new instance_2019

#endif
