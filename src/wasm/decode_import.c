/* decode_import.c - the import section (core specification 5.5.5): where index spaces begin. */
#include "wasm/decode.h"

static nacre_status decode_func(struct decoder *d, uint32_t index) {
    return decode_type_index(d, WASM_TYPE_FUNC, &d->module->funcs[index].type);
}
static nacre_status decode_table(struct decoder *d, uint32_t index) {
    return decode_tabletype(d, &d->module->tables[index]);
}
static nacre_status decode_memory(struct decoder *d, uint32_t index) {
    return decode_memorytype(d, &d->module->memories[index]);
}
static nacre_status decode_global(struct decoder *d, uint32_t index) {
    struct wasm_global *global = &d->module->globals[index];
    size_t offset = reader_offset(&d->r);
    TRY(decode_globaltype(d, global));
    return global->is_mutable ? decode_use(d, WASM_FEATURE_MUTABLE_GLOBALS, offset) : NACRE_OK;
}
static nacre_status decode_tag(struct decoder *d, uint32_t index) {
    return decode_tagtype(d, &d->module->tags[index]);
}

#define SPACE(items, count) \
    offsetof(struct wasm_module, items), offsetof(struct wasm_module, count)
static const struct {
    size_t items, count; /* where in the module */
    size_t size;
    nacre_status (*decode)(struct decoder *d, uint32_t index);
} spaces[WASM_EXTERN_COUNT] = {
    [WASM_EXTERN_FUNC] = {SPACE(funcs, func_count), sizeof(struct wasm_func), decode_func},
    [WASM_EXTERN_TABLE] = {SPACE(tables, table_count), sizeof(struct wasm_table), decode_table},
    [WASM_EXTERN_MEMORY] = {SPACE(memories, memory_count), sizeof(struct wasm_limits),
                            decode_memory},
    [WASM_EXTERN_GLOBAL] = {SPACE(globals, global_count), sizeof(struct wasm_global),
                            decode_global},
    [WASM_EXTERN_TAG] = {SPACE(tags, tag_count), sizeof(uint32_t), decode_tag},
};

static uint32_t *space_count(struct wasm_module *m, unsigned kind) {
    return (uint32_t *)((uint8_t *)m + spaces[kind].count);
}

static nacre_status decode_one(struct decoder *d, struct wasm_import *import) {
    struct wasm_module *m = d->module;
    READ(d, reader_name(&d->r, &import->module.bytes, &import->module.size));
    READ(d, reader_name(&d->r, &import->name.bytes, &import->name.size));
    size_t offset = reader_offset(&d->r);
    READ(d, reader_u8(&d->r, &import->kind));
    if (import->kind >= WASM_EXTERN_COUNT)
        return decode_fail(d, NACRE_MALFORMED, offset, "malformed import kind");
    import->index = (*space_count(m, import->kind))++;
    m->imported[import->kind]++;
    return spaces[import->kind].decode(d, import->index);
}

/* Every import might be of any one kind: room for all in each index space while decoding. */
static bool make_room(struct wasm_module *m, uint32_t count) {
    for (unsigned kind = 0; kind < WASM_EXTERN_COUNT; kind++) {
        void *items = arena_take(&m->arena, count, spaces[kind].size);
        if (!items) return false;
        memcpy((uint8_t *)m + spaces[kind].items, &items, sizeof items);
    }
    return true;
}

nacre_status decode_import_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    TRY(decode_count(d, WASM_IMPORTS_MAX, "imports", &m->import_count));
    m->imports = ARENA_ARRAY(&m->arena, struct wasm_import, m->import_count);
    if (!m->imports || !make_room(m, m->import_count)) return decode_no_memory(d);
    for (uint32_t i = 0; i < m->import_count; i++) TRY(decode_one(d, &m->imports[i]));
    if (m->memory_count > 1)
        return decode_use(d, WASM_FEATURE_MULTI_MEMORY, reader_offset(&d->r));
    return NACRE_OK;
}
