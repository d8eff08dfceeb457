/* decode_export.c - the export section and the start section (core specification 5.5.10, 11). */
#include "base/hash.h"
#include "wasm/decode.h"

/* The bucket that holds the name, or the free one where it belongs. */
static uint32_t find_bucket(const struct wasm_module *m, const char *name, size_t size) {
    uint32_t mask = m->export_bucket_count - 1;
    struct hash h;
    hash_start(&h, &m->registry->key);
    hash_add(&h, name, size);
    for (uint32_t b = (uint32_t)hash_end(&h) & mask;; b = (b + 1) & mask) {
        if (m->export_buckets[b] == UINT32_MAX) return b;
        const struct wasm_name *there = &m->exports[m->export_buckets[b]].name;
        if (there->size == size && memcmp(there->bytes, name, size) == 0) return b;
    }
}

const struct wasm_export *wasm_export_find(const struct wasm_module *m, const char *name,
                                           size_t size) {
    if (m->export_bucket_count == 0) return NULL;
    uint32_t index = m->export_buckets[find_bucket(m, name, size)];
    return index == UINT32_MAX ? NULL : &m->exports[index];
}

static nacre_status decode_one(struct decoder *d, struct wasm_export *export, size_t *offset) {
    const struct wasm_module *m = d->module;
    const uint32_t limits[WASM_EXTERN_COUNT] = {
        [WASM_EXTERN_FUNC] = m->func_count,     [WASM_EXTERN_TABLE] = m->table_count,
        [WASM_EXTERN_MEMORY] = m->memory_count, [WASM_EXTERN_GLOBAL] = m->global_count,
        [WASM_EXTERN_TAG] = m->tag_count,
    };
    static const char *const unknown[WASM_EXTERN_COUNT] = {
        [WASM_EXTERN_FUNC] = "unknown function", [WASM_EXTERN_TABLE] = "unknown table",
        [WASM_EXTERN_MEMORY] = "unknown memory", [WASM_EXTERN_GLOBAL] = "unknown global",
        [WASM_EXTERN_TAG] = "unknown tag",
    };
    READ(d, reader_name(&d->r, &export->name.bytes, &export->name.size));
    *offset = reader_offset(&d->r);
    READ(d, reader_u8(&d->r, &export->kind));
    if (export->kind >= WASM_EXTERN_COUNT)
        return decode_fail(d, NACRE_MALFORMED, *offset, "malformed export kind");
    READ(d, reader_leb_u32(&d->r, &export->index));
    if (export->index >= limits[export->kind])
        return decode_fail(d, NACRE_INVALID, *offset, unknown[export->kind]);
    if (export->kind == WASM_EXTERN_GLOBAL && m->globals[export->index].is_mutable)
        TRY(decode_use(d, WASM_FEATURE_MUTABLE_GLOBALS, *offset));
    return export->kind == WASM_EXTERN_FUNC ? decode_declare(d, export->index, *offset) : NACRE_OK;
}

nacre_status decode_export_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count, buckets = 4;
    size_t offset;
    TRY(decode_count(d, WASM_EXPORTS_MAX, "exports", &count));
    while (buckets < count * 2) buckets *= 2;
    m->exports = ARENA_ARRAY(&m->arena, struct wasm_export, count);
    m->export_buckets = ARENA_ARRAY(&m->arena, uint32_t, buckets);
    if (!m->exports || !m->export_buckets) return decode_no_memory(d);
    memset(m->export_buckets, 0xFF, buckets * sizeof *m->export_buckets);
    m->export_bucket_count = buckets;
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_export *export = &m->exports[i];
        TRY(decode_one(d, export, &offset));
        uint32_t b = find_bucket(m, export->name.bytes, export->name.size);
        if (m->export_buckets[b] != UINT32_MAX)
            return decode_fail(d, NACRE_INVALID, offset, "duplicate export name");
        m->export_buckets[b] = i;
        m->export_count++;
    }
    return NACRE_OK;
}

nacre_status decode_start_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    size_t offset = reader_offset(&d->r);
    READ(d, reader_leb_u32(&d->r, &m->start));
    if (m->start >= m->func_count)
        return decode_fail(d, NACRE_INVALID, offset, "unknown function");
    const struct wasm_type *type = wasm_func_type(m, m->start);
    if (type->param_count != 0 || type->result_count != 0)
        return decode_fail(d, NACRE_INVALID, offset, "start function must take and give nothing");
    m->has_start = true;
    return NACRE_OK;
}
