/* emit_memory.c - linear memories. */
#include "compiler/emit.h"

/* --- Addresses --- */

/* A memory's descriptor: in the context itself, or where that points to. */
static LLVMValueRef memory_at(struct emit *e, uint32_t memory) {
    uint64_t distance = image_at_memory(e->module, memory);
    if (memory < e->module->imported[WASM_EXTERN_MEMORY])
        return load_context(e, distance, e->chunk->ptr, true);
    return context_at(e, distance);
}

/* Its first byte, which never moves. */
static LLVMValueRef memory_base(struct emit *e, uint32_t memory) {
    const struct chunk *c = e->chunk;
    bool is_own = e->module->imported[WASM_EXTERN_MEMORY] == 0;
    if (memory == 0) return is_own ? e->context : load_context(e, HEAD(memory), c->ptr, true);
    LLVMValueRef base = load_at(e, memory_at(e, memory), offsetof(struct image_memory, base),
                                c->ptr, c->tbaa_context);
    LLVMSetMetadata(base, c->invariant_kind, c->invariant);
    return base;
}

static LLVMValueRef memory_index(struct emit *e, uint32_t memory, LLVMValueRef index) {
    if (e->module->memories[memory].is64) return index;
    return LLVMBuildZExt(e->b, index, e->chunk->i64, "");
}

/* Does code have to check, or do guard pages? */
static bool is_checked(const struct emit *e, uint32_t memory) {
    return e->compile->options.explicit_bounds || e->module->memories[memory].is64;
}

/* Its size, which is never less than in the beginning. */
static LLVMValueRef memory_size(struct emit *e, uint32_t memory) {
    struct chunk *c = e->chunk;
    LLVMValueRef size = load_at(e, memory_at(e, memory), offsetof(struct image_memory, size),
                                c->i64, c->tbaa_context);
    uint64_t least = e->module->memories[memory].min * WASM_PAGE_SIZE;
    LLVMMetadataRef range[2] = {LLVMValueAsMetadata(const_i64(c, least)),
                                LLVMValueAsMetadata(const_i64(c, UINT64_C(1) << 62))};
    LLVMSetMetadata(size, c->range_kind,
                    LLVMMetadataAsValue(c->context, LLVMMDNodeInContext2(c->context, range, 2)));
    return size;
}

/* A shared memory may have grown: what its descriptor says may be old. */
static void check_again(struct emit *e, uint32_t memory, LLVMValueRef end) {
    LLVMValueRef arg = const_i32(e->chunk, memory);
    LLVMValueRef pages = call_helper(e, IMAGE_HELPER_MEMORY_SIZE, &arg, 1);
    LLVMValueRef size = LLVMBuildMul(e->b, pages, const_i64(e->chunk, WASM_PAGE_SIZE), "");
    trap_if(e, LLVMBuildICmp(e->b, LLVMIntUGT, end, size, ""), NACRE_TRAP_MEMORY_BOUNDS);
}

static void check_end(struct emit *e, uint32_t memory, LLVMValueRef end) {
    LLVMValueRef is_out = LLVMBuildICmp(e->b, LLVMIntUGT, end, memory_size(e, memory), "");
    if (!e->module->memories[memory].is_shared) {
        LLVMValueRef branch = trap_if(e, is_out, NACRE_TRAP_MEMORY_BOUNDS);
        if (memory == 0) LLVMSetMetadata(branch, e->chunk->check_kind, e->chunk->invariant);
        return;
    }
    LLVMBasicBlockRef look = new_block(e, "look"), on = new_block(e, "on");
    branch_unlikely(e, is_out, look, on);
    go_to(e, look);
    check_again(e, memory, end);
    LLVMBuildBr(e->b, on);
    go_to(e, on);
}

/* index + offset + bytes, of a 64-bit index: a sum that wraps is out of bounds. */
static LLVMValueRef add_checked(struct emit *e, LLVMValueRef index, uint64_t more) {
    const struct chunk *c = e->chunk;
    LLVMValueRef args[2] = {index, const_i64(c, more)};
    LLVMValueRef sum = intrinsic(e, "llvm.uadd.with.overflow", c->i64, args, 2);
    trap_if(e, LLVMBuildExtractValue(e->b, sum, 1, ""), NACRE_TRAP_MEMORY_BOUNDS);
    return LLVMBuildExtractValue(e->b, sum, 0, "");
}

LLVMValueRef emit_address(struct emit *e, const struct walk_op *op, LLVMValueRef index,
                          uint32_t bytes) {
    const struct chunk *c = e->chunk;
    bool is64 = e->module->memories[op->memory].is64;
    index = memory_index(e, op->memory, index);
    LLVMValueRef base = memory_base(e, op->memory), offset = const_i64(c, op->value);
    if (is64) {
        /* No memory reaches as far: what is added to it can't wrap then. */
        LLVMValueRef start = add_checked(e, index, op->value);
        check_end(e, op->memory, add_checked(e, start, bytes));
        return LLVMBuildInBoundsGEP2(e->b, c->i8, base, &start, 1, "");
    }
    if (is_checked(e, op->memory))
        check_end(e, op->memory,
                  LLVMBuildNUWAdd(e->b, index, const_i64(c, op->value + bytes), ""));
    else e->may_fault = true;
    LLVMValueRef at = LLVMBuildGEPWithNoWrapFlags(e->b, c->i8, base, &index, 1, "",
                                                  LLVMGEPFlagInBounds | LLVMGEPFlagNUW);
    return op->value ? LLVMBuildGEPWithNoWrapFlags(e->b, c->i8, at, &offset, 1, "",
                                                   LLVMGEPFlagInBounds | LLVMGEPFlagNUW)
                     : at;
}

/* --- Loads and stores --- */

/* What other threads write is seen: a program's volatile variable is an ordinary one here, and a
 * loop that waits for it must end. */
static void describe_access(struct emit *e, const struct walk_op *op, LLVMValueRef access) {
    const struct wasm_limits *limits = &e->module->memories[op->memory];
    LLVMSetAlignment(access, 1);
    LLVMSetMetadata(access, e->chunk->tbaa_kind, e->chunk->tbaa_memory);
    if (op->memory == 0 && !limits->is64 && !limits->is_shared)
        LLVMSetMetadata(access, e->chunk->access_kind, e->chunk->invariant);
    if (!is_checked(e, op->memory) || limits->is_shared) LLVMSetVolatile(access, true);
}

LLVMValueRef load_memory(struct emit *e, const struct walk_op *op, LLVMTypeRef type,
                         LLVMValueRef address) {
    LLVMValueRef value = LLVMBuildLoad2(e->b, type, address, "");
    describe_access(e, op, value);
    return value;
}

LLVMValueRef store_memory(struct emit *e, const struct walk_op *op, LLVMValueRef value,
                          LLVMValueRef address) {
    LLVMValueRef store = LLVMBuildStore(e->b, value, address);
    describe_access(e, op, store);
    return store;
}

/* rule->type: what is in memory, as enum width; rule->to: the value's type. */
static LLVMTypeRef stored_type(const struct chunk *c, const struct emit_rule *rule) {
    switch ((enum emit_width)rule->type) {
    case WIDTH_8: return c->i8;
    case WIDTH_16: return c->i16;
    case WIDTH_32: return c->i32;
    default: return emit_type(c, rule->to);
    }
}

static uint32_t bytes_of(LLVMTypeRef type, const struct chunk *c) {
    if (type == c->v128) return 16;
    if (type == c->i64 || type == c->f64) return 8;
    if (type == c->i32 || type == c->f32) return 4;
    return type == c->i16 ? 2 : 1;
}

EMIT(load) {
    const struct chunk *c = e->chunk;
    LLVMTypeRef type = stored_type(c, rule), wanted = emit_type(c, rule->to);
    LLVMValueRef address = emit_address(e, op, pop(e), bytes_of(type, c));
    LLVMValueRef value = load_memory(e, op, type, address);
    if (type != wanted)
        value = rule->kind == LLVMSExt ? LLVMBuildSExt(e->b, value, wanted, "")
                                       : LLVMBuildZExt(e->b, value, wanted, "");
    push(e, value, rule->to);
}

EMIT(store) {
    const struct chunk *c = e->chunk;
    LLVMTypeRef type = stored_type(c, rule), given = emit_type(c, rule->to);
    LLVMValueRef value = pop(e);
    LLVMValueRef address = emit_address(e, op, pop(e), bytes_of(type, c));
    if (type != given) value = LLVMBuildTrunc(e->b, value, type, "");
    (void)store_memory(e, op, value, address);
}

/* --- Whole memories --- */

static void push_pages(struct emit *e, LLVMValueRef value, uint32_t memory) {
    const struct wasm_limits *limits = &e->module->memories[memory];
    if (!limits->is64) value = LLVMBuildTrunc(e->b, value, e->chunk->i32, "");
    push(e, value, walk_address(limits));
}

EMIT(memory_size) {
    (void)rule;
    LLVMValueRef memory = const_i32(e->chunk, op->memory);
    if (e->module->memories[op->memory].is_shared) {
        push_pages(e, call_helper(e, IMAGE_HELPER_MEMORY_SIZE, &memory, 1), op->memory);
        return;
    }
    LLVMValueRef page = const_i64(e->chunk, WASM_PAGE_SIZE);
    push_pages(e, LLVMBuildUDiv(e->b, memory_size(e, op->memory), page, ""), op->memory);
}

EMIT(memory_grow) {
    (void)rule;
    LLVMValueRef args[] = {const_i32(e->chunk, op->memory), memory_index(e, op->memory, pop(e))};
    push_pages(e, call_helper(e, IMAGE_HELPER_MEMORY_GROW, args, 2), op->memory);
}

/* What is done in the code itself: larger pieces look at the deadline now and then. */
enum { INLINE_MAX = 1 << 16 };

/* Bytes are fuel, which is owed until the next segment begins (exec/bulk.h). */
static void charge_bytes(struct emit *e, LLVMValueRef size) {
    if (!e->compile->options.metering) return;
    LLVMValueRef price = LLVMBuildLShr(e->b, size, const_i64(e->chunk, IMAGE_FUEL_SHIFT), "");
    (void)take_fuel(e, price);
}

/* An i1: a range of a memory is small enough, and in bounds. It may be false for one that is in
 * bounds of a shared memory, which may have grown. */
static LLVMValueRef is_inside(struct emit *e, uint32_t memory, LLVMValueRef at,
                              LLVMValueRef size) {
    LLVMValueRef end = LLVMBuildNUWAdd(e->b, at, size, "");
    return LLVMBuildICmp(e->b, LLVMIntULE, end, memory_size(e, memory), "");
}

static bool is_inline(const struct emit *e, uint32_t memory) {
    return !e->module->memories[memory].is64;
}

static LLVMValueRef is_small(struct emit *e, LLVMValueRef size) {
    return LLVMBuildICmp(e->b, LLVMIntULE, size, const_i64(e->chunk, INLINE_MAX), "");
}

static LLVMValueRef range_at(struct emit *e, uint32_t memory, LLVMValueRef offset) {
    LLVMValueRef base = memory_base(e, memory);
    return LLVMBuildGEPWithNoWrapFlags(e->b, e->chunk->i8, base, &offset, 1, "",
                                       LLVMGEPFlagInBounds | LLVMGEPFlagNUW);
}

/* It keeps its place among accesses that may trap, as they do. */
static void set_volatile(const struct emit *e, LLVMValueRef move) {
    const unsigned is_volatile = 3;
    LLVMSetOperand(move, is_volatile, LLVMConstInt(e->chunk->i1, 1, false));
}

/* Begins the blocks of a thing done inline if a condition holds, else by the helper. */
struct inline_blocks {
    LLVMBasicBlockRef fast, slow, done;
};
static struct inline_blocks begin_inline(struct emit *e, LLVMValueRef condition) {
    struct inline_blocks b = {new_block(e, "fast"), new_block(e, "slow"), new_block(e, "done")};
    LLVMValueRef branch = LLVMBuildCondBr(e->b, condition, b.fast, b.slow);
    LLVMSetMetadata(branch, e->chunk->prof_kind, e->chunk->likely);
    go_to(e, b.fast);
    return b;
}

static void end_inline(struct emit *e, const struct inline_blocks *b) {
    LLVMBuildBr(e->b, b->done);
    go_to(e, b->done);
}

EMIT(memory_fill) {
    (void)rule;
    LLVMValueRef size = memory_index(e, op->memory, pop(e));
    LLVMValueRef byte = pop(e);
    LLVMValueRef to = memory_index(e, op->memory, pop(e));
    LLVMValueRef args[] = {const_i32(e->chunk, op->memory), to, byte, size};
    if (!is_inline(e, op->memory)) {
        (void)call_helper(e, IMAGE_HELPER_MEMORY_FILL, args, 4);
        return;
    }
    LLVMValueRef fits = is_inside(e, op->memory, to, size);
    struct inline_blocks b =
        begin_inline(e, LLVMBuildAnd(e->b, is_small(e, size), fits, ""));
    LLVMValueRef value = LLVMBuildTrunc(e->b, byte, e->chunk->i8, "");
    charge_bytes(e, size);
    set_volatile(e, LLVMBuildMemSet(e->b, range_at(e, op->memory, to), value, size, 1));
    LLVMBuildBr(e->b, b.done);
    go_to(e, b.slow);
    (void)call_helper(e, IMAGE_HELPER_MEMORY_FILL, args, 4);
    end_inline(e, &b);
}

EMIT(memory_copy) {
    (void)rule;
    LLVMValueRef size = pop(e);
    if (LLVMTypeOf(size) != e->chunk->i64) size = LLVMBuildZExt(e->b, size, e->chunk->i64, "");
    LLVMValueRef from = memory_index(e, op->index2, pop(e));
    LLVMValueRef to = memory_index(e, op->memory, pop(e));
    LLVMValueRef args[] = {const_i32(e->chunk, op->memory), const_i32(e->chunk, op->index2), to,
                           from, size};
    if (!is_inline(e, op->memory) || !is_inline(e, op->index2)) {
        (void)call_helper(e, IMAGE_HELPER_MEMORY_COPY, args, 5);
        return;
    }
    LLVMValueRef fits = LLVMBuildAnd(e->b, is_inside(e, op->memory, to, size),
                                     is_inside(e, op->index2, from, size), "");
    struct inline_blocks b =
        begin_inline(e, LLVMBuildAnd(e->b, is_small(e, size), fits, ""));
    charge_bytes(e, size);
    set_volatile(e, LLVMBuildMemMove(e->b, range_at(e, op->memory, to), 1,
                                     range_at(e, op->index2, from), 1, size));
    LLVMBuildBr(e->b, b.done);
    go_to(e, b.slow);
    (void)call_helper(e, IMAGE_HELPER_MEMORY_COPY, args, 5);
    end_inline(e, &b);
}

EMIT(memory_init) {
    (void)rule;
    LLVMValueRef size = pop(e);
    LLVMValueRef from = pop(e);
    LLVMValueRef to = memory_index(e, op->memory, pop(e));
    LLVMValueRef args[] = {const_i32(e->chunk, op->memory), const_i32(e->chunk, op->index), to,
                           from, size};
    (void)call_helper(e, IMAGE_HELPER_MEMORY_INIT, args, 5);
}

EMIT(data_drop) {
    (void)rule;
    LLVMValueRef arg = const_i32(e->chunk, op->index);
    (void)call_helper(e, IMAGE_HELPER_DATA_DROP, &arg, 1);
}
