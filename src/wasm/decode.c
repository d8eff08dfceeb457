/* decode.c - the module: header, sections in their order (core specification 5.5). */
#include "wasm/decode.h"

nacre_status decode_fail(struct decoder *d, nacre_status status, size_t offset, const char *text) {
    return error_set(d->error, status, offset, text);
}

nacre_status decode_malformed(struct decoder *d) {
    return decode_fail(d, NACRE_MALFORMED, reader_offset(&d->r), d->r.why);
}

nacre_status decode_no_memory(struct decoder *d) {
    return decode_fail(d, NACRE_NO_MEMORY, reader_offset(&d->r), "out of memory while decoding");
}

nacre_status decode_use(struct decoder *d, enum wasm_feature feature, size_t offset) {
    d->module->features |= 1u << feature;
    if (d->module->allowed & 1u << feature) return NACRE_OK;
    decode_fail(d, NACRE_UNSUPPORTED, offset, "the module needs the feature ");
    struct text t = error_text(d->error);
    text_add(&t, wasm_feature_name(feature));
    return NACRE_UNSUPPORTED;
}

nacre_status decode_count(struct decoder *d, uint32_t max, const char *what, uint32_t *count) {
    size_t offset = reader_offset(&d->r);
    uint32_t n;
    READ(d, reader_leb_u32(&d->r, &n));
    if (n > reader_left(&d->r)) {
        return decode_fail(d, NACRE_MALFORMED, offset, "length out of bounds");
    }
    if (n > max) {
        decode_fail(d, NACRE_LIMIT, offset, "too many ");
        struct text t = error_text(d->error);
        text_add(&t, what);
        text_add(&t, ", the limit is ");
        text_add_u64(&t, max);
        return NACRE_LIMIT;
    }
    *count = n;
    return NACRE_OK;
}

/* Sections by id: name, place in the order (0: anywhere), decoder. */
static const struct {
    const char *name;
    uint8_t place;
    bool is_list;
    nacre_status (*decode)(struct decoder *d);
} sections[] = {
    [0] = {"custom", 0, false, NULL},
    [1] = {"type", 1, true, decode_type_section},
    [2] = {"import", 2, true, decode_import_section},
    [3] = {"function", 3, true, decode_function_section},
    [4] = {"table", 4, true, decode_table_section},
    [5] = {"memory", 5, true, decode_memory_section},
    [6] = {"global", 7, true, decode_global_section},
    [7] = {"export", 8, true, decode_export_section},
    [8] = {"start", 9, false, decode_start_section},
    [9] = {"element", 10, true, decode_element_section},
    [10] = {"code", 12, true, decode_code_section},
    [11] = {"data", 13, true, decode_data_section},
    [12] = {"data count", 11, false, decode_data_count_section},
    [13] = {"tag", 6, true, decode_tag_section},
};

const char *wasm_section_name(uint8_t id) {
    return id < ARRAY_COUNT(sections) ? sections[id].name : NULL;
}

static nacre_status decode_header(struct decoder *d) {
    static const uint8_t magic[4] = {0, 'a', 's', 'm'};
    size_t left = reader_left(&d->r);
    if (memcmp(d->r.at, magic, left < 4 ? left : 4) != 0)
        return decode_fail(d, NACRE_NOT_WASM, 0, "magic header not detected");
    if (left < 8) return decode_fail(d, NACRE_MALFORMED, left, "unexpected end");
    uint32_t version = load_u32(d->r.at + 4);
    if (version >> 16 == 1)
        return decode_fail(d, NACRE_NOT_WASM, 4, "this is a component, not a core module");
    if (version != 1) return decode_fail(d, NACRE_MALFORMED, 4, "unknown binary version");
    d->r.at += 8;
    return NACRE_OK;
}

/* Counts the sections, so that their table can be made; bad sizes are found again later. */
static uint32_t count_sections(struct reader r) {
    uint32_t count = 0, size;
    uint8_t id;
    while (reader_u8(&r, &id) && reader_leb_u32(&r, &size) && size <= reader_left(&r)) {
        r.at += size;
        count++;
    }
    return count;
}

static nacre_status decode_section(struct decoder *d, struct wasm_section *section) {
    struct reader peek = d->r;
    if (section->id == 0) return decode_custom_section(d, section);
    /* For whoever asks later; what is wrong with it, the section's decoder finds. */
    if (sections[section->id].is_list) (void)reader_leb_u32(&peek, &section->count);
    TRY(sections[section->id].decode(d));
    if (d->r.at != d->r.end)
        return decode_fail(d, NACRE_MALFORMED, reader_offset(&d->r), "section size mismatch");
    return NACRE_OK;
}

static nacre_status decode_sections(struct decoder *d) {
    struct wasm_module *m = d->module;
    const uint8_t *end = d->r.end;
    uint8_t place = 0;
    while (d->r.at < end) {
        size_t offset = reader_offset(&d->r);
        uint8_t id;
        uint32_t size;
        READ(d, reader_u8(&d->r, &id));
        if (id >= ARRAY_COUNT(sections))
            return decode_fail(d, NACRE_MALFORMED, offset, "malformed section id");
        READ(d, reader_leb_u32(&d->r, &size));
        if (size > reader_left(&d->r))
            return decode_fail(d, NACRE_MALFORMED, offset, "length out of bounds");
        if (sections[id].place != 0 && sections[id].place <= place)
            return decode_fail(d, NACRE_MALFORMED, offset,
                               "unexpected content after last section");
        if (sections[id].place != 0) place = sections[id].place;
        struct wasm_section *section = &m->sections[m->section_count++];
        section->id = id;
        section->offset = (uint32_t)reader_offset(&d->r);
        section->size = size;
        d->r.end = d->r.at + size;
        TRY(decode_section(d, section));
        d->r.end = end;
    }
    return NACRE_OK;
}

static nacre_status check_counts(struct decoder *d) {
    struct wasm_module *m = d->module;
    size_t end = reader_offset(&d->r);
    if (d->code_count != m->func_count - m->imported[WASM_EXTERN_FUNC])
        return decode_fail(d, NACRE_MALFORMED, end,
                           "function and code section have inconsistent lengths");
    /* data_count is set by either section; a data section that is missing has no entries. */
    bool has_datas = m->datas != NULL;
    if (m->has_data_count && m->data_count != 0 && !has_datas)
        return decode_fail(d, NACRE_MALFORMED, end,
                           "data count and data section have inconsistent lengths");
    return NACRE_OK;
}

static nacre_status decode_all(struct decoder *d) {
    struct wasm_module *m = d->module;
    TRY(decode_header(d));
    uint32_t count = count_sections(d->r);
    m->sections = ARENA_ARRAY(&m->arena, struct wasm_section, (size_t)count + 1);
    if (!m->sections) return decode_no_memory(d);
    TRY(decode_sections(d));
    return check_counts(d);
}

nacre_status wasm_module_decode(struct wasm_module *module, const struct allocator *allocator,
                                struct wasm_types *registry, uint32_t features, bool skips_code,
                                const uint8_t *bytes, size_t size, nacre_error *error) {
    memset(module, 0, sizeof *module);
    arena_init(&module->arena, allocator);
    module->registry = registry;
    module->allowed = features;
    module->bytes = bytes;
    module->size = (uint32_t)size;
    struct decoder d = {.module = module, .skips_code = skips_code, .error = error};
    d.r = (struct reader){.start = bytes, .at = bytes, .end = bytes + size};
    if (size > WASM_MODULE_SIZE_MAX)
        return decode_fail(&d, NACRE_LIMIT, 0, "module larger than 1 GiB");
    walk_init(&d.walk, module, allocator, NULL, error);
    nacre_status status = decode_all(&d);
    module->features |= d.walk.features;
    walk_deinit(&d.walk);
    if (status != NACRE_OK) wasm_module_deinit(module);
    return status;
}

void wasm_module_deinit(struct wasm_module *module) {
    wasm_module_release_types(module);
    arena_deinit(&module->arena);
}
