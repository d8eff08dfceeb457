/* emit_simd_memory.c - parts of vectors to and from memory; whole ones are as any other value. */
#include "compiler/emit_simd.h"

static LLVMValueRef pop_address(struct emit *e, const struct walk_op *op, LLVMTypeRef type) {
    LLVMTypeRef lane = type;
    uint32_t lanes = 1;
    if (LLVMGetTypeKind(type) == LLVMVectorTypeKind) {
        lane = LLVMGetElementType(type);
        lanes = LLVMGetVectorSize(type);
    }
    return emit_address(e, op, pop(e), LLVMGetIntTypeWidth(lane) / 8 * lanes);
}

static LLVMValueRef load_part(struct emit *e, const struct walk_op *op, LLVMTypeRef type) {
    return load_memory(e, op, type, pop_address(e, op, type));
}

/* Eight bytes, of lanes of the shape, each to twice its width. */
EMIT(load_extend) {
    enum emit_shape shape = (enum emit_shape)rule->type;
    LLVMTypeRef half = LLVMVectorType(shape_lane(e->chunk, shape), shape_lanes(shape) / 2);
    push_vector(e, widen(e, load_part(e, op, half), rule->kind));
}

EMIT(load_splat) {
    enum emit_shape shape = (enum emit_shape)rule->type;
    LLVMValueRef lane = load_part(e, op, shape_lane(e->chunk, shape));
    push_vector(e, splat(e, lane, shape_lanes(shape)));
}

EMIT(load_zero) {
    enum emit_shape shape = (enum emit_shape)rule->type;
    LLVMValueRef lane = load_part(e, op, shape_lane(e->chunk, shape));
    LLVMValueRef zeros = LLVMConstNull(shape_vector(e->chunk, shape));
    push_vector(e, LLVMBuildInsertElement(e->b, zeros, lane, const_i32(e->chunk, 0), ""));
}

EMIT(load_lane) {
    enum emit_shape shape = (enum emit_shape)rule->type;
    LLVMValueRef vector = pop_vector(e, shape);
    LLVMValueRef lane = load_part(e, op, shape_lane(e->chunk, shape));
    push_vector(e, LLVMBuildInsertElement(e->b, vector, lane, const_i32(e->chunk, op->index),
                                          ""));
}

EMIT(store_lane) {
    enum emit_shape shape = (enum emit_shape)rule->type;
    LLVMValueRef lane = LLVMBuildExtractElement(e->b, pop_vector(e, shape),
                                                const_i32(e->chunk, op->index), "");
    (void)store_memory(e, op, lane, pop_address(e, op, shape_lane(e->chunk, shape)));
}
