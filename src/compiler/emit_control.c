/* emit_control.c - blocks and branches. */
#include "compiler/emit.h"
#include "compiler/optimise.h"

/* --- Metering: the same segments as the interpreter's, so that fuel is the same --- */

LLVMValueRef take_fuel(struct emit *e, LLVMValueRef price) {
    const struct chunk *c = e->chunk;
    LLVMValueRef thread = load_context(e, HEAD(thread), c->ptr, true);
    LLVMValueRef slice = load_at(e, thread, offsetof(struct image_thread, slice), c->i64,
                                 c->tbaa_context);
    LLVMValueRef left = LLVMBuildSub(e->b, slice, price, "");
    LLVMValueRef store = store_at(e, left, thread, offsetof(struct image_thread, slice),
                                  c->tbaa_context);
    if (!e->compile->options.explicit_bounds) LLVMSetVolatile(store, true); /* faults need it */
    return left;
}

LLVMValueRef charge_fuel(struct emit *e) {
    struct chunk *c = e->chunk;
    LLVMValueRef left = take_fuel(e, const_i64(c, 1));
    LLVMBasicBlockRef more = new_block(e, "meter"), on = new_block(e, "paid");
    LLVMValueRef is_out = LLVMBuildICmp(e->b, LLVMIntSLT, left, const_i64(c, 0), "");
    LLVMSetMetadata(branch_unlikely(e, is_out, more, on), c->fuel_kind, c->invariant);
    go_to(e, more);
    call_plain(e, chunk_meter(c));
    LLVMBuildBr(e->b, on);
    go_to(e, on);
    return left;
}

void open_segment(struct emit *e) {
    if (!e->compile->options.metering) return;
    e->meter = charge_fuel(e);
    e->cost = 0;
}

void close_segment(struct emit *e) {
    if (!e->meter) return;
    LLVMSetOperand(e->meter, 1, const_i64(e->chunk, e->cost + e->entry_cost));
    e->meter = NULL;
    e->entry_cost = 0;
}

/* --- Branch hints --- */

static void next_hint(struct emit *e) {
    uint32_t offset;
    e->has_hint = wasm_hints_next(&e->hints, &offset, &e->is_hint_likely);
    if (e->has_hint) e->hint_offset = e->module->funcs[e->func].offset + offset;
}

void hint_branch(struct emit *e, LLVMValueRef branch) {
    while (e->has_hint && e->hint_offset < e->offset) next_hint(e);
    if (!e->has_hint || e->hint_offset != e->offset) return;
    const struct chunk *c = e->chunk;
    LLVMSetMetadata(branch, c->prof_kind, e->is_hint_likely ? c->likely : c->unlikely);
}

/* --- Phis --- */

static uint32_t add_phis(struct emit *e, LLVMBasicBlockRef block, const wasm_valtype *types,
                         uint32_t count) {
    uint32_t first = e->phi_count;
    if (!alloc_reserve(e->allocator, (void **)&e->phis, &e->phi_capacity, first + count + 1,
                       sizeof *e->phis)) {
        emit_fail(e, NACRE_NO_MEMORY, "out of memory while compiling");
        return 0;
    }
    LLVMBasicBlockRef here = LLVMGetInsertBlock(e->b);
    go_to(e, block);
    for (uint32_t i = 0; i < count; i++)
        e->phis[e->phi_count++] = LLVMBuildPhi(e->b, emit_type(e->chunk, types[i]), "");
    go_to(e, here);
    return first;
}

/* The topmost values come to the phis by an edge from `from`. */
static void add_incoming(struct emit *e, uint32_t phis, uint32_t count, LLVMBasicBlockRef from) {
    if (count > e->count) return; /* after a failure */
    for (uint32_t i = 0; i < count; i++)
        LLVMAddIncoming(e->phis[phis + i], &e->stack[e->count - count + i].v, &from, 1);
}

static void push_phis(struct emit *e, uint32_t phis, const wasm_valtype *types, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) push(e, e->phis[phis + i], types[i]);
}

/* --- Blocks --- */

static struct frame *frame_at(struct emit *e, uint32_t label) {
    return &e->frames[e->depth - 1 - label];
}

static LLVMBasicBlockRef label_block(const struct frame *f) {
    return f->op == WASM_OP_LOOP ? f->target : f->end;
}

static struct frame *push_frame(struct emit *e, uint16_t op, const struct walk_blocktype *type) {
    if (!alloc_reserve(e->allocator, (void **)&e->frames, &e->frame_capacity, e->depth + 1,
                       sizeof *e->frames)) {
        emit_fail(e, NACRE_NO_MEMORY, "out of memory while compiling");
        return NULL;
    }
    struct frame *f = &e->frames[e->depth++];
    *f = (struct frame){.op = op, .height = e->count - type->param_count,
                        .phi_base = e->phi_count, .label_count = type->result_count,
                        .param_count = type->param_count};
    f->end = new_block(e, "end");
    f->label_phis = f->result_phis =
        add_phis(e, f->end, walk_results(type), type->result_count);
    return f;
}

EMIT(nothing) {
    (void)e;
    (void)op;
    (void)rule;
}

EMIT(block) {
    (void)rule;
    (void)push_frame(e, op->op, &op->block);
}

/* A value of the state that a continuation begins with, at a slot that moves on. */
static LLVMValueRef load_state(struct emit *e, wasm_valtype type, uint32_t *slot) {
    LLVMValueRef value = load_at(e, thread_values(e), *slot * sizeof(uint64_t),
                                 emit_type(e->chunk, type), e->chunk->tbaa_context);
    *slot += wasm_slots(type);
    return value;
}

/* The loop that a continuation begins at: it is entered from the prologue as well, with locals and
 * operands as they are said to be. What stands before it is reached by outer loops only, which may
 * give an operand another value, and come past the loop with it: where it is used is seen when the
 * function has been walked. */
static void emit_arrival(struct emit *e) {
    struct roots *r = &e->roots;
    uint32_t slot = IMAGE_STATE_SLOT;
    LLVMBasicBlockRef arrive = new_block(e, "arrive"), join = new_block(e, "continue");
    LLVMBuildBr(e->b, join);
    LLVMSetSuccessor(LLVMGetBasicBlockTerminator(r->entry), 0, arrive);
    r->body = arrive;
    go_to(e, arrive);
    for (uint32_t i = 0; i < e->walk->local_count; i++) {
        LLVMValueRef value = load_state(e, e->walk->locals[i], &slot);
        LLVMBuildStore(e->b, value, e->locals[i]);
        note_local(e, i, value);
    }
    for (uint32_t i = 0; i < e->count; i++) {
        LLVMValueRef value = load_state(e, e->stack[i].type, &slot);
        if (!LLVMIsAInstruction(e->stack[i].v)) continue; /* a constant: it is the same */
        append(e, &e->carried, e->stack[i].v);
        append(e, &e->carried, value);
    }
    LLVMBuildBr(e->b, join);
    go_to(e, join);
    e->has_arrived = true;
}

void finish_arrival(struct emit *e) {
    for (uint32_t i = 0; i < e->carried.count; i += 2) {
        LLVMValueRef operand = e->carried.values[i], value = e->carried.values[i + 1];
        if (!LLVMGetFirstUse(operand)) continue;
        LLVMValueRef place = optimise_demote(operand);
        LLVMPositionBuilderBefore(e->b,
                                  LLVMGetBasicBlockTerminator(LLVMGetInstructionParent(value)));
        LLVMBuildStore(e->b, value, place);
    }
}

EMIT(loop) {
    (void)rule;
    close_segment(e);
    if (e->compile->options.continues && e->offset == e->compile->options.loop)
        emit_arrival(e);
    struct frame *f = push_frame(e, op->op, &op->block);
    if (!f) return;
    LLVMBasicBlockRef from = LLVMGetInsertBlock(e->b);
    f->target = new_block(e, "loop");
    f->label_count = op->block.param_count;
    f->label_phis = add_phis(e, f->target, op->block.params, op->block.param_count);
    LLVMBuildBr(e->b, f->target);
    add_incoming(e, f->label_phis, f->label_count, from);
    go_to(e, f->target);
    e->count = f->height;
    push_phis(e, f->label_phis, op->block.params, op->block.param_count);
    forget_kept(e);
    open_segment(e);
}

static LLVMValueRef is_true(struct emit *e, LLVMValueRef condition) {
    return LLVMBuildICmp(e->b, LLVMIntNE, condition, const_i32(e->chunk, 0), "");
}

/* Keeps an if's params for its other branch. */
static uint32_t keep_params(struct emit *e, uint32_t count) {
    uint32_t first = e->phi_count;
    if (count > e->count || !alloc_reserve(e->allocator, (void **)&e->phis, &e->phi_capacity,
                                           first + count + 1, sizeof *e->phis)) {
        emit_fail(e, NACRE_NO_MEMORY, "out of memory while compiling");
        return 0;
    }
    for (uint32_t i = 0; i < count; i++)
        e->phis[e->phi_count++] = e->stack[e->count - count + i].v;
    return first;
}

EMIT(if) {
    (void)rule;
    LLVMValueRef condition = is_true(e, pop(e));
    close_segment(e);
    struct frame *f = push_frame(e, op->op, &op->block);
    if (!f) return;
    f->params = keep_params(e, op->block.param_count);
    LLVMBasicBlockRef then = new_block(e, "then");
    f->target = new_block(e, "else");
    hint_branch(e, LLVMBuildCondBr(e->b, condition, then, f->target));
    go_to(e, then);
    open_segment(e);
}

/* Control falls out of a block. */
static void fall_out(struct emit *e, const struct frame *f, uint32_t result_count) {
    add_incoming(e, f->result_phis, result_count, LLVMGetInsertBlock(e->b));
    LLVMBuildBr(e->b, f->end);
}

EMIT(else) {
    (void)rule;
    struct frame *f = frame_at(e, 0);
    if (op->is_live) fall_out(e, f, op->block.result_count);
    close_segment(e);
    go_to(e, f->target);
    f->target = NULL;
    e->count = f->height;
    push_phis(e, f->params, op->block.params, op->block.param_count);
    forget_kept(e);
    open_segment(e);
}

/* A block that no edge leads to has no phis: nothing after it runs. */
static void drop_phis(struct emit *e, const struct frame *f, const struct walk_blocktype *type) {
    for (uint32_t i = 0; i < type->result_count; i++) {
        LLVMValueRef phi = e->phis[f->result_phis + i];
        if (LLVMCountIncoming(phi) > 0) continue;
        LLVMReplaceAllUsesWith(phi, LLVMGetPoison(LLVMTypeOf(phi)));
        e->phis[f->result_phis + i] = LLVMGetPoison(LLVMTypeOf(phi));
        LLVMInstructionEraseFromParent(phi);
    }
}

EMIT(end) {
    (void)rule;
    struct frame *f = frame_at(e, 0);
    if (op->is_live) fall_out(e, f, op->block.result_count);
    close_segment(e);
    if (f->op == WASM_OP_IF && f->target) { /* without else: its params are its results */
        go_to(e, f->target);
        e->count = f->height;
        push_phis(e, f->params, op->block.params, op->block.param_count);
        fall_out(e, f, op->block.result_count);
    }
    close_handlers(e);
    go_to(e, f->end);
    forget_kept(e);
    drop_phis(e, f, &op->block);
    e->count = f->height;
    push_phis(e, f->result_phis, walk_results(&op->block), op->block.result_count);
    e->phi_count = f->phi_base;
    if (--e->depth == 0) emit_results(e);
    else open_segment(e);
}

/* --- Branches --- */

EMIT(unreachable) {
    (void)op;
    (void)rule;
    trap_now(e, NACRE_TRAP_UNREACHABLE);
}

void branch_to(struct emit *e, uint32_t label) {
    struct frame *f = frame_at(e, label);
    add_incoming(e, f->label_phis, f->label_count, LLVMGetInsertBlock(e->b));
    LLVMBuildBr(e->b, label_block(f));
}

EMIT(br) {
    (void)rule;
    branch_to(e, op->index);
}

/* Branches with the topmost values if an i1 is true. */
LLVMValueRef branch_if(struct emit *e, LLVMValueRef condition, uint32_t label) {
    struct frame *f = frame_at(e, label);
    LLVMBasicBlockRef on = new_block(e, "on");
    add_incoming(e, f->label_phis, f->label_count, LLVMGetInsertBlock(e->b));
    LLVMValueRef branch = LLVMBuildCondBr(e->b, condition, label_block(f), on);
    close_segment(e);
    go_to(e, on);
    open_segment(e);
    return branch;
}

EMIT(br_if) {
    (void)rule;
    LLVMValueRef condition = is_true(e, pop(e));
    hint_branch(e, branch_if(e, condition, op->index));
}

EMIT(br_table) {
    (void)rule;
    LLVMValueRef index = pop(e);
    LLVMBasicBlockRef from = LLVMGetInsertBlock(e->b);
    struct frame *otherwise = frame_at(e, op->labels[op->index]);
    LLVMValueRef branch = LLVMBuildSwitch(e->b, index, label_block(otherwise), op->index);
    add_incoming(e, otherwise->label_phis, otherwise->label_count, from);
    for (uint32_t i = 0; i < op->index; i++) {
        struct frame *f = frame_at(e, op->labels[i]);
        LLVMAddCase(branch, const_i32(e->chunk, i), label_block(f));
        add_incoming(e, f->label_phis, f->label_count, from);
    }
}

/* A return is a branch out of the outermost block. */
EMIT(return) {
    (void)op;
    (void)rule;
    branch_to(e, e->depth - 1);
}

/* --- References --- */

EMIT(br_on_null) {
    (void)rule;
    LLVMValueRef ref = pop(e);
    LLVMValueRef is_null = LLVMBuildICmp(e->b, LLVMIntEQ, ref, const_i32(e->chunk, 0), "");
    (void)branch_if(e, is_null, op->index);
    push(e, ref, op->type);
}

EMIT(br_on_non_null) {
    (void)rule;
    if (e->count == 0) return; /* after a failure */
    LLVMValueRef ref = e->stack[e->count - 1].v;
    (void)branch_if(e, is_true(e, ref), op->index);
    (void)pop(e);
}

/* --- The body --- */

/* LLVM values of params that came in registers, or by way of the thread, as abi.h says. */
static void make_locals(struct emit *e, const struct walk *walk, uint32_t param_count) {
    for (uint32_t i = 0; i < walk->local_count; i++) {
        e->local_types[i] = emit_type(e->chunk, walk->locals[i]);
        e->locals[i] = LLVMBuildAlloca(e->b, e->local_types[i], "");
    }
    for (uint32_t i = param_count; i < walk->local_count; i++)
        LLVMBuildStore(e->b, LLVMConstNull(e->local_types[i]), e->locals[i]);
}

/* Where nobody hears of faults, and what is below the stack may belong to somebody. The frame is
 * there by now; what is written to it before this is within the space for that. */
static void check_stack(struct emit *e) {
    const struct chunk *c = e->chunk;
    LLVMTypeRef type = c->ptr;
    LLVMValueRef thread = load_context(e, HEAD(thread), c->ptr, true);
    LLVMValueRef low =
        load_at(e, thread, offsetof(struct image_thread, stack_low), c->ptr, c->tbaa_context);
    LLVMValueRef sp = intrinsic_of(e, "llvm.stacksave", &type, 1, NULL, 0);
    trap_if(e, LLVMBuildICmp(e->b, LLVMIntULT, sp, low, ""), NACRE_TRAP_STACK_EXHAUSTED);
}

void begin_body(struct emit *e, const struct walk *walk) {
    const struct wasm_type *type = wasm_func_type(e->module, e->func);
    e->offset = (uint32_t)reader_offset(&walk->r); /* of its first instruction */
    LLVMMetadataRef at =
        LLVMDIBuilderCreateDebugLocation(e->chunk->context, e->offset, 0, e->scope, NULL);
    LLVMSetCurrentDebugLocation2(e->b, at);
    e->walk = walk;
    go_to(e, LLVMAppendBasicBlockInContext(e->chunk->context, e->function, "entry"));
    make_locals(e, walk, type->param_count);
    if (e->compile->options.explicit_bounds) check_stack(e);
    load_params(e, type);
    begin_roots(e, walk);
    uint32_t slots = 0;
    for (uint32_t i = type->param_count; i < walk->local_count; i++)
        slots += wasm_slots(walk->locals[i]);
    e->entry_cost = slots / 8; /* as the interpreter pays for clearing them */
    struct walk_blocktype block = walk->frames[0].type;
    e->hints = wasm_func_hints(e->module, e->func);
    next_hint(e);
    (void)push_frame(e, WASM_OP_NONE, &block);
    open_segment(e);
}
