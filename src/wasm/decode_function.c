/* decode_function.c - the function section and the code section (core specification 5.5.6, 13). */
#include "wasm/decode.h"

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

nacre_status decode_code_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t imported = m->imported[WASM_EXTERN_FUNC], count, size;
    size_t at_count = reader_offset(&d->r);
    TRY(decode_count(d, WASM_FUNCS_MAX, "function bodies", &count));
    if (count != m->func_count - imported)
        return decode_fail(d, NACRE_MALFORMED, at_count,
                           "function and code section have inconsistent lengths");
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *body;
        READ(d, reader_leb_u32(&d->r, &size));
        m->funcs[imported + i].offset = (uint32_t)reader_offset(&d->r);
        m->funcs[imported + i].size = size;
        READ(d, reader_bytes(&d->r, size, &body));
    }
    d->code_count = count;
    return NACRE_OK;
}
