/*
 * store.h - what instances share: functions, definitions for imports, limits, the thread of
 * execution. Used by one thread at a time.
 */
#ifndef EXEC_STORE_H
#define EXEC_STORE_H

#include "exec/code.h"
#include "exec/group.h"
#include "exec/heap.h"
#include "exec/host.h"
#include "exec/kept.h"
#include "exec/memory.h"
#include "exec/table.h"
#include "exec/thread.h"

/* A function of the store; a funcref is its place in the store's list (0 is null). It is what
 * compiled code knows as a struct image_func, whose key is the type and the owner. */
struct func {
    uint32_t type;             /* canonical id */
    uint32_t owner;            /* number of the instance; UINT32_MAX: none */
    const void *code;          /* compiled; NULL: it is interpreted */
    struct instance *instance; /* NULL: a host function */
    uint32_t index;            /* in the instance's module; of a host function, in store->hosts */
    uint32_t unused;
};
_Static_assert(sizeof(struct func) == sizeof(struct image_func) &&
                   offsetof(struct func, type) == offsetof(struct image_func, key) &&
                   offsetof(struct func, owner) == offsetof(struct image_func, key) + 4 &&
                   offsetof(struct func, code) == offsetof(struct image_func, code) &&
                   offsetof(struct func, instance) == offsetof(struct image_func, instance) &&
                   offsetof(struct func, index) == offsetof(struct image_func, index),
               "compiled code finds a function where it looks for it");

struct host {
    host_function function;
    void *env;
    uint32_t type;  /* canonical id */
    bool uses_type; /* released with the store; else the engine or a module has it */
};

/* A set of host functions that imports may be found in. */
struct offer {
    const struct host_set *set;
    const uint32_t *types; /* canonical ids, which the engine uses */
    void *env;
};

struct global {
    uint64_t value[2];
    wasm_valtype type;
    bool is_mutable;
    struct store *store;
    struct global *next; /* in the store's list */
};
_Static_assert(sizeof(struct global) <= IMAGE_GLOBAL_BYTES &&
                   offsetof(struct global, value) == offsetof(struct image_global, value),
               "a global fits its place in a context");

struct tag {
    uint32_t type;   /* canonical id */
    uint32_t number; /* in the store */
    bool uses_type;  /* released with the store; else a module has it */
};

/* Anything that can be imported or exported. */
struct extern_item {
    uint8_t kind; /* enum wasm_extern_kind */
    union {
        uint32_t func;
        struct table *table;
        struct memory *memory;
        struct global *global;
        struct tag *tag;
    } of;
};

struct definition {
    struct wasm_name module, name;
    struct extern_item item;
    uint32_t offers; /* that it comes after */
};

/* Something that is released with the store. */
struct owned {
    void *thing;
    void (*release)(void *thing);
};

struct store_limits {
    uint64_t deadline_ms; /* UINT64_MAX: none */
    uint64_t memory_bytes;
    uint64_t table_elements;
    uint64_t stack_bytes;
    uint64_t reserve_bytes; /* of address space for a memory */
    uint32_t instances;
    uint32_t files;
    uint32_t threads;
};

struct store {
    struct engine *engine;
    struct store_limits limits;
    struct thread thread;
    struct memory no_memory; /* stands for memory 0 of an instance that has none */
    bool is_beside;   /* of another thread than the program's first */
    bool is_starting; /* that thread does not run yet: its instance is being made */
    struct arena arena; /* globals, tags, names, instances' fixed parts */
    struct group *group;     /* where memory and fuel are counted */
    uint64_t table_elements; /* in use */
    struct heap heap;
    struct kept kept;

    struct func *funcs; /* [0] is not used */
    uint32_t func_count, func_capacity;
    struct host *hosts;
    uint32_t host_count, host_capacity;
    struct definition *definitions;
    uint32_t definition_count, definition_capacity;
    uint32_t *definition_buckets;
    uint32_t definition_bucket_count;
    struct offer *offers;
    uint32_t offer_count, offer_capacity;
    struct instance **instances;
    uint32_t instance_count, instance_capacity;
    struct memory **memories;
    uint32_t memory_count, memory_capacity;
    struct table **tables;
    uint32_t table_count, table_capacity;
    struct global *globals;
    struct tag **tags;
    uint32_t tag_count, tag_capacity;
    struct owned *owned;
    uint32_t owned_count, owned_capacity;
    char text[NACRE_ERROR_TEXT]; /* for host functions: of their last failure */
};

nacre_status store_init(struct store *store, struct engine *engine,
                        const struct store_limits *limits, uint64_t fuel);
/* A store for another thread of the program that `of` belongs to. */
nacre_status store_init_beside(struct store *store, const struct store *of);
/* Of the program's first store: its other threads end first. */
void store_deinit(struct store *store);
/* The same, but it keeps what the next program will need: stacks, and room in lists. */
void store_clear(struct store *store);
/* For a store that was cleared, which it is again if this fails: store_init. */
nacre_status store_restart(struct store *store, const struct store_limits *limits, uint64_t fuel);

/* Adding things. On failure nothing was added. NACRE_NO_MEMORY, NACRE_LIMIT. */
/* The functions that an instance defines itself, and that references may be to: these are written
 * to instance->funcs, and follow each other. */
nacre_status store_add_funcs(struct store *store, struct instance *instance);
/* Takes over one use of the type (wasm_types_add) if host->uses_type, on failure too. */
nacre_status store_add_host(struct store *store, const struct host *host, uint32_t *ref);
nacre_status store_add_memory(struct store *store, const struct wasm_limits *limits,
                              struct memory **memory);
/* The same at a place of the caller's, which lives as long as the store; here and below. */
nacre_status store_place_memory(struct store *store, const struct wasm_limits *limits,
                                struct memory *place);
/* One that was made already. */
nacre_status store_list_memory(struct store *store, struct memory *memory);
/* A shared memory of another store of the group. */
nacre_status store_add_shared(struct store *store, const struct memory *of,
                              struct memory **memory);
nacre_status store_add_table(struct store *store, wasm_valtype type,
                             const struct wasm_limits *limits, uint32_t init,
                             struct table **table);
nacre_status store_place_table(struct store *store, wasm_valtype type,
                               const struct wasm_limits *limits, uint32_t init,
                               struct table *place);
struct global *store_add_global(struct store *store, wasm_valtype type, bool is_mutable);
void store_place_global(struct store *store, wasm_valtype type, bool is_mutable,
                        struct global *place);
nacre_status store_add_tag(struct store *store, uint32_t type, struct tag **tag);

/* Definitions that imports are looked up in; the names must outlive the store. A later one of the
 * same name replaces an earlier one. */
nacre_status store_define(struct store *store, struct wasm_name module, struct wasm_name name,
                          const struct extern_item *item);
/* NULL: there is none. NACRE_NO_MEMORY. */
nacre_status store_find(struct store *store, struct wasm_name module, struct wasm_name name,
                        const struct extern_item **item);
/* A copy of a name that lives as long as the store; NULL for lack of memory. */
const char *store_copy_name(struct store *store, const char *bytes, size_t size);

/* Is `ref` null or a reference of this store that fits the type? */
bool store_ref_fits(const struct store *store, uint32_t ref, wasm_valtype type);

/* The port's memory pages and clocks, for short. */
static inline const struct port *store_port(const struct store *store) {
    return store->engine->port;
}

#endif
