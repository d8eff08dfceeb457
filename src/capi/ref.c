/* ref.c - references: their handles, host info, and conversions. See capi.h */
#include "capi/capi.h"

/* --- One of them --- */

void capi_ref_link(wasm_ref_t *ref, wasm_ref_t **list) {
    ref->next = *list;
    ref->at = list;
    if (ref->next) ref->next->at = &ref->next;
    *list = ref;
}

void capi_ref_unlink(wasm_ref_t *ref) {
    if (!ref->at) return;
    *ref->at = ref->next;
    if (ref->next) ref->next->at = ref->at;
    ref->at = NULL;
}

void *capi_ref_new(wasm_store_t *store, enum capi_kind kind, size_t size) {
    wasm_ref_t *ref = calloc(1, size);
    if (!ref) return NULL;
    ref->kind = kind;
    ref->count = 1;
    ref->store = store;
    if (store) capi_ref_link(ref, &store->refs);
    return ref;
}

void *capi_ref_copy(const void *handle) {
    wasm_ref_t *ref = (wasm_ref_t *)(uintptr_t)handle;
    if (ref && ref->count != CAPI_FOR_EVER) ref->count++;
    return ref;
}

void capi_ref_drop(void *handle) {
    wasm_ref_t *ref = handle;
    if (!ref || ref->count == CAPI_FOR_EVER || --ref->count > 0) return;
    bool is_in_use = ref->store && (ref->kind <= CAPI_INSTANCE || ref->number);
    if (!is_in_use) capi_ref_free(ref);
}

/* It is forgotten before it runs, so that it never runs twice. */
static void run_once(void (**finalizer)(void *), void *argument) {
    void (*run)(void *) = *finalizer;
    *finalizer = NULL;
    if (run) run(argument);
}

void capi_ref_finalize(wasm_ref_t *ref) {
    run_once(&ref->finalizer, ref->info);
    if (ref->kind != CAPI_FUNC) return;
    wasm_func_t *func = (wasm_func_t *)ref;
    run_once(&func->env_finalizer, func->env);
}

void capi_ref_free(wasm_ref_t *ref) {
    capi_ref_finalize(ref);
    capi_ref_unlink(ref);
    if (ref->kind == CAPI_TRAP) capi_trap_free((wasm_trap_t *)ref);
    if (ref->kind == CAPI_MODULE) wasm_shared_module_delete(((wasm_module_t *)ref)->shared);
    if (ref->kind == CAPI_OBJECT && ref->store)
        nacre_ref_release(ref->store->store, ((struct capi_object *)ref)->object);
    free(ref);
}

static bool is_same(const wasm_ref_t *a, const wasm_ref_t *b) {
    if (a == b) return true;
    return a && b && a->kind == CAPI_OBJECT && b->kind == CAPI_OBJECT && a->store == b->store &&
           ((const struct capi_object *)a)->object == ((const struct capi_object *)b)->object;
}

static void set_info(wasm_ref_t *ref, void *info, void (*finalizer)(void *)) {
    if (ref->count == CAPI_FOR_EVER) return;
    run_once(&ref->finalizer, ref->info);
    ref->info = info;
    ref->finalizer = finalizer;
}

/* --- As the standard names it, for every type --- */

#define CAPI_REF_BASE(name)                                                                     \
    void wasm_##name##_delete(wasm_##name##_t *ref) { capi_ref_drop(ref); }                     \
    wasm_##name##_t *wasm_##name##_copy(const wasm_##name##_t *ref) {                           \
        return capi_ref_copy(ref);                                                              \
    }                                                                                           \
    bool wasm_##name##_same(const wasm_##name##_t *a, const wasm_##name##_t *b) {               \
        return is_same((const wasm_ref_t *)a, (const wasm_ref_t *)b);                           \
    }                                                                                           \
    void *wasm_##name##_get_host_info(const wasm_##name##_t *ref) {                             \
        return ((const wasm_ref_t *)ref)->info;                                                 \
    }                                                                                           \
    void wasm_##name##_set_host_info(wasm_##name##_t *ref, void *info) {                        \
        set_info((wasm_ref_t *)ref, info, NULL);                                                \
    }                                                                                           \
    void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t *ref, void *info,           \
                                                    void (*finalizer)(void *)) {                \
        set_info((wasm_ref_t *)ref, info, finalizer);                                           \
    }

CAPI_REF_BASE(ref)
#define CAPI_REF(name, first, last) CAPI_REF_BASE(name)
#include "capi/refs.def"
#undef CAPI_REF

static bool is_kind(const wasm_ref_t *ref, enum capi_kind first, enum capi_kind last) {
    return ref && ref->kind >= first && ref->kind <= last;
}

#define CAPI_REF(name, first, last)                                                              \
    wasm_ref_t *wasm_##name##_as_ref(wasm_##name##_t *ref) { return (wasm_ref_t *)ref; }         \
    const wasm_ref_t *wasm_##name##_as_ref_const(const wasm_##name##_t *ref) {                   \
        return (const wasm_ref_t *)ref;                                                          \
    }                                                                                            \
    wasm_##name##_t *wasm_ref_as_##name(wasm_ref_t *ref) {                                       \
        return is_kind(ref, CAPI_##first, CAPI_##last) ? (wasm_##name##_t *)ref : NULL;          \
    }                                                                                            \
    const wasm_##name##_t *wasm_ref_as_##name##_const(const wasm_ref_t *ref) {                   \
        return is_kind(ref, CAPI_##first, CAPI_##last) ? (const wasm_##name##_t *)ref : NULL;    \
    }
#include "capi/refs.def"
#undef CAPI_REF

wasm_foreign_t *wasm_foreign_new(wasm_store_t *store) {
    return capi_ref_new(store, CAPI_FOREIGN, sizeof(wasm_ref_t));
}
