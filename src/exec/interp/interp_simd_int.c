/* interp_simd_int.c - vectors of integers (core specification 4.3.2, lane by lane). */
#include "exec/interp/interp_simd.h"

/* Bits, of no shape */
UNARY(V128_NOT, v2u64, ~a)
BINARY(V128_AND, v2u64, a & b)
BINARY(V128_ANDNOT, v2u64, a & ~b)
BINARY(V128_OR, v2u64, a | b)
BINARY(V128_XOR, v2u64, a ^ b)
TERNARY(V128_BITSELECT, v2u64, (a & c) | (b & ~c))
TEST(V128_ANY_TRUE, v4u32, __builtin_reduce_or(a) != 0)

/* What every shape has. A comparison in C gives lanes of all ones or zeros, as here. */
#define SHAPE(id, i, u, i_lane, u_lane)                                \
    UNARY(id##_ABS, i, __builtin_elementwise_abs(a))                   \
    UNARY(id##_NEG, u, -a)                                             \
    BINARY(id##_ADD, u, a + b)                                         \
    BINARY(id##_SUB, u, a - b)                                         \
    BINARY(id##_EQ, u, a == b)                                         \
    BINARY(id##_NE, u, a != b)                                         \
    BINARY(id##_LT_S, i, a < b)                                        \
    BINARY(id##_GT_S, i, a > b)                                        \
    BINARY(id##_LE_S, i, a <= b)                                       \
    BINARY(id##_GE_S, i, a >= b)                                       \
    SHIFT(id##_SHL, u, u_lane, a << n)                                 \
    SHIFT(id##_SHR_S, i, i_lane, a >> n)                               \
    SHIFT(id##_SHR_U, u, u_lane, a >> n)                               \
    TEST(id##_ALL_TRUE, u, __builtin_reduce_or(a == 0) == 0)

SHAPE(I8X16, v16i8, v16u8, int8_t, uint8_t)
SHAPE(I16X8, v8i16, v8u16, int16_t, uint16_t)
SHAPE(I32X4, v4i32, v4u32, int32_t, uint32_t)
SHAPE(I64X2, v2i64, v2u64, int64_t, uint64_t)

/* The sign bits, that of lane 0 lowest. A mask of less than eight bits has undefined ones. */
#define SIGNS(v, mask, bits) __builtin_bit_cast(bits, CONVERT((v) < 0, mask))
TEST(I8X16_BITMASK, v16i8, SIGNS(a, mask16, uint16_t))
TEST(I16X8_BITMASK, v8i16, SIGNS(a, mask8, uint8_t))
TEST(I32X4_BITMASK, v4i32, SIGNS(a, mask4, uint8_t) & 0xF)
TEST(I64X2_BITMASK, v2i64, SIGNS(a, mask2, uint8_t) & 0x3)

/* What 64-bit lanes lack */
#define SHAPE_TO_32(id, i, u)                                          \
    BINARY(id##_LT_U, u, a < b)                                        \
    BINARY(id##_GT_U, u, a > b)                                        \
    BINARY(id##_LE_U, u, a <= b)                                       \
    BINARY(id##_GE_U, u, a >= b)                                       \
    BINARY(id##_MIN_S, i, __builtin_elementwise_min(a, b))             \
    BINARY(id##_MIN_U, u, __builtin_elementwise_min(a, b))             \
    BINARY(id##_MAX_S, i, __builtin_elementwise_max(a, b))             \
    BINARY(id##_MAX_U, u, __builtin_elementwise_max(a, b))

SHAPE_TO_32(I8X16, v16i8, v16u8)
SHAPE_TO_32(I16X8, v8i16, v8u16)
SHAPE_TO_32(I32X4, v4i32, v4u32)

/* What only 8 and 16-bit lanes have. avgr is (a + b + 1) / 2 of unbounded integers: the bits of
 * either, less half of those that differ; clang knows the pattern. */
#define SHAPE_TO_16(id, i, u)                                          \
    BINARY(id##_ADD_SAT_S, i, __builtin_elementwise_add_sat(a, b))     \
    BINARY(id##_ADD_SAT_U, u, __builtin_elementwise_add_sat(a, b))     \
    BINARY(id##_SUB_SAT_S, i, __builtin_elementwise_sub_sat(a, b))     \
    BINARY(id##_SUB_SAT_U, u, __builtin_elementwise_sub_sat(a, b))     \
    BINARY(id##_AVGR_U, u, (a | b) - ((a ^ b) >> 1))

SHAPE_TO_16(I8X16, v16i8, v16u8)
SHAPE_TO_16(I16X8, v8i16, v8u16)

UNARY(I8X16_POPCNT, v16u8, __builtin_elementwise_popcount(a))
BINARY(I16X8_MUL, v8u16, a * b)
BINARY(I32X4_MUL, v4u32, a * b)
BINARY(I64X2_MUL, v2u64, a * b)

/* To the nearest value between two limits, then to fewer bits. */
#define CLAMP(v, type, low, high)                                                              \
    __builtin_elementwise_min(__builtin_elementwise_max((v), SPLAT(type, low)), SPLAT(type, high))
#define NARROW(joined, type, joined_type, low, high) \
    CONVERT(CLAMP(joined, joined_type, low, high), type)
BINARY(I8X16_NARROW_I16X8_S, v8i16, NARROW(JOIN_8_8(a, b), v16i8, v16i16, INT8_MIN, INT8_MAX))
BINARY(I8X16_NARROW_I16X8_U, v8i16, NARROW(JOIN_8_8(a, b), v16u8, v16i16, 0, UINT8_MAX))
BINARY(I16X8_NARROW_I32X4_S, v4i32, NARROW(JOIN_4_4(a, b), v8i16, v8i32, INT16_MIN, INT16_MAX))
BINARY(I16X8_NARROW_I32X4_U, v4i32, NARROW(JOIN_4_4(a, b), v8u16, v8i32, 0, UINT16_MAX))

/* Half of the lanes, to twice the bits; and the products of such halves, which do fit. */
#define WIDEN(to, from, sign, narrow, wide, lanes)                                          \
    UNARY(to##_EXTEND_LOW_##from##_##sign, narrow, CONVERT(LOW_OF_##lanes(a), wide))        \
    UNARY(to##_EXTEND_HIGH_##from##_##sign, narrow, CONVERT(HIGH_OF_##lanes(a), wide))      \
    BINARY(to##_EXTMUL_LOW_##from##_##sign, narrow,                                         \
           CONVERT(LOW_OF_##lanes(a), wide) * CONVERT(LOW_OF_##lanes(b), wide))             \
    BINARY(to##_EXTMUL_HIGH_##from##_##sign, narrow,                                        \
           CONVERT(HIGH_OF_##lanes(a), wide) * CONVERT(HIGH_OF_##lanes(b), wide))

WIDEN(I16X8, I8X16, S, v16i8, v8i16, 16)
WIDEN(I16X8, I8X16, U, v16u8, v8u16, 16)
WIDEN(I32X4, I16X8, S, v8i16, v4i32, 8)
WIDEN(I32X4, I16X8, U, v8u16, v4u32, 8)
WIDEN(I64X2, I32X4, S, v4i32, v2i64, 4)
WIDEN(I64X2, I32X4, U, v4u32, v2u64, 4)

/* Sums of neighbours: the even lane is the lower half of a wide one, the odd lane the higher. */
UNARY(I16X8_EXTADD_PAIRWISE_I8X16_S, v8u16, ((v8i16)(a << 8) >> 8) + ((v8i16)a >> 8))
UNARY(I16X8_EXTADD_PAIRWISE_I8X16_U, v8u16, (a & 0xFF) + (a >> 8))
UNARY(I32X4_EXTADD_PAIRWISE_I16X8_S, v4u32, ((v4i32)(a << 16) >> 16) + ((v4i32)a >> 16))
UNARY(I32X4_EXTADD_PAIRWISE_I16X8_U, v4u32, (a & 0xFFFF) + (a >> 16))

/* The products fit; their sum does not when all four factors are -2^15: it wraps. clang makes
 * pmaddwd of this form. */
#define EVEN(v) CONVERT(__builtin_shufflevector((v), (v), 0, 2, 4, 6), v4i32)
#define ODD(v) CONVERT(__builtin_shufflevector((v), (v), 1, 3, 5, 7), v4i32)
BINARY(I32X4_DOT_I16X8_S, v8i16, (v4u32)(EVEN(a) * EVEN(b)) + (v4u32)(ODD(a) * ODD(b)))

/* Fixed point, 15 bits of fraction, rounded; only -1 * -1 saturates. */
static inline v8i16 q15mulr_sat(v8i16 a, v8i16 b) {
    v8i32 product = CONVERT(a, v8i32) * CONVERT(b, v8i32);
    v8i32 rounded = (product + 0x4000) >> 15;
    return CONVERT(CLAMP(rounded, v8i32, INT16_MIN, INT16_MAX), v8i16);
}
BINARY(I16X8_Q15MULR_SAT_S, v8i16, q15mulr_sat(a, b))

/* Relaxed: bytes times bytes, all signed, neighbours added modulo 2^16; and added up once more. */
static inline v8i16 dot_bytes(v8i16 a, v8i16 b) {
    v8i16 a_low = (v8i16)((v8u16)a << 8) >> 8, b_low = (v8i16)((v8u16)b << 8) >> 8;
    v8u16 low = (v8u16)(a_low * b_low), high = (v8u16)((a >> 8) * (b >> 8));
    return (v8i16)(low + high);
}
static inline v4u32 add_neighbours(v4u32 a) {
    return (v4u32)((v4i32)(a << 16) >> 16) + (v4u32)((v4i32)a >> 16);
}
BINARY(I16X8_RELAXED_DOT, v8i16, dot_bytes(a, b))
TERNARY(I32X4_RELAXED_DOT_ADD, v8i16, add_neighbours((v4u32)dot_bytes(a, b)) + (v4u32)c)
