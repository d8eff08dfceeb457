/* lower_control.c - blocks, branches, calls. */
#include "exec/interp/lower.h"

/* --- Metering: each straight run of instructions is paid for where it begins --- */

void begin_segment(struct lower *l) {
    const struct engine *engine = l->module->engine;
    if (!engine->metering && !engine->profile) return;
    if (engine->profile) {
        emit_op(l, IOP_PROFILE);
        emit_u32(l, l->func);
        l->meter_at = l->count + 1;
        emit_u32(l, 0);
        emit(l, l->is_entry);
        l->is_entry = false;
    }
    if (engine->metering) {
        emit_op(l, IOP_METER);
        l->meter_at = l->count + 1;
        emit_u32(l, 0);
    }
    l->cost = 0;
}

static void write_u32(struct lower *l, uint32_t at, uint32_t value) {
    if (at + 2 <= l->count) store_u32(&l->units[at], value);
}

void end_segment(struct lower *l) {
    if (l->meter_at == 0) return;
    const struct engine *engine = l->module->engine;
    uint32_t at = l->meter_at - 1;
    write_u32(l, at, l->cost + (engine->metering ? l->entry_cost : 0));
    /* PROFILE stands right before METER and takes the cost of the instructions alone. */
    enum { PROFILE_COST_BEFORE = 4 };
    if (engine->profile && engine->metering) write_u32(l, at - PROFILE_COST_BEFORE, l->cost);
    l->meter_at = l->entry_cost = 0;
}

/* --- Branch targets --- */

static void add_patch(struct lower *l, uint32_t at, uint32_t from, uint32_t *list) {
    if (!alloc_reserve(l->allocator, (void **)&l->patches, &l->patch_capacity, l->patch_count + 2,
                       sizeof *l->patches)) {
        lower_fail(l, NACRE_NO_MEMORY, "out of memory while lowering");
        return;
    }
    if (l->patch_count == 0) l->patch_count = 1;
    uint32_t index = l->free_patch;
    if (index) l->free_patch = l->patches[index].next;
    else index = l->patch_count++;
    l->patches[index] = (struct patch){.at = at, .from = from, .next = *list};
    *list = index;
}

/* Control joins here from every branch in the list. */
static void bind(struct lower *l, uint32_t *list) {
    while (*list) {
        struct patch *p = &l->patches[*list];
        uint32_t next = p->next;
        if (p->at & PATCH_HANDLER) l->handlers[p->at & ~PATCH_HANDLER].target = l->count;
        else write_u32(l, p->at, l->count - p->from);
        p->next = l->free_patch;
        l->free_patch = *list;
        *list = next;
    }
    forget_last(l);
}

static struct block *block_at(struct lower *l, uint32_t label) {
    return &l->blocks[l->depth - 1 - label];
}

/* Emits a target: of a loop backwards, else to be filled in. */
static void emit_target(struct lower *l, struct block *block, uint32_t from) {
    uint32_t at = l->count;
    emit_u32(l, block->start - from);
    if (block->op != WASM_OP_LOOP) add_patch(l, at, from, &block->patches);
}

uint32_t handler_label(struct lower *l, uint32_t label, uint32_t handler, uint32_t *target) {
    struct block *block = block_at(l, label);
    *target = block->start;
    if (block->op != WASM_OP_LOOP) add_patch(l, PATCH_HANDLER | handler, 0, &block->patches);
    return block->base;
}

/* --- Blocks --- */

static uint32_t slots_of_types(const wasm_valtype *types, uint32_t count) {
    uint32_t slots = 0;
    for (uint32_t i = 0; i < count; i++) slots += wasm_slots(types[i]);
    return slots;
}

static void push_types(struct lower *l, const wasm_valtype *types, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) (void)push_entry(l, ENTRY_SLOT, lower_type(l, types[i]));
}

void push_block(struct lower *l, const struct walk_op *op) {
    const struct walk_blocktype *type = &op->block;
    bool is_loop = op->op == WASM_OP_LOOP;
    if (!alloc_reserve(l->allocator, (void **)&l->blocks, &l->block_capacity, l->depth + 1,
                       sizeof *l->blocks)) {
        lower_fail(l, NACRE_NO_MEMORY, "out of memory while lowering");
        return;
    }
    uint32_t height = l->entry_count - type->param_count;
    const wasm_valtype *label = is_loop ? type->params : walk_results(type);
    uint32_t count = is_loop ? type->param_count : type->result_count;
    l->blocks[l->depth++] = (struct block){
        .op = op->op, .height = height, .start = l->count,
        .base = type->param_count ? l->entries[height].slot : l->next_slot,
        .label_count = count, .label_slots = slots_of_types(label, count)};
    forget_last(l);
}

LOWER(nothing) {
    (void)l;
    (void)op;
    (void)rule;
}

LOWER(unreachable) {
    (void)op;
    (void)rule;
    emit_op(l, IOP_UNREACHABLE);
}

LOWER(block) {
    (void)rule;
    bring_all_home(l);
    push_block(l, op);
}

/* All locals and operands are in their slots. */
static void note_loop(struct lower *l) {
    const struct block *block = &l->blocks[l->depth - 1];
    const struct func_code *code = &l->module->codes[l->func];
    if (!l->loops || l->status != NACRE_OK) return;
    loops_note(l->loops, l->allocator,
               &(struct code_loop){.at = code->units + l->count, .func = l->func,
                                   .offset = l->wasm_offset,
                                   .top = (uint16_t)(block->base + block->label_slots)});
}

LOWER(loop) {
    (void)rule;
    bring_all_home(l);
    end_segment(l);
    push_block(l, op);
    note_loop(l);
    begin_segment(l);
}

/* --- Conditions: a comparison that was just emitted becomes part of the branch --- */

struct condition {
    bool is_fused, is_acc, is_increment;
    uint32_t slot;
    struct last_op cmp;
    uint16_t addition[7]; /* that is taken into the branch */
};

static struct condition pop_condition(struct lower *l) {
    struct entry e = pop_entry(l);
    if (!is_in_acc(l, &e)) return (struct condition){.slot = slot_of(l, &e)};
    if (!is_last(l, LAST_CMP)) return (struct condition){.is_acc = true};
    struct last_op cmp = l->last;
    emit_rewind(l, cmp.global_at ? cmp.global_at - 1 : cmp.start);
    return (struct condition){.is_fused = true, .cmp = cmp};
}

/* Does the fused comparison ask for equality, of a global with a constant? */
static bool is_equal(const struct last_op *cmp) { return cmp->rule->iop == IOP_I32_EQ_SS_A; }

/* Was what is compared just made by adding a constant to a local, right before the branch? Then
 * that addition becomes part of it. The sum is still in the accumulator. */
static bool take_increment(struct lower *l, struct condition *c) {
    const struct increment *add = &l->increment;
    if (add->end == 0 || add->end != l->count) return false;
    if (c->is_acc && add->type == WASM_I32) { /* the local itself: is it 0? */
        c->is_acc = false;
        c->is_fused = true;
        c->cmp = (struct last_op){.mode = SOURCE_AI, .rule = &lower_rules[WASM_OP_I32_NE]};
    }
    if (!c->is_fused || c->cmp.global_at || add->type != c->cmp.rule->in) return false;
    if (c->cmp.mode != SOURCE_AS && c->cmp.mode != SOURCE_AI) return false;
    c->cmp.mode = c->cmp.mode == SOURCE_AS ? SOURCE_SS : SOURCE_SI;
    emit_rewind(l, add->start);
    return true;
}

/* Of an ADD_SI: op dst from constant. */
static uint32_t units_of_addition(const struct condition *c) {
    return c->cmp.rule->in == WASM_I64 ? 7 : 5;
}

/* Emits the branch up to its target, which the caller adds at the units returned. */
static uint32_t emit_condition(struct lower *l, struct condition *c, bool if_true) {
    enum { BRANCHES = 8, INCREMENTS = 12 }; /* behind the four pairs of a comparison's family */
    c->is_increment = take_increment(l, c);
    uint32_t start = l->count;
    if (c->is_increment) {
        const struct lower_rule *rule = if_true ? c->cmp.rule : &lower_rules[c->cmp.rule->inverse];
        memcpy(c->addition, l->units + start, units_of_addition(c) * sizeof *c->addition);
        emit_op(l, rule->iop + INCREMENTS + (c->cmp.mode == SOURCE_SI));
    } else if (c->is_fused && c->cmp.global_at) {
        emit_op(l, is_equal(&c->cmp) == if_true ? IOP_BR_GLOBAL_EQ : IOP_BR_GLOBAL_NE);
    } else if (c->is_fused) {
        const struct lower_rule *rule = if_true ? c->cmp.rule : &lower_rules[c->cmp.rule->inverse];
        emit_op(l, rule->iop + BRANCHES + c->cmp.mode);
    } else if (c->is_acc) {
        emit_op(l, if_true ? IOP_BR_IF_A : IOP_BR_UNLESS_A);
    } else {
        emit_op(l, if_true ? IOP_BR_IF_S : IOP_BR_UNLESS_S);
    }
    return start;
}

static void emit_condition_operands(struct lower *l, const struct condition *c) {
    if (!c->is_fused) {
        if (!c->is_acc) emit(l, c->slot);
        return;
    }
    if (c->cmp.global_at) emit_u32(l, c->cmp.global);
    enum source source = (enum source)c->cmp.mode;
    if (c->is_increment) {
        for (uint32_t i = 1; i < units_of_addition(c); i++) emit(l, c->addition[i]);
        if (source == SOURCE_SS) emit(l, c->cmp.b);
        else emit_constant(l, c->cmp.rule->in, c->cmp.value);
        return;
    }
    if (source == SOURCE_SS || source == SOURCE_SI) emit(l, c->cmp.a);
    if (source == SOURCE_SS || source == SOURCE_AS) emit(l, c->cmp.b);
    if (source == SOURCE_SI || source == SOURCE_AI)
        emit_constant(l, c->cmp.rule->in, c->cmp.value);
}

LOWER(if) {
    (void)rule;
    struct condition c = pop_condition(l);
    bring_all_home(l);
    uint32_t at = emit_condition(l, &c, false);
    uint32_t target = l->count;
    emit_u32(l, 0);
    emit_condition_operands(l, &c);
    push_block(l, op);
    add_patch(l, target, at, &l->blocks[l->depth - 1].else_patch);
    end_segment(l);
    begin_segment(l);
}

static void jump_to_end(struct lower *l, struct block *block) {
    uint32_t from = l->count;
    emit_op(l, IOP_BR);
    emit_target(l, block, from);
}

LOWER(else) {
    (void)rule;
    struct block *block = block_at(l, 0);
    if (op->is_live) {
        bring_home(l, op->block.result_count);
        jump_to_end(l, block);
    }
    end_segment(l);
    drop_to(l, block->height);
    bind(l, &block->else_patch);
    push_types(l, op->block.params, op->block.param_count);
    begin_segment(l);
}

static void return_home(struct lower *l, uint32_t base, uint32_t count, uint32_t slots);

LOWER(end) {
    (void)rule;
    struct block *block = block_at(l, 0);
    if (op->is_live) bring_home(l, op->block.result_count);
    end_segment(l);
    if (block->op == WASM_OP_TRY_TABLE) end_try(l, block);
    bool joins = block->op == WASM_OP_LOOP || block->patches || block->else_patch || op->is_live;
    drop_to(l, block->height);
    bind(l, &block->else_patch);
    bind(l, &block->patches);
    push_types(l, walk_results(&op->block), op->block.result_count);
    if (l->depth == 1) {
        if (joins) return_home(l, block->base, block->label_count, block->label_slots);
        l->depth = 0;
        return;
    }
    l->depth--;
    begin_segment(l);
}

/* --- Leaving the function --- */

static void return_home(struct lower *l, uint32_t base, uint32_t count, uint32_t slots) {
    emit_op(l, count == 0 ? IOP_RETURN_0 : slots == 1 ? IOP_RETURN_S : IOP_RETURN_N);
    emit(l, l->header);
    if (count != 0) emit(l, base);
    if (slots > 1) emit(l, slots);
}

/* Returns the topmost values, which stay on the stack. */
static void return_top(struct lower *l) {
    const struct block *function = &l->blocks[0];
    if (function->label_count == 0) {
        return_home(l, 0, 0, 0);
        return;
    }
    const struct entry *top = &l->entries[l->entry_count - 1];
    if (function->label_slots == 1 && is_whole_acc(l, top)) {
        emit_op(l, acc_of(top->type) == ACC_FLOAT ? IOP_RETURN_F : IOP_RETURN_A);
        emit(l, l->header);
    } else if (function->label_slots == 1) {
        return_home(l, slot_of(l, top), 1, 1);
    } else {
        bring_home(l, function->label_count);
        return_home(l, l->entries[l->entry_count - function->label_count].slot,
                    function->label_count, function->label_slots);
    }
}

LOWER(return) {
    (void)op;
    (void)rule;
    return_top(l);
}

/* --- Branches --- */

/* Do the topmost values have to be moved to where the label wants them? */
static bool needs_moves(const struct lower *l, const struct block *block) {
    if (block->label_count == 0) return false;
    return l->entries[l->entry_count - block->label_count].slot != block->base;
}

static void emit_moves(struct lower *l, const struct block *block) {
    const struct entry *first = &l->entries[l->entry_count - block->label_count];
    emit_op(l, IOP_MOVE);
    emit(l, block->base);
    emit(l, first->slot);
    emit(l, block->label_slots);
}

LOWER(br) {
    (void)rule;
    struct block *block = block_at(l, op->index);
    if (block == l->blocks) {
        return_top(l);
        return;
    }
    if (block->label_count == 1 && needs_moves(l, block)) {
        struct entry e = pop_entry(l);
        copy_to(l, &e, block->base);
        (void)push_entry(l, ENTRY_SLOT, e.type);
    } else {
        bring_home(l, block->label_count);
        if (needs_moves(l, block)) emit_moves(l, block);
    }
    jump_to_end(l, block);
}

/* Branches to a block with the topmost values, if the condition is (or is not) true. */
static void branch_if(struct lower *l, struct block *block, struct condition *c,
                      bool if_true) {
    bring_home(l, block->label_count);
    bool moves = needs_moves(l, block);
    uint32_t from = emit_condition(l, c, if_true != moves);
    uint32_t skip = 0;
    if (moves) {
        add_patch(l, l->count, from, &skip);
        emit_u32(l, 0);
    } else {
        emit_target(l, block, from);
    }
    emit_condition_operands(l, c);
    if (moves) {
        emit_moves(l, block);
        jump_to_end(l, block);
        bind(l, &skip);
    }
}

LOWER(br_if) {
    (void)rule;
    struct condition c = pop_condition(l);
    branch_if(l, block_at(l, op->index), &c, true);
    end_segment(l);
    begin_segment(l);
}

void branch_if_slot(struct lower *l, uint32_t label, uint32_t slot, bool if_true) {
    struct condition c = {.slot = slot};
    branch_if(l, block_at(l, label), &c, if_true);
    end_segment(l);
    begin_segment(l);
}

LOWER(br_on_null) {
    struct entry e = pop_entry(l);
    branch_if_slot(l, op->index, slot_of(l, &e), false);
    if (e.kind == ENTRY_LOCAL) {
        struct walk_op get = {.index = e.local, .type = op->type};
        lower_local_get(l, &get, rule);
    } else {
        (void)push_entry(l, ENTRY_SLOT, e.type);
    }
}

LOWER(br_on_non_null) {
    (void)rule;
    struct block *block = block_at(l, op->index);
    bring_home(l, block->label_count); /* the reference is the last of them */
    branch_if_slot(l, op->index, l->entries[l->entry_count - 1].slot, true);
    (void)pop_entry(l);
}

/* Code behind a br_table that carries the values to a label; one for each label. */
static void emit_table_moves(struct lower *l, struct block *block) {
    block->moves_epoch = l->epoch;
    block->moves_at = l->count;
    emit_moves(l, block);
    jump_to_end(l, block);
}

LOWER(br_table) {
    (void)rule;
    struct entry index = pop_entry(l);
    uint32_t slot = slot_of(l, &index);
    uint32_t count = op->index;
    bring_home(l, block_at(l, op->labels[count])->label_count);
    uint32_t from = l->count;
    emit_op(l, IOP_BR_TABLE);
    emit(l, slot);
    emit_u32(l, count);
    uint32_t targets = l->count;
    for (uint32_t i = 0; i <= count; i++) {
        struct block *block = block_at(l, op->labels[i]);
        if (needs_moves(l, block)) emit_u32(l, 0);
        else emit_target(l, block, from);
    }
    l->epoch++;
    for (uint32_t i = 0; i <= count; i++) {
        struct block *block = block_at(l, op->labels[i]);
        if (!needs_moves(l, block)) continue;
        if (block->moves_epoch != l->epoch) emit_table_moves(l, block);
        write_u32(l, targets + 2 * i, block->moves_at - from);
    }
}

/* --- Calls --- */

static void emit_record(struct lower *l, uint32_t units_after) {
    emit_u32(l, l->func);
    emit_u32(l, l->count + 2 + units_after);
}

static void finish_call(struct lower *l, const struct wasm_type *type) {
    uint32_t base = type->param_count ? l->entries[l->entry_count - type->param_count].slot
                                      : l->next_slot;
    emit_record(l, 1);
    emit(l, base);
    drop_to(l, l->entry_count - type->param_count);
    note_roots(l, l->count - 1);
    push_types(l, wasm_results(type), type->result_count);
}

LOWER(call) {
    (void)rule;
    bring_home(l, op->functype->param_count);
    settle_all(l);
    bool is_import = op->index < l->module->wasm.imported[WASM_EXTERN_FUNC];
    emit_op(l, is_import ? IOP_CALL_IMPORT : IOP_CALL);
    emit_u32(l, op->index);
    finish_call(l, op->functype);
}

LOWER(call_indirect) {
    (void)rule;
    struct entry e = pop_entry(l);
    uint32_t index = slot_of(l, &e);
    bring_home(l, op->functype->param_count);
    settle_all(l);
    emit_op(l, IOP_CALL_INDIRECT);
    emit(l, index);
    emit_u32(l, op->functype->id);
    emit_u32(l, op->index2);
    finish_call(l, op->functype);
}

LOWER(call_ref) {
    (void)rule;
    struct entry e = pop_entry(l);
    uint32_t ref = slot_of(l, &e);
    bring_home(l, op->functype->param_count);
    settle_all(l);
    emit_op(l, IOP_CALL_REF);
    emit(l, ref);
    finish_call(l, op->functype);
}

static void finish_tail_call(struct lower *l, const struct wasm_type *type) {
    uint32_t from = type->param_count ? l->entries[l->entry_count - type->param_count].slot
                                      : l->next_slot;
    emit(l, l->header);
    emit(l, from);
    emit(l, type->param_slots);
}

LOWER(return_call) {
    (void)rule;
    bring_home(l, op->functype->param_count);
    bool is_import = op->index < l->module->wasm.imported[WASM_EXTERN_FUNC];
    emit_op(l, is_import ? IOP_TAIL_IMPORT : IOP_TAIL_CALL);
    emit_u32(l, op->index);
    finish_tail_call(l, op->functype);
}

LOWER(return_call_indirect) {
    (void)rule;
    struct entry e = pop_entry(l);
    uint32_t index = slot_of(l, &e);
    bring_home(l, op->functype->param_count);
    emit_op(l, IOP_TAIL_INDIRECT);
    emit(l, index);
    emit_u32(l, op->functype->id);
    emit_u32(l, op->index2);
    finish_tail_call(l, op->functype);
}

LOWER(return_call_ref) {
    (void)rule;
    struct entry e = pop_entry(l);
    uint32_t ref = slot_of(l, &e);
    bring_home(l, op->functype->param_count);
    emit_op(l, IOP_TAIL_REF);
    emit(l, ref);
    finish_tail_call(l, op->functype);
}
