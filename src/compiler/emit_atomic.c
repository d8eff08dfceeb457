/* emit_atomic.c - atomic accesses, waiting and notifying (the threads proposal). All accesses are
 * sequentially consistent. */
#include "compiler/emit.h"

enum { ORDER = LLVMAtomicOrderingSequentiallyConsistent };

/* rule->type: what is in memory, as enum emit_width; rule->to: the value's type. */
static LLVMTypeRef stored_type(const struct chunk *c, const struct emit_rule *rule) {
    switch ((enum emit_width)rule->type) {
    case WIDTH_8: return c->i8;
    case WIDTH_16: return c->i16;
    case WIDTH_32: return c->i32;
    default: return emit_type(c, rule->to);
    }
}

/* An address must be a multiple of the size. One that is out of bounds as well traps for that: so
 * does an ordinary access, which is how guard pages are asked. */
static void check_alignment(struct emit *e, const struct walk_op *op, LLVMValueRef address,
                            LLVMTypeRef type) {
    const struct chunk *c = e->chunk;
    uint32_t bytes = LLVMGetIntTypeWidth(type) / 8;
    if (bytes == 1) return;
    LLVMValueRef number = LLVMBuildPtrToInt(e->b, address, c->i64, "");
    LLVMValueRef low = LLVMBuildAnd(e->b, number, const_i64(c, bytes - 1), "");
    LLVMBasicBlockRef unaligned = new_block(e, "unaligned"), on = new_block(e, "on");
    branch_unlikely(e, LLVMBuildICmp(e->b, LLVMIntNE, low, const_i64(c, 0), ""), unaligned, on);
    go_to(e, unaligned);
    (void)load_memory(e, op, type, address);
    trap_now(e, NACRE_TRAP_UNALIGNED_ATOMIC);
    go_to(e, on);
}

static LLVMValueRef pop_address(struct emit *e, const struct walk_op *op, LLVMTypeRef type) {
    LLVMValueRef address = emit_address(e, op, pop(e), LLVMGetIntTypeWidth(type) / 8);
    check_alignment(e, op, address, type);
    return address;
}

static void describe_access(LLVMValueRef access, LLVMTypeRef type) {
    LLVMSetAlignment(access, LLVMGetIntTypeWidth(type) / 8);
    LLVMSetVolatile(access, true); /* or one whose result nobody uses is lost, with its trap */
}

static LLVMValueRef pop_part(struct emit *e, LLVMTypeRef type) {
    return LLVMBuildIntCast2(e->b, pop(e), type, false, "");
}

static void push_part(struct emit *e, LLVMValueRef value, uint8_t to) {
    push(e, LLVMBuildIntCast2(e->b, value, emit_type(e->chunk, to), false, ""), to);
}

EMIT(atomic_load) {
    LLVMTypeRef type = stored_type(e->chunk, rule);
    LLVMValueRef value = LLVMBuildLoad2(e->b, type, pop_address(e, op, type), "");
    LLVMSetOrdering(value, (LLVMAtomicOrdering)ORDER);
    describe_access(value, type);
    push_part(e, value, rule->to);
}

EMIT(atomic_store) {
    LLVMTypeRef type = stored_type(e->chunk, rule);
    LLVMValueRef value = pop_part(e, type);
    LLVMValueRef store = LLVMBuildStore(e->b, value, pop_address(e, op, type));
    LLVMSetOrdering(store, (LLVMAtomicOrdering)ORDER);
    describe_access(store, type);
}

/* rule->kind: LLVM's operation */
EMIT(atomic_modify) {
    LLVMTypeRef type = stored_type(e->chunk, rule);
    LLVMValueRef value = pop_part(e, type);
    LLVMValueRef address = pop_address(e, op, type);
    LLVMValueRef found = LLVMBuildAtomicRMW(e->b, (LLVMAtomicRMWBinOp)rule->kind, address, value,
                                            (LLVMAtomicOrdering)ORDER, false);
    describe_access(found, type);
    push_part(e, found, rule->to);
}

/* What is expected is wrapped to the width, too. */
EMIT(atomic_compare) {
    LLVMTypeRef type = stored_type(e->chunk, rule);
    LLVMValueRef value = pop_part(e, type);
    LLVMValueRef expected = pop_part(e, type);
    LLVMValueRef address = pop_address(e, op, type);
    LLVMValueRef found =
        LLVMBuildAtomicCmpXchg(e->b, address, expected, value, (LLVMAtomicOrdering)ORDER,
                               (LLVMAtomicOrdering)ORDER, false);
    describe_access(found, type);
    push_part(e, LLVMBuildExtractValue(e->b, found, 0, ""), rule->to);
}

EMIT(atomic_fence) {
    (void)op;
    (void)rule;
    LLVMBuildFence(e->b, (LLVMAtomicOrdering)ORDER, false, "");
}

/* --- Waiting: helpers look at the address --- */

/* With the offset; a sum that wraps becomes one that no memory reaches. */
static LLVMValueRef pop_full_address(struct emit *e, const struct walk_op *op) {
    const struct chunk *c = e->chunk;
    LLVMValueRef index = pop(e), offset = const_i64(c, op->value);
    if (!e->module->memories[op->memory].is64)
        return LLVMBuildAdd(e->b, LLVMBuildZExt(e->b, index, c->i64, ""), offset, "");
    LLVMValueRef args[2] = {index, offset};
    return intrinsic(e, "llvm.uadd.sat", c->i64, args, 2);
}

EMIT(atomic_notify) {
    (void)rule;
    LLVMValueRef count = pop(e);
    LLVMValueRef address = pop_full_address(e, op);
    LLVMValueRef args[] = {const_i32(e->chunk, op->memory), address, count};
    push(e, call_helper(e, IMAGE_HELPER_MEMORY_NOTIFY, args, 3), WASM_I32);
}

/* rule->kind: the helper */
EMIT(atomic_wait) {
    LLVMValueRef timeout = pop(e);
    LLVMValueRef expected = pop(e);
    LLVMValueRef address = pop_full_address(e, op);
    LLVMValueRef args[] = {const_i32(e->chunk, op->memory), address, expected, timeout};
    push(e, call_helper(e, (enum image_helper)rule->kind, args, 4), WASM_I32);
}
