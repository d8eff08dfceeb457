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

EMIT(memory_fill) {
    (void)rule;
    LLVMValueRef size = memory_index(e, op->memory, pop(e));
    LLVMValueRef byte = pop(e);
    LLVMValueRef to = memory_index(e, op->memory, pop(e));
    LLVMValueRef args[] = {const_i32(e->chunk, op->memory), to, byte, size};
    (void)call_helper(e, IMAGE_HELPER_MEMORY_FILL, args, 4);
}

EMIT(memory_copy) {
    (void)rule;
    LLVMValueRef size = pop(e);
    if (LLVMTypeOf(size) != e->chunk->i64) size = LLVMBuildZExt(e->b, size, e->chunk->i64, "");
    LLVMValueRef from = memory_index(e, op->index2, pop(e));
    LLVMValueRef to = memory_index(e, op->memory, pop(e));
    LLVMValueRef args[] = {const_i32(e->chunk, op->memory), const_i32(e->chunk, op->index2), to,
                           from, size};
    (void)call_helper(e, IMAGE_HELPER_MEMORY_COPY, args, 5);
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
