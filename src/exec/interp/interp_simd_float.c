/*
 * interp_simd_float.c - vectors of floats (core specification 4.3.3, lane by lane) and their
 * conversions. base/fp.h explains the methods; here they have no branches.
 */
#include "exec/interp/interp_simd.h"
#include "base/fp.h"

/* f: vector of floats; i, u: of integers of that width; limit: 2^(bits of the significand);
 * nan: the canonical NaN. In min and max, `ored` etc. are junk in lanes with a NaN operand. */
#define FUNCTIONS(name, f, i, u, limit, nan)                                              \
    static inline f select_##name(i mask, f yes, f no) {                                  \
        return (f)((mask & (i)yes) | (~mask & (i)no));                                    \
    }                                                                                     \
    static inline f min_##name(f a, f b) {                                                \
        if (FP_HAS_MINIMUM) return __builtin_elementwise_minimum(a, b);                   \
        u ored = (u)select_##name(a < b, a, b) | (u)select_##name(b < a, b, a);           \
        return select_##name((a != a) | (b != b), (f)SPLAT(u, nan), (f)ored);             \
    }                                                                                     \
    static inline f max_##name(f a, f b) {                                                \
        if (FP_HAS_MINIMUM) return __builtin_elementwise_maximum(a, b);                   \
        u anded = (u)select_##name(a > b, a, b) & (u)select_##name(b > a, b, a);          \
        return select_##name((a != a) | (b != b), (f)SPLAT(u, nan), (f)anded);            \
    }                                                                                     \
    static inline f round_magnitude_##name(f magnitude) {                                 \
        f shift = (f)((magnitude < (limit)) & (i)SPLAT(f, limit));                        \
        return (magnitude + shift) - shift;                                               \
    }                                                                                     \
    static inline f one_where_##name(i mask) { return (f)(mask & (i)SPLAT(f, 1)); }       \
    static inline f nearest_##name(f x) {                                                 \
        if (FP_HAS_ROUND) return __builtin_elementwise_roundeven(x);                      \
        f r = round_magnitude_##name(__builtin_elementwise_abs(x));                       \
        return __builtin_elementwise_copysign(r, x);                                      \
    }                                                                                     \
    static inline f ceil_##name(f x) {                                                    \
        if (FP_HAS_ROUND) return __builtin_elementwise_ceil(x);                           \
        f r = nearest_##name(x);                                                          \
        return __builtin_elementwise_copysign(r + one_where_##name(r < x), x);            \
    }                                                                                     \
    static inline f floor_##name(f x) {                                                   \
        if (FP_HAS_ROUND) return __builtin_elementwise_floor(x);                          \
        f r = nearest_##name(x);                                                          \
        return __builtin_elementwise_copysign(r - one_where_##name(r > x), x);            \
    }                                                                                     \
    static inline f trunc_##name(f x) {                                                   \
        if (FP_HAS_ROUND) return __builtin_elementwise_trunc(x);                          \
        f magnitude = __builtin_elementwise_abs(x);                                       \
        f r = round_magnitude_##name(magnitude);                                          \
        return __builtin_elementwise_copysign(r - one_where_##name(r > magnitude), x);    \
    }

FUNCTIONS(f32x4, v4f32, v4i32, v4u32, 0x1p23f, 0x7FC00000u)
FUNCTIONS(f64x2, v2f64, v2i64, v2u64, 0x1p52, 0x7FF8000000000000u)

/* pmin and pmax are defined by one comparison, whatever the operands (fpmin, fpmax). */
#define SHAPE(id, name, f)                                             \
    BINARY(id##_EQ, f, a == b)                                         \
    BINARY(id##_NE, f, a != b)                                         \
    BINARY(id##_LT, f, a < b)                                          \
    BINARY(id##_GT, f, a > b)                                          \
    BINARY(id##_LE, f, a <= b)                                         \
    BINARY(id##_GE, f, a >= b)                                         \
    UNARY(id##_ABS, f, __builtin_elementwise_abs(a))                   \
    UNARY(id##_NEG, f, -a)                                             \
    UNARY(id##_SQRT, f, __builtin_elementwise_sqrt(a))                 \
    UNARY(id##_CEIL, f, ceil_##name(a))                                \
    UNARY(id##_FLOOR, f, floor_##name(a))                              \
    UNARY(id##_TRUNC, f, trunc_##name(a))                              \
    UNARY(id##_NEAREST, f, nearest_##name(a))                          \
    BINARY(id##_ADD, f, a + b)                                         \
    BINARY(id##_SUB, f, a - b)                                         \
    BINARY(id##_MUL, f, a * b)                                         \
    BINARY(id##_DIV, f, a / b)                                         \
    BINARY(id##_MIN, f, min_##name(a, b))                              \
    BINARY(id##_MAX, f, max_##name(a, b))                              \
    BINARY(id##_PMIN, f, select_##name(b < a, b, a))                   \
    BINARY(id##_PMAX, f, select_##name(a < b, b, a))

SHAPE(F32X4, f32x4, v4f32)
SHAPE(F64X2, f64x2, v2f64)

/* Float to float and integer to float */
UNARY(F32X4_DEMOTE_F64X2_ZERO, v2f64, JOIN_2_2(CONVERT(a, v2f32), ((v2f32){0, 0})))
UNARY(F64X2_PROMOTE_LOW_F32X4, v4f32, CONVERT(LOW_OF_4(a), v2f64))
UNARY(F32X4_CONVERT_I32X4_S, v4i32, CONVERT(a, v4f32))
UNARY(F32X4_CONVERT_I32X4_U, v4u32, CONVERT(a, v4f32))
UNARY(F64X2_CONVERT_LOW_I32X4_S, v4i32, CONVERT(LOW_OF_4(a), v2f64))
UNARY(F64X2_CONVERT_LOW_I32X4_U, v4u32, CONVERT(LOW_OF_4(a), v2f64))

/*
 * Float to integer, saturating. The conversion in C is undefined out of range, so x goes first
 * to 0 if it is a NaN, then between the limits. The greatest f32 below 2^31 or 2^32 is less than
 * the greatest integer: there, the lanes that are over get all of their bits set.
 */
static inline v4f32 clamp_f32x4(v4f32 x, float low, float high) {
    x = (v4f32)((x == x) & (v4i32)x);
    x = select_f32x4(x > low, x, SPLAT(v4f32, low));
    return select_f32x4(x < high, x, SPLAT(v4f32, high));
}
static inline v4u32 trunc_sat_s_f32x4(v4f32 x) {
    v4u32 over = (v4u32)(x >= 0x1p31f);
    return (v4u32)CONVERT(clamp_f32x4(x, -0x1p31f, 0x1.fffffep30f), v4i32) | over >> 1;
}
static inline v4u32 trunc_sat_u_f32x4(v4f32 x) {
    v4u32 over = (v4u32)(x >= 0x1p32f);
    return CONVERT(clamp_f32x4(x, 0, 0x1.fffffep31f), v4u32) | over;
}
UNARY(I32X4_TRUNC_SAT_F32X4_S, v4f32, trunc_sat_s_f32x4(a))
UNARY(I32X4_TRUNC_SAT_F32X4_U, v4f32, trunc_sat_u_f32x4(a))

static inline v2f64 clamp_f64x2(v2f64 x, double low, double high) {
    x = (v2f64)((x == x) & (v2i64)x);
    x = select_f64x2(x > low, x, SPLAT(v2f64, low));
    return select_f64x2(x < high, x, SPLAT(v2f64, high));
}
UNARY(I32X4_TRUNC_SAT_F64X2_S_ZERO, v2f64,
      JOIN_2_2(CONVERT(clamp_f64x2(a, INT32_MIN, INT32_MAX), v2i32), ((v2i32){0, 0})))
UNARY(I32X4_TRUNC_SAT_F64X2_U_ZERO, v2f64,
      JOIN_2_2(CONVERT(clamp_f64x2(a, 0, UINT32_MAX), v2u32), ((v2u32){0, 0})))

/* Relaxed: a product, rounded, and a sum. */
TERNARY(F32X4_RELAXED_MADD, v4f32, a * b + c)
TERNARY(F32X4_RELAXED_NMADD, v4f32, -(a * b) + c)
TERNARY(F64X2_RELAXED_MADD, v2f64, a * b + c)
TERNARY(F64X2_RELAXED_NMADD, v2f64, -(a * b) + c)
