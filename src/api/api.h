/* api.h - what the public handles are, and values between C and slots. */
#ifndef API_API_H
#define API_API_H

#include <nacre/instance.h>

#include "exec/run.h"

struct nacre_engine {
    struct engine engine;
};

struct nacre_module {
    struct code_module code;
};

/* Kinds of a function type's params and results, as nacre_func_type hands them out; a tree by the
 * bits of the types' ids, the lowest first. */
struct api_kinds {
    struct api_kinds *next[2];
    const struct wasm_type *type;
    nacre_kind kinds[];
};

struct nacre_store {
    struct store store;
    struct api_kinds *kinds;
    char text[NACRE_ERROR_TEXT]; /* of the last nacre_caller_fail */
};

/* Handles of things in a store are the things themselves. */
static inline struct instance *api_instance(const nacre_instance *i) {
    return (struct instance *)(uintptr_t)i;
}
static inline struct memory *api_memory(const nacre_memory *m) {
    return (struct memory *)(uintptr_t)m;
}
static inline struct table *api_table(const nacre_table *t) {
    return (struct table *)(uintptr_t)t;
}
static inline struct global *api_global(const nacre_global *g) {
    return (struct global *)(uintptr_t)g;
}

/* The kind of a type: of a reference that of its hierarchy. */
nacre_kind api_kind(const struct wasm_types *types, wasm_valtype type);
/* The most general type of a kind; WASM_BOTTOM for a number that is none. */
wasm_valtype api_type(nacre_kind kind);

/* Values in slots. NACRE_TYPE, NACRE_ARGUMENT (a reference that is not the store's). */
nacre_status api_to_slots(const struct store *store, const nacre_value *value, wasm_valtype type,
                          uint64_t *slots);
void api_from_slots(const struct wasm_types *types, wasm_valtype type, const uint64_t *slots,
                    nacre_value *value);

#endif
