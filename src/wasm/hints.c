/* hints.c - branch hints (section metadata.code.branch_hint, the branch hinting proposal). They
 * are read when somebody asks; malformed ones are none, as in any custom section. */
#include "wasm/module.h"

static bool skip_function(struct reader *r, uint32_t hints) {
    uint32_t offset, size;
    while (hints--) {
        if (!reader_leb_u32(r, &offset) || !reader_leb_u32(r, &size) || size > reader_left(r))
            return false;
        r->at += size;
    }
    return true;
}

static struct reader hints_of(const struct wasm_module *m, uint32_t *functions) {
    const uint8_t *at = m->bytes + m->hints_offset;
    struct reader r = {.start = m->bytes, .at = at, .end = at + m->hints_size};
    if (!m->hints_size || !reader_leb_u32(&r, functions)) *functions = 0;
    return r;
}

struct wasm_hints wasm_func_hints(const struct wasm_module *m, uint32_t func) {
    uint32_t functions, index, count;
    struct reader r = hints_of(m, &functions);
    while (functions-- && reader_leb_u32(&r, &index) && reader_leb_u32(&r, &count)) {
        if (index == func) return (struct wasm_hints){r, count};
        if (index > func || !skip_function(&r, count)) break;
    }
    return (struct wasm_hints){.left = 0};
}

bool wasm_hints_next(struct wasm_hints *hints, uint32_t *offset, bool *likely) {
    uint32_t size;
    uint8_t value;
    if (hints->left == 0) return false;
    hints->left--;
    if (!reader_leb_u32(&hints->r, offset) || !reader_leb_u32(&hints->r, &size) || size != 1 ||
        !reader_u8(&hints->r, &value) || value > 1) {
        hints->left = 0;
        return false;
    }
    *likely = value;
    return true;
}

uint32_t wasm_hint_count(const struct wasm_module *m) {
    uint32_t functions, index, count, total = 0, offset;
    struct reader r = hints_of(m, &functions);
    bool likely;
    while (functions-- && reader_leb_u32(&r, &index) && reader_leb_u32(&r, &count)) {
        struct wasm_hints hints = {r, count};
        while (wasm_hints_next(&hints, &offset, &likely)) total++;
        if (!skip_function(&r, count)) break;
    }
    return total;
}
