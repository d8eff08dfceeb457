/* rules_simd.c - how each instruction of vectors is compiled. */
#include "compiler/emit_simd.h"

#define BINARY(id, shape, opcode) \
    [WASM_OP_##id] = {emit_vector_binary, opcode, .type = SHAPE_##shape}
#define BINARY_INTRINSIC(id, shape, name) \
    [WASM_OP_##id] = {emit_vector_binary_intrinsic, 0, name, SHAPE_##shape, 0}
#define UNARY_INTRINSIC(id, shape, name) \
    [WASM_OP_##id] = {emit_vector_unary_intrinsic, 0, name, SHAPE_##shape, 0}
#define COMPARE(id, shape, predicate) \
    [WASM_OP_##id] = {emit_vector_compare, predicate, .type = SHAPE_##shape}
#define FLOAT_COMPARE(id, shape, predicate) \
    [WASM_OP_##id] = {emit_vector_float_compare, predicate, .type = SHAPE_##shape}
#define OF(id, function, shape) [WASM_OP_##id] = {emit_##function, .type = SHAPE_##shape}
/* kind: how lanes are extended, or numbers converted */
#define KIND(id, function, opcode, shape) \
    [WASM_OP_##id] = {emit_##function, opcode, .type = SHAPE_##shape}
#define KIND_TO(id, function, opcode, shape, to_shape) \
    [WASM_OP_##id] = {emit_##function, opcode, .type = SHAPE_##shape, .to = SHAPE_##to_shape}

/* What every shape of integers has */
#define INTS(t, s)                                                                             \
    OF(t##_SPLAT, splat, s), OF(t##_REPLACE_LANE, replace_lane, s),                            \
    OF(t##_ABS, vector_abs, s), OF(t##_NEG, vector_negate, s),                                 \
    OF(t##_ALL_TRUE, all_true, s), OF(t##_BITMASK, bitmask, s),                                \
    BINARY(t##_ADD, s, LLVMAdd), BINARY(t##_SUB, s, LLVMSub),                                  \
    COMPARE(t##_EQ, s, LLVMIntEQ), COMPARE(t##_NE, s, LLVMIntNE),                              \
    COMPARE(t##_LT_S, s, LLVMIntSLT), COMPARE(t##_GT_S, s, LLVMIntSGT),                        \
    COMPARE(t##_LE_S, s, LLVMIntSLE), COMPARE(t##_GE_S, s, LLVMIntSGE),                        \
    KIND(t##_SHL, vector_shift, LLVMShl, s), KIND(t##_SHR_S, vector_shift, LLVMAShr, s),       \
    KIND(t##_SHR_U, vector_shift, LLVMLShr, s),

/* What 64-bit lanes lack */
#define INTS_TO_32(t, s)                                                                       \
    COMPARE(t##_LT_U, s, LLVMIntULT), COMPARE(t##_GT_U, s, LLVMIntUGT),                        \
    COMPARE(t##_LE_U, s, LLVMIntULE), COMPARE(t##_GE_U, s, LLVMIntUGE),                        \
    BINARY_INTRINSIC(t##_MIN_S, s, "llvm.smin"), BINARY_INTRINSIC(t##_MIN_U, s, "llvm.umin"),  \
    BINARY_INTRINSIC(t##_MAX_S, s, "llvm.smax"), BINARY_INTRINSIC(t##_MAX_U, s, "llvm.umax"),

/* What only 8 and 16-bit lanes have */
#define INTS_TO_16(t, s)                                                                       \
    KIND(t##_EXTRACT_LANE_S, extract_lane, LLVMSExt, s),                                       \
    KIND(t##_EXTRACT_LANE_U, extract_lane, LLVMZExt, s), OF(t##_AVGR_U, average, s),           \
    BINARY_INTRINSIC(t##_ADD_SAT_S, s, "llvm.sadd.sat"),                                       \
    BINARY_INTRINSIC(t##_ADD_SAT_U, s, "llvm.uadd.sat"),                                       \
    BINARY_INTRINSIC(t##_SUB_SAT_S, s, "llvm.ssub.sat"),                                       \
    BINARY_INTRINSIC(t##_SUB_SAT_U, s, "llvm.usub.sat"),

#define WIDER(t, from, s)                                                                      \
    KIND(t##_EXTEND_LOW_##from##_S, extend_low, LLVMSExt, s),                                  \
    KIND(t##_EXTEND_LOW_##from##_U, extend_low, LLVMZExt, s),                                  \
    KIND(t##_EXTEND_HIGH_##from##_S, extend_high, LLVMSExt, s),                                \
    KIND(t##_EXTEND_HIGH_##from##_U, extend_high, LLVMZExt, s),                                \
    KIND(t##_EXTMUL_LOW_##from##_S, multiply_low, LLVMSExt, s),                                \
    KIND(t##_EXTMUL_LOW_##from##_U, multiply_low, LLVMZExt, s),                                \
    KIND(t##_EXTMUL_HIGH_##from##_S, multiply_high, LLVMSExt, s),                              \
    KIND(t##_EXTMUL_HIGH_##from##_U, multiply_high, LLVMZExt, s),
#define WIDER_AND_NARROWER(t, from, s, to)                                                     \
    WIDER(t, from, s)                                                                          \
    KIND(t##_EXTADD_PAIRWISE_##from##_S, add_pairs, LLVMSExt, s),                              \
    KIND(t##_EXTADD_PAIRWISE_##from##_U, add_pairs, LLVMZExt, s),                              \
    KIND_TO(from##_NARROW_##t##_S, narrow, LLVMSExt, to, s),                                   \
    KIND_TO(from##_NARROW_##t##_U, narrow, LLVMZExt, to, s),

#define FLOATS(t, s)                                                                           \
    OF(t##_SPLAT, splat, s), OF(t##_EXTRACT_LANE, extract_lane, s),                            \
    OF(t##_REPLACE_LANE, replace_lane, s),                                                     \
    FLOAT_COMPARE(t##_EQ, s, LLVMRealOEQ), FLOAT_COMPARE(t##_NE, s, LLVMRealUNE),              \
    FLOAT_COMPARE(t##_LT, s, LLVMRealOLT), FLOAT_COMPARE(t##_GT, s, LLVMRealOGT),              \
    FLOAT_COMPARE(t##_LE, s, LLVMRealOLE), FLOAT_COMPARE(t##_GE, s, LLVMRealOGE),              \
    UNARY_INTRINSIC(t##_ABS, s, "llvm.fabs"), OF(t##_NEG, vector_float_negate, s),             \
    UNARY_INTRINSIC(t##_SQRT, s, "llvm.sqrt"), UNARY_INTRINSIC(t##_CEIL, s, "llvm.ceil"),      \
    UNARY_INTRINSIC(t##_FLOOR, s, "llvm.floor"), UNARY_INTRINSIC(t##_TRUNC, s, "llvm.trunc"),  \
    UNARY_INTRINSIC(t##_NEAREST, s, "llvm.roundeven"),                                         \
    BINARY(t##_ADD, s, LLVMFAdd), BINARY(t##_SUB, s, LLVMFSub),                                \
    BINARY(t##_MUL, s, LLVMFMul), BINARY(t##_DIV, s, LLVMFDiv),                                \
    KIND(t##_MIN, vector_extremum, false, s),                                                  \
    KIND(t##_MAX, vector_extremum, true, s),                                                   \
    OF(t##_PMIN, pseudo_min, s), OF(t##_PMAX, pseudo_max, s),                                  \
    KIND(t##_RELAXED_MIN, vector_extremum, false, s),                                          \
    KIND(t##_RELAXED_MAX, vector_extremum, true, s),                                           \
    KIND(t##_RELAXED_MADD, multiply_add, false, s),                                            \
    KIND(t##_RELAXED_NMADD, multiply_add, true, s),

#define LANES_IN_MEMORY(bits)                                                                  \
    OF(V128_LOAD##bits##_SPLAT, load_splat, bits), OF(V128_LOAD##bits##_LANE, load_lane, bits), \
    OF(V128_STORE##bits##_LANE, store_lane, bits),
#define LOAD_EXTEND(bits, lanes)                                                               \
    KIND(V128_LOAD##bits##X##lanes##_S, load_extend, LLVMSExt, bits),                          \
    KIND(V128_LOAD##bits##X##lanes##_U, load_extend, LLVMZExt, bits),

/* What relaxed instructions leave open is decided as in exec/interp/lower_rules.c: they do as the
 * strict ones do, and products are rounded before they are added. */
#define TRUNCATE(kind)                                                                         \
    KIND(I32X4_##kind##_F32X4_S, vector_truncate, LLVMFPToSI, F32),                            \
    KIND(I32X4_##kind##_F32X4_U, vector_truncate, LLVMFPToUI, F32),                            \
    KIND(I32X4_##kind##_F64X2_S_ZERO, vector_truncate_zero, LLVMFPToSI, F64),                  \
    KIND(I32X4_##kind##_F64X2_U_ZERO, vector_truncate_zero, LLVMFPToUI, F64),

const struct emit_rule emit_simd_rules[WASM_OP_COUNT] = {
    INTS(I8X16, 8) INTS(I16X8, 16) INTS(I32X4, 32) INTS(I64X2, 64)
    INTS_TO_32(I8X16, 8) INTS_TO_32(I16X8, 16) INTS_TO_32(I32X4, 32)
    INTS_TO_16(I8X16, 8) INTS_TO_16(I16X8, 16)
    WIDER_AND_NARROWER(I16X8, I8X16, 8, 16) WIDER_AND_NARROWER(I32X4, I16X8, 16, 32)
    WIDER(I64X2, I32X4, 32)
    FLOATS(F32X4, F32) FLOATS(F64X2, F64)
    LANES_IN_MEMORY(8) LANES_IN_MEMORY(16) LANES_IN_MEMORY(32) LANES_IN_MEMORY(64)
    LOAD_EXTEND(8, 8) LOAD_EXTEND(16, 4) LOAD_EXTEND(32, 2)
    TRUNCATE(TRUNC_SAT) TRUNCATE(RELAXED_TRUNC)

    [WASM_OP_V128_LOAD] = {emit_load, .to = WASM_V128},
    [WASM_OP_V128_STORE] = {emit_store, .to = WASM_V128},
    OF(V128_LOAD32_ZERO, load_zero, 32),
    OF(V128_LOAD64_ZERO, load_zero, 64),
    [WASM_OP_V128_CONST] = {.emit = emit_vector_const},
    [WASM_OP_I8X16_SHUFFLE] = {.emit = emit_shuffle},
    [WASM_OP_I8X16_SWIZZLE] = {.emit = emit_swizzle},
    [WASM_OP_I8X16_RELAXED_SWIZZLE] = {.emit = emit_swizzle},
    OF(I32X4_EXTRACT_LANE, extract_lane, 32),
    OF(I64X2_EXTRACT_LANE, extract_lane, 64),

    [WASM_OP_V128_NOT] = {.emit = emit_vector_not},
    BINARY(V128_AND, 64, LLVMAnd),
    BINARY(V128_OR, 64, LLVMOr),
    BINARY(V128_XOR, 64, LLVMXor),
    [WASM_OP_V128_ANDNOT] = {.emit = emit_vector_andnot},
    [WASM_OP_V128_BITSELECT] = {.emit = emit_bitselect},
    [WASM_OP_I8X16_RELAXED_LANESELECT] = {.emit = emit_bitselect},
    [WASM_OP_I16X8_RELAXED_LANESELECT] = {.emit = emit_bitselect},
    [WASM_OP_I32X4_RELAXED_LANESELECT] = {.emit = emit_bitselect},
    [WASM_OP_I64X2_RELAXED_LANESELECT] = {.emit = emit_bitselect},
    [WASM_OP_V128_ANY_TRUE] = {.emit = emit_any_true},

    UNARY_INTRINSIC(I8X16_POPCNT, 8, "llvm.ctpop"),
    BINARY(I16X8_MUL, 16, LLVMMul),
    BINARY(I32X4_MUL, 32, LLVMMul),
    BINARY(I64X2_MUL, 64, LLVMMul),
    [WASM_OP_I32X4_DOT_I16X8_S] = {.emit = emit_dot},
    [WASM_OP_I16X8_RELAXED_DOT_I8X16_I7X16_S] = {emit_relaxed_dot, .to = false},
    [WASM_OP_I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S] = {emit_relaxed_dot, .to = true},
    [WASM_OP_I16X8_Q15MULR_SAT_S] = {.emit = emit_q15_multiply},
    [WASM_OP_I16X8_RELAXED_Q15MULR_S] = {.emit = emit_q15_multiply},

    [WASM_OP_F32X4_DEMOTE_F64X2_ZERO] = {.emit = emit_demote_zero},
    [WASM_OP_F64X2_PROMOTE_LOW_F32X4] = {.emit = emit_promote_low},
    KIND_TO(F32X4_CONVERT_I32X4_S, vector_convert, LLVMSIToFP, 32, F32),
    KIND_TO(F32X4_CONVERT_I32X4_U, vector_convert, LLVMUIToFP, 32, F32),
    KIND(F64X2_CONVERT_LOW_I32X4_S, convert_low, LLVMSIToFP, 32),
    KIND(F64X2_CONVERT_LOW_I32X4_U, convert_low, LLVMUIToFP, 32),
};
