/* rules.c - how each WebAssembly instruction is compiled. */
#include "compiler/emit.h"

#define INT(t)                                                                              \
    [WASM_OP_##t##_ADD] = {emit_binary, LLVMAdd, .type = WASM_##t},                         \
    [WASM_OP_##t##_SUB] = {emit_binary, LLVMSub, .type = WASM_##t},                         \
    [WASM_OP_##t##_MUL] = {emit_binary, LLVMMul, .type = WASM_##t},                         \
    [WASM_OP_##t##_DIV_S] = {emit_divide, LLVMSDiv, .type = WASM_##t},                      \
    [WASM_OP_##t##_DIV_U] = {emit_divide, LLVMUDiv, .type = WASM_##t},                      \
    [WASM_OP_##t##_REM_S] = {emit_divide, LLVMSRem, .type = WASM_##t},                      \
    [WASM_OP_##t##_REM_U] = {emit_divide, LLVMURem, .type = WASM_##t},                      \
    [WASM_OP_##t##_AND] = {emit_binary, LLVMAnd, .type = WASM_##t},                         \
    [WASM_OP_##t##_OR] = {emit_binary, LLVMOr, .type = WASM_##t},                           \
    [WASM_OP_##t##_XOR] = {emit_binary, LLVMXor, .type = WASM_##t},                         \
    [WASM_OP_##t##_SHL] = {emit_shift, LLVMShl, .type = WASM_##t},                          \
    [WASM_OP_##t##_SHR_S] = {emit_shift, LLVMAShr, .type = WASM_##t},                       \
    [WASM_OP_##t##_SHR_U] = {emit_shift, LLVMLShr, .type = WASM_##t},                       \
    [WASM_OP_##t##_ROTL] = {emit_rotate, 0, "llvm.fshl", WASM_##t, 0},                      \
    [WASM_OP_##t##_ROTR] = {emit_rotate, 0, "llvm.fshr", WASM_##t, 0},                      \
    [WASM_OP_##t##_CLZ] = {emit_count, 0, "llvm.ctlz", WASM_##t, 0},                        \
    [WASM_OP_##t##_CTZ] = {emit_count, 0, "llvm.cttz", WASM_##t, 0},                        \
    [WASM_OP_##t##_POPCNT] = {emit_unary_intrinsic, 0, "llvm.ctpop", WASM_##t, 0},          \
    [WASM_OP_##t##_EQZ] = {emit_eqz, .type = WASM_##t},                                     \
    [WASM_OP_##t##_EQ] = {emit_compare, LLVMIntEQ, .type = WASM_##t},                       \
    [WASM_OP_##t##_NE] = {emit_compare, LLVMIntNE, .type = WASM_##t},                       \
    [WASM_OP_##t##_LT_S] = {emit_compare, LLVMIntSLT, .type = WASM_##t},                    \
    [WASM_OP_##t##_LT_U] = {emit_compare, LLVMIntULT, .type = WASM_##t},                    \
    [WASM_OP_##t##_GT_S] = {emit_compare, LLVMIntSGT, .type = WASM_##t},                    \
    [WASM_OP_##t##_GT_U] = {emit_compare, LLVMIntUGT, .type = WASM_##t},                    \
    [WASM_OP_##t##_LE_S] = {emit_compare, LLVMIntSLE, .type = WASM_##t},                    \
    [WASM_OP_##t##_LE_U] = {emit_compare, LLVMIntULE, .type = WASM_##t},                    \
    [WASM_OP_##t##_GE_S] = {emit_compare, LLVMIntSGE, .type = WASM_##t},                    \
    [WASM_OP_##t##_GE_U] = {emit_compare, LLVMIntUGE, .type = WASM_##t},                    \
    [WASM_OP_##t##_EXTEND8_S] = {emit_extend, 8, .type = WASM_##t},                         \
    [WASM_OP_##t##_EXTEND16_S] = {emit_extend, 16, .type = WASM_##t},                       \
    [WASM_OP_##t##_CONST] = {emit_const, .to = WASM_##t},                                   \
    [WASM_OP_##t##_LOAD8_S] = {emit_load, LLVMSExt, .type = WIDTH_8, .to = WASM_##t},       \
    [WASM_OP_##t##_LOAD8_U] = {emit_load, LLVMZExt, .type = WIDTH_8, .to = WASM_##t},       \
    [WASM_OP_##t##_LOAD16_S] = {emit_load, LLVMSExt, .type = WIDTH_16, .to = WASM_##t},     \
    [WASM_OP_##t##_LOAD16_U] = {emit_load, LLVMZExt, .type = WIDTH_16, .to = WASM_##t},     \
    [WASM_OP_##t##_LOAD] = {emit_load, .to = WASM_##t},                                     \
    [WASM_OP_##t##_STORE8] = {emit_store, .type = WIDTH_8, .to = WASM_##t},                 \
    [WASM_OP_##t##_STORE16] = {emit_store, .type = WIDTH_16, .to = WASM_##t},               \
    [WASM_OP_##t##_STORE] = {emit_store, .to = WASM_##t},

#define FLOAT(t)                                                                            \
    [WASM_OP_##t##_ADD] = {emit_binary, LLVMFAdd, .type = WASM_##t},                        \
    [WASM_OP_##t##_SUB] = {emit_binary, LLVMFSub, .type = WASM_##t},                        \
    [WASM_OP_##t##_MUL] = {emit_binary, LLVMFMul, .type = WASM_##t},                        \
    [WASM_OP_##t##_DIV] = {emit_binary, LLVMFDiv, .type = WASM_##t},                        \
    [WASM_OP_##t##_MIN] = {emit_extremum, false, .type = WASM_##t},                         \
    [WASM_OP_##t##_MAX] = {emit_extremum, true, .type = WASM_##t},                          \
    [WASM_OP_##t##_COPYSIGN] = {emit_binary_intrinsic, 0, "llvm.copysign", WASM_##t, 0},    \
    [WASM_OP_##t##_ABS] = {emit_unary_intrinsic, 0, "llvm.fabs", WASM_##t, 0},              \
    [WASM_OP_##t##_NEG] = {emit_negate, .type = WASM_##t},                                  \
    [WASM_OP_##t##_CEIL] = {emit_unary_intrinsic, 0, "llvm.ceil", WASM_##t, 0},             \
    [WASM_OP_##t##_FLOOR] = {emit_unary_intrinsic, 0, "llvm.floor", WASM_##t, 0},           \
    [WASM_OP_##t##_TRUNC] = {emit_unary_intrinsic, 0, "llvm.trunc", WASM_##t, 0},           \
    [WASM_OP_##t##_NEAREST] = {emit_unary_intrinsic, 0, "llvm.roundeven", WASM_##t, 0},     \
    [WASM_OP_##t##_SQRT] = {emit_unary_intrinsic, 0, "llvm.sqrt", WASM_##t, 0},             \
    [WASM_OP_##t##_EQ] = {emit_float_compare, LLVMRealOEQ, .type = WASM_##t},               \
    [WASM_OP_##t##_NE] = {emit_float_compare, LLVMRealUNE, .type = WASM_##t},               \
    [WASM_OP_##t##_LT] = {emit_float_compare, LLVMRealOLT, .type = WASM_##t},               \
    [WASM_OP_##t##_GT] = {emit_float_compare, LLVMRealOGT, .type = WASM_##t},               \
    [WASM_OP_##t##_LE] = {emit_float_compare, LLVMRealOLE, .type = WASM_##t},               \
    [WASM_OP_##t##_GE] = {emit_float_compare, LLVMRealOGE, .type = WASM_##t},               \
    [WASM_OP_##t##_CONST] = {emit_const, .to = WASM_##t},                                   \
    [WASM_OP_##t##_LOAD] = {emit_load, .to = WASM_##t},                                     \
    [WASM_OP_##t##_STORE] = {emit_store, .to = WASM_##t},

#define CAST(id, kind, from, target) \
    [WASM_OP_##id] = {emit_cast, kind, .type = WASM_##from, .to = WASM_##target}

/* Conversions of an integer type and a floating-point type. */
#define CONVERT(i, f)                                                                          \
    [WASM_OP_##i##_TRUNC_##f##_S] = {emit_truncate, LLVMFPToSI, .type = WASM_##f,              \
                                     .to = WASM_##i},                                          \
    [WASM_OP_##i##_TRUNC_##f##_U] = {emit_truncate, LLVMFPToUI, .type = WASM_##f,              \
                                     .to = WASM_##i},                                          \
    [WASM_OP_##i##_TRUNC_SAT_##f##_S] = {emit_truncate_sat, 0, "llvm.fptosi.sat", WASM_##f,    \
                                         WASM_##i},                                            \
    [WASM_OP_##i##_TRUNC_SAT_##f##_U] = {emit_truncate_sat, 0, "llvm.fptoui.sat", WASM_##f,    \
                                         WASM_##i},                                            \
    CAST(f##_CONVERT_##i##_S, LLVMSIToFP, i, f), CAST(f##_CONVERT_##i##_U, LLVMUIToFP, i, f),

#define MODIFY(t, narrow, tail, name, operation, width)                                        \
    [WASM_OP_##t##_ATOMIC_RMW##narrow##_##name##tail] = {                                      \
        emit_atomic_modify, LLVMAtomicRMWBinOp##operation, .type = width, .to = WASM_##t}
#define ATOMIC(t, narrow, tail, width)                                                         \
    [WASM_OP_##t##_ATOMIC_LOAD##narrow##tail] = {emit_atomic_load, .type = width,              \
                                                 .to = WASM_##t},                              \
    [WASM_OP_##t##_ATOMIC_STORE##narrow] = {emit_atomic_store, .type = width, .to = WASM_##t}, \
    MODIFY(t, narrow, tail, ADD, Add, width), MODIFY(t, narrow, tail, SUB, Sub, width),        \
    MODIFY(t, narrow, tail, AND, And, width), MODIFY(t, narrow, tail, OR, Or, width),          \
    MODIFY(t, narrow, tail, XOR, Xor, width), MODIFY(t, narrow, tail, XCHG, Xchg, width),      \
    [WASM_OP_##t##_ATOMIC_RMW##narrow##_CMPXCHG##tail] = {emit_atomic_compare, .type = width,  \
                                                          .to = WASM_##t},

const struct emit_rule emit_rules[WASM_OP_COUNT] = {
    INT(I32) INT(I64) FLOAT(F32) FLOAT(F64)
    CONVERT(I32, F32) CONVERT(I32, F64) CONVERT(I64, F32) CONVERT(I64, F64)
    [WASM_OP_I64_EXTEND32_S] = {emit_extend, 32, .type = WASM_I64},
    [WASM_OP_I64_LOAD32_S] = {emit_load, LLVMSExt, .type = WIDTH_32, .to = WASM_I64},
    [WASM_OP_I64_LOAD32_U] = {emit_load, LLVMZExt, .type = WIDTH_32, .to = WASM_I64},
    [WASM_OP_I64_STORE32] = {emit_store, .type = WIDTH_32, .to = WASM_I64},
    CAST(I32_WRAP_I64, LLVMTrunc, I64, I32),
    CAST(I64_EXTEND_I32_S, LLVMSExt, I32, I64),
    CAST(I64_EXTEND_I32_U, LLVMZExt, I32, I64),
    CAST(F32_DEMOTE_F64, LLVMFPTrunc, F64, F32),
    CAST(F64_PROMOTE_F32, LLVMFPExt, F32, F64),
    CAST(I32_REINTERPRET_F32, LLVMBitCast, F32, I32),
    CAST(I64_REINTERPRET_F64, LLVMBitCast, F64, I64),
    CAST(F32_REINTERPRET_I32, LLVMBitCast, I32, F32),
    CAST(F64_REINTERPRET_I64, LLVMBitCast, I64, F64),

    [WASM_OP_UNREACHABLE] = {.emit = emit_unreachable},
    [WASM_OP_NOP] = {.emit = emit_nothing},
    [WASM_OP_BLOCK] = {.emit = emit_block},
    [WASM_OP_LOOP] = {.emit = emit_loop},
    [WASM_OP_IF] = {.emit = emit_if},
    [WASM_OP_ELSE] = {.emit = emit_else},
    [WASM_OP_END] = {.emit = emit_end},
    [WASM_OP_BR] = {.emit = emit_br},
    [WASM_OP_BR_IF] = {.emit = emit_br_if},
    [WASM_OP_BR_TABLE] = {.emit = emit_br_table},
    [WASM_OP_RETURN] = {.emit = emit_return},
    [WASM_OP_CALL] = {.emit = emit_call},
    [WASM_OP_CALL_INDIRECT] = {.emit = emit_call_indirect},
    [WASM_OP_CALL_REF] = {.emit = emit_call_ref},
    [WASM_OP_RETURN_CALL] = {.emit = emit_call},
    [WASM_OP_RETURN_CALL_INDIRECT] = {.emit = emit_call_indirect},
    [WASM_OP_RETURN_CALL_REF] = {.emit = emit_call_ref},

    [WASM_OP_DROP] = {.emit = emit_drop},
    [WASM_OP_SELECT] = {.emit = emit_select},
    [WASM_OP_SELECT_T] = {.emit = emit_select},
    [WASM_OP_LOCAL_GET] = {.emit = emit_local_get},
    [WASM_OP_LOCAL_SET] = {.emit = emit_local_set},
    [WASM_OP_LOCAL_TEE] = {.emit = emit_local_tee},
    [WASM_OP_GLOBAL_GET] = {.emit = emit_global_get},
    [WASM_OP_GLOBAL_SET] = {.emit = emit_global_set},
    [WASM_OP_TABLE_GET] = {.emit = emit_table_get},
    [WASM_OP_TABLE_SET] = {.emit = emit_table_set},
    [WASM_OP_TABLE_SIZE] = {.emit = emit_table_size},
    [WASM_OP_TABLE_GROW] = {.emit = emit_table_grow},
    [WASM_OP_TABLE_FILL] = {.emit = emit_table_fill},
    [WASM_OP_TABLE_COPY] = {.emit = emit_table_copy},
    [WASM_OP_TABLE_INIT] = {.emit = emit_table_init},
    [WASM_OP_ELEM_DROP] = {.emit = emit_elem_drop},

    [WASM_OP_REF_NULL] = {.emit = emit_ref_null},
    [WASM_OP_REF_IS_NULL] = {.emit = emit_ref_is_null},
    [WASM_OP_REF_FUNC] = {.emit = emit_ref_func},
    [WASM_OP_REF_EQ] = {.emit = emit_ref_eq},
    [WASM_OP_REF_AS_NON_NULL] = {.emit = emit_ref_as_non_null},
    [WASM_OP_BR_ON_NULL] = {.emit = emit_br_on_null},
    [WASM_OP_BR_ON_NON_NULL] = {.emit = emit_br_on_non_null},

    [WASM_OP_STRUCT_NEW] = {.emit = emit_struct_new},
    [WASM_OP_STRUCT_NEW_DEFAULT] = {.emit = emit_struct_new},
    [WASM_OP_STRUCT_GET] = {.emit = emit_struct_get},
    [WASM_OP_STRUCT_GET_S] = {.emit = emit_struct_get, .kind = LLVMSExt},
    [WASM_OP_STRUCT_GET_U] = {.emit = emit_struct_get, .kind = LLVMZExt},
    [WASM_OP_STRUCT_SET] = {.emit = emit_struct_set},
    [WASM_OP_ARRAY_NEW] = {.emit = emit_array_new},
    [WASM_OP_ARRAY_NEW_DEFAULT] = {.emit = emit_array_new},
    [WASM_OP_ARRAY_NEW_FIXED] = {.emit = emit_array_new_fixed},
    [WASM_OP_ARRAY_NEW_DATA] = {.emit = emit_array_new_segment,
                                .kind = IMAGE_HELPER_ARRAY_NEW_DATA},
    [WASM_OP_ARRAY_NEW_ELEM] = {.emit = emit_array_new_segment,
                                .kind = IMAGE_HELPER_ARRAY_NEW_ELEM},
    [WASM_OP_ARRAY_GET] = {.emit = emit_array_get},
    [WASM_OP_ARRAY_GET_S] = {.emit = emit_array_get, .kind = LLVMSExt},
    [WASM_OP_ARRAY_GET_U] = {.emit = emit_array_get, .kind = LLVMZExt},
    [WASM_OP_ARRAY_SET] = {.emit = emit_array_set},
    [WASM_OP_ARRAY_LEN] = {.emit = emit_array_len},
    [WASM_OP_ARRAY_FILL] = {.emit = emit_array_fill},
    [WASM_OP_ARRAY_COPY] = {.emit = emit_array_copy},
    [WASM_OP_ARRAY_INIT_DATA] = {.emit = emit_array_init, .kind = IMAGE_HELPER_ARRAY_INIT_DATA},
    [WASM_OP_ARRAY_INIT_ELEM] = {.emit = emit_array_init, .kind = IMAGE_HELPER_ARRAY_INIT_ELEM},
    [WASM_OP_REF_TEST] = {.emit = emit_ref_test},
    [WASM_OP_REF_TEST_NULL] = {.emit = emit_ref_test},
    [WASM_OP_REF_CAST] = {.emit = emit_ref_cast},
    [WASM_OP_REF_CAST_NULL] = {.emit = emit_ref_cast},
    [WASM_OP_BR_ON_CAST] = {.emit = emit_br_on_cast},
    [WASM_OP_BR_ON_CAST_FAIL] = {.emit = emit_br_on_cast},
    [WASM_OP_REF_I31] = {.emit = emit_ref_i31},
    [WASM_OP_I31_GET_S] = {.emit = emit_i31_get, .kind = LLVMAShr},
    [WASM_OP_I31_GET_U] = {.emit = emit_i31_get, .kind = LLVMLShr},
    [WASM_OP_ANY_CONVERT_EXTERN] = {.emit = emit_ref_convert},
    [WASM_OP_EXTERN_CONVERT_ANY] = {.emit = emit_ref_convert},

    [WASM_OP_TRY_TABLE] = {.emit = emit_try_table},
    [WASM_OP_THROW] = {.emit = emit_throw},
    [WASM_OP_THROW_REF] = {.emit = emit_throw_ref},

    [WASM_OP_MEMORY_SIZE] = {.emit = emit_memory_size},
    [WASM_OP_MEMORY_GROW] = {.emit = emit_memory_grow},
    [WASM_OP_MEMORY_FILL] = {.emit = emit_memory_fill},
    [WASM_OP_MEMORY_COPY] = {.emit = emit_memory_copy},
    [WASM_OP_MEMORY_INIT] = {.emit = emit_memory_init},
    [WASM_OP_DATA_DROP] = {.emit = emit_data_drop},

    ATOMIC(I32, 8, _U, WIDTH_8) ATOMIC(I32, 16, _U, WIDTH_16) ATOMIC(I32, , , WIDTH_ALL)
    ATOMIC(I64, 8, _U, WIDTH_8) ATOMIC(I64, 16, _U, WIDTH_16) ATOMIC(I64, 32, _U, WIDTH_32)
    ATOMIC(I64, , , WIDTH_ALL)
    [WASM_OP_ATOMIC_FENCE] = {.emit = emit_atomic_fence},
    [WASM_OP_MEMORY_ATOMIC_NOTIFY] = {.emit = emit_atomic_notify},
    [WASM_OP_MEMORY_ATOMIC_WAIT32] = {.emit = emit_atomic_wait,
                                      .kind = IMAGE_HELPER_MEMORY_WAIT32},
    [WASM_OP_MEMORY_ATOMIC_WAIT64] = {.emit = emit_atomic_wait,
                                      .kind = IMAGE_HELPER_MEMORY_WAIT64},
};
