/*
 * interp_simd.h - what the handlers of the 128-bit vector instructions share.
 *
 * A vector is in two consecutive slots, its bytes in memory order; an address of a slot is
 * aligned to 8, not to 16. An op is, in units: number, destination slot (if there is a result),
 * a slot for each operand, immediates. All operands are read before the result is written, so
 * that slots may overlap.
 *
 * Where arithmetic wraps around, vectors are unsigned: signed overflow is undefined in C.
 */
#ifndef EXEC_INTERP_SIMD_H
#define EXEC_INTERP_SIMD_H

#include "exec/interp/interp.h"

#define VECTOR(bytes) __attribute__((vector_size(bytes)))
typedef uint8_t v16u8 VECTOR(16);
typedef int8_t v16i8 VECTOR(16);
typedef uint16_t v8u16 VECTOR(16);
typedef int16_t v8i16 VECTOR(16);
typedef uint32_t v4u32 VECTOR(16);
typedef int32_t v4i32 VECTOR(16);
typedef uint64_t v2u64 VECTOR(16);
typedef int64_t v2i64 VECTOR(16);
/* Half as long, and twice as long, for results that narrow and widen on the way. */
typedef uint8_t v8u8 VECTOR(8);
typedef int8_t v8i8 VECTOR(8);
typedef uint16_t v4u16 VECTOR(8);
typedef int16_t v4i16 VECTOR(8);
typedef uint32_t v2u32 VECTOR(8);
typedef int32_t v2i32 VECTOR(8);
typedef float v2f32 VECTOR(8);
typedef int16_t v16i16 VECTOR(32);
typedef int32_t v8i32 VECTOR(32);
#undef VECTOR

/* A bit a lane. */
typedef bool mask16 __attribute__((ext_vector_type(16)));
typedef bool mask8 __attribute__((ext_vector_type(8)));
typedef bool mask4 __attribute__((ext_vector_type(4)));
typedef bool mask2 __attribute__((ext_vector_type(2)));

/* The builtin, as -ffreestanding makes a plain memcpy a real call. */
#define COPY(to, from, size) __builtin_memcpy((to), (from), (size))

/* Declares the vector `name`: the operand in the slots that unit `at` names. */
#define OPERAND(type, name, at) \
    type name;                  \
    COPY(&name, fp + pc[at], sizeof name)

/* Writes a vector result, in an expression of any vector type of sixteen bytes. */
#define RESULT(value)                                           \
    do {                                                        \
        __auto_type result_ = (value);                          \
        _Static_assert(sizeof result_ == 16, "not a v128");     \
        COPY(fp + pc[1], &result_, sizeof result_);             \
    } while (0)

/* Handlers by operands; `value` is an expression in a, b, c, or a and n. */
#define UNARY(id, type, value) \
    HANDLER(id) {              \
        OPERAND(type, a, 2);   \
        RESULT(value);         \
        NEXT(3);               \
    }
#define BINARY(id, type, value) \
    HANDLER(id) {               \
        OPERAND(type, a, 2);    \
        OPERAND(type, b, 3);    \
        RESULT(value);          \
        NEXT(4);                \
    }
#define TERNARY(id, type, value) \
    HANDLER(id) {                \
        OPERAND(type, a, 2);     \
        OPERAND(type, b, 3);     \
        OPERAND(type, c, 4);     \
        RESULT(value);           \
        NEXT(5);                 \
    }
/* The count is taken modulo the width of a lane (4.3.2, ishl, ishr). */
#define SHIFT(id, type, lane_type, value)                                             \
    HANDLER(id) {                                                                     \
        OPERAND(type, a, 2);                                                          \
        lane_type n = (lane_type)(fp[pc[3]] & (sizeof(lane_type) * 8 - 1));           \
        RESULT(value);                                                                \
        NEXT(4);                                                                      \
    }
/* A vector to an i32. */
#define TEST(id, type, value)           \
    HANDLER(id) {                       \
        OPERAND(type, a, 2);            \
        fp[pc[1]] = (uint32_t)(value);  \
        NEXT(3);                        \
    }

#define CONVERT(v, type) __builtin_convertvector((v), type)
#define SPLAT(type, x) ((type){0} + (x))

/* The lower and higher half of the lanes of a vector that has 4, 8, 16 of them. */
#define LOW_OF_16(v) __builtin_shufflevector((v), (v), 0, 1, 2, 3, 4, 5, 6, 7)
#define HIGH_OF_16(v) __builtin_shufflevector((v), (v), 8, 9, 10, 11, 12, 13, 14, 15)
#define LOW_OF_8(v) __builtin_shufflevector((v), (v), 0, 1, 2, 3)
#define HIGH_OF_8(v) __builtin_shufflevector((v), (v), 4, 5, 6, 7)
#define LOW_OF_4(v) __builtin_shufflevector((v), (v), 0, 1)
#define HIGH_OF_4(v) __builtin_shufflevector((v), (v), 2, 3)

/* Two short vectors in a row. */
#define JOIN_8_8(v, w) \
    __builtin_shufflevector((v), (w), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define JOIN_4_4(v, w) __builtin_shufflevector((v), (w), 0, 1, 2, 3, 4, 5, 6, 7)
#define JOIN_2_2(v, w) __builtin_shufflevector((v), (w), 0, 1, 2, 3)

#endif
