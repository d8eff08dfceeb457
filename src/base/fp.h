/*
 * fp.h - floating-point operations whose WebAssembly meaning (core specification 4.3.3) differs
 * from C's, or that C leaves to libm, which the trusted core does not have.
 *
 * A NaN result is quiet, -0 is less than +0, and nothing here traps or is undefined. Needs the
 * default rounding mode, and a compilation without -ffast-math.
 */
#ifndef BASE_FP_H
#define BASE_FP_H

#include "base/base.h"
#include "base/config.h"

static inline uint32_t fp_bits_f32(float x) { return __builtin_bit_cast(uint32_t, x); }
static inline uint64_t fp_bits_f64(double x) { return __builtin_bit_cast(uint64_t, x); }
static inline float fp_from_bits_f32(uint32_t bits) { return __builtin_bit_cast(float, bits); }
static inline double fp_from_bits_f64(uint64_t bits) { return __builtin_bit_cast(double, bits); }

/*
 * min, max: both selections differ only when a and b are equal, that is for zeros of different
 * sign; there `or` of the bits gives -0 and `and` gives +0. With a NaN the sum is a quiet NaN.
 *
 * nearest (ties to even): adding 2^(significand bits) rounds away the fraction, as there is no
 * room for it, and subtracting it again is exact; x that is that large (or infinite, or NaN) is
 * integral, and adds 0, which makes a signalling NaN quiet. ceil, floor and trunc correct the
 * nearest by one. The sign is always that of x: it is lost on the way for -0.5 and the like.
 */
#define FP_FUNCTIONS(name, type, limit)                                                   \
    static inline type fp_copysign_##name(type magnitude, type sign) {                    \
        return __builtin_elementwise_copysign(magnitude, sign);                           \
    }                                                                                     \
    static inline type fp_sqrt_##name(type x) { return __builtin_elementwise_sqrt(x); }   \
    static inline type fp_min_##name(type a, type b) {                                    \
        if (FP_HAS_MINIMUM) return __builtin_elementwise_minimum(a, b);                   \
        if (UNLIKELY(a != a || b != b)) return a + b;                                     \
        type x = a < b ? a : b;                                                           \
        type y = b < a ? b : a;                                                           \
        return fp_from_bits_##name(fp_bits_##name(x) | fp_bits_##name(y));                \
    }                                                                                     \
    static inline type fp_max_##name(type a, type b) {                                    \
        if (FP_HAS_MINIMUM) return __builtin_elementwise_maximum(a, b);                   \
        if (UNLIKELY(a != a || b != b)) return a + b;                                     \
        type x = a > b ? a : b;                                                           \
        type y = b > a ? b : a;                                                           \
        return fp_from_bits_##name(fp_bits_##name(x) & fp_bits_##name(y));                \
    }                                                                                     \
    static inline type fp_round_magnitude_##name(type magnitude) {                        \
        type shift = magnitude < (limit) ? (limit) : 0;                                   \
        return (magnitude + shift) - shift;                                               \
    }                                                                                     \
    static inline type fp_nearest_##name(type x) {                                        \
        if (FP_HAS_ROUND) return __builtin_elementwise_roundeven(x);                      \
        type r = fp_round_magnitude_##name(__builtin_elementwise_abs(x));                 \
        return __builtin_elementwise_copysign(r, x);                                      \
    }                                                                                     \
    static inline type fp_ceil_##name(type x) {                                           \
        if (FP_HAS_ROUND) return __builtin_elementwise_ceil(x);                           \
        type r = fp_nearest_##name(x);                                                    \
        r += r < x ? 1 : 0;                                                               \
        return __builtin_elementwise_copysign(r, x);                                      \
    }                                                                                     \
    static inline type fp_floor_##name(type x) {                                          \
        if (FP_HAS_ROUND) return __builtin_elementwise_floor(x);                          \
        type r = fp_nearest_##name(x);                                                    \
        r -= r > x ? 1 : 0;                                                               \
        return __builtin_elementwise_copysign(r, x);                                      \
    }                                                                                     \
    static inline type fp_trunc_##name(type x) {                                          \
        if (FP_HAS_ROUND) return __builtin_elementwise_trunc(x);                          \
        type magnitude = __builtin_elementwise_abs(x);                                    \
        type r = fp_round_magnitude_##name(magnitude);                                    \
        r -= r > magnitude ? 1 : 0;                                                       \
        return __builtin_elementwise_copysign(r, x);                                      \
    }

FP_FUNCTIONS(f32, float, 0x1p23f)
FP_FUNCTIONS(f64, double, 0x1p52)
#undef FP_FUNCTIONS

/*
 * Truncation to an integer. ok: is x, without its fraction, one of the integer type (NaN: no)?
 * sat: to the nearest integer there is, 0 for NaN.
 *
 * Both limits are outside of the range: `low` is the greatest number of the floating-point type
 * below it that truncates to something else than the least integer, `high` the least above it.
 */
#define FP_TRUNC(to, int_type, int_min, int_max, from, type, low, high)                   \
    static inline bool fp_trunc_ok_##to##_##from(type x) { return x > (low) && x < (high); } \
    static inline int_type fp_trunc_sat_##to##_##from(type x) {                           \
        if (LIKELY(fp_trunc_ok_##to##_##from(x))) return (int_type)x;                     \
        if (x != x) return 0;                                                             \
        return x < 0 ? (int_min) : (int_max);                                             \
    }

FP_TRUNC(i32, int32_t, INT32_MIN, INT32_MAX, f32, float, -0x1.000002p31f, 0x1p31f)
FP_TRUNC(i32, int32_t, INT32_MIN, INT32_MAX, f64, double, -0x1.00000002p31, 0x1p31)
FP_TRUNC(u32, uint32_t, 0, UINT32_MAX, f32, float, -1.0f, 0x1p32f)
FP_TRUNC(u32, uint32_t, 0, UINT32_MAX, f64, double, -1.0, 0x1p32)
FP_TRUNC(i64, int64_t, INT64_MIN, INT64_MAX, f32, float, -0x1.000002p63f, 0x1p63f)
FP_TRUNC(i64, int64_t, INT64_MIN, INT64_MAX, f64, double, -0x1.0000000000001p63, 0x1p63)
FP_TRUNC(u64, uint64_t, 0, UINT64_MAX, f32, float, -1.0f, 0x1p64f)
FP_TRUNC(u64, uint64_t, 0, UINT64_MAX, f64, double, -1.0, 0x1p64)
#undef FP_TRUNC

#endif
