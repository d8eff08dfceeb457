/* emit_simd.c - vectors: shapes, and instructions that move lanes without looking at them. */
#include "compiler/emit_simd.h"

enum { BYTES = 16 };

/* --- Shapes --- */

LLVMTypeRef shape_lane(const struct chunk *c, enum emit_shape shape) {
    const LLVMTypeRef lanes[] = {[SHAPE_8] = c->i8, [SHAPE_16] = c->i16, [SHAPE_32] = c->i32,
                                 [SHAPE_64] = c->i64, [SHAPE_F32] = c->f32, [SHAPE_F64] = c->f64};
    return lanes[shape];
}

uint32_t shape_lanes(enum emit_shape shape) {
    static const uint8_t lanes[] = {[SHAPE_8] = 16, [SHAPE_16] = 8, [SHAPE_32] = 4,
                                    [SHAPE_64] = 2, [SHAPE_F32] = 4, [SHAPE_F64] = 2};
    return lanes[shape];
}

LLVMTypeRef shape_vector(const struct chunk *c, enum emit_shape shape) {
    return LLVMVectorType(shape_lane(c, shape), shape_lanes(shape));
}

enum emit_shape shape_ints(enum emit_shape shape) {
    if (shape == SHAPE_F32) return SHAPE_32;
    return shape == SHAPE_F64 ? SHAPE_64 : shape;
}

LLVMValueRef as_shape(struct emit *e, LLVMValueRef vector, enum emit_shape shape) {
    return LLVMBuildBitCast(e->b, vector, shape_vector(e->chunk, shape), "");
}

LLVMValueRef pop_vector(struct emit *e, enum emit_shape shape) {
    if (e->count == 0) return LLVMConstNull(shape_vector(e->chunk, shape)); /* after a failure */
    return as_shape(e, pop(e), shape);
}

void push_vector(struct emit *e, LLVMValueRef vector) {
    push(e, LLVMBuildBitCast(e->b, vector, e->chunk->v128, ""), WASM_V128);
}

/* --- Values of many lanes --- */

static LLVMValueRef const_splat(LLVMTypeRef type, LLVMValueRef lane) {
    LLVMValueRef lanes[BYTES];
    unsigned count = LLVMGetVectorSize(type);
    for (unsigned i = 0; i < count; i++) lanes[i] = lane;
    return LLVMConstVector(lanes, count);
}

LLVMValueRef splat_int(LLVMTypeRef type, uint64_t value) {
    return const_splat(type, LLVMConstInt(LLVMGetElementType(type), value, false));
}

LLVMValueRef splat_real(LLVMTypeRef type, double value) {
    return const_splat(type, LLVMConstReal(LLVMGetElementType(type), value));
}

LLVMValueRef splat(struct emit *e, LLVMValueRef value, uint32_t lanes) {
    LLVMTypeRef type = LLVMVectorType(LLVMTypeOf(value), lanes);
    LLVMValueRef one = LLVMBuildInsertElement(e->b, LLVMGetPoison(type), value,
                                              const_i32(e->chunk, 0), "");
    return pick_lanes(e, one, one, 0, 0, lanes);
}

LLVMValueRef pick_lanes(struct emit *e, LLVMValueRef v, LLVMValueRef behind, uint32_t first,
                        uint32_t step, uint32_t count) {
    LLVMValueRef mask[BYTES];
    for (uint32_t i = 0; i < count; i++) mask[i] = const_i32(e->chunk, first + i * step);
    return LLVMBuildShuffleVector(e->b, v, behind, LLVMConstVector(mask, count), "");
}

LLVMValueRef widen(struct emit *e, LLVMValueRef v, uint32_t extension) {
    LLVMTypeRef type = LLVMTypeOf(v);
    unsigned bits = LLVMGetIntTypeWidth(LLVMGetElementType(type));
    LLVMTypeRef lane = LLVMIntTypeInContext(e->chunk->context, 2 * bits);
    LLVMTypeRef wide = LLVMVectorType(lane, LLVMGetVectorSize(type));
    return LLVMBuildCast(e->b, (LLVMOpcode)extension, v, wide, "");
}

LLVMValueRef lanes_where(struct emit *e, LLVMValueRef condition, enum emit_shape shape) {
    return LLVMBuildSExt(e->b, condition, shape_vector(e->chunk, shape_ints(shape)), "");
}

LLVMValueRef machine_intrinsic(struct emit *e, const char *name, LLVMValueRef *args,
                               unsigned count) {
    return intrinsic_of(e, name, NULL, 0, args, count);
}

/* --- Constants and lanes --- */

EMIT(vector_const) {
    (void)rule;
    LLVMValueRef lanes[BYTES];
    for (uint32_t i = 0; i < BYTES; i++)
        lanes[i] = LLVMConstInt(e->chunk->i8, op->bytes[i], false);
    push(e, LLVMConstBitCast(LLVMConstVector(lanes, BYTES), e->chunk->v128), WASM_V128);
}

EMIT(shuffle) {
    (void)rule;
    LLVMValueRef mask[BYTES];
    for (uint32_t i = 0; i < BYTES; i++) mask[i] = const_i32(e->chunk, op->bytes[i]);
    LLVMValueRef b = pop_vector(e, SHAPE_8), a = pop_vector(e, SHAPE_8);
    push_vector(e, LLVMBuildShuffleVector(e->b, a, b, LLVMConstVector(mask, BYTES), ""));
}

/* An index of 16 or more gives 0. So it does on aarch64; on x86-64 it is bit 7 that decides, which
 * an index below 16 must not get from what is added. */
EMIT(swizzle) {
    (void)op;
    (void)rule;
    LLVMTypeRef type = shape_vector(e->chunk, SHAPE_8);
    LLVMValueRef indices = pop_vector(e, SHAPE_8);
    LLVMValueRef args[2] = {pop_vector(e, SHAPE_8), indices};
    if (!is_x86(e)) {
        push_vector(e, intrinsic(e, "llvm.aarch64.neon.tbl1", type, args, 2));
        return;
    }
    LLVMValueRef sum[2] = {indices, splat_int(type, 0x70)};
    args[1] = intrinsic(e, "llvm.uadd.sat", type, sum, 2);
    push_vector(e, machine_intrinsic(e, "llvm.x86.ssse3.pshuf.b.128", args, 2));
}

/* A scalar as a lane of the shape: what a lane does not hold is cut off. */
static LLVMValueRef to_lane(struct emit *e, LLVMValueRef scalar, enum emit_shape shape) {
    if (shape > SHAPE_16) return scalar;
    return LLVMBuildTrunc(e->b, scalar, shape_lane(e->chunk, shape), "");
}

static wasm_valtype scalar_of(enum emit_shape shape) {
    switch (shape) {
    case SHAPE_64: return WASM_I64;
    case SHAPE_F32: return WASM_F32;
    case SHAPE_F64: return WASM_F64;
    default: return WASM_I32;
    }
}

EMIT(splat) {
    (void)op;
    enum emit_shape shape = (enum emit_shape)rule->type;
    push_vector(e, splat(e, to_lane(e, pop(e), shape), shape_lanes(shape)));
}

EMIT(extract_lane) {
    enum emit_shape shape = (enum emit_shape)rule->type;
    LLVMValueRef lane = LLVMBuildExtractElement(e->b, pop_vector(e, shape),
                                                const_i32(e->chunk, op->index), "");
    if (shape <= SHAPE_16)
        lane = LLVMBuildCast(e->b, (LLVMOpcode)rule->kind, lane, e->chunk->i32, "");
    push(e, lane, scalar_of(shape));
}

EMIT(replace_lane) {
    enum emit_shape shape = (enum emit_shape)rule->type;
    LLVMValueRef lane = to_lane(e, pop(e), shape);
    push_vector(e, LLVMBuildInsertElement(e->b, pop_vector(e, shape), lane,
                                          const_i32(e->chunk, op->index), ""));
}
