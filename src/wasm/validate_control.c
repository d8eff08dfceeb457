/* validate_control.c - rules of control instructions (core specification 3.4.9). */
#include "wasm/walk.h"

static nacre_status push_frame(struct walk *w, uint16_t op, bool is_told,
                               const struct walk_blocktype *type) {
    if (!alloc_reserve(w->allocator, (void **)&w->frames, &w->frame_capacity, w->depth + 1,
                       sizeof *w->frames))
        return walk_fail(w, NACRE_NO_MEMORY, "out of memory while validating");
    w->frames[w->depth++] = (struct walk_frame){.op = op, .is_told = is_told, .height = w->count,
                                                .inits = w->init_count, .offset = w->offset,
                                                .type = *type};
    return walk_push_all(w, type->params, type->param_count);
}

nacre_status walk_begin(struct walk *w, struct walk_blocktype type) {
    return push_frame(w, WASM_OP_NONE, true, &type);
}

nacre_status walk_rule_block(struct walk *w, struct walk_op *op) {
    if (op->op == WASM_OP_IF) TRY(walk_pop(w, WASM_I32));
    TRY(walk_pop_all(w, op->block.params, op->block.param_count));
    return push_frame(w, op->op, op->is_live, &op->block);
}

/* Locals that were first set inside of the block count as not set after it. */
static void drop_inits(struct walk *w, uint32_t height) {
    while (w->init_count > height) w->is_set[w->inits[--w->init_count]] = false;
}

/* What the innermost block leaves must be its results, no more. */
static nacre_status close_frame(struct walk *w, struct walk_op *op) {
    struct walk_frame *frame = walk_top(w);
    op->is_told = frame->is_told;
    op->is_live = frame->is_told && !frame->is_dead;
    op->block = frame->type;
    TRY(walk_pop_all(w, walk_results(&frame->type), frame->type.result_count));
    if (w->count != frame->height)
        return walk_fail(w, NACRE_INVALID, "type mismatch: values remain at the end of a block");
    drop_inits(w, frame->inits);
    return NACRE_OK;
}

nacre_status walk_rule_else(struct walk *w, struct walk_op *op) {
    if (walk_top(w)->op != WASM_OP_IF)
        return walk_fail(w, NACRE_MALFORMED, "else without if");
    TRY(close_frame(w, op));
    w->depth--;
    return push_frame(w, WASM_OP_ELSE, op->is_told, &op->block);
}

static bool same_types(const struct walk *w, const struct walk_blocktype *type) {
    if (type->param_count != type->result_count) return false;
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!wasm_valtype_matches(w->module->registry, type->params[i], walk_results(type)[i]))
            return false;
    return true;
}

nacre_status walk_rule_end(struct walk *w, struct walk_op *op) {
    TRY(close_frame(w, op));
    if (walk_top(w)->op == WASM_OP_IF && !same_types(w, &op->block))
        return walk_fail(w, NACRE_INVALID,
                         "type mismatch: if without else must leave what it took");
    w->depth--;
    if (w->depth == 0) return NACRE_OK;
    return walk_push_all(w, walk_results(&op->block), op->block.result_count);
}

nacre_status walk_rule_br(struct walk *w, struct walk_op *op) {
    struct walk_types label = walk_label(w, op->index);
    TRY(walk_pop_all(w, label.types, label.count));
    walk_set_dead(w);
    return NACRE_OK;
}

nacre_status walk_rule_br_if(struct walk *w, struct walk_op *op) {
    struct walk_types label = walk_label(w, op->index);
    TRY(walk_pop(w, WASM_I32));
    return walk_check_all(w, label.types, label.count);
}

/* Every label must take what is there; in dead code missing operands fit any type, so what is
 * popped goes back as it was, not as the label has it. */
static nacre_status check_label(struct walk *w, struct walk_types label) {
    const struct walk_frame *frame = walk_top(w);
    uint32_t there = w->count - frame->height;
    uint32_t known = u32_min(there, label.count);
    if (known < label.count && !frame->is_dead)
        return walk_fail(w, NACRE_INVALID, "type mismatch: too few values for a label");
    for (uint32_t i = 1; i <= known; i++)
        if (!wasm_valtype_matches(w->module->registry, w->stack[w->count - i],
                                  label.types[label.count - i]))
            return walk_fail(w, NACRE_INVALID, "type mismatch: a label takes other types");
    return NACRE_OK;
}

nacre_status walk_rule_br_table(struct walk *w, struct walk_op *op) {
    TRY(walk_pop(w, WASM_I32));
    uint32_t arity = walk_label(w, op->labels[op->index]).count;
    for (uint32_t i = 0; i <= op->index; i++) {
        struct walk_frame *frame = &w->frames[w->depth - 1 - op->labels[i]];
        if (frame->checked == w->offset) continue; /* each label is checked once */
        frame->checked = w->offset;
        struct walk_types label = walk_label(w, op->labels[i]);
        if (label.count != arity)
            return walk_fail(w, NACRE_INVALID, "type mismatch: labels take different counts");
        TRY(check_label(w, label));
    }
    walk_set_dead(w);
    return NACRE_OK;
}

nacre_status walk_rule_return(struct walk *w, struct walk_op *op) {
    (void)op;
    const struct walk_blocktype *type = &w->frames[0].type;
    TRY(walk_pop_all(w, walk_results(type), type->result_count));
    walk_set_dead(w);
    return NACRE_OK;
}

nacre_status walk_rule_unreachable(struct walk *w, struct walk_op *op) {
    (void)op;
    walk_set_dead(w);
    return NACRE_OK;
}

nacre_status walk_rule_nop(struct walk *w, struct walk_op *op) {
    (void)w;
    (void)op;
    return NACRE_OK;
}

static nacre_status finish_call(struct walk *w, const struct walk_op *op) {
    const struct wasm_type *type = op->functype;
    TRY(walk_pop_all(w, wasm_params(type), type->param_count));
    return walk_push_all(w, wasm_results(type), type->result_count);
}

/* A tail call leaves the function: its results must be ours. */
static nacre_status finish_tail_call(struct walk *w, const struct walk_op *op) {
    const struct wasm_type *type = op->functype;
    const struct walk_blocktype *ours = &w->frames[0].type;
    bool fits = type->result_count == ours->result_count;
    for (uint32_t i = 0; fits && i < type->result_count; i++)
        fits = wasm_valtype_matches(w->module->registry, wasm_results(type)[i],
                                    walk_results(ours)[i]);
    if (!fits)
        return walk_fail(w, NACRE_INVALID, "type mismatch: a tail call gives other results");
    TRY(walk_pop_all(w, wasm_params(type), type->param_count));
    walk_set_dead(w);
    return NACRE_OK;
}

nacre_status walk_rule_call(struct walk *w, struct walk_op *op) {
    return op->op == WASM_OP_CALL ? finish_call(w, op) : finish_tail_call(w, op);
}

nacre_status walk_rule_call_indirect(struct walk *w, struct walk_op *op) {
    const struct wasm_table *table = &w->module->tables[op->index2];
    if (op->index2 != 0) TRY(walk_use(w, WASM_FEATURE_REFTYPES));
    if (!wasm_valtype_matches(w->module->registry, table->type, WASM_FUNCREF))
        return walk_fail(w, NACRE_INVALID, "type mismatch: the table does not hold functions");
    TRY(walk_pop(w, walk_address(&table->limits)));
    return op->op == WASM_OP_CALL_INDIRECT ? finish_call(w, op) : finish_tail_call(w, op);
}

/* --- References --- */

nacre_status walk_rule_call_ref(struct walk *w, struct walk_op *op) {
    TRY(walk_pop(w, WASM_REFTYPE(true, op->functype->id)));
    if (op->op == WASM_OP_CALL_REF) return finish_call(w, op);
    TRY(walk_use(w, WASM_FEATURE_TAIL_CALL)); /* which the table can't say: it is of two */
    return finish_tail_call(w, op);
}

/* Branches without the reference when it is null, else goes on with it. */
nacre_status walk_rule_br_on_null(struct walk *w, struct walk_op *op) {
    struct walk_types label = walk_label(w, op->index);
    wasm_valtype t;
    TRY(walk_pop_ref(w, &t));
    TRY(walk_check_all(w, label.types, label.count));
    op->type = WASM_REFTYPE(false, t == WASM_BOTTOM ? (uint32_t)WASM_HEAP_BOTTOM : wasm_heap(t));
    return walk_push(w, op->type);
}

/* Branches with the reference unless it is null, else goes on without it. */
nacre_status walk_rule_br_on_non_null(struct walk *w, struct walk_op *op) {
    struct walk_types label = walk_label(w, op->index);
    wasm_valtype t;
    TRY(walk_pop_ref(w, &t));
    if (label.count == 0 || !wasm_is_ref(label.types[label.count - 1]))
        return walk_fail(w, NACRE_INVALID, "type mismatch: the label takes no reference");
    wasm_valtype wanted = label.types[label.count - 1];
    wasm_valtype given =
        WASM_REFTYPE(false, t == WASM_BOTTOM ? (uint32_t)WASM_HEAP_BOTTOM : wasm_heap(t));
    if (!wasm_valtype_matches(w->module->registry, given, wanted))
        return walk_fail(w, NACRE_INVALID, "type mismatch: the label takes another reference");
    return walk_check_all(w, label.types, label.count - 1);
}

/* What is left of `from` when it is not `to` (3.4.13: diff). */
static wasm_valtype without(wasm_valtype from, wasm_valtype to) {
    return wasm_is_nullable(to) ? WASM_REFTYPE(false, wasm_heap(from)) : from;
}

/* A branch with a reference of type `taken`, which goes on as `kept`. */
static nacre_status branch_on_cast(struct walk *w, struct walk_op *op, wasm_valtype taken,
                                   wasm_valtype kept) {
    const struct wasm_types *types = w->module->registry;
    struct walk_types label = walk_label(w, op->index);
    if (!wasm_valtype_matches(types, op->cast[1], op->cast[0]))
        return walk_fail(w, NACRE_INVALID, "type mismatch: a cast to what is not below");
    TRY(walk_pop(w, op->cast[0]));
    if (label.count == 0 || !wasm_valtype_matches(types, taken, label.types[label.count - 1]))
        return walk_fail(w, NACRE_INVALID, "type mismatch: the label takes another reference");
    TRY(walk_check_all(w, label.types, label.count - 1));
    op->type = kept;
    return walk_push(w, kept);
}

nacre_status walk_rule_br_on_cast(struct walk *w, struct walk_op *op) {
    return branch_on_cast(w, op, op->cast[1], without(op->cast[0], op->cast[1]));
}

nacre_status walk_rule_br_on_cast_fail(struct walk *w, struct walk_op *op) {
    return branch_on_cast(w, op, without(op->cast[0], op->cast[1]), op->cast[1]);
}

/* --- Exceptions --- */

nacre_status walk_rule_throw(struct walk *w, struct walk_op *op) {
    TRY(walk_pop_all(w, wasm_params(op->functype), op->functype->param_count));
    walk_set_dead(w);
    return NACRE_OK;
}

nacre_status walk_rule_throw_ref(struct walk *w, struct walk_op *op) {
    (void)op;
    TRY(walk_pop(w, WASM_EXNREF));
    walk_set_dead(w);
    return NACRE_OK;
}

/* A clause gives its label the tag's values, then the exception itself. */
static nacre_status check_catch(struct walk *w, const struct walk_catch *c) {
    const struct wasm_types *types = w->module->registry;
    const struct wasm_type *tag =
        walk_catch_has_tag(c) ? wasm_type_get(types, w->module->tags[c->tag]) : NULL;
    uint32_t count = tag ? tag->param_count : 0;
    struct walk_types label = walk_label(w, c->label);
    bool fits = label.count == count + walk_catch_has_ref(c);
    for (uint32_t i = 0; fits && i < count; i++)
        fits = wasm_valtype_matches(types, wasm_params(tag)[i], label.types[i]);
    if (fits && walk_catch_has_ref(c))
        fits = wasm_valtype_matches(types, WASM_REFTYPE(false, WASM_HEAP_EXN), label.types[count]);
    return fits ? NACRE_OK
                : walk_fail(w, NACRE_INVALID, "type mismatch: a catch gives other types");
}

nacre_status walk_rule_try_table(struct walk *w, struct walk_op *op) {
    for (uint32_t i = 0; i < op->index; i++) TRY(check_catch(w, &op->catches[i]));
    return walk_rule_block(w, op);
}
