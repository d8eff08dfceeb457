/* lower_canonical.c - the deterministic profile: machines differ in which NaN an operation makes
 * (core specification 4.3.3), so each result that may be one is made canonical. The only other
 * thing that WebAssembly leaves open, what relaxed SIMD does, is decided in lower_rules.c. */
#include "exec/interp/lower.h"

/* The first and the last instruction of a row in opcodes.def that all may make NaNs. */
static const struct range {
    uint16_t first, last, iop;
} ranges[] = {
    {WASM_OP_F32_CEIL, WASM_OP_F32_MAX, IOP_CANONICAL_F32},
    {WASM_OP_F64_CEIL, WASM_OP_F64_MAX, IOP_CANONICAL_F64},
    {WASM_OP_F32_DEMOTE_F64, WASM_OP_F32_DEMOTE_F64, IOP_CANONICAL_F32},
    {WASM_OP_F64_PROMOTE_F32, WASM_OP_F64_PROMOTE_F32, IOP_CANONICAL_F64},
    {WASM_OP_F32X4_DEMOTE_F64X2_ZERO, WASM_OP_F32X4_DEMOTE_F64X2_ZERO, IOP_CANONICAL_F32X4},
    {WASM_OP_F64X2_PROMOTE_LOW_F32X4, WASM_OP_F64X2_PROMOTE_LOW_F32X4, IOP_CANONICAL_F64X2},
    {WASM_OP_F32X4_CEIL, WASM_OP_F32X4_NEAREST, IOP_CANONICAL_F32X4},
    {WASM_OP_F64X2_CEIL, WASM_OP_F64X2_CEIL, IOP_CANONICAL_F64X2},
    {WASM_OP_F64X2_FLOOR, WASM_OP_F64X2_FLOOR, IOP_CANONICAL_F64X2},
    {WASM_OP_F64X2_TRUNC, WASM_OP_F64X2_TRUNC, IOP_CANONICAL_F64X2},
    {WASM_OP_F64X2_NEAREST, WASM_OP_F64X2_NEAREST, IOP_CANONICAL_F64X2},
    {WASM_OP_F32X4_SQRT, WASM_OP_F32X4_MAX, IOP_CANONICAL_F32X4},
    {WASM_OP_F64X2_SQRT, WASM_OP_F64X2_MAX, IOP_CANONICAL_F64X2},
    {WASM_OP_F32X4_RELAXED_MADD, WASM_OP_F32X4_RELAXED_NMADD, IOP_CANONICAL_F32X4},
    {WASM_OP_F64X2_RELAXED_MADD, WASM_OP_F64X2_RELAXED_NMADD, IOP_CANONICAL_F64X2},
    {WASM_OP_F32X4_RELAXED_MIN, WASM_OP_F32X4_RELAXED_MAX, IOP_CANONICAL_F32X4},
    {WASM_OP_F64X2_RELAXED_MIN, WASM_OP_F64X2_RELAXED_MAX, IOP_CANONICAL_F64X2},
};

void lower_canonical(struct lower *l, const struct walk_op *op) {
    for (size_t i = 0; i < ARRAY_COUNT(ranges); i++) {
        if (op->op < ranges[i].first || op->op > ranges[i].last) continue;
        bring_home(l, 1);
        l->last.kind = LAST_NONE; /* it is not what the slot holds */
        emit_op(l, ranges[i].iop);
        emit(l, l->entries[l->entry_count - 1].slot);
        return;
    }
}
