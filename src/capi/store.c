/* store.c - engines and stores. See capi.h */
#include "capi/capi.h"

struct wasm_config_t {
    bool unused;
};

wasm_config_t *wasm_config_new(void) { return calloc(1, sizeof(wasm_config_t)); }

void wasm_config_delete(wasm_config_t *config) { free(config); }

wasm_engine_t *wasm_engine_new(void) {
    wasm_engine_t *engine = calloc(1, sizeof *engine);
    if (!engine) return NULL;
    atomic_init(&engine->count, 1);
    if (nacre_engine_create(NULL, &engine->engine) == NACRE_OK) return engine;
    free(engine);
    return NULL;
}

wasm_engine_t *wasm_engine_new_with_config(wasm_config_t *config) {
    wasm_config_delete(config);
    return wasm_engine_new();
}

wasm_engine_t *capi_engine_hold(wasm_engine_t *engine) {
    atomic_fetch_add(&engine->count, 1);
    return engine;
}

void wasm_engine_delete(wasm_engine_t *engine) {
    if (!engine || atomic_fetch_sub(&engine->count, 1) > 1) return;
    nacre_engine_destroy(engine->engine);
    free(engine);
}

wasm_store_t *wasm_store_new(wasm_engine_t *engine) {
    nacre_limits limits;
    nacre_limits_init(&limits);
    limits.instances = UINT32_MAX; /* the standard's programs end them, and do not count */
    wasm_store_t *store = calloc(1, sizeof *store);
    if (!store) return NULL;
    if (nacre_store_create(engine->engine, &limits, &store->store) != NACRE_OK) {
        free(store);
        return NULL;
    }
    store->engine = capi_engine_hold(engine);
    return store;
}

/* Runs every finalizer. They may delete handles, use what is in the store, and make more. */
static void finalize_all(wasm_store_t *store, wasm_ref_t **done) {
    while (store->refs) {
        wasm_ref_t *ref = store->refs;
        capi_ref_unlink(ref);
        capi_ref_link(ref, done);
        capi_ref_copy(ref);
        capi_ref_finalize(ref);
        capi_ref_drop(ref);
    }
}

/* Frees what the program has no handle of; the rest is freed with its last handle. */
static void orphan_all(wasm_ref_t **refs) {
    for (wasm_ref_t *ref = *refs; ref; ref = ref->next) ref->store = NULL;
    while (*refs) {
        wasm_ref_t *ref = *refs;
        capi_ref_unlink(ref);
        if (ref->count == 0) capi_ref_free(ref);
    }
}

void wasm_store_delete(wasm_store_t *store) {
    wasm_ref_t *refs = NULL;
    if (!store) return;
    capi_ref_drop(store->trap);
    finalize_all(store, &refs);
    nacre_store_destroy(store->store);
    orphan_all(&refs);
    while (store->module_count) wasm_shared_module_delete(store->modules[--store->module_count]);
    free(store->modules);
    free(store->funcs.refs);
    free(store->numbers.refs);
    free(store->things.slots);
    wasm_engine_delete(store->engine);
    free(store);
}
