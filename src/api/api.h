/* api.h - what the public handles are, and values between C and slots. */
#ifndef API_API_H
#define API_API_H

#include <nacre/instance.h>
#include <nacre/pfs.h>

#include "exec/run.h"
#include "pfs/pfs.h"

struct nacre_engine {
    struct engine engine;
};

struct nacre_module {
    struct code_module code;
    struct image image; /* open if code.image is set */
    const uint8_t *mapped; /* its file; NULL: none */
    uint64_t mapped_size;
};

struct nacre_store {
    struct store store;
    struct wasi *wasi; /* that was attached, or NULL */
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

static inline struct tag *api_tag(const nacre_tag *t) { return (struct tag *)(uintptr_t)t; }

/* What a callback knows. */
struct nacre_caller {
    struct host_call *call;
};

/* A volume's key, from outside. (pfs.c) */
struct pfs_key api_pfs_key(const nacre_pfs_key *key);

/* nacre_module_create, for who attaches an image or destroys it again. (module.c) */
nacre_status api_module_create(nacre_engine *engine, bool has_image, const void *bytes,
                               size_t size, nacre_module **module, nacre_error *error);
/* Takes a module's image away, if it has one. (image.c) */
void api_release_image(nacre_module *module);

/* Releases a store that was cleared, or never begun. (store.c) */
void api_release_store(nacre_store *store);

/* What was made in a store, as the engine knows it. */
struct extern_item api_item(const nacre_extern *e);
/* Is it something that others may link to? A function has to be one of the store's. */
bool api_item_fits(const struct store *store, const struct extern_item *item);

/* The canonical type of a function described by kinds. NACRE_NO_MEMORY, NACRE_ARGUMENT. */
nacre_status api_add_type(struct store *store, const nacre_functype *type, uint32_t *id);
/* The kinds of a function type, valid as long as its module or store. */
nacre_functype api_functype(const struct wasm_types *types, uint32_t id);

/* Types of what can be imported and exported. (externtype.c) */
nacre_externtype api_func_type(const struct wasm_types *types, uint32_t id);
nacre_externtype api_tag_type(const struct wasm_types *types, uint32_t id);
nacre_externtype api_global_type(const struct wasm_types *types, wasm_valtype type,
                                 bool is_mutable);
nacre_externtype api_memory_type(const struct wasm_limits *limits);
nacre_externtype api_table_type(const struct wasm_types *types, wasm_valtype type,
                                const struct wasm_limits *limits);

/* The kind of a type: of a reference that of its hierarchy. */
nacre_kind api_kind(const struct wasm_types *types, wasm_valtype type);
/* The most general type of a kind; WASM_BOTTOM for a number that is none. */
wasm_valtype api_type(nacre_kind kind);

/* Values in slots. NACRE_TYPE, NACRE_ARGUMENT (a reference that is not the store's). */
nacre_status api_to_slots(const struct store *store, const nacre_value *value, wasm_valtype type,
                          uint64_t *slots);
/* All of them, one behind the other; on failure *bad gets the index of the first that failed. */
nacre_status api_put_values(const struct store *store, const wasm_valtype *types, uint32_t count,
                            const nacre_value *values, uint64_t *slots, uint32_t *bad);
void api_from_slots(const struct wasm_types *types, wasm_valtype type, const uint64_t *slots,
                    nacre_value *value);

#endif
