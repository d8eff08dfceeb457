/* module.c - implements nacre/module.h */
#include <nacre/module.h>

#include "api/api.h"
#include "base/reader.h"
#include "base/status.h"
#include "crypto/crypto.h"

nacre_status api_module_create(nacre_engine *engine, bool has_image, const void *bytes,
                               size_t size, nacre_module **module, nacre_error *error) {
    struct engine *e = &engine->engine;
    nacre_module *m = ALLOC_NEW(&e->allocator, nacre_module);
    if (!m) return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "out of memory");
    nacre_status status = code_module_init(&m->code, e, has_image, bytes, size, error);
    if (status != NACRE_OK) {
        ALLOC_FREE(&e->allocator, m);
        return status;
    }
    *module = m;
    return NACRE_OK;
}

nacre_status nacre_module_create(nacre_engine *engine, const void *bytes, size_t size,
                                 nacre_module **module, nacre_error *error) {
    return api_module_create(engine, false, bytes, size, module, error);
}

void nacre_module_destroy(nacre_module *module) {
    if (!module) return;
    struct engine *e = module->code.engine;
    api_release_image(module);
    code_module_deinit(&module->code);
    ALLOC_FREE(&e->allocator, module);
}

uint32_t nacre_module_import_count(const nacre_module *module) {
    return module->code.wasm.import_count;
}

uint32_t nacre_module_export_count(const nacre_module *module) {
    return module->code.wasm.export_count;
}

/* --- Types as text --- */

static void add_limits(struct text *t, const struct wasm_limits *limits) {
    if (limits->is64) text_add(t, " i64");
    text_add(t, " ");
    text_add_u64(t, limits->min);
    if (limits->has_max) {
        text_add(t, " ");
        text_add_u64(t, limits->max);
    }
    if (limits->is_shared) text_add(t, " shared");
}

static void add_func(struct text *t, const struct wasm_module *m, uint32_t index) {
    wasm_functype_text(t, wasm_func_type(m, index));
}

static void add_table(struct text *t, const struct wasm_module *m, uint32_t index) {
    text_add(t, "(table");
    add_limits(t, &m->tables[index].limits);
    text_add(t, " ");
    wasm_valtype_text(t, m->tables[index].type);
    text_add(t, ")");
}

static void add_memory(struct text *t, const struct wasm_module *m, uint32_t index) {
    text_add(t, "(memory");
    add_limits(t, &m->memories[index]);
    text_add(t, ")");
}

static void add_global(struct text *t, const struct wasm_module *m, uint32_t index) {
    const struct wasm_global *global = &m->globals[index];
    text_add(t, global->is_mutable ? "(global (mut " : "(global ");
    wasm_valtype_text(t, global->type);
    text_add(t, global->is_mutable ? "))" : ")");
}

static void add_tag(struct text *t, const struct wasm_module *m, uint32_t index) {
    text_add(t, "(tag ");
    wasm_functype_text(t, wasm_type_get(m->registry, m->tags[index]));
    text_add(t, ")");
}

static void (*const add_type[WASM_EXTERN_COUNT])(struct text *, const struct wasm_module *,
                                                 uint32_t) = {
    [WASM_EXTERN_FUNC] = add_func,     [WASM_EXTERN_TABLE] = add_table,
    [WASM_EXTERN_MEMORY] = add_memory, [WASM_EXTERN_GLOBAL] = add_global,
    [WASM_EXTERN_TAG] = add_tag,
};

static void fill_item(const nacre_module *module, const struct wasm_name *from,
                      const struct wasm_name *name, uint8_t kind, uint32_t index,
                      nacre_item *item) {
    struct text t;
    item->module = from ? from->bytes : NULL;
    item->module_size = from ? from->size : 0;
    item->name = name->bytes;
    item->name_size = name->size;
    item->kind = (nacre_extern_kind)kind;
    text_init(&t, item->type, sizeof item->type);
    add_type[kind](&t, &module->code.wasm, index);
}

nacre_status nacre_module_import(const nacre_module *module, uint32_t index, nacre_item *item) {
    if (index >= module->code.wasm.import_count) return NACRE_NOT_FOUND;
    const struct wasm_import *import = &module->code.wasm.imports[index];
    fill_item(module, &import->module, &import->name, import->kind, import->index, item);
    return NACRE_OK;
}

nacre_status nacre_module_export(const nacre_module *module, uint32_t index, nacre_item *item) {
    if (index >= module->code.wasm.export_count) return NACRE_NOT_FOUND;
    const struct wasm_export *export = &module->code.wasm.exports[index];
    fill_item(module, NULL, &export->name, export->kind, export->index, item);
    return NACRE_OK;
}

/* --- Types as numbers --- */

static nacre_externtype type_of(const struct wasm_module *m, uint8_t kind, uint32_t index) {
    switch ((enum wasm_extern_kind)kind) {
    case WASM_EXTERN_FUNC: return api_func_type(m->registry, m->funcs[index].type);
    case WASM_EXTERN_TABLE:
        return api_table_type(m->registry, m->tables[index].type, &m->tables[index].limits);
    case WASM_EXTERN_MEMORY: return api_memory_type(&m->memories[index]);
    case WASM_EXTERN_GLOBAL:
        return api_global_type(m->registry, m->globals[index].type, m->globals[index].is_mutable);
    default: return api_tag_type(m->registry, m->tags[index]);
    }
}

nacre_status nacre_module_import_type(const nacre_module *module, uint32_t index,
                                      nacre_externtype *type) {
    const struct wasm_module *m = &module->code.wasm;
    if (index >= m->import_count) return NACRE_NOT_FOUND;
    *type = type_of(m, m->imports[index].kind, m->imports[index].index);
    return NACRE_OK;
}

nacre_status nacre_module_export_type(const nacre_module *module, uint32_t index,
                                      nacre_externtype *type) {
    const struct wasm_module *m = &module->code.wasm;
    if (index >= m->export_count) return NACRE_NOT_FOUND;
    *type = type_of(m, m->exports[index].kind, m->exports[index].index);
    return NACRE_OK;
}

/* --- What it is made of --- */

nacre_status nacre_module_section(const nacre_module *module, uint32_t index,
                                  nacre_section *section) {
    const struct wasm_module *m = &module->code.wasm;
    if (index >= m->section_count) return NACRE_NOT_FOUND;
    const struct wasm_section *s = &m->sections[index];
    const char *name = wasm_section_name(s->id);
    bool custom = s->id == 0;
    *section = (nacre_section){.name = custom ? s->name.bytes : name,
                               .name_size = custom ? s->name.size : strlen(name),
                               .custom = custom, .offset = s->offset, .size_bytes = s->size,
                               .count = s->count};
    return NACRE_OK;
}

const char *nacre_module_feature(const nacre_module *module, uint32_t index) {
    for (unsigned f = WASM_FEATURE_MVP + 1; f < WASM_FEATURE_COUNT; f++) {
        if (!(module->code.wasm.features & 1u << f)) continue;
        if (index-- == 0) return wasm_feature_name((enum wasm_feature)f);
    }
    return NULL;
}

uint32_t nacre_module_branch_hints(const nacre_module *module) {
    return wasm_hint_count(&module->code.wasm);
}

uint32_t nacre_module_function_count(const nacre_module *module) {
    return module->code.wasm.func_count;
}

void nacre_module_function_name(const nacre_module *module, uint32_t index, char *text,
                                size_t size) {
    struct text t;
    if (size == 0) return;
    text_init(&t, text, size);
    if (index >= module->code.wasm.func_count) return;
    struct wasm_name name = wasm_func_name(&module->code.wasm, index);
    text_add_bytes(&t, name.bytes, name.size);
}

uint64_t nacre_module_function_offset(const nacre_module *module, uint32_t index) {
    return wasm_func_offset(&module->code.wasm, index);
}

void nacre_module_sha256(const nacre_module *module, uint8_t digest[32]) {
    crypto_sha256(module->code.wasm.bytes, module->code.wasm.size, digest);
}
