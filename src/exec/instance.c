/* instance.c - making instances (core specification 4.7.3). */
#include "exec/instance.h"

#include "base/reader.h"
#include "base/status.h"
#include "exec/context.h"
#include "exec/interpreter.h"
#include "exec/run.h"

/* --- Imports --- */

/* Does what a definition offers fit the type that an import asks for (3.3.15)? */
static bool limits_fit(uint64_t size, const struct wasm_limits *have,
                       const struct wasm_limits *want) {
    return have->is64 == want->is64 && have->is_shared == want->is_shared && size >= want->min &&
           (!want->has_max || (have->has_max && have->max <= want->max));
}

static bool func_fits(const struct instance *i, const struct extern_item *item, uint32_t index) {
    const struct wasm_module *m = &i->module->wasm;
    return wasm_type_below(m->registry, i->store->funcs[item->of.func].type, m->funcs[index].type);
}

static bool table_fits(const struct instance *i, const struct extern_item *item, uint32_t index) {
    const struct wasm_table *want = &i->module->wasm.tables[index];
    const struct table *have = item->of.table;
    return have->type == want->type && limits_fit(have->size, &have->limits, &want->limits);
}

static bool memory_fits(const struct instance *i, const struct extern_item *item, uint32_t index) {
    struct memory *have = item->of.memory;
    return limits_fit(memory_pages(have), &have->limits, &i->module->wasm.memories[index]);
}

static bool global_fits(const struct instance *i, const struct extern_item *item, uint32_t index) {
    const struct wasm_global *want = &i->module->wasm.globals[index];
    const struct global *have = item->of.global;
    if (have->is_mutable != want->is_mutable) return false;
    if (want->is_mutable) return have->type == want->type;
    return wasm_valtype_matches(i->module->wasm.registry, have->type, want->type);
}

static bool tag_fits(const struct instance *i, const struct extern_item *item, uint32_t index) {
    return item->of.tag->type == i->module->wasm.tags[index];
}

static bool (*const fits[WASM_EXTERN_COUNT])(const struct instance *i,
                                             const struct extern_item *item, uint32_t index) = {
    [WASM_EXTERN_FUNC] = func_fits,     [WASM_EXTERN_TABLE] = table_fits,
    [WASM_EXTERN_MEMORY] = memory_fits, [WASM_EXTERN_GLOBAL] = global_fits,
    [WASM_EXTERN_TAG] = tag_fits,
};

static void put_item(struct instance *i, uint32_t index, const struct extern_item *item) {
    switch ((enum wasm_extern_kind)item->kind) {
    case WASM_EXTERN_FUNC: i->funcs[index] = item->of.func; break;
    case WASM_EXTERN_TABLE: i->tables[index] = item->of.table; break;
    case WASM_EXTERN_MEMORY: i->memories[index] = item->of.memory; break;
    case WASM_EXTERN_GLOBAL: i->globals[index] = item->of.global; break;
    case WASM_EXTERN_TAG: i->tags[index] = item->of.tag; break;
    case WASM_EXTERN_COUNT: break;
    }
}

static nacre_status import_failure(nacre_error *error, nacre_status status,
                                   const struct wasm_import *import, const char *why) {
    error_set(error, status, NACRE_NO_OFFSET, "");
    struct text t = error_text(error);
    text_add_name(&t, import->module.bytes, import->module.size);
    text_add(&t, ".");
    text_add_name(&t, import->name.bytes, import->name.size);
    text_add(&t, why);
    return status;
}

static nacre_status resolve_imports(struct instance *i, const struct extern_item *imports,
                                    nacre_error *error) {
    const struct wasm_module *m = &i->module->wasm;
    for (uint32_t n = 0; n < m->import_count; n++) {
        const struct wasm_import *import = &m->imports[n];
        const struct extern_item *item = imports ? &imports[n] : NULL;
        if (!imports) TRY(store_find(i->store, import->module, import->name, &item));
        if (!item)
            return import_failure(error, NACRE_UNKNOWN_IMPORT, import, " is not defined");
        if (item->kind != import->kind)
            return import_failure(error, NACRE_IMPORT_TYPE, import, " is of another kind");
        if (!fits[item->kind](i, item, import->index))
            return import_failure(error, NACRE_IMPORT_TYPE, import, " has another type");
        put_item(i, import->index, item);
    }
    return NACRE_OK;
}

/* --- The instance's own things --- */

static bool take_lists(struct instance *i) {
    const struct wasm_module *m = &i->module->wasm;
    struct arena *arena = &i->store->arena;
    i->funcs = ARENA_ARRAY(arena, uint32_t, m->func_count);
    i->tables = ARENA_ARRAY(arena, struct table *, m->table_count);
    i->memories = ARENA_ARRAY(arena, struct memory *, m->memory_count);
    i->globals = ARENA_ARRAY(arena, struct global *, m->global_count);
    i->tags = ARENA_ARRAY(arena, struct tag *, m->tag_count);
    i->elems = ARENA_ARRAY(arena, struct elem_segment, m->elem_count);
    i->dropped_datas = ARENA_ARRAY(arena, uint8_t, m->data_count);
    if (i->module->engine->profile)
        i->profile = ARENA_ARRAY(arena, struct profile_row, m->func_count);
    return i->funcs && i->tables && i->memories && i->globals && i->tags && i->elems &&
           i->dropped_datas && (i->profile || !i->module->engine->profile);
}

static nacre_status make_tags(struct instance *i) {
    const struct wasm_module *m = &i->module->wasm;
    for (uint32_t n = m->imported[WASM_EXTERN_TAG]; n < m->tag_count; n++)
        TRY(store_add_tag(i->store, m->tags[n], &i->tags[n]));
    return NACRE_OK;
}

static nacre_status make_memories(struct instance *i) {
    const struct wasm_module *m = &i->module->wasm;
    TRY(context_create(i));
    for (uint32_t n = m->imported[WASM_EXTERN_MEMORY]; n < m->memory_count; n++) {
        if (i->memories[n]) continue;
        i->memories[n] = context_memory(i, n);
        TRY(store_place_memory(i->store, &m->memories[n], i->memories[n]));
    }
    const struct wasm_export *export = wasm_export_find(m, "memory", 6);
    if (export && export->kind == WASM_EXTERN_MEMORY) i->exported = i->memories[export->index];
    return NACRE_OK;
}

static nacre_status make_globals(struct instance *i, nacre_error *error) {
    const struct wasm_module *m = &i->module->wasm;
    for (uint32_t n = m->imported[WASM_EXTERN_GLOBAL]; n < m->global_count; n++) {
        const struct wasm_global *global = &m->globals[n];
        i->globals[n] = context_global(i, n);
        store_place_global(i->store, global->type, global->is_mutable, i->globals[n]);
        TRY(run_expr(i, &global->init, i->globals[n]->value, NULL, error));
    }
    return NACRE_OK;
}

static nacre_status make_tables(struct instance *i, nacre_error *error) {
    const struct wasm_module *m = &i->module->wasm;
    for (uint32_t n = m->imported[WASM_EXTERN_TABLE]; n < m->table_count; n++) {
        const struct wasm_table *table = &m->tables[n];
        uint64_t init[2] = {0};
        if (table->init.size) TRY(run_expr(i, &table->init, init, NULL, error));
        i->tables[n] = context_table(i, n);
        TRY(store_place_table(i->store, table->type, &table->limits, (uint32_t)init[0],
                              i->tables[n]));
    }
    return NACRE_OK;
}

/* The references to functions that a segment lists by index. */
static nacre_status read_funcs(const struct instance *i, const struct wasm_elem *elem,
                               uint32_t *refs) {
    const struct wasm_module *m = &i->module->wasm;
    struct reader r = {.start = m->bytes, .at = m->bytes + elem->items,
                       .end = m->bytes + elem->items + elem->items_size};
    for (uint32_t n = 0; n < elem->count; n++) {
        uint32_t func;
        if (!reader_leb_u32(&r, &func)) return NACRE_MALFORMED; /* was read before */
        refs[n] = i->funcs[func];
    }
    return NACRE_OK;
}

/* Those that constant expressions give. */
static nacre_status run_items(struct instance *i, const struct wasm_elem *elem, uint32_t *refs,
                              nacre_error *error) {
    uint32_t at = elem->items;
    for (uint32_t n = 0; n < elem->count; n++) {
        uint64_t value[2];
        uint32_t size = 0;
        struct wasm_expr expr = {.offset = at, .size = elem->items + elem->items_size - at,
                                 .type = elem->type};
        TRY(run_expr(i, &expr, value, &size, error));
        refs[n] = (uint32_t)value[0];
        at += size;
    }
    return NACRE_OK;
}

/* Most segments list functions for a table and are not needed after that. */
static bool goes_to_table(const struct wasm_elem *elem) {
    return elem->mode == WASM_SEGMENT_ACTIVE && !elem->has_exprs;
}

static nacre_status make_elems(struct instance *i, nacre_error *error) {
    const struct wasm_module *m = &i->module->wasm;
    for (uint32_t n = 0; n < m->elem_count; n++) {
        const struct wasm_elem *elem = &m->elems[n];
        struct elem_segment *segment = &i->elems[n];
        if (goes_to_table(elem)) continue;
        segment->refs = ARENA_ARRAY(&i->store->arena, uint32_t, elem->count);
        if (!segment->refs) return NACRE_NO_MEMORY;
        TRY(elem->has_exprs ? run_items(i, elem, segment->refs, error)
                            : read_funcs(i, elem, segment->refs));
        segment->count = elem->count;
    }
    return NACRE_OK;
}

/* --- Segments --- */

bool instance_table_init(struct instance *i, uint32_t table, uint32_t elem, uint64_t to,
                         uint32_t from, uint32_t count) {
    struct table *t = i->tables[table];
    const struct elem_segment *segment = &i->elems[elem];
    if (!range_inside(from, count, segment->count) || !range_inside(to, count, t->size))
        return false;
    if (count) memcpy(t->refs + to, segment->refs + from, count * sizeof *t->refs);
    return true;
}

bool instance_memory_init(struct instance *i, uint32_t memory, uint32_t data, uint64_t to,
                          uint32_t from, uint32_t count) {
    const struct wasm_module *m = &i->module->wasm;
    uint32_t size = i->dropped_datas[data] ? 0 : m->datas[data].size;
    uint8_t *bytes = memory_range(i->memories[memory], to, count);
    if (!bytes || !range_inside(from, count, size)) return false;
    if (count) memcpy(bytes, m->bytes + m->datas[data].bytes + from, count);
    return true;
}

static nacre_status trap(nacre_error *error, nacre_trap reason, uint64_t offset) {
    error_set(error, NACRE_TRAP, offset, nacre_trap_text(reason));
    if (error) error->trap = reason;
    return NACRE_TRAP;
}

static uint64_t address_of(const struct wasm_limits *limits, const uint64_t value[2]) {
    return limits->is64 ? value[0] : (uint32_t)value[0];
}

/* Failures that no callee described: lack of memory and limits. */
static nacre_status describe(nacre_status status, nacre_error *error, const char *what) {
    if (status != NACRE_NO_MEMORY && status != NACRE_LIMIT) return status;
    error_set(error, status, NACRE_NO_OFFSET, what);
    struct text t = error_text(error);
    text_add(&t, status == NACRE_LIMIT ? " of the module need more than the store may have"
                                       : " of the module could not be made");
    return status;
}

static nacre_status run_elem(struct instance *i, uint32_t n, nacre_error *error) {
    const struct wasm_module *m = &i->module->wasm;
    const struct wasm_elem *elem = &m->elems[n];
    const struct table *table = i->tables[elem->table];
    uint64_t value[2];
    TRY(run_expr(i, &elem->offset, value, NULL, error));
    uint64_t to = address_of(&m->tables[elem->table].limits, value);
    if (!range_inside(to, elem->count, table->size))
        return trap(error, NACRE_TRAP_TABLE_BOUNDS, elem->offset.offset);
    if (elem->count && goes_to_table(elem)) return read_funcs(i, elem, table->refs + to);
    (void)instance_table_init(i, elem->table, n, to, 0, elem->count);
    return NACRE_OK;
}

static nacre_status run_elems(struct instance *i, nacre_error *error) {
    const struct wasm_module *m = &i->module->wasm;
    for (uint32_t n = 0; n < m->elem_count; n++) {
        if (m->elems[n].mode == WASM_SEGMENT_ACTIVE) TRY(run_elem(i, n, error));
        if (m->elems[n].mode != WASM_SEGMENT_PASSIVE) i->elems[n].count = 0;
    }
    return NACRE_OK;
}

static nacre_status run_datas(struct instance *i, nacre_error *error) {
    const struct wasm_module *m = &i->module->wasm;
    bool is_filled;
    TRY(describe(start_fill(i, &is_filled), error, "memories"));
    if (is_filled) return NACRE_OK;
    for (uint32_t n = 0; n < m->data_count; n++) {
        const struct wasm_data *data = &m->datas[n];
        uint64_t value[2];
        if (data->mode != WASM_SEGMENT_ACTIVE) continue;
        TRY(run_expr(i, &data->offset, value, NULL, error));
        uint64_t to = address_of(&m->memories[data->memory], value);
        if (!instance_memory_init(i, data->memory, n, to, 0, data->size))
            return trap(error, NACRE_TRAP_MEMORY_BOUNDS, data->offset.offset);
        i->dropped_datas[n] = true;
    }
    return NACRE_OK;
}

/* --- All of it --- */

static nacre_status fill(struct instance *i, const struct extern_item *imports,
                         nacre_error *error) {
    if (!take_lists(i)) return describe(NACRE_NO_MEMORY, error, "an instance");
    TRY(resolve_imports(i, imports, error));
    TRY(describe(store_add_funcs(i->store, i), error, "functions"));
    TRY(describe(make_tags(i), error, "tags"));
    TRY(describe(make_memories(i), error, "memories"));
    context_use_image(i);
    if (!i->image) TRY(interp_accept(i->module, error));
    TRY(describe(make_globals(i, error), error, "globals"));
    TRY(describe(make_tables(i, error), error, "tables"));
    TRY(describe(make_elems(i, error), error, "element segments"));
    TRY(run_elems(i, error));
    TRY(run_datas(i, error));
    if (!i->module->wasm.has_start) return NACRE_OK;
    uint64_t no_slots[1];
    return run_func(i->store, i->funcs[i->module->wasm.start], no_slots, error);
}

nacre_status instance_create(struct store *store, struct code_module *module,
                             const struct extern_item *imports, struct instance **instance,
                             nacre_error *error) {
    if (store->instance_count >= store->limits.instances)
        return error_set(error, NACRE_LIMIT, NACRE_NO_OFFSET, "too many instances in the store");
    struct instance *i = arena_take(&store->arena, 1, sizeof *i);
    if (!i || !alloc_reserve(&store->engine->allocator, (void **)&store->instances,
                             &store->instance_capacity, store->instance_count + 1,
                             sizeof *store->instances))
        return describe(NACRE_NO_MEMORY, error, "an instance");
    i->store = store;
    i->module = module;
    i->number = store->instance_count;
    store->instances[store->instance_count++] = i;
    TRY(fill(i, imports, error));
    *instance = i;
    return NACRE_OK;
}

struct extern_item instance_item(const struct instance *i, const struct wasm_export *export) {
    struct extern_item item = {.kind = export->kind};
    switch ((enum wasm_extern_kind)export->kind) {
    case WASM_EXTERN_FUNC: item.of.func = i->funcs[export->index]; break;
    case WASM_EXTERN_TABLE: item.of.table = i->tables[export->index]; break;
    case WASM_EXTERN_MEMORY: item.of.memory = i->memories[export->index]; break;
    case WASM_EXTERN_GLOBAL: item.of.global = i->globals[export->index]; break;
    case WASM_EXTERN_TAG: item.of.tag = i->tags[export->index]; break;
    case WASM_EXTERN_COUNT: break;
    }
    return item;
}
