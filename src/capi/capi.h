/*
 * capi.h - what the opaque types of wasm.h are made of.
 *
 * There is one wasm_ref_t for each thing of a store that the program has seen: handles are
 * pointers to it, and it counts them. That makes copies cheap, gives host info one place, and
 * lets a finalizer run when the thing ends instead of when a handle does.
 */
#ifndef CAPI_CAPI_H
#define CAPI_CAPI_H

#include <stdatomic.h>
#include <stdlib.h>
#include <wasm.h>

#include <nacre/object.h>

enum capi_kind {
    CAPI_FUNC = WASM_EXTERN_FUNC,
    CAPI_GLOBAL = WASM_EXTERN_GLOBAL,
    CAPI_TABLE = WASM_EXTERN_TABLE,
    CAPI_MEMORY = WASM_EXTERN_MEMORY,
    CAPI_TAG = WASM_EXTERN_TAG,
    CAPI_INSTANCE, /* those up to here are the store's; the others end with their last handle */
    CAPI_MODULE,
    CAPI_TRAP,
    CAPI_FOREIGN,
    CAPI_OBJECT /* of the guest's heap */
};

#define CAPI_FOR_EVER SIZE_MAX /* a count that does not change */

struct wasm_ref_t {
    enum capi_kind kind;
    uint32_t number;     /* of its externref, plus 1; 0: the guest never got it */
    size_t count;        /* handles that the program has */
    wasm_store_t *store; /* NULL: it was deleted */
    wasm_ref_t *next;    /* in the store's list */
    wasm_ref_t **at;     /* what points here in that list; NULL: it is in none */
    void *info;
    void (*finalizer)(void *info);
};

struct wasm_extern_t {
    wasm_ref_t ref;
    nacre_extern item;
};

struct wasm_func_t {
    wasm_extern_t base;
    wasm_func_callback_t callback; /* both NULL: of the guest */
    wasm_func_callback_with_env_t callback_with_env;
    void *env;
    void (*env_finalizer)(void *env);
};

struct wasm_instance_t {
    wasm_ref_t ref;
    nacre_instance *instance;
};

struct wasm_module_t {
    wasm_ref_t ref;
    wasm_shared_module_t *shared;
};

struct wasm_trap_t {
    wasm_ref_t ref;
    wasm_message_t message;
    wasm_frame_vec_t frames;
};

struct capi_object {
    wasm_ref_t ref;
    nacre_ref object;
};

/* Handles by a number that counts up from 0, and by an address. (map.c) */
struct capi_list {
    wasm_ref_t **refs;
    size_t capacity;
};
struct capi_map {
    struct capi_slot *slots;
    size_t count, capacity; /* capacity: 0 or a power of two */
};
wasm_ref_t *capi_list_get(const struct capi_list *list, size_t index);
bool capi_list_set(struct capi_list *list, size_t index, wasm_ref_t *ref);
wasm_ref_t *capi_map_get(const struct capi_map *map, const void *key);
bool capi_map_add(struct capi_map *map, const void *key, wasm_ref_t *ref);

struct wasm_engine_t {
    atomic_size_t count;
    nacre_engine *engine;
};
wasm_engine_t *capi_engine_hold(wasm_engine_t *engine);

struct wasm_store_t {
    wasm_engine_t *engine;
    nacre_store *store;
    wasm_ref_t *refs;         /* all of the store */
    struct capi_list funcs;   /* by their number as a funcref */
    struct capi_map things;   /* what else it consists of, by address */
    struct capi_list numbers; /* what the guest got as an externref, by that number */
    uint32_t number_count;
    wasm_trap_t *trap;        /* that a callback returned, on its way out; or NULL */
    wasm_shared_module_t **modules; /* of its instances */
    size_t module_count, module_capacity;
};

/* --- References (ref.c) --- */

/* A new one, zero behind its first part, with one handle; NULL for lack of memory. */
void *capi_ref_new(wasm_store_t *store, enum capi_kind kind, size_t size);
void *capi_ref_copy(const void *ref);
void capi_ref_drop(void *ref);
/* Ends it: runs its finalizers, whatever it counts. */
void capi_ref_free(wasm_ref_t *ref);
void capi_ref_finalize(wasm_ref_t *ref);
void capi_ref_link(wasm_ref_t *ref, wasm_ref_t **list);
void capi_ref_unlink(wasm_ref_t *ref);

/* A handle of something in the store; NULL for lack of memory. (extern.c, instance.c) */
wasm_extern_t *capi_extern(wasm_store_t *store, const nacre_extern *item);
wasm_instance_t *capi_instance(wasm_store_t *store, nacre_instance *instance);

/* --- Types (type.c) --- */

struct wasm_valtype_t {
    wasm_valkind_t kind;
    nacre_kind inner;
};
/* Never NULL; for ever. */
wasm_valtype_t *capi_valtype(nacre_kind kind);

struct wasm_externtype_t {
    wasm_externkind_t kind;
    wasm_mutability_t mutability;       /* a global's */
    wasm_limits_t limits;               /* a memory's or table's */
    wasm_valtype_t *value;              /* a global's or table's */
    wasm_valtype_vec_t params, results; /* a function's */
    wasm_functype_t *functype;          /* a tag's */
};
/* NULL for lack of memory. */
wasm_externtype_t *capi_externtype(const nacre_externtype *type);

static inline uint64_t capi_max(const wasm_limits_t *limits) {
    return limits->max == wasm_limits_max_default ? NACRE_UNLIMITED : limits->max;
}

/* --- Values (val.c) --- */

/* From the program: false when the value is not of that kind, or of another store. */
bool capi_ref_in(wasm_store_t *store, const wasm_ref_t *ref, nacre_kind kind, nacre_ref *inner);
bool capi_val_in(wasm_store_t *store, const wasm_val_t *val, nacre_kind kind, nacre_value *inner);
/* To the program: false for lack of memory, and for a v128. On failure nothing is owned. */
bool capi_val_out(wasm_store_t *store, const nacre_value *inner, wasm_val_t *val);
bool capi_vals_out(wasm_store_t *store, const nacre_value *inner, size_t count, wasm_val_t *vals);

/* --- Traps (trap.c): never NULL --- */

wasm_trap_t *capi_trap(wasm_store_t *store, const char *text);
/* "argument 3 " and `text`: one of a list, counted from 1. */
wasm_trap_t *capi_trap_of(wasm_store_t *store, const char *what, size_t index, const char *text);
/* Why a call into the store failed: what the callback returned, or as the error says. */
wasm_trap_t *capi_trap_explain(wasm_store_t *store, const nacre_error *error);
void capi_trap_free(wasm_trap_t *trap);

/* --- Modules (module.c) --- */

/* A decoded module and its bytes, in any number of stores and threads. */
struct wasm_shared_module_t {
    atomic_size_t count;
    wasm_engine_t *engine;
    nacre_module *module;
    size_t size;
    uint8_t bytes[];
};
/* NULL when the bytes are no valid module, or for lack of memory. */
wasm_shared_module_t *capi_module_load(wasm_engine_t *engine, const void *bytes, size_t size);
wasm_shared_module_t *capi_module_hold(wasm_shared_module_t *shared);
/* A handle of a module in a store, which takes over the shared one also on failure. */
wasm_module_t *capi_module_in(wasm_store_t *store, wasm_shared_module_t *shared);

#endif
