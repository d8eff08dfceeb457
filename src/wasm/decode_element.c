/* decode_element.c - the element section (core specification 5.5.12). */
#include "wasm/decode.h"

/*  flags  bit 0: not active    bit 1: table index, or declarative    bit 2: items are expressions
 *  active: [table index] offset expression, then if bit 1: kind or type; then the items.
 *  else:   kind or type, then the items. */
enum { NOT_ACTIVE = 1, EXPLICIT = 2, EXPRESSIONS = 4 };

static nacre_status decode_target(struct decoder *d, uint32_t flags, struct wasm_elem *elem) {
    const struct wasm_module *m = d->module;
    size_t offset = reader_offset(&d->r);
    if (flags & EXPLICIT) READ(d, reader_leb_u32(&d->r, &elem->table));
    if (elem->table >= m->table_count)
        return decode_fail(d, NACRE_INVALID, offset, "unknown table");
    bool is64 = m->tables[elem->table].limits.is64;
    return decode_expr(d, is64 ? WASM_I64 : WASM_I32, &elem->offset);
}

static nacre_status decode_kind(struct decoder *d, uint32_t flags, struct wasm_elem *elem) {
    elem->type = flags & EXPRESSIONS ? WASM_FUNCREF : WASM_REFTYPE(false, WASM_HEAP_FUNC);
    if (!(flags & (NOT_ACTIVE | EXPLICIT))) return NACRE_OK;
    if (flags & EXPRESSIONS) return decode_reftype(d, &elem->type);
    size_t offset = reader_offset(&d->r);
    uint8_t kind;
    READ(d, reader_u8(&d->r, &kind));
    if (kind != 0) return decode_fail(d, NACRE_MALFORMED, offset, "malformed element kind");
    return NACRE_OK;
}

static nacre_status decode_items(struct decoder *d, struct wasm_elem *elem) {
    TRY(decode_count(d, WASM_ELEM_ITEMS_MAX, "elements", &elem->count));
    elem->items = (uint32_t)reader_offset(&d->r);
    for (uint32_t i = 0; i < elem->count; i++) {
        size_t offset = reader_offset(&d->r);
        struct wasm_expr expr;
        uint32_t func;
        if (elem->has_exprs) {
            TRY(decode_expr(d, elem->type, &expr));
        } else {
            READ(d, reader_leb_u32(&d->r, &func));
            TRY(decode_declare(d, func, offset));
        }
    }
    elem->items_size = (uint32_t)reader_offset(&d->r) - elem->items;
    return NACRE_OK;
}

static nacre_status decode_elem(struct decoder *d, struct wasm_elem *elem) {
    const struct wasm_module *m = d->module;
    size_t offset = reader_offset(&d->r);
    uint32_t flags;
    READ(d, reader_leb_u32(&d->r, &flags));
    if (flags > (NOT_ACTIVE | EXPLICIT | EXPRESSIONS))
        return decode_fail(d, NACRE_MALFORMED, offset, "malformed elements segment kind");
    if (flags != 0) TRY(decode_use(d, WASM_FEATURE_BULK, offset));
    elem->has_exprs = flags & EXPRESSIONS;
    elem->mode = !(flags & NOT_ACTIVE) ? WASM_SEGMENT_ACTIVE
               : flags & EXPLICIT      ? WASM_SEGMENT_DECLARATIVE
                                       : WASM_SEGMENT_PASSIVE;
    if (elem->mode == WASM_SEGMENT_ACTIVE) TRY(decode_target(d, flags, elem));
    TRY(decode_kind(d, flags, elem));
    if (elem->mode == WASM_SEGMENT_ACTIVE &&
        !wasm_valtype_matches(m->registry, elem->type, m->tables[elem->table].type))
        return decode_fail(d, NACRE_INVALID, offset,
                           "type mismatch: elements do not fit the table");
    return decode_items(d, elem);
}

nacre_status decode_element_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count;
    TRY(decode_count(d, WASM_SEGMENTS_MAX, "element segments", &count));
    m->elems = ARENA_ARRAY(&m->arena, struct wasm_elem, count);
    if (!m->elems) return decode_no_memory(d);
    for (uint32_t i = 0; i < count; i++) {
        TRY(decode_elem(d, &m->elems[i]));
        m->elem_count++;
    }
    return NACRE_OK;
}
