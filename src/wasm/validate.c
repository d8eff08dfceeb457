/* validate.c - the pass over a function's instructions (core specification 3.4, appendix A.3). */
#include "base/status.h"
#include "wasm/walk.h"

void walk_init(struct walk *w, struct wasm_module *module, const struct allocator *allocator,
               struct walk_sink *sink, nacre_error *error) {
    *w = (struct walk){.module = module, .allocator = allocator, .sink = sink, .error = error,
                       .allowed = module->allowed};
}

void walk_deinit(struct walk *w) {
    ALLOC_FREE_ARRAY(w->allocator, w->stack, w->capacity);
    ALLOC_FREE_ARRAY(w->allocator, w->frames, w->frame_capacity);
    ALLOC_FREE_ARRAY(w->allocator, w->locals, w->local_capacity);
    ALLOC_FREE_ARRAY(w->allocator, w->inits, w->init_capacity);
    ALLOC_FREE_ARRAY(w->allocator, w->is_set, w->is_set_capacity);
    ALLOC_FREE_ARRAY(w->allocator, w->labels, w->label_capacity);
    ALLOC_FREE_ARRAY(w->allocator, w->catches, w->catch_capacity);
}

/* --- Failures --- */

nacre_status walk_fail(struct walk *w, nacre_status status, const char *text) {
    return error_set(w->error, status, w->offset, text);
}

nacre_status walk_malformed(struct walk *w) {
    return error_set(w->error, NACRE_MALFORMED, reader_offset(&w->r), w->r.why);
}

static nacre_status no_memory(struct walk *w) {
    return walk_fail(w, NACRE_NO_MEMORY, "out of memory while validating");
}

nacre_status walk_use(struct walk *w, enum wasm_feature feature) {
    w->features |= 1u << feature;
    if (LIKELY(w->allowed & 1u << feature)) return NACRE_OK;
    walk_fail(w, NACRE_UNSUPPORTED, "the module needs the feature ");
    struct text t = error_text(w->error);
    text_add(&t, wasm_feature_name(feature));
    return NACRE_UNSUPPORTED;
}

static nacre_status mismatch(struct walk *w, wasm_valtype expected, wasm_valtype found) {
    walk_fail(w, NACRE_INVALID, "type mismatch: expected ");
    struct text t = error_text(w->error);
    wasm_valtype_text(&t, expected);
    text_add(&t, ", found ");
    wasm_valtype_text(&t, found);
    return NACRE_INVALID;
}

static nacre_status underflow(struct walk *w, wasm_valtype expected) {
    walk_fail(w, NACRE_INVALID, "type mismatch: expected ");
    struct text t = error_text(w->error);
    wasm_valtype_text(&t, expected);
    text_add(&t, ", found nothing");
    return NACRE_INVALID;
}

/* --- The type stack --- */

nacre_status walk_push(struct walk *w, wasm_valtype type) {
    if (UNLIKELY(w->count == w->capacity) &&
        !alloc_reserve(w->allocator, (void **)&w->stack, &w->capacity, w->count + 1,
                       sizeof *w->stack))
        return no_memory(w);
    w->stack[w->count++] = type;
    return NACRE_OK;
}

nacre_status walk_push_all(struct walk *w, const wasm_valtype *types, uint32_t count) {
    if (count == 0) return NACRE_OK;
    if (count > w->capacity - w->count &&
        !alloc_reserve(w->allocator, (void **)&w->stack, &w->capacity, w->count + count,
                       sizeof *w->stack))
        return no_memory(w);
    memcpy(w->stack + w->count, types, count * sizeof *types);
    w->count += count;
    return NACRE_OK;
}

nacre_status walk_pop(struct walk *w, wasm_valtype expected) {
    const struct walk_frame *frame = walk_top(w);
    if (UNLIKELY(w->count == frame->height))
        return frame->is_dead ? NACRE_OK : underflow(w, expected);
    wasm_valtype found = w->stack[--w->count];
    if (LIKELY(found == expected) || wasm_valtype_matches(w->module->registry, found, expected))
        return NACRE_OK;
    return mismatch(w, expected, found);
}

nacre_status walk_pop_any(struct walk *w, wasm_valtype *type) {
    const struct walk_frame *frame = walk_top(w);
    if (w->count == frame->height) {
        if (!frame->is_dead)
            return walk_fail(w, NACRE_INVALID, "type mismatch: expected a value, found nothing");
        *type = WASM_BOTTOM;
        return NACRE_OK;
    }
    *type = w->stack[--w->count];
    return NACRE_OK;
}

nacre_status walk_pop_ref(struct walk *w, wasm_valtype *type) {
    wasm_valtype found;
    TRY(walk_pop_any(w, &found));
    if (found != WASM_BOTTOM && !wasm_is_ref(found)) {
        walk_fail(w, NACRE_INVALID, "type mismatch: expected a reference, found ");
        struct text t = error_text(w->error);
        wasm_valtype_text(&t, found);
        return NACRE_INVALID;
    }
    *type = found;
    return NACRE_OK;
}

nacre_status walk_pop_heap(struct walk *w, uint32_t heap, wasm_valtype *found) {
    const struct walk_frame *frame = walk_top(w);
    *found = w->count > frame->height ? w->stack[w->count - 1] : WASM_BOTTOM;
    return walk_pop(w, WASM_REFTYPE(true, heap));
}

nacre_status walk_pop_all(struct walk *w, const wasm_valtype *types, uint32_t count) {
    /* Mostly just these types are there. */
    if (count > 1 && w->count - walk_top(w)->height >= count &&
        memcmp(w->stack + w->count - count, types, count * sizeof *types) == 0) {
        w->count -= count;
        return NACRE_OK;
    }
    while (count-- && !walk_has_all(w)) TRY(walk_pop(w, types[count]));
    return NACRE_OK;
}

nacre_status walk_check_all(struct walk *w, const wasm_valtype *types, uint32_t count) {
    TRY(walk_pop_all(w, types, count));
    return walk_push_all(w, types, count);
}

void walk_set_dead(struct walk *w) {
    struct walk_frame *frame = walk_top(w);
    w->count = frame->height;
    frame->is_dead = true;
}

/* --- Instructions --- */

static nacre_status read_op(struct walk *w, struct walk_op *op) {
    uint8_t byte;
    w->offset = (uint32_t)reader_offset(&w->r);
    op->offset = w->offset;
    WALK_READ(w, reader_u8(&w->r, &byte));
    op->op = wasm_op_by_byte[byte];
    if (UNLIKELY(op->op == WASM_OP_NONE)) {
        uint32_t code;
        if (byte < 0xFB || byte > 0xFE) return walk_fail(w, NACRE_MALFORMED, "illegal opcode");
        WALK_READ(w, reader_leb_u32(&w->r, &code));
        op->op = (uint16_t)wasm_op_by_code(byte, code);
        if (op->op == WASM_OP_NONE) return walk_fail(w, NACRE_MALFORMED, "illegal opcode");
    }
    return walk_use(w, (enum wasm_feature)wasm_op_infos[op->op].feature);
}

static wasm_valtype letter_type(const struct walk *w, const struct walk_op *op, char letter) {
    static const uint8_t types[128] = {['i'] = WASM_I32, ['I'] = WASM_I64, ['f'] = WASM_F32,
                                       ['F'] = WASM_F64, ['v'] = WASM_V128};
    if (letter == 'a') return walk_address(&w->module->memories[op->memory]);
    return types[(uint8_t)letter];
}

static nacre_status need_memory(struct walk *w, const struct walk_op *op) {
    return op->memory < w->module->memory_count ? NACRE_OK
                                                : walk_fail(w, NACRE_INVALID, "unknown memory");
}

/* "params:results": pops from the last param to the first, pushes the results. */
static nacre_status apply_signature(struct walk *w, const struct walk_op *op,
                                    const char *signature) {
    const char *colon = signature;
    while (*colon != ':') colon++;
    if (signature[0] == 'a' || colon[1] == 'a') TRY(need_memory(w, op));
    for (const char *p = colon; p > signature; p--) TRY(walk_pop(w, letter_type(w, op, p[-1])));
    for (const char *p = colon + 1; *p; p++) TRY(walk_push(w, letter_type(w, op, *p)));
    return NACRE_OK;
}

static bool is_extended_constant(uint32_t op) {
    return (op >= WASM_OP_I32_ADD && op <= WASM_OP_I32_MUL) ||
           (op >= WASM_OP_I64_ADD && op <= WASM_OP_I64_MUL);
}

/* Only these may stand in a constant expression (3.4.17). */
static bool is_constant(uint32_t op) {
    switch (op) {
    case WASM_OP_I32_CONST: case WASM_OP_I64_CONST: case WASM_OP_F32_CONST:
    case WASM_OP_F64_CONST: case WASM_OP_V128_CONST: case WASM_OP_REF_NULL:
    case WASM_OP_REF_FUNC: case WASM_OP_END: case WASM_OP_STRUCT_NEW:
    case WASM_OP_STRUCT_NEW_DEFAULT: case WASM_OP_ARRAY_NEW: case WASM_OP_ARRAY_NEW_DEFAULT:
    case WASM_OP_ARRAY_NEW_FIXED: case WASM_OP_REF_I31: case WASM_OP_ANY_CONVERT_EXTERN:
    case WASM_OP_EXTERN_CONVERT_ANY: case WASM_OP_GLOBAL_GET:
        return true;
    default:
        return is_extended_constant(op);
    }
}

static nacre_status not_constant(struct walk *w) {
    return walk_fail(w, NACRE_INVALID, "constant expression required");
}

static nacre_status step(struct walk *w, struct walk_op *op) {
    TRY(read_op(w, op));
    if (w->is_const && !is_constant(op->op)) return not_constant(w);
    if (w->is_const && is_extended_constant(op->op))
        TRY(walk_use(w, WASM_FEATURE_EXTENDED_CONST));
    TRY(walk_immediates(w, op));
    if (w->is_const && op->op == WASM_OP_GLOBAL_GET && w->module->globals[op->index].is_mutable)
        return not_constant(w);
    bool was_told = !walk_top(w)->is_dead && walk_top(w)->is_told;
    walk_rule rule = walk_rules[op->op];
    op->is_live = was_told;
    TRY(rule ? rule(w, op) : apply_signature(w, op, wasm_op_infos[op->op].signature));
    if (!w->sink) return NACRE_OK;
    bool closes = op->op == WASM_OP_END || op->op == WASM_OP_ELSE;
    if (!(closes ? op->is_told : was_told)) return NACRE_OK;
    return w->sink->op(w->sink, w, op);
}

static nacre_status walk_body(struct walk *w) {
    struct walk_op op;
    while (w->depth > 0) TRY(step(w, &op));
    if (w->r.at != w->r.end) {
        w->offset = (uint32_t)reader_offset(&w->r);
        return walk_fail(w, NACRE_MALFORMED, "operators remaining after end of function");
    }
    return NACRE_OK;
}

/* --- Functions --- */

/* Adds locals of one type; is_set: they may be read before they are set (3.4.8). A function of a
 * few bytes may have 50,000, so each takes little time. */
static nacre_status add_locals(struct walk *w, wasm_valtype type, uint32_t count, bool is_set) {
    uint32_t first = w->local_count, end = first + count;
    if (!alloc_reserve(w->allocator, (void **)&w->locals, &w->local_capacity, end,
                       sizeof *w->locals) ||
        !alloc_reserve(w->allocator, (void **)&w->is_set, &w->is_set_capacity, end,
                       sizeof *w->is_set))
        return no_memory(w);
    for (uint32_t i = first; i < end; i++) w->locals[i] = type;
    if (count) memset(w->is_set + first, is_set, count);
    w->local_count = end;
    return NACRE_OK;
}

static nacre_status read_locals(struct walk *w) {
    uint32_t groups, count;
    uint64_t total = w->local_count; /* the params */
    wasm_valtype type;
    WALK_READ(w, reader_leb_u32(&w->r, &groups));
    for (uint32_t i = 0; i < groups; i++) {
        w->offset = (uint32_t)reader_offset(&w->r);
        WALK_READ(w, reader_leb_u32(&w->r, &count));
        total += count;
        if (total > UINT32_MAX) return walk_fail(w, NACRE_MALFORMED, "too many locals");
        TRY(walk_read_valtype(w, &type));
        if (total <= WASM_LOCALS_MAX)
            TRY(add_locals(w, type, count, wasm_is_defaultable(type)));
    }
    if (w->local_count < total)
        return walk_fail(w, NACRE_LIMIT, "too many locals, the limit is 50000");
    return NACRE_OK;
}

nacre_status walk_function(struct walk *w, uint32_t func, walk_begun begin) {
    const struct wasm_module *m = w->module;
    const struct wasm_func *f = &m->funcs[func];
    const struct wasm_type *type = wasm_func_type(m, func);
    const uint8_t *body = m->bytes + f->offset;
    w->r = (struct reader){.start = m->bytes, .at = body, .end = body + f->size};
    w->offset = f->offset;
    w->is_const = false;
    w->count = w->depth = w->local_count = w->init_count = 0;
    for (uint32_t i = 0; i < type->param_count; i++)
        TRY(add_locals(w, wasm_params(type)[i], 1, true));
    TRY(read_locals(w));
    TRY(walk_begin(w, (struct walk_blocktype){.results = wasm_results(type),
                                              .result_count = type->result_count}));
    if (begin) TRY(begin(w->sink, w));
    return walk_body(w);
}

nacre_status walk_expr(struct walk *w, uint32_t at, uint32_t limit, wasm_valtype type,
                       uint32_t *size, walk_begun begin) {
    const uint8_t *bytes = w->module->bytes;
    w->r = (struct reader){.start = bytes, .at = bytes + at, .end = bytes + limit};
    w->offset = at;
    w->is_const = true;
    w->count = w->depth = w->local_count = 0;
    TRY(walk_begin(w, (struct walk_blocktype){.single = type, .result_count = 1}));
    if (begin) TRY(begin(w->sink, w));
    struct walk_op op;
    while (w->depth > 0) TRY(step(w, &op));
    *size = (uint32_t)reader_offset(&w->r) - at;
    return NACRE_OK;
}

nacre_status wasm_validate(struct wasm_module *m, const struct allocator *allocator,
                           nacre_error *error) {
    struct walk w;
    nacre_status status = NACRE_OK;
    walk_init(&w, m, allocator, NULL, error);
    for (uint32_t i = m->imported[WASM_EXTERN_FUNC]; i < m->func_count && status == NACRE_OK; i++)
        status = walk_function(&w, i, NULL);
    m->features |= w.features;
    m->changes_tables = w.changes_tables;
    walk_deinit(&w);
    return status;
}
