/* decode_expr.c - constant expressions in sections (core specification 5.4.12). */
#include "wasm/decode.h"

nacre_status decode_expr(struct decoder *d, wasm_valtype type, struct wasm_expr *expr) {
    struct wasm_expr e = {.offset = (uint32_t)reader_offset(&d->r), .type = type};
    uint32_t limit = (uint32_t)(d->r.end - d->r.start);
    TRY(walk_expr(&d->walk, e.offset, limit, type, &e.size, NULL));
    d->r.at += e.size;
    *expr = e;
    return NACRE_OK;
}
