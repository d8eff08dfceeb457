/* table.h - tables: growable lists of 32-bit references. */
#ifndef EXEC_TABLE_H
#define EXEC_TABLE_H

#include "base/base.h"
#include "image/abi.h"

struct store;

struct table {
    uint32_t *refs;
    uint64_t size, capacity;
    struct wasm_limits limits; /* as declared */
    wasm_valtype type;
    struct store *store;
};
_Static_assert(sizeof(struct table) <= IMAGE_TABLE_BYTES &&
                   offsetof(struct table, refs) == offsetof(struct image_table, refs) &&
                   offsetof(struct table, size) == offsetof(struct image_table, size),
               "a table fits its place in a context");

nacre_status table_init(struct table *table, struct store *store, wasm_valtype type,
                        const struct wasm_limits *limits, uint32_t init);
void table_deinit(struct table *table);

/* Adds elements. NACRE_LIMIT (its maximum, the store's limit), NACRE_NO_MEMORY. */
nacre_status table_grow(struct table *table, uint64_t delta, uint32_t init);

#endif
