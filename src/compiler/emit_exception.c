/*
 * emit_exception.c - throwing and catching.
 *
 * Whoever throws sets thread->exception; behind every call code looks there, and goes to the
 * innermost try_table around it, or returns to its caller, which does the same. Code of a module
 * without exceptions looks nowhere.
 *
 * Where an exception comes into the function it is paid for as in the interpreter. Then a block
 * that a try_table has for it, made when somebody goes there, looks for a clause. The function
 * itself has one as well, to return by.
 */
#include "compiler/emit.h"

static struct frame *innermost_try(struct emit *e, uint32_t depth) {
    while (depth > 1 && e->frames[depth - 1].op != WASM_OP_TRY_TABLE) depth--;
    return &e->frames[depth - 1];
}

static LLVMBasicBlockRef dispatch_of(struct emit *e, struct frame *f) {
    if (!f->dispatch) f->dispatch = new_block(e, "dispatch");
    return f->dispatch;
}

/* An exception comes into the function. What is looked through is paid for (see
 * exec/interp/interp_exception.c); the price is known in the end. */
static void arrive(struct emit *e) {
    if (e->compile->options.metering) append(e, &e->arrivals, charge_fuel(e));
    LLVMBuildBr(e->b, dispatch_of(e, innermost_try(e, e->depth)));
}

static LLVMValueRef exception_at(struct emit *e) {
    LLVMValueRef thread = load_context(e, HEAD(thread), e->chunk->ptr, true),
                 offset = const_i64(e->chunk, offsetof(struct image_thread, exception));
    return LLVMBuildInBoundsGEP2(e->b, e->chunk->i8, thread, &offset, 1, "");
}

static LLVMValueRef load_exception(struct emit *e) {
    return load_at(e, exception_at(e), 0, e->chunk->i32, e->chunk->tbaa_context);
}

void check_exception(struct emit *e) {
    if (!e->compile->has_exceptions || e->depth == 0) return; /* 0: a thunk leaves it as it is */
    LLVMBasicBlockRef thrown = new_block(e, "thrown"), on = new_block(e, "on");
    LLVMValueRef is_thrown =
        LLVMBuildICmp(e->b, LLVMIntNE, load_exception(e), const_i32(e->chunk, 0), "");
    branch_unlikely(e, is_thrown, thrown, on);
    go_to(e, thrown);
    arrive(e);
    go_to(e, on);
}

/* --- Throwing --- */

/* The values go by way of thread->values, which nobody else uses meanwhile. */
EMIT(throw) {
    (void)rule;
    const struct wasm_type *type = op->functype;
    if (e->count < type->param_count) return; /* after a failure */
    LLVMValueRef args[2] = {const_i32(e->chunk, op->index), thread_values(e)};
    const struct value *values = &e->stack[e->count - type->param_count];
    uint32_t slot = 0;
    keep_roots(e, 0);
    for (uint32_t i = 0; i < type->param_count; i++) {
        wasm_valtype t = wasm_params(type)[i];
        LLVMValueRef value = wasm_slots(t) == 1 ? to_slot(e, values[i].v, t) : values[i].v;
        store_at(e, value, args[1], slot * sizeof(uint64_t), e->chunk->tbaa_context);
        slot += wasm_slots(t);
    }
    (void)call_helper(e, IMAGE_HELPER_THROW, args, 2);
    arrive(e);
}

EMIT(throw_ref) {
    (void)op;
    (void)rule;
    LLVMValueRef ref = pop(e);
    (void)call_helper(e, IMAGE_HELPER_THROW_REF, &ref, 1);
    arrive(e);
}

/* --- Catching --- */

EMIT(try_table) {
    (void)rule;
    uint32_t first = e->catch_count;
    if (!alloc_reserve(e->allocator, (void **)&e->catches, &e->catch_capacity, first + op->index,
                       sizeof *e->catches)) {
        emit_fail(e, NACRE_NO_MEMORY, "out of memory while compiling");
        return;
    }
    for (uint32_t i = 0; i < op->index; i++) e->catches[e->catch_count++] = op->catches[i];
    emit_block(e, op, rule);
    if (e->status != NACRE_OK) return;
    e->frames[e->depth - 1].catch_base = first;
    e->frames[e->depth - 1].catch_count = op->index;
    e->handler_count += op->index;
}

/* Pushes what the clause gives its label. */
static void push_caught(struct emit *e, const struct walk_catch *c, LLVMValueRef ref) {
    const struct chunk *chunk = e->chunk;
    if (walk_catch_has_tag(c)) {
        const struct wasm_type *type =
            wasm_type_get(e->module->registry, e->module->tags[c->tag]);
        LLVMValueRef object = object_at(e, ref);
        uint64_t at = offsetof(struct image_object, bytes);
        for (uint32_t i = 0; i < type->param_count; i++) {
            wasm_valtype t = wasm_params(type)[i];
            push(e, load_at(e, object, at, emit_type(chunk, t), chunk->tbaa_heap), t);
            at += wasm_slots(t) * sizeof(uint64_t);
        }
    }
    if (walk_catch_has_ref(c)) push(e, ref, WASM_REFTYPE(false, WASM_HEAP_EXN));
}

static void emit_clause(struct emit *e, const struct walk_catch *c, LLVMValueRef ref) {
    LLVMBasicBlockRef next = NULL;
    if (walk_catch_has_tag(c)) {
        LLVMBasicBlockRef here = new_block(e, "catch");
        LLVMValueRef args[2] = {ref, const_i32(e->chunk, c->tag)};
        LLVMValueRef is_it = call_helper(e, IMAGE_HELPER_EXCEPTION_IS, args, 2);
        next = new_block(e, "next");
        LLVMBuildCondBr(e->b, LLVMBuildICmp(e->b, LLVMIntNE, is_it, const_i32(e->chunk, 0), ""),
                        here, next);
        go_to(e, here);
    }
    uint32_t count = e->count;
    push_caught(e, c, ref);
    LLVMValueRef none = LLVMBuildStore(e->b, const_i32(e->chunk, 0), exception_at(e));
    LLVMSetMetadata(none, e->chunk->tbaa_kind, e->chunk->tbaa_context);
    branch_to(e, c->label + 1); /* from outside of the try_table, which is still open */
    e->count = count;
    if (next) go_to(e, next);
}

/* No clause behind one that catches all is ever asked. */
static void emit_clauses(struct emit *e, const struct frame *f) {
    LLVMValueRef ref = load_exception(e);
    for (uint32_t i = 0; i < f->catch_count; i++) {
        const struct walk_catch *c = &e->catches[f->catch_base + i];
        emit_clause(e, c, ref);
        if (!walk_catch_has_tag(c)) return;
    }
    LLVMBuildBr(e->b, dispatch_of(e, innermost_try(e, e->depth - 1)));
}

/* To the caller, without results. */
static void emit_leaving(struct emit *e) {
    LLVMTypeRef type = LLVMGetReturnType(LLVMGlobalGetValueType(e->function));
    note_exit(e, type == e->chunk->nothing ? LLVMBuildRetVoid(e->b)
                                           : LLVMBuildRet(e->b, LLVMGetPoison(type)));
}

void close_handlers(struct emit *e) {
    struct frame *f = &e->frames[e->depth - 1];
    if (f->dispatch) {
        go_to(e, f->dispatch);
        if (e->depth == 1) emit_leaving(e);
        else emit_clauses(e, f);
    }
    if (f->op == WASM_OP_TRY_TABLE) e->catch_count = f->catch_base;
}

void finish_handlers(struct emit *e) {
    enum { ROWS_FOR_ONE = 8 };
    LLVMValueRef price = const_i64(e->chunk, 1 + e->handler_count / ROWS_FOR_ONE);
    for (uint32_t i = 0; i < e->arrivals.count; i++)
        LLVMSetOperand(e->arrivals.values[i], 1, price);
}
