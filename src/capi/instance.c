/* instance.c - instances. See capi.h */
#include "capi/capi.h"

wasm_instance_t *capi_instance(wasm_store_t *store, nacre_instance *instance) {
    wasm_ref_t *known = capi_map_get(&store->things, instance);
    if (known) return capi_ref_copy(known);
    wasm_instance_t *made = capi_ref_new(store, CAPI_INSTANCE, sizeof *made);
    if (!made) return NULL;
    made->instance = instance;
    if (capi_map_add(&store->things, instance, &made->ref)) return made;
    capi_ref_free(&made->ref);
    return NULL;
}

/* A module outlives what was made of it, also where that failed half-way: its functions may be in
 * tables already. */
static bool keep_module(wasm_store_t *store, wasm_shared_module_t *shared) {
    if (store->module_count == store->module_capacity) {
        size_t capacity = store->module_capacity ? store->module_capacity * 2 : 8;
        wasm_shared_module_t **modules = realloc(store->modules, capacity * sizeof *modules);
        if (!modules) return false;
        store->modules = modules;
        store->module_capacity = capacity;
    }
    store->modules[store->module_count++] = capi_module_hold(shared);
    return true;
}

static wasm_instance_t *create(wasm_store_t *store, const wasm_module_t *module,
                               const nacre_extern *items, uint32_t count, wasm_trap_t **trap) {
    nacre_instance *inner;
    nacre_error error;
    if (nacre_instance_create_with(store->store, module->shared->module, items, count, &inner,
                                   &error) != NACRE_OK) {
        *trap = capi_trap_explain(store, &error);
        return NULL;
    }
    wasm_instance_t *instance = capi_instance(store, inner);
    if (!instance) *trap = capi_trap(store, "out of memory");
    return instance;
}

/* With imports that are all of the store. */
static wasm_instance_t *instantiate(wasm_store_t *store, const wasm_module_t *module,
                                    const wasm_extern_vec_t *imports, wasm_trap_t **trap) {
    size_t count = imports && imports->data ? imports->size : 0;
    nacre_extern *items = calloc(count + 1, sizeof *items);
    if (!items || count > UINT32_MAX || !keep_module(store, module->shared)) {
        free(items);
        *trap = capi_trap(store, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < count && !*trap; i++) {
        const wasm_extern_t *import = imports->data[i];
        if (import && import->ref.store == store) items[i] = import->item;
        else *trap = capi_trap_of(store, "import", i, "is none of this store");
    }
    wasm_instance_t *instance =
        *trap ? NULL : create(store, module, items, (uint32_t)count, trap);
    free(items);
    return instance;
}

wasm_instance_t *wasm_instance_new(wasm_store_t *store, const wasm_module_t *module,
                                   const wasm_extern_vec_t *imports, wasm_trap_t **trap) {
    wasm_instance_t *instance = NULL;
    wasm_trap_t *why = NULL;
    if (module->shared->engine == store->engine)
        instance = instantiate(store, module, imports, &why);
    else
        why = capi_trap(store, "the module is of another engine");
    if (trap) *trap = why;
    else wasm_trap_delete(why);
    return instance;
}

void wasm_instance_exports(const wasm_instance_t *instance, wasm_extern_vec_t *out) {
    wasm_store_t *store = instance->ref.store;
    wasm_extern_vec_new_empty(out);
    if (!store) return;
    const nacre_module *module = nacre_instance_module(instance->instance);
    wasm_extern_vec_new_uninitialized(out, nacre_module_export_count(module));
    for (uint32_t i = 0; i < out->size; i++) {
        nacre_item name;
        nacre_extern item;
        if (nacre_module_export(module, i, &name) == NACRE_OK &&
            nacre_instance_export(instance->instance, name.name, name.name_size, &item) ==
                NACRE_OK)
            out->data[i] = capi_extern(store, &item);
        if (!out->data[i]) wasm_extern_vec_delete(out);
    }
}
