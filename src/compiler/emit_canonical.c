/* emit_canonical.c - the deterministic profile: machines differ in which NaN an operation makes
 * (core specification 4.3.3), so each result that may be one is made canonical; of the same
 * instructions as in exec/interp/lower_canonical.c. */
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

/* A number as wide as a value, in each lane of a vector. */
static LLVMValueRef bits(const struct chunk *c, enum kind kind, uint64_t value) {
    switch (kind) {
    case KIND_F32: return const_i32(c, (uint32_t)value);
    case KIND_F64: return const_i64(c, value);
    case KIND_F32X4: return splat_int(shape_vector(c, SHAPE_32), value);
    default: return splat_int(shape_vector(c, SHAPE_64), value);
    }
}

/* By its bits: to LLVM one NaN is as good as another, and a float that was chosen to be this one
 * may be another in the end. */
static void make_canonical(struct emit *e, enum kind kind) {
    const struct chunk *c = e->chunk;
    bool is_wide = kind == KIND_F64 || kind == KIND_F64X2;
    const uint64_t infinity = is_wide ? UINT64_C(0x7FF) << 52 : UINT64_C(0xFF) << 23;
    const uint64_t quiet = UINT64_C(1) << (is_wide ? 51 : 22);
    if (e->count == 0) return; /* after a failure */
    LLVMValueRef nan = bits(c, kind, infinity | quiet), *top = &e->stack[e->count - 1].v;
    LLVMValueRef value = LLVMBuildBitCast(e->b, *top, LLVMTypeOf(nan), "");
    LLVMValueRef sign = bits(c, kind, is_wide ? INT64_MAX : INT32_MAX);
    LLVMValueRef is_nan = LLVMBuildICmp(e->b, LLVMIntUGT, LLVMBuildAnd(e->b, value, sign, ""),
                                        bits(c, kind, infinity), "");
    value = LLVMBuildSelect(e->b, is_nan, nan, value, "");
    *top = LLVMBuildBitCast(e->b, value, LLVMTypeOf(*top), "");
}

void emit_canonical(struct emit *e, const struct walk_op *op) {
    for (size_t i = 0; i < ARRAY_COUNT(ranges); i++)
        if (op->op >= ranges[i].first && op->op <= ranges[i].last)
            make_canonical(e, ranges[i].kind);
}
