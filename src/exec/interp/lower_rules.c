/* lower_rules.c - how each WebAssembly instruction is lowered. */
#include "exec/interp/lower.h"

/* Codes of types by the names that iops.def uses. */
enum { T_i32 = WASM_I32, T_i64 = WASM_I64, T_f32 = WASM_F32, T_f64 = WASM_F64 };

#define STORE(family, float_family, type) \
    {.lower = lower_store, .iop = IOP_##family##_S_S, .inverse = float_family, .in = T_##type}
#define SLOTS(name) {.lower = lower_slots, .iop = IOP_##name}

const struct lower_rule lower_rules[WASM_OP_COUNT] = {
#define IOP_BIN_C(id, o, i, ...)                                                 \
    [WASM_OP_##id] = {                                                           \
        .lower = lower_commutative, .iop = IOP_##id##_SS_A, .out = T_##o, .in = T_##i},
#define IOP_BIN_N(id, o, i, ...) \
    [WASM_OP_##id] = {.lower = lower_binary, .iop = IOP_##id##_SS_A, .out = T_##o, .in = T_##i},
#define IOP_CMP(id, swap, inv, type, ...)                                                  \
    [WASM_OP_##id] = {.lower = lower_compare, .iop = IOP_##id##_SS_A, .swapped = WASM_OP_##swap, \
                      .inverse = WASM_OP_##inv, .out = WASM_I32, .in = T_##type},
#define IOP_FCMP(id, swap, type, ...)                                                      \
    [WASM_OP_##id] = {.lower = lower_compare, .iop = IOP_##id##_SS_A, .swapped = WASM_OP_##swap, \
                      .out = WASM_I32, .in = T_##type},
#define IOP_UN(id, o, i, ...) \
    [WASM_OP_##id] = {.lower = lower_unary, .iop = IOP_##id##_S_A, .out = T_##o, .in = T_##i},
#define IOP_LOAD(id, o, ...) \
    [WASM_OP_##id] = {.lower = lower_load, .iop = IOP_##id##_S_A, .out = T_##o},
#define IOP_STORE(id, ctype)
#define IOP_FSTORE(id, type)
#define IOP_VECTOR(id) [WASM_OP_##id] = SLOTS(id),
#include "exec/interp/iops.def"

    /* What relaxed instructions leave open is decided here, the same on every machine: they do as
     * the strict ones do, and products are rounded before they are added. */
    [WASM_OP_I8X16_RELAXED_SWIZZLE] = SLOTS(I8X16_SWIZZLE),
    [WASM_OP_I32X4_RELAXED_TRUNC_F32X4_S] = SLOTS(I32X4_TRUNC_SAT_F32X4_S),
    [WASM_OP_I32X4_RELAXED_TRUNC_F32X4_U] = SLOTS(I32X4_TRUNC_SAT_F32X4_U),
    [WASM_OP_I32X4_RELAXED_TRUNC_F64X2_S_ZERO] = SLOTS(I32X4_TRUNC_SAT_F64X2_S_ZERO),
    [WASM_OP_I32X4_RELAXED_TRUNC_F64X2_U_ZERO] = SLOTS(I32X4_TRUNC_SAT_F64X2_U_ZERO),
    [WASM_OP_I8X16_RELAXED_LANESELECT] = SLOTS(V128_BITSELECT),
    [WASM_OP_I16X8_RELAXED_LANESELECT] = SLOTS(V128_BITSELECT),
    [WASM_OP_I32X4_RELAXED_LANESELECT] = SLOTS(V128_BITSELECT),
    [WASM_OP_I64X2_RELAXED_LANESELECT] = SLOTS(V128_BITSELECT),
    [WASM_OP_F32X4_RELAXED_MIN] = SLOTS(F32X4_MIN),
    [WASM_OP_F32X4_RELAXED_MAX] = SLOTS(F32X4_MAX),
    [WASM_OP_F64X2_RELAXED_MIN] = SLOTS(F64X2_MIN),
    [WASM_OP_F64X2_RELAXED_MAX] = SLOTS(F64X2_MAX),
    [WASM_OP_I16X8_RELAXED_Q15MULR_S] = SLOTS(I16X8_Q15MULR_SAT_S),
    [WASM_OP_F32X4_RELAXED_MADD] = SLOTS(F32X4_RELAXED_MADD),
    [WASM_OP_F32X4_RELAXED_NMADD] = SLOTS(F32X4_RELAXED_NMADD),
    [WASM_OP_F64X2_RELAXED_MADD] = SLOTS(F64X2_RELAXED_MADD),
    [WASM_OP_F64X2_RELAXED_NMADD] = SLOTS(F64X2_RELAXED_NMADD),
    [WASM_OP_I16X8_RELAXED_DOT_I8X16_I7X16_S] = SLOTS(I16X8_RELAXED_DOT),
    [WASM_OP_I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S] = SLOTS(I32X4_RELAXED_DOT_ADD),

    [WASM_OP_UNREACHABLE] = {.lower = lower_unreachable},
    [WASM_OP_NOP] = {.lower = lower_nothing},
    [WASM_OP_BLOCK] = {.lower = lower_block},
    [WASM_OP_LOOP] = {.lower = lower_loop},
    [WASM_OP_IF] = {.lower = lower_if},
    [WASM_OP_ELSE] = {.lower = lower_else},
    [WASM_OP_END] = {.lower = lower_end},
    [WASM_OP_BR] = {.lower = lower_br},
    [WASM_OP_BR_IF] = {.lower = lower_br_if},
    [WASM_OP_BR_TABLE] = {.lower = lower_br_table},
    [WASM_OP_RETURN] = {.lower = lower_return},
    [WASM_OP_CALL] = {.lower = lower_call},
    [WASM_OP_CALL_INDIRECT] = {.lower = lower_call_indirect},
    [WASM_OP_RETURN_CALL] = {.lower = lower_return_call},
    [WASM_OP_RETURN_CALL_INDIRECT] = {.lower = lower_return_call_indirect},

    [WASM_OP_CALL_REF] = {.lower = lower_call_ref},
    [WASM_OP_RETURN_CALL_REF] = {.lower = lower_return_call_ref},
    [WASM_OP_BR_ON_NULL] = {.lower = lower_br_on_null},
    [WASM_OP_BR_ON_NON_NULL] = {.lower = lower_br_on_non_null},

    [WASM_OP_DROP] = {.lower = lower_drop},
    [WASM_OP_SELECT] = {.lower = lower_select},
    [WASM_OP_SELECT_T] = {.lower = lower_select},
    [WASM_OP_LOCAL_GET] = {.lower = lower_local_get},
    [WASM_OP_LOCAL_SET] = {.lower = lower_local_set},
    [WASM_OP_LOCAL_TEE] = {.lower = lower_local_tee},
    [WASM_OP_GLOBAL_GET] = {.lower = lower_global_get},
    [WASM_OP_GLOBAL_SET] = {.lower = lower_global_set},
    [WASM_OP_REF_NULL] = {.lower = lower_ref_null},
    [WASM_OP_REF_IS_NULL] = {.lower = lower_ref_is_null},
    [WASM_OP_REF_FUNC] = {.lower = lower_ref_func},

    [WASM_OP_I32_CONST] = {.lower = lower_const, .out = WASM_I32},
    [WASM_OP_I64_CONST] = {.lower = lower_const, .out = WASM_I64},
    [WASM_OP_F32_CONST] = {.lower = lower_const, .out = WASM_F32},
    [WASM_OP_F64_CONST] = {.lower = lower_const, .out = WASM_F64},
    [WASM_OP_I32_EQZ] = {.lower = lower_eqz, .iop = IOP_I32_EQ_SS_A, .swapped = WASM_OP_I32_EQ,
                         .inverse = WASM_OP_I32_NE, .in = WASM_I32},
    [WASM_OP_I64_EQZ] = {.lower = lower_eqz, .iop = IOP_I64_EQ_SS_A, .swapped = WASM_OP_I64_EQ,
                         .inverse = WASM_OP_I64_NE, .in = WASM_I64},
    [WASM_OP_I64_EXTEND_I32_U] = {.lower = lower_retype, .out = WASM_I64},
    [WASM_OP_I32_REINTERPRET_F32] = {.lower = lower_retype, .out = WASM_I32},
    [WASM_OP_I64_REINTERPRET_F64] = {.lower = lower_retype, .out = WASM_I64},
    [WASM_OP_F32_REINTERPRET_I32] = {.lower = lower_retype, .out = WASM_F32},
    [WASM_OP_F64_REINTERPRET_I64] = {.lower = lower_retype, .out = WASM_F64},

    [WASM_OP_I32_STORE8] = STORE(I32_STORE8, 0, i32),
    [WASM_OP_I32_STORE16] = STORE(I32_STORE16, 0, i32),
    [WASM_OP_I32_STORE] = STORE(I32_STORE, 0, i32),
    [WASM_OP_I64_STORE8] = STORE(I32_STORE8, 0, i32),
    [WASM_OP_I64_STORE16] = STORE(I32_STORE16, 0, i32),
    [WASM_OP_I64_STORE32] = STORE(I32_STORE, 0, i32),
    [WASM_OP_I64_STORE] = STORE(I64_STORE, 0, i64),
    [WASM_OP_F32_STORE] = STORE(I32_STORE, IOP_F32_STORE_S_A, i32),
    [WASM_OP_F64_STORE] = STORE(I64_STORE, IOP_F64_STORE_S_A, i64),

    [WASM_OP_STRUCT_NEW] = {.lower = lower_struct_new, .iop = IOP_STRUCT_NEW},
    [WASM_OP_STRUCT_NEW_DEFAULT] = {.lower = lower_struct_new, .iop = IOP_STRUCT_NEW_DEFAULT},
    [WASM_OP_STRUCT_GET] = {.lower = lower_struct_get, .iop = IOP_STRUCT_GET_8U},
    [WASM_OP_STRUCT_GET_S] = {.lower = lower_struct_get, .iop = IOP_STRUCT_GET_8U},
    [WASM_OP_STRUCT_GET_U] = {.lower = lower_struct_get, .iop = IOP_STRUCT_GET_8U},
    [WASM_OP_STRUCT_SET] = {.lower = lower_struct_set, .iop = IOP_STRUCT_SET_8},
    [WASM_OP_ARRAY_NEW] = {.lower = lower_array_new, .iop = IOP_ARRAY_NEW},
    [WASM_OP_ARRAY_NEW_DEFAULT] = {.lower = lower_array_new, .iop = IOP_ARRAY_NEW_DEFAULT},
    [WASM_OP_ARRAY_NEW_FIXED] = {.lower = lower_array_new_fixed, .iop = IOP_ARRAY_NEW_FIXED},
    [WASM_OP_ARRAY_NEW_DATA] = {.lower = lower_array_new_segment, .iop = IOP_ARRAY_NEW_DATA},
    [WASM_OP_ARRAY_NEW_ELEM] = {.lower = lower_array_new_segment, .iop = IOP_ARRAY_NEW_ELEM},
    [WASM_OP_ARRAY_GET] = {.lower = lower_array_get, .iop = IOP_ARRAY_GET_8U},
    [WASM_OP_ARRAY_GET_S] = {.lower = lower_array_get, .iop = IOP_ARRAY_GET_8U},
    [WASM_OP_ARRAY_GET_U] = {.lower = lower_array_get, .iop = IOP_ARRAY_GET_8U},
    [WASM_OP_ARRAY_SET] = {.lower = lower_array_set, .iop = IOP_ARRAY_SET_8},
    [WASM_OP_ARRAY_FILL] = {.lower = lower_array_range, .iop = IOP_ARRAY_FILL},
    [WASM_OP_ARRAY_COPY] = {.lower = lower_array_range, .iop = IOP_ARRAY_COPY},
    [WASM_OP_ARRAY_INIT_DATA] = {.lower = lower_array_range, .iop = IOP_ARRAY_INIT_DATA},
    [WASM_OP_ARRAY_INIT_ELEM] = {.lower = lower_array_range, .iop = IOP_ARRAY_INIT_ELEM},
    [WASM_OP_ARRAY_LEN] = SLOTS(ARRAY_LEN),
    [WASM_OP_REF_TEST] = {.lower = lower_ref_test},
    [WASM_OP_REF_TEST_NULL] = {.lower = lower_ref_test},
    [WASM_OP_REF_CAST] = {.lower = lower_ref_cast},
    [WASM_OP_REF_CAST_NULL] = {.lower = lower_ref_cast},
    [WASM_OP_BR_ON_CAST] = {.lower = lower_br_on_cast},
    [WASM_OP_BR_ON_CAST_FAIL] = {.lower = lower_br_on_cast},
    [WASM_OP_REF_EQ] = {.lower = lower_compare, .iop = IOP_I32_EQ_SS_A, .swapped = WASM_OP_I32_EQ,
                        .inverse = WASM_OP_I32_NE, .out = WASM_I32, .in = WASM_I32},
    [WASM_OP_REF_I31] = SLOTS(REF_I31),
    [WASM_OP_I31_GET_S] = SLOTS(I31_GET_S),
    [WASM_OP_I31_GET_U] = SLOTS(I31_GET_U),
    /* A reference is the same number in both hierarchies. */
    [WASM_OP_ANY_CONVERT_EXTERN] = {.lower = lower_nothing},
    [WASM_OP_EXTERN_CONVERT_ANY] = {.lower = lower_nothing},

    [WASM_OP_TRY_TABLE] = {.lower = lower_try_table},
    [WASM_OP_THROW] = {.lower = lower_throw},
    [WASM_OP_THROW_REF] = {.lower = lower_throw_ref},

#define ATOMIC(type, narrow, tail, width)                                                        \
    [WASM_OP_##type##_ATOMIC_LOAD##narrow##tail] = SLOTS(ATOMIC_LOAD_##width),                    \
    [WASM_OP_##type##_ATOMIC_STORE##narrow] = SLOTS(ATOMIC_STORE_##width),                        \
    [WASM_OP_##type##_ATOMIC_RMW##narrow##_ADD##tail] = SLOTS(ATOMIC_ADD_##width),                \
    [WASM_OP_##type##_ATOMIC_RMW##narrow##_SUB##tail] = SLOTS(ATOMIC_SUB_##width),                \
    [WASM_OP_##type##_ATOMIC_RMW##narrow##_AND##tail] = SLOTS(ATOMIC_AND_##width),                \
    [WASM_OP_##type##_ATOMIC_RMW##narrow##_OR##tail] = SLOTS(ATOMIC_OR_##width),                  \
    [WASM_OP_##type##_ATOMIC_RMW##narrow##_XOR##tail] = SLOTS(ATOMIC_XOR_##width),                \
    [WASM_OP_##type##_ATOMIC_RMW##narrow##_XCHG##tail] = SLOTS(ATOMIC_XCHG_##width),              \
    [WASM_OP_##type##_ATOMIC_RMW##narrow##_CMPXCHG##tail] = SLOTS(ATOMIC_CMPXCHG_##width),
    ATOMIC(I32, 8, _U, 8)
    ATOMIC(I32, 16, _U, 16)
    ATOMIC(I32, , , 32)
    ATOMIC(I64, 8, _U, 8)
    ATOMIC(I64, 16, _U, 16)
    ATOMIC(I64, 32, _U, 32)
    ATOMIC(I64, , , 64)
    [WASM_OP_ATOMIC_FENCE] = SLOTS(ATOMIC_FENCE),
    [WASM_OP_MEMORY_ATOMIC_NOTIFY] = SLOTS(ATOMIC_NOTIFY),
    [WASM_OP_MEMORY_ATOMIC_WAIT32] = {.lower = lower_wait, .iop = IOP_ATOMIC_WAIT_32},
    [WASM_OP_MEMORY_ATOMIC_WAIT64] = {.lower = lower_wait, .iop = IOP_ATOMIC_WAIT_64},

    [WASM_OP_REF_AS_NON_NULL] = SLOTS(REF_AS_NON_NULL),
    [WASM_OP_TABLE_GET] = SLOTS(TABLE_GET),
    [WASM_OP_TABLE_SET] = SLOTS(TABLE_SET),
    [WASM_OP_TABLE_SIZE] = SLOTS(TABLE_SIZE),
    [WASM_OP_TABLE_GROW] = SLOTS(TABLE_GROW),
    [WASM_OP_TABLE_FILL] = SLOTS(TABLE_FILL),
    [WASM_OP_TABLE_COPY] = SLOTS(TABLE_COPY),
    [WASM_OP_TABLE_INIT] = SLOTS(TABLE_INIT),
    [WASM_OP_ELEM_DROP] = SLOTS(ELEM_DROP),
    [WASM_OP_MEMORY_SIZE] = SLOTS(MEMORY_SIZE),
    [WASM_OP_MEMORY_GROW] = SLOTS(MEMORY_GROW),
    [WASM_OP_MEMORY_FILL] = SLOTS(MEMORY_FILL),
    [WASM_OP_MEMORY_COPY] = SLOTS(MEMORY_COPY),
    [WASM_OP_MEMORY_INIT] = SLOTS(MEMORY_INIT),
    [WASM_OP_DATA_DROP] = SLOTS(DATA_DROP),
};
