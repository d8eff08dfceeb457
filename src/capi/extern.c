/* extern.c - what can be imported and exported: globals, tables, memories. See capi.h */
#include "capi/capi.h"

/* --- Handles --- */

static enum capi_kind kind_of(nacre_extern_kind kind) {
    switch (kind) {
    case NACRE_EXTERN_FUNC: return CAPI_FUNC;
    case NACRE_EXTERN_TABLE: return CAPI_TABLE;
    case NACRE_EXTERN_MEMORY: return CAPI_MEMORY;
    case NACRE_EXTERN_GLOBAL: return CAPI_GLOBAL;
    default: return CAPI_TAG;
    }
}

/* What is no function is known by its address, which is in every pointer of the union. */
static const void *address_of(const nacre_extern *item) { return item->of.memory; }

static wasm_ref_t *find(const wasm_store_t *store, const nacre_extern *item) {
    return item->kind == NACRE_EXTERN_FUNC ? capi_list_get(&store->funcs, item->of.func)
                                           : capi_map_get(&store->things, address_of(item));
}

static bool remember(wasm_store_t *store, const nacre_extern *item, wasm_ref_t *ref) {
    return item->kind == NACRE_EXTERN_FUNC
               ? capi_list_set(&store->funcs, item->of.func, ref)
               : capi_map_add(&store->things, address_of(item), ref);
}

wasm_extern_t *capi_extern(wasm_store_t *store, const nacre_extern *item) {
    wasm_ref_t *known = find(store, item);
    if (known) return capi_ref_copy(known);
    bool is_func = item->kind == NACRE_EXTERN_FUNC;
    wasm_extern_t *made = capi_ref_new(store, kind_of(item->kind),
                                       is_func ? sizeof(wasm_func_t) : sizeof(wasm_extern_t));
    if (!made) return NULL;
    made->item = *item;
    if (remember(store, item, &made->ref)) return made;
    capi_ref_free(&made->ref);
    return NULL;
}

wasm_externkind_t wasm_extern_kind(const wasm_extern_t *e) {
    return (wasm_externkind_t)e->ref.kind;
}

wasm_externtype_t *wasm_extern_type(const wasm_extern_t *e) {
    nacre_externtype type;
    const wasm_store_t *store = e->ref.store;
    if (!store || nacre_extern_type(store->store, &e->item, &type) != NACRE_OK) return NULL;
    return capi_externtype(&type);
}

#define CAPI_EXTERN(name, is)                                                                  \
    wasm_extern_t *wasm_##name##_as_extern(wasm_##name##_t *e) { return (wasm_extern_t *)e; }  \
    const wasm_extern_t *wasm_##name##_as_extern_const(const wasm_##name##_t *e) {             \
        return (const wasm_extern_t *)e;                                                       \
    }                                                                                          \
    wasm_##name##_t *wasm_extern_as_##name(wasm_extern_t *e) {                                 \
        return wasm_ref_as_##name((wasm_ref_t *)e);                                            \
    }                                                                                          \
    const wasm_##name##_t *wasm_extern_as_##name##_const(const wasm_extern_t *e) {             \
        return wasm_ref_as_##name##_const((const wasm_ref_t *)e);                              \
    }
CAPI_EXTERN(func, FUNC)
CAPI_EXTERN(global, GLOBAL)
CAPI_EXTERN(table, TABLE)
CAPI_EXTERN(memory, MEMORY)

/* What an operation works on; NULL when the store was deleted. */
static const nacre_extern *item_of(const void *handle) {
    const wasm_extern_t *e = handle;
    return e->ref.store ? &e->item : NULL;
}
static wasm_store_t *store_of(const void *handle) { return ((const wasm_ref_t *)handle)->store; }

/* --- Globals --- */

wasm_global_t *wasm_global_new(wasm_store_t *store, const wasm_globaltype_t *type,
                               const wasm_val_t *val) {
    nacre_extern item = {.kind = NACRE_EXTERN_GLOBAL};
    nacre_value value;
    bool is_mutable = wasm_globaltype_mutability(type) == WASM_VAR;
    if (!capi_val_in(store, val, wasm_globaltype_content(type)->inner, &value) ||
        nacre_global_create(store->store, &value, is_mutable, &item.of.global) != NACRE_OK)
        return NULL;
    return (wasm_global_t *)capi_extern(store, &item);
}

wasm_globaltype_t *wasm_global_type(const wasm_global_t *global) {
    return wasm_externtype_as_globaltype(wasm_extern_type((const wasm_extern_t *)global));
}

void wasm_global_get(const wasm_global_t *global, wasm_val_t *out) {
    const nacre_extern *item = item_of(global);
    nacre_value value;
    if (item) nacre_global_get(item->of.global, &value);
    if (!item || !capi_val_out(store_of(global), &value, out))
        *out = (wasm_val_t)WASM_INIT_VAL;
}

void wasm_global_set(wasm_global_t *global, const wasm_val_t *val) {
    const nacre_extern *item = item_of(global);
    nacre_externtype type;
    nacre_value value;
    if (!item || nacre_extern_type(store_of(global)->store, item, &type) != NACRE_OK ||
        !capi_val_in(store_of(global), val, type.value, &value))
        return;
    (void)!nacre_global_set(item->of.global, &value);
}

/* --- Tables --- */

/* The kind of a table's elements, and a reference as one of them. */
static bool element_in(const void *handle, const wasm_ref_t *ref, nacre_ref *inner) {
    nacre_externtype type;
    const nacre_extern *item = item_of(handle);
    return item && nacre_extern_type(store_of(handle)->store, item, &type) == NACRE_OK &&
           capi_ref_in(store_of(handle), ref, type.value, inner);
}

wasm_table_t *wasm_table_new(wasm_store_t *store, const wasm_tabletype_t *type, wasm_ref_t *init) {
    nacre_extern item = {.kind = NACRE_EXTERN_TABLE};
    const wasm_limits_t *limits = wasm_tabletype_limits(type);
    nacre_kind kind = wasm_tabletype_element(type)->inner;
    nacre_ref ref;
    if (limits->min > limits->max || !capi_ref_in(store, init, kind, &ref) ||
        nacre_table_create(store->store, kind, 0, capi_max(limits), false, &item.of.table) !=
            NACRE_OK ||
        nacre_table_grow(item.of.table, limits->min, ref, NULL) != NACRE_OK)
        return NULL;
    return (wasm_table_t *)capi_extern(store, &item);
}

wasm_tabletype_t *wasm_table_type(const wasm_table_t *table) {
    return wasm_externtype_as_tabletype(wasm_extern_type((const wasm_extern_t *)table));
}

wasm_ref_t *wasm_table_get(const wasm_table_t *table, wasm_table_size_t index) {
    const nacre_extern *item = item_of(table);
    nacre_value value;
    wasm_val_t val;
    if (!item || nacre_table_get(item->of.table, index, &value) != NACRE_OK ||
        !capi_val_out(store_of(table), &value, &val))
        return NULL;
    return val.of.ref;
}

bool wasm_table_set(wasm_table_t *table, wasm_table_size_t index, wasm_ref_t *ref) {
    nacre_ref inner;
    return element_in(table, ref, &inner) &&
           nacre_table_set(item_of(table)->of.table, index, inner) == NACRE_OK;
}

wasm_table_size_t wasm_table_size(const wasm_table_t *table) {
    const nacre_extern *item = item_of(table);
    uint64_t size = item ? nacre_table_size(item->of.table) : 0;
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

bool wasm_table_grow(wasm_table_t *table, wasm_table_size_t delta, wasm_ref_t *init) {
    nacre_ref inner;
    return element_in(table, init, &inner) &&
           nacre_table_grow(item_of(table)->of.table, delta, inner, NULL) == NACRE_OK;
}

/* --- Memories --- */

wasm_memory_t *wasm_memory_new(wasm_store_t *store, const wasm_memorytype_t *type) {
    nacre_extern item = {.kind = NACRE_EXTERN_MEMORY};
    const wasm_limits_t *limits = wasm_memorytype_limits(type);
    if (nacre_memory_create(store->store, limits->min, capi_max(limits), false,
                            &item.of.memory) != NACRE_OK)
        return NULL;
    return (wasm_memory_t *)capi_extern(store, &item);
}

wasm_memorytype_t *wasm_memory_type(const wasm_memory_t *memory) {
    return wasm_externtype_as_memorytype(wasm_extern_type((const wasm_extern_t *)memory));
}

byte_t *wasm_memory_data(wasm_memory_t *memory) {
    const nacre_extern *item = item_of(memory);
    return item ? (byte_t *)nacre_memory_data(item->of.memory) : NULL;
}

size_t wasm_memory_data_size(const wasm_memory_t *memory) {
    const nacre_extern *item = item_of(memory);
    return item ? (size_t)nacre_memory_size(item->of.memory) : 0;
}

wasm_memory_pages_t wasm_memory_size(const wasm_memory_t *memory) {
    return (wasm_memory_pages_t)(wasm_memory_data_size(memory) / MEMORY_PAGE_SIZE);
}

bool wasm_memory_grow(wasm_memory_t *memory, wasm_memory_pages_t delta) {
    const nacre_extern *item = item_of(memory);
    return item && nacre_memory_grow(item->of.memory, delta, NULL) == NACRE_OK;
}
