/* decode_function.c - the function section and the code section (core specification 5.5.6, 13). */
#include "wasm/decode.h"

#include "base/status.h"

nacre_status decode_function_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t imported = m->func_count, count;
    TRY(decode_count(d, WASM_FUNCS_MAX, "functions", &count));
    struct wasm_func *funcs = ARENA_ARRAY(&m->arena, struct wasm_func, (size_t)imported + count);
    if (!funcs) return decode_no_memory(d);
    if (imported) memcpy(funcs, m->funcs, imported * sizeof *funcs);
    m->funcs = funcs;
    for (uint32_t i = 0; i < count; i++)
        TRY(decode_type_index(d, WASM_TYPE_FUNC, &funcs[imported + i].type));
    m->func_count = imported + count;
    return NACRE_OK;
}

bool wasm_func_declare(struct wasm_module *m, uint32_t func) {
    if (wasm_func_is_declared(m, func)) return true;
    if (!m->declared) m->declared = ARENA_ARRAY(&m->arena, uint8_t, m->func_count / 8 + 1);
    if (!m->declared) return false;
    m->declared[func / 8] = (uint8_t)(m->declared[func / 8] | 1u << (func % 8));
    return true;
}

nacre_status decode_declare(struct decoder *d, uint32_t func, size_t offset) {
    if (func >= d->module->func_count)
        return decode_fail(d, NACRE_INVALID, offset, "unknown function");
    return wasm_func_declare(d->module, func) ? NACRE_OK : decode_no_memory(d);
}

static bool read_body(struct reader *r, struct wasm_func *func) {
    const uint8_t *body;
    if (!reader_leb_u32(r, &func->size)) return false;
    func->offset = (uint32_t)reader_offset(r);
    return reader_bytes(r, func->size, &body);
}

nacre_status decode_code_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t imported = m->imported[WASM_EXTERN_FUNC], count;
    size_t at_count = reader_offset(&d->r);
    TRY(decode_count(d, WASM_FUNCS_MAX, "function bodies", &count));
    if (count != m->func_count - imported)
        return decode_fail(d, NACRE_MALFORMED, at_count,
                           "function and code section have inconsistent lengths");
    d->code_count = count;
    m->has_bodies = !d->skips_code;
    if (d->skips_code) d->r.at = d->r.end;
    for (uint32_t i = 0; i < count && m->has_bodies; i++)
        READ(d, read_body(&d->r, &m->funcs[imported + i]));
    return NACRE_OK;
}

/* At the first body, or false: there is none. */
static bool at_bodies(const struct wasm_module *m, struct reader *r) {
    enum { CODE_SECTION = 10 };
    uint32_t count;
    for (uint32_t i = 0; i < m->section_count; i++) {
        const struct wasm_section *s = &m->sections[i];
        if (s->id != CODE_SECTION) continue;
        *r = (struct reader){.start = m->bytes, .at = m->bytes + s->offset,
                             .end = m->bytes + s->offset + s->size};
        return reader_leb_u32(r, &count);
    }
    return false;
}

nacre_status wasm_module_find_bodies(struct wasm_module *m, nacre_error *error) {
    struct reader r;
    if (m->has_bodies || !at_bodies(m, &r)) return NACRE_OK;
    for (uint32_t i = m->imported[WASM_EXTERN_FUNC]; i < m->func_count; i++)
        if (!read_body(&r, &m->funcs[i]))
            return error_set(error, NACRE_MALFORMED, reader_offset(&r),
                             "the image is not of this module");
    __atomic_store_n(&m->has_bodies, true, __ATOMIC_RELEASE);
    return NACRE_OK;
}

uint64_t wasm_func_offset(const struct wasm_module *m, uint32_t func) {
    struct wasm_func found = {0};
    struct reader r;
    if (func < m->imported[WASM_EXTERN_FUNC] || func >= m->func_count) return NACRE_NO_OFFSET;
    if (__atomic_load_n(&m->has_bodies, __ATOMIC_ACQUIRE)) return m->funcs[func].offset;
    if (!at_bodies(m, &r)) return NACRE_NO_OFFSET;
    for (uint32_t i = m->imported[WASM_EXTERN_FUNC]; i <= func; i++)
        if (!read_body(&r, &found)) return NACRE_NO_OFFSET;
    return found.offset;
}
