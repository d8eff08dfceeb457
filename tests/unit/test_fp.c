/* test_fp.c - base/fp.h against libm, over edge values and random bit patterns. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/fp.h"

enum { RANDOM_COUNT = 200000 };

static uint64_t next_random(uint64_t *state) { /* xorshift64 */
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* Magnitudes; every test takes both signs. Bits, so that signalling NaNs arrive as such. */
static const uint32_t edges_f32[] = {
    0x00000000, 0x00000001, 0x007FFFFF, 0x00800000, 0x3EFFFFFF, 0x3F000000, 0x3F000001,
    0x3F7FFFFF, 0x3F800000, 0x3F800001, 0x3FBFFFFF, 0x3FC00000, 0x3FC00001, 0x40200000,
    0x40600000, 0x4A7FFFFF, 0x4A800000, 0x4A800001, 0x4AFFFFFF, 0x4B000000, 0x4B000001,
    0x4B7FFFFF, 0x4EFFFFFF, 0x4F000000, 0x4F000001, 0x4F7FFFFF, 0x4F800000, 0x4F800001,
    0x5EFFFFFF, 0x5F000000, 0x5F000001, 0x5F7FFFFF, 0x5F800000, 0x5F800001, 0x7F7FFFFF,
    0x7F800000, 0x7F800001, 0x7FA00000, 0x7FC00000, 0x7FC00001, 0x7FFFFFFF,
};
static const uint64_t edges_f64[] = {
    0x0000000000000000, 0x0000000000000001, 0x000FFFFFFFFFFFFF, 0x0010000000000000,
    0x3FDFFFFFFFFFFFFF, 0x3FE0000000000000, 0x3FE0000000000001, 0x3FEFFFFFFFFFFFFF,
    0x3FF0000000000000, 0x3FF0000000000001, 0x3FF8000000000000, 0x4004000000000000,
    0x400C000000000000, 0x41DFFFFFFFBFFFFF, 0x41DFFFFFFFC00000, 0x41DFFFFFFFFFFFFF,
    0x41E0000000000000, 0x41E0000000000001, 0x41E00000001FFFFF, 0x41E0000000200000,
    0x41E0000000200001, 0x41EFFFFFFFE00000, 0x41EFFFFFFFFFFFFF, 0x41F0000000000000,
    0x432FFFFFFFFFFFFF, 0x4330000000000000, 0x4330000000000001, 0x431FFFFFFFFFFFFF,
    0x4320000000000001, 0x433FFFFFFFFFFFFF, 0x43DFFFFFFFFFFFFF, 0x43E0000000000000,
    0x43E0000000000001, 0x43EFFFFFFFFFFFFF, 0x43F0000000000000, 0x43F0000000000001,
    0x7FEFFFFFFFFFFFFF, 0x7FF0000000000000, 0x7FF0000000000001, 0x7FF4000000000000,
    0x7FF8000000000000, 0x7FF8000000000001, 0x7FFFFFFFFFFFFFFF,
};

static bool is_quiet_f32(float x) { return (fp_bits_f32(x) & 0x7FC00000) == 0x7FC00000; }
static bool is_quiet_f64(double x) {
    return (fp_bits_f64(x) & 0x7FF8000000000000) == 0x7FF8000000000000;
}

static void fail_at(const char *what, uint64_t a, uint64_t b) {
    print_error("%s of 0x%llx 0x%llx\n", what, (unsigned long long)a, (unsigned long long)b);
    fail();
}

#define CHECK(what, condition) \
    if (!(condition)) fail_at(what, bits, other)

/* Truncation to one integer type, by way of long double, which holds every f64, i64 and u64
 * exactly on the machines that tests run on. */
#define CHECK_TRUNC(to, int_min, int_max, from)                                           \
    do {                                                                                  \
        long double t = truncl((long double)x);                                           \
        bool ok = t >= (long double)(int_min) && t <= (long double)(int_max);             \
        CHECK("trunc_ok_" #to "_" #from, fp_trunc_ok_##to##_##from(x) == ok);             \
        long double sat = isnan(x) ? 0                                                    \
                          : t < (long double)(int_min) ? (long double)(int_min)           \
                          : t > (long double)(int_max) ? (long double)(int_max) : t;      \
        CHECK("trunc_sat_" #to "_" #from, (long double)fp_trunc_sat_##to##_##from(x) == sat); \
    } while (0)

/* Same bits, or a quiet NaN where libm gives some NaN. */
#define CHECK_UNARY(name, function, libm)                                                 \
    do {                                                                                  \
        result = function(x);                                                             \
        expected = libm(x);                                                               \
        CHECK(#function, isnan(expected) ? is_quiet_##name(result)                        \
                                         : fp_bits_##name(result) == fp_bits_##name(expected)); \
    } while (0)

#define DEFINE_CHECKS(name, type, bits_type, sign, suffix)                                \
    static void check_unary_##name(bits_type bits) {                                      \
        uint64_t other = 0;                                                               \
        type x = fp_from_bits_##name(bits), result, expected;                             \
        CHECK_UNARY(name, fp_ceil_##name, ceil##suffix);                                  \
        CHECK_UNARY(name, fp_floor_##name, floor##suffix);                                \
        CHECK_UNARY(name, fp_trunc_##name, trunc##suffix);                                \
        CHECK_UNARY(name, fp_nearest_##name, nearbyint##suffix);                          \
        CHECK_UNARY(name, fp_sqrt_##name, sqrt##suffix);                                  \
        CHECK_TRUNC(i32, INT32_MIN, INT32_MAX, name);                                     \
        CHECK_TRUNC(u32, 0, UINT32_MAX, name);                                            \
        CHECK_TRUNC(i64, INT64_MIN, INT64_MAX, name);                                     \
        CHECK_TRUNC(u64, 0, UINT64_MAX, name);                                            \
    }                                                                                     \
    /* Order of numbers as order of integers: negative ones are turned around. */         \
    static bits_type order_##name(bits_type bits) {                                       \
        return bits & (sign) ? ~bits : bits | (sign);                                     \
    }                                                                                     \
    static void check_binary_##name(bits_type bits, bits_type other) {                    \
        type a = fp_from_bits_##name(bits), b = fp_from_bits_##name(other);               \
        type low = fp_min_##name(a, b), high = fp_max_##name(a, b);                       \
        if (isnan(a) || isnan(b)) {                                                       \
            CHECK("min of NaN", is_quiet_##name(low));                                    \
            CHECK("max of NaN", is_quiet_##name(high));                                   \
        } else {                                                                          \
            bool in_order = order_##name(bits) <= order_##name(other);                    \
            CHECK("min", fp_bits_##name(low) == (in_order ? bits : other));               \
            CHECK("max", fp_bits_##name(high) == (in_order ? other : bits));              \
        }                                                                                 \
        CHECK("copysign", fp_bits_##name(fp_copysign_##name(a, b)) ==                     \
                              ((bits & ~(sign)) | (other & (sign))));                     \
    }                                                                                     \
    static void edges_##name##_work(void **state) {                                       \
        (void)state;                                                                      \
        for (size_t i = 0; i < 2 * ARRAY_COUNT(edges_##name); i++) {                      \
            bits_type bits = edges_##name[i / 2] | (i % 2 ? (sign) : 0);                  \
            check_unary_##name(bits);                                                     \
            for (size_t j = 0; j < 2 * ARRAY_COUNT(edges_##name); j++)                    \
                check_binary_##name(bits, edges_##name[j / 2] | (j % 2 ? (sign) : 0));    \
        }                                                                                 \
    }                                                                                     \
    static void random_bits_##name##_work(void **state) {                                 \
        (void)state;                                                                      \
        uint64_t seed = 0x9E3779B97F4A7C15;                                               \
        for (int i = 0; i < RANDOM_COUNT; i++) {                                          \
            bits_type bits = (bits_type)next_random(&seed);                               \
            check_unary_##name(bits);                                                     \
            check_binary_##name(bits, (bits_type)next_random(&seed));                     \
        }                                                                                 \
    }                                                                                     \
    /* Random bits seldom are numbers with a fraction; these are. */                      \
    static void small_numbers_##name##_work(void **state) {                               \
        (void)state;                                                                      \
        for (int i = -RANDOM_COUNT; i <= RANDOM_COUNT; i++)                               \
            check_unary_##name(fp_bits_##name((type)i / 16));                             \
    }

DEFINE_CHECKS(f32, float, uint32_t, UINT32_C(0x80000000), f)
DEFINE_CHECKS(f64, double, uint64_t, UINT64_C(0x8000000000000000), )

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_f32_work),         cmocka_unit_test(edges_f64_work),
        cmocka_unit_test(random_bits_f32_work),   cmocka_unit_test(random_bits_f64_work),
        cmocka_unit_test(small_numbers_f32_work), cmocka_unit_test(small_numbers_f64_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
