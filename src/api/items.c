/* items.c - implements memories, tables and globals of nacre/instance.h */
#include "api/api.h"

/* --- Memories --- */

static struct wasm_limits limits_of(uint64_t min, uint64_t max, bool is64) {
    return (struct wasm_limits){.min = min, .max = max, .has_max = max != NACRE_UNLIMITED,
                                .is64 = is64};
}

nacre_status nacre_memory_create(nacre_store *store, uint64_t min_pages, uint64_t max_pages,
                                 bool is64, nacre_memory **memory) {
    struct wasm_limits limits = limits_of(min_pages, max_pages, is64);
    struct memory *m;
    if (min_pages > max_pages) return NACRE_ARGUMENT;
    TRY(store_add_memory(&store->store, &limits, &m));
    *memory = (nacre_memory *)m;
    return NACRE_OK;
}

uint64_t nacre_memory_size(const nacre_memory *memory) {
    return memory_look(api_memory(memory));
}

nacre_status nacre_memory_grow(nacre_memory *memory, uint64_t delta_pages, uint64_t *old_pages) {
    uint64_t pages;
    TRY(memory_grow(api_memory(memory), delta_pages, &pages));
    if (old_pages) *old_pages = pages;
    return NACRE_OK;
}

nacre_status nacre_memory_read(const nacre_memory *memory, uint64_t offset, void *to,
                               size_t size) {
    const uint8_t *bytes = memory_range(api_memory(memory), offset, size);
    if (!bytes) return NACRE_BOUNDS;
    if (size) memcpy(to, bytes, size);
    return NACRE_OK;
}

nacre_status nacre_memory_write(nacre_memory *memory, uint64_t offset, const void *from,
                                size_t size) {
    uint8_t *bytes = memory_range(api_memory(memory), offset, size);
    if (!bytes) return NACRE_BOUNDS;
    if (size) memcpy(bytes, from, size);
    return NACRE_OK;
}

uint8_t *nacre_memory_data(nacre_memory *memory) { return api_memory(memory)->base; }

/* --- Globals --- */

nacre_status nacre_global_create(nacre_store *store, const nacre_value *value, bool is_mutable,
                                 nacre_global **global) {
    wasm_valtype type = api_type(value->kind);
    uint64_t slots[2] = {0};
    if (type == WASM_BOTTOM) return NACRE_ARGUMENT;
    TRY(api_to_slots(&store->store, value, type, slots));
    struct global *g = store_add_global(&store->store, type, is_mutable);
    if (!g) return NACRE_NO_MEMORY;
    memcpy(g->value, slots, sizeof slots);
    *global = (nacre_global *)g;
    return NACRE_OK;
}

void nacre_global_get(const nacre_global *global, nacre_value *value) {
    const struct global *g = api_global(global);
    api_from_slots(&g->store->engine->types, g->type, g->value, value);
}

nacre_status nacre_global_set(nacre_global *global, const nacre_value *value) {
    struct global *g = api_global(global);
    if (!g->is_mutable) return NACRE_ARGUMENT;
    return api_to_slots(g->store, value, g->type, g->value);
}

/* --- Tables --- */

nacre_status nacre_table_create(nacre_store *store, nacre_kind kind, uint64_t min, uint64_t max,
                                bool is64, nacre_table **table) {
    struct wasm_limits limits = limits_of(min, max, is64);
    wasm_valtype type = api_type(kind);
    struct table *t;
    if (!wasm_is_ref(type) || min > max) return NACRE_ARGUMENT;
    TRY(store_add_table(&store->store, type, &limits, NACRE_NULL, &t));
    *table = (nacre_table *)t;
    return NACRE_OK;
}

uint64_t nacre_table_size(const nacre_table *table) { return api_table(table)->size; }

nacre_status nacre_table_get(const nacre_table *table, uint64_t index, nacre_value *value) {
    const struct table *t = api_table(table);
    if (index >= t->size) return NACRE_BOUNDS;
    uint64_t slots[2] = {t->refs[index]};
    api_from_slots(&t->store->engine->types, t->type, slots, value);
    return NACRE_OK;
}

nacre_status nacre_table_set(nacre_table *table, uint64_t index, nacre_ref ref) {
    struct table *t = api_table(table);
    if (index >= t->size) return NACRE_BOUNDS;
    if (!store_ref_fits(t->store, ref, t->type)) return NACRE_TYPE;
    t->refs[index] = ref;
    return NACRE_OK;
}

nacre_status nacre_table_grow(nacre_table *table, uint64_t delta, nacre_ref ref,
                              uint64_t *old_size) {
    struct table *t = api_table(table);
    uint64_t size = t->size;
    if (!store_ref_fits(t->store, ref, t->type)) return NACRE_TYPE;
    TRY(table_grow(t, delta, ref));
    if (old_size) *old_size = size;
    return NACRE_OK;
}
