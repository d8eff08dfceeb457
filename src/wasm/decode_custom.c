/* decode_custom.c - custom sections (5.5.2) and the name section (appendix A.4). */
#include "wasm/decode.h"

static bool is_called(const struct wasm_name *name, const char *text) {
    size_t size = strlen(text);
    return name->size == size && memcmp(name->bytes, text, size) == 0;
}

nacre_status decode_custom_section(struct decoder *d, struct wasm_section *section) {
    struct wasm_name *name = &section->name;
    READ(d, reader_name(&d->r, &name->bytes, &name->size));
    if (is_called(name, "name")) {
        d->module->names_offset = (uint32_t)reader_offset(&d->r);
        d->module->names_size = (uint32_t)reader_left(&d->r);
    } else if (is_called(name, "metadata.code.branch_hint")) {
        d->module->hints_offset = (uint32_t)reader_offset(&d->r);
        d->module->hints_size = (uint32_t)reader_left(&d->r);
    }
    d->r.at = d->r.end;
    return NACRE_OK;
}

/* Names are read when somebody asks, after a failure: a malformed name section is none. */
static bool find_in_map(struct reader *r, uint32_t wanted, struct wasm_name *name) {
    uint32_t count, index;
    if (!reader_leb_u32(r, &count)) return false;
    while (count--) {
        struct wasm_name n;
        if (!reader_leb_u32(r, &index) || !reader_name(r, &n.bytes, &n.size)) return false;
        if (index == wanted) {
            *name = n;
            return true;
        }
        if (index > wanted) return false;
    }
    return false;
}

static struct wasm_name name_from_exports(const struct wasm_module *m, uint32_t func) {
    for (uint32_t i = 0; i < m->export_count; i++)
        if (m->exports[i].kind == WASM_EXTERN_FUNC && m->exports[i].index == func)
            return m->exports[i].name;
    return (struct wasm_name){"", 0};
}

struct wasm_name wasm_func_name(const struct wasm_module *m, uint32_t func) {
    enum { FUNCTION_NAMES = 1 };
    const uint8_t *at = m->bytes + m->names_offset;
    struct reader r = {.start = m->bytes, .at = at, .end = at + m->names_size};
    uint8_t id;
    uint32_t size;
    struct wasm_name name;
    while (reader_u8(&r, &id) && reader_leb_u32(&r, &size) && size <= reader_left(&r)) {
        struct reader part = r;
        part.end = r.at + size;
        if (id == FUNCTION_NAMES && find_in_map(&part, func, &name)) return name;
        r.at += size;
    }
    return name_from_exports(m, func);
}
