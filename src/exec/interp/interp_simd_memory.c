/* interp_simd_memory.c - vectors to and from memory, constants and single lanes. */
#include "exec/interp/interp_simd.h"

/* Units of the loads: op, destination, address, offset (2). Of the stores: op, address, value,
 * offset (2). Memory is memory 0 and its addresses have 32 bits. */
#define LOAD(id, type, value)                           \
    HANDLER(id) {                                       \
        uint64_t ea = address32(fp[pc[2]], pc + 3);     \
        type x;                                         \
        if (!IN_BOUNDS(ea, sizeof x)) OUT_OF_BOUNDS(); \
        COPY(&x, mem + ea, sizeof x);                   \
        RESULT(value);                                  \
        NEXT(5);                                        \
    }

LOAD(V128_LOAD, v16u8, x)
LOAD(V128_LOAD8X8_S, v8i8, CONVERT(x, v8i16))
LOAD(V128_LOAD8X8_U, v8u8, CONVERT(x, v8u16))
LOAD(V128_LOAD16X4_S, v4i16, CONVERT(x, v4i32))
LOAD(V128_LOAD16X4_U, v4u16, CONVERT(x, v4u32))
LOAD(V128_LOAD32X2_S, v2i32, CONVERT(x, v2i64))
LOAD(V128_LOAD32X2_U, v2u32, CONVERT(x, v2u64))
LOAD(V128_LOAD8_SPLAT, uint8_t, SPLAT(v16u8, x))
LOAD(V128_LOAD16_SPLAT, uint16_t, SPLAT(v8u16, x))
LOAD(V128_LOAD32_SPLAT, uint32_t, SPLAT(v4u32, x))
LOAD(V128_LOAD64_SPLAT, uint64_t, SPLAT(v2u64, x))
LOAD(V128_LOAD32_ZERO, uint32_t, ((v2u64){x, 0}))
LOAD(V128_LOAD64_ZERO, uint64_t, ((v2u64){x, 0}))

HANDLER(V128_STORE) {
    uint64_t ea = address32(fp[pc[1]], pc + 3);
    OPERAND(v16u8, x, 2);
    if (!IN_BOUNDS(ea, sizeof x)) OUT_OF_BOUNDS();
    COPY(mem + ea, &x, sizeof x);
    NEXT(5);
}

/* The same with one lane: its number is the last unit. A loaded lane replaces that of a vector
 * operand. Validation has checked every lane number (3.4.7). */
#define LOAD_LANE(id, type)                                                       \
    HANDLER(id) {                                                                 \
        uint64_t ea = address32(fp[pc[2]], pc + 4);                               \
        OPERAND(v16u8, a, 3);                                                     \
        type x;                                                                   \
        if (!IN_BOUNDS(ea, sizeof x)) OUT_OF_BOUNDS();                        \
        COPY(&x, mem + ea, sizeof x);                                             \
        RESULT(a);                                                                \
        COPY((uint8_t *)(fp + pc[1]) + pc[6] * sizeof x, &x, sizeof x);           \
        NEXT(7);                                                                  \
    }

LOAD_LANE(V128_LOAD8_LANE, uint8_t)
LOAD_LANE(V128_LOAD16_LANE, uint16_t)
LOAD_LANE(V128_LOAD32_LANE, uint32_t)
LOAD_LANE(V128_LOAD64_LANE, uint64_t)

#define STORE_LANE(id, type)                                                      \
    HANDLER(id) {                                                                 \
        uint64_t ea = address32(fp[pc[1]], pc + 3);                               \
        if (!IN_BOUNDS(ea, sizeof(type))) OUT_OF_BOUNDS();                    \
        COPY(mem + ea, (uint8_t *)(fp + pc[2]) + pc[5] * sizeof(type), sizeof(type)); \
        NEXT(6);                                                                  \
    }

STORE_LANE(V128_STORE8_LANE, uint8_t)
STORE_LANE(V128_STORE16_LANE, uint16_t)
STORE_LANE(V128_STORE32_LANE, uint32_t)
STORE_LANE(V128_STORE64_LANE, uint64_t)

HANDLER(V128_CONST) {
    COPY(fp + pc[1], pc + 2, 16);
    NEXT(10);
}

/* A float is its bits here: moved as a number, a signalling NaN could become quiet. */
#define SPLAT_OP(id, type, lane_type)                   \
    HANDLER(id) {                                       \
        RESULT(SPLAT(type, (lane_type)fp[pc[2]]));      \
        NEXT(3);                                        \
    }

SPLAT_OP(I8X16_SPLAT, v16u8, uint8_t)
SPLAT_OP(I16X8_SPLAT, v8u16, uint16_t)
SPLAT_OP(I32X4_SPLAT, v4u32, uint32_t)
SPLAT_OP(I64X2_SPLAT, v2u64, uint64_t)
SPLAT_OP(F32X4_SPLAT, v4u32, uint32_t)
SPLAT_OP(F64X2_SPLAT, v2u64, uint64_t)

/* Units: op, destination, vector, lane. */
#define EXTRACT(id, type, value)                                               \
    HANDLER(id) {                                                              \
        type x;                                                                \
        COPY(&x, (uint8_t *)(fp + pc[2]) + pc[3] * sizeof x, sizeof x);        \
        fp[pc[1]] = (value);                                                   \
        NEXT(4);                                                               \
    }

EXTRACT(I8X16_EXTRACT_LANE_S, int8_t, (uint32_t)x)
EXTRACT(I8X16_EXTRACT_LANE_U, uint8_t, x)
EXTRACT(I16X8_EXTRACT_LANE_S, int16_t, (uint32_t)x)
EXTRACT(I16X8_EXTRACT_LANE_U, uint16_t, x)
EXTRACT(I32X4_EXTRACT_LANE, uint32_t, x)
EXTRACT(I64X2_EXTRACT_LANE, uint64_t, x)
EXTRACT(F32X4_EXTRACT_LANE, uint32_t, x)
EXTRACT(F64X2_EXTRACT_LANE, uint64_t, x)

/* Units: op, destination, vector, scalar, lane. */
#define REPLACE(id, type)                                                      \
    HANDLER(id) {                                                              \
        OPERAND(v16u8, a, 2);                                                  \
        type x = (type)fp[pc[3]];                                              \
        RESULT(a);                                                             \
        COPY((uint8_t *)(fp + pc[1]) + pc[4] * sizeof x, &x, sizeof x);        \
        NEXT(5);                                                               \
    }

REPLACE(I8X16_REPLACE_LANE, uint8_t)
REPLACE(I16X8_REPLACE_LANE, uint16_t)
REPLACE(I32X4_REPLACE_LANE, uint32_t)
REPLACE(I64X2_REPLACE_LANE, uint64_t)
REPLACE(F32X4_REPLACE_LANE, uint32_t)
REPLACE(F64X2_REPLACE_LANE, uint64_t)

/* Bytes of a table by index, to where the result belongs. */
static inline void pick(uint8_t *to, const uint8_t *table, const uint8_t *indices) {
    for (unsigned i = 0; i < 16; i++) to[i] = table[indices[i]];
}

/* An index of 16 or more gives 0 (4.3.7, ivswizzle): the table is longer by one zero. */
HANDLER(I8X16_SWIZZLE) {
    uint8_t lanes[17], indices[16];
    OPERAND(v16u8, b, 3);
    COPY(lanes, fp + pc[2], 16);
    lanes[16] = 0;
    b = __builtin_elementwise_min(b, SPLAT(v16u8, (uint8_t)16));
    COPY(indices, &b, 16);
    pick((uint8_t *)(fp + pc[1]), lanes, indices);
    NEXT(4);
}

HANDLER(I8X16_SHUFFLE) {
    uint8_t lanes[32];
    COPY(lanes, fp + pc[2], 16);
    COPY(lanes + 16, fp + pc[3], 16);
    pick((uint8_t *)(fp + pc[1]), lanes, (const uint8_t *)(pc + 4));
    NEXT(12);
}
