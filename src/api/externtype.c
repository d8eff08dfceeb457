/* externtype.c - types of imports, exports and what is in a store. See nacre/value.h */
#include "api/api.h"

nacre_externtype api_func_type(const struct wasm_types *types, uint32_t id) {
    return (nacre_externtype){.kind = NACRE_EXTERN_FUNC, .func = api_functype(types, id)};
}

nacre_externtype api_tag_type(const struct wasm_types *types, uint32_t id) {
    return (nacre_externtype){.kind = NACRE_EXTERN_TAG, .func = api_functype(types, id)};
}

nacre_externtype api_global_type(const struct wasm_types *types, wasm_valtype type,
                                 bool is_mutable) {
    return (nacre_externtype){.kind = NACRE_EXTERN_GLOBAL, .value = api_kind(types, type),
                              .is_mutable = is_mutable};
}

nacre_externtype api_memory_type(const struct wasm_limits *limits) {
    return (nacre_externtype){.kind = NACRE_EXTERN_MEMORY, .is64 = limits->is64,
                              .is_shared = limits->is_shared, .min = limits->min,
                              .max = limits->max};
}

nacre_externtype api_table_type(const struct wasm_types *types, wasm_valtype type,
                                const struct wasm_limits *limits) {
    nacre_externtype t = api_memory_type(limits);
    t.kind = NACRE_EXTERN_TABLE;
    t.value = api_kind(types, type);
    return t;
}

nacre_status nacre_extern_type(const nacre_store *store, const nacre_extern *item,
                               nacre_externtype *type) {
    const struct wasm_types *types = &store->store.engine->types;
    struct extern_item i = api_item(item);
    if (!api_item_fits(&store->store, &i)) return NACRE_ARGUMENT;
    switch (item->kind) {
    case NACRE_EXTERN_FUNC:
        *type = api_func_type(types, store->store.funcs[i.of.func].type);
        break;
    case NACRE_EXTERN_TABLE:
        *type = api_table_type(types, i.of.table->type, &i.of.table->limits);
        type->min = i.of.table->size;
        break;
    case NACRE_EXTERN_MEMORY:
        *type = api_memory_type(&i.of.memory->limits);
        type->min = memory_pages(i.of.memory);
        break;
    case NACRE_EXTERN_GLOBAL:
        *type = api_global_type(types, i.of.global->type, i.of.global->is_mutable);
        break;
    case NACRE_EXTERN_TAG: *type = api_tag_type(types, i.of.tag->type); break;
    }
    return NACRE_OK;
}
