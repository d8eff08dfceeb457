/* table.c - see table.h */
#include "exec/table.h"

#include "exec/store.h"

nacre_status table_init(struct table *table, struct store *store, wasm_valtype type,
                        const struct wasm_limits *limits, uint32_t init) {
    *table = (struct table){.limits = *limits, .type = type, .store = store};
    return table_grow(table, limits->min, init);
}

void table_deinit(struct table *table) {
    table->store->table_elements -= table->size;
    ALLOC_FREE_ARRAY(&table->store->engine->allocator, table->refs, table->capacity);
}

static nacre_status reserve(struct table *table, uint64_t size) {
    if (size <= table->capacity) return NACRE_OK;
    const struct allocator *a = &table->store->engine->allocator;
    uint64_t capacity = u64_max(size, u64_min(table->capacity * 2, table->limits.max));
    if (capacity > SIZE_MAX / sizeof *table->refs) return NACRE_NO_MEMORY;
    uint32_t *refs = a->resize(a->context, table->refs,
                               (size_t)table->capacity * sizeof *table->refs,
                               (size_t)capacity * sizeof *table->refs);
    if (!refs) return NACRE_NO_MEMORY;
    table->refs = refs;
    table->capacity = capacity;
    return NACRE_OK;
}

nacre_status table_grow(struct table *table, uint64_t delta, uint32_t init) {
    struct store *store = table->store;
    uint64_t most = u64_min(table->limits.max, table->limits.is64 ? UINT64_MAX : UINT32_MAX);
    if (delta > most - table->size) return NACRE_LIMIT;
    if (delta > store->limits.table_elements - store->table_elements) return NACRE_LIMIT;
    TRY(reserve(table, table->size + delta));
    for (uint64_t i = 0; i < delta; i++) table->refs[table->size + i] = init;
    table->size += delta;
    store->table_elements += delta;
    return NACRE_OK;
}
