/* instance.h - an instance of a module: its part of the store, by the module's indices. */
#ifndef EXEC_INSTANCE_H
#define EXEC_INSTANCE_H

#include "exec/store.h"

/* An element segment, evaluated when the instance was made; empty once dropped. */
struct elem_segment {
    uint32_t *refs;
    uint32_t count;
};

struct profile_row {
    uint64_t instructions, calls;
};

struct instance {
    struct store *store;
    struct code_module *module;
    uint32_t number;         /* in the store */
    uint32_t *funcs;         /* references by function index; 0: there may be none to it */
    struct table **tables;
    struct memory **memories;
    struct global **globals;
    struct tag **tags;
    struct elem_segment *elems;
    uint8_t *dropped_datas;  /* a byte each */
    uint8_t *context;        /* see context.h; NULL until it is made */
    const struct image *image; /* whose code runs; NULL: the functions are interpreted; then it
                                  may still come, at a call */
    struct memory *exported; /* the export "memory", for host functions; or NULL */
    struct profile_row *profile; /* by function index; NULL unless the engine profiles */
};

/* Takes the imports in the module's order (NULL: resolves them in the store's definitions), makes
 * the instance, runs its initialisers and its start function (core specification 4.7.3). An
 * instance that traps on the way stays in the store: its functions may be in tables already. */
nacre_status instance_create(struct store *store, struct code_module *module,
                             const struct extern_item *imports, struct instance **instance,
                             nacre_error *error);

/* The item that an export names. */
struct extern_item instance_item(const struct instance *instance,
                                 const struct wasm_export *export);

/* Copies from segments into tables and memories; false when out of bounds (nothing is copied). */
bool instance_table_init(struct instance *instance, uint32_t table, uint32_t elem, uint64_t to,
                         uint32_t from, uint32_t count);
bool instance_memory_init(struct instance *instance, uint32_t memory, uint32_t data, uint64_t to,
                          uint32_t from, uint32_t count);

#endif
