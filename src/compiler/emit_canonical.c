/* emit_canonical.c - the deterministic profile: machines differ in which NaN an operation makes
 * (core specification 4.3.3), so each result that may be one is made canonical; of the same
 * instructions as in exec/lower_canonical.c. */
#include "compiler/emit_simd.h"

enum kind { KIND_F32, KIND_F64, KIND_F32X4, KIND_F64X2 };

/* The first and the last instruction of a row in opcodes.def that all may make NaNs. */
static const struct range {
    uint16_t first, last;
    enum kind kind;
} ranges[] = {
    {WASM_OP_F32_CEIL, WASM_OP_F32_MAX, KIND_F32},
    {WASM_OP_F64_CEIL, WASM_OP_F64_MAX, KIND_F64},
    {WASM_OP_F32_DEMOTE_F64, WASM_OP_F32_DEMOTE_F64, KIND_F32},
    {WASM_OP_F64_PROMOTE_F32, WASM_OP_F64_PROMOTE_F32, KIND_F64},
    {WASM_OP_F32X4_DEMOTE_F64X2_ZERO, WASM_OP_F32X4_DEMOTE_F64X2_ZERO, KIND_F32X4},
    {WASM_OP_F64X2_PROMOTE_LOW_F32X4, WASM_OP_F64X2_PROMOTE_LOW_F32X4, KIND_F64X2},
    {WASM_OP_F32X4_CEIL, WASM_OP_F32X4_NEAREST, KIND_F32X4},
    {WASM_OP_F64X2_CEIL, WASM_OP_F64X2_CEIL, KIND_F64X2},
    {WASM_OP_F64X2_FLOOR, WASM_OP_F64X2_FLOOR, KIND_F64X2},
    {WASM_OP_F64X2_TRUNC, WASM_OP_F64X2_TRUNC, KIND_F64X2},
    {WASM_OP_F64X2_NEAREST, WASM_OP_F64X2_NEAREST, KIND_F64X2},
    {WASM_OP_F32X4_SQRT, WASM_OP_F32X4_MAX, KIND_F32X4},
    {WASM_OP_F64X2_SQRT, WASM_OP_F64X2_MAX, KIND_F64X2},
    {WASM_OP_F32X4_RELAXED_MADD, WASM_OP_F32X4_RELAXED_NMADD, KIND_F32X4},
    {WASM_OP_F64X2_RELAXED_MADD, WASM_OP_F64X2_RELAXED_NMADD, KIND_F64X2},
    {WASM_OP_F32X4_RELAXED_MIN, WASM_OP_F32X4_RELAXED_MAX, KIND_F32X4},
    {WASM_OP_F64X2_RELAXED_MIN, WASM_OP_F64X2_RELAXED_MAX, KIND_F64X2},
};

static LLVMValueRef canonical_nan(const struct chunk *c, enum kind kind) {
    const uint64_t nan32 = 0x7FC00000, nan64 = UINT64_C(0x7FF8000000000000);
    switch (kind) {
    case KIND_F32: return LLVMConstBitCast(const_i32(c, (uint32_t)nan32), c->f32);
    case KIND_F64: return LLVMConstBitCast(const_i64(c, nan64), c->f64);
    case KIND_F32X4:
        return LLVMConstBitCast(splat_int(shape_vector(c, SHAPE_32), nan32),
                                shape_vector(c, SHAPE_F32));
    default:
        return LLVMConstBitCast(splat_int(shape_vector(c, SHAPE_64), nan64),
                                shape_vector(c, SHAPE_F64));
    }
}

static void make_canonical(struct emit *e, enum kind kind) {
    if (e->count == 0) return; /* after a failure */
    LLVMValueRef nan = canonical_nan(e->chunk, kind), *top = &e->stack[e->count - 1].v;
    LLVMValueRef value = LLVMBuildBitCast(e->b, *top, LLVMTypeOf(nan), "");
    LLVMValueRef is_nan = LLVMBuildFCmp(e->b, LLVMRealUNO, value, value, "");
    value = LLVMBuildSelect(e->b, is_nan, nan, value, "");
    *top = LLVMBuildBitCast(e->b, value, LLVMTypeOf(*top), "");
}

void emit_canonical(struct emit *e, const struct walk_op *op) {
    for (size_t i = 0; i < ARRAY_COUNT(ranges); i++)
        if (op->op >= ranges[i].first && op->op <= ranges[i].last)
            make_canonical(e, ranges[i].kind);
}
