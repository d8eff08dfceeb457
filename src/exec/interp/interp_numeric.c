/* interp_numeric.c - handlers of numeric ops, loads and stores, and of branches that ops are fused
 * with. */
#include "exec/interp/interp_bodies.h"

/* --- Ops that may trap --- */

#define DIV_U() if (UNLIKELY(b == 0)) TRAP(DIVIDE_BY_ZERO)
/* The least integer divided by -1 is one more than the greatest. */
#define DIV_S(type)                                                                    \
    if (UNLIKELY(b == 0)) TRAP(DIVIDE_BY_ZERO);                                        \
    if (UNLIKELY(b == (type)-1 && a == (type)1 << (sizeof(type) * 8 - 1))) TRAP(INTEGER_OVERFLOW)
#define TRUNC(to, from)                                     \
    if (UNLIKELY(!fp_trunc_ok_##to##_##from(a))) {          \
        if (a != a) TRAP(INVALID_CONVERSION);               \
        TRAP(INTEGER_OVERFLOW);                             \
    }

#undef OP
#undef BEGIN
#undef END
#define OP(name) HANDLER(name)
#define BEGIN (void)0
#define END(units) NEXT(units)
#define IOP_BIN_T(id, out, in, ...)              \
    BINARY2(id, out, in, SS, __VA_ARGS__)        \
    BINARY2(id, out, in, AS, __VA_ARGS__)        \
    BINARY2(id, out, in, SI, __VA_ARGS__)        \
    BINARY2(id, out, in, AI, __VA_ARGS__)        \
    BINARY2(id, out, in, SA, __VA_ARGS__)        \
    BINARY2(id, out, in, IS, __VA_ARGS__)        \
    BINARY2(id, out, in, IA, __VA_ARGS__)
#define IOP_UN_T(id, out, in, ...)                                \
    UNARY(id, out, in, S, A, SLOT_##in(pc[2]), 3, __VA_ARGS__)    \
    UNARY(id, out, in, S, S, SLOT_##in(pc[2]), 3, __VA_ARGS__)    \
    UNARY(id, out, in, A, A, ACC_##in, 2, __VA_ARGS__)            \
    UNARY(id, out, in, A, S, ACC_##in, 2, __VA_ARGS__)

/* --- Branches --- */

/* A fused branch: target(2) first, then the operands. */
#define BRANCH(id, type, source, ...)                               \
    HANDLER(BR_##id##_##source) {                                   \
        const type a = A_##source(type, 2), b = B_##source(type, 2); \
        if (__VA_ARGS__) {                                          \
            pc += (int32_t)unit_u32(pc + 1);                        \
            NEXT(0);                                                \
        }                                                           \
        NEXT(U_##source(type, 2));                                  \
    }
/* An addition, then a branch: target(2) dst from constant, then the right operand. */
#define RIGHT_SS(t) SLOT_##t(pc[5 + UNITS_##t])
#define RIGHT_SI(t) CONST_##t(pc + 5 + UNITS_##t)
#define RIGHT_UNITS_SS(t) 1
#define RIGHT_UNITS_SI(t) UNITS_##t
#define INCREMENT(id, type, source, ...)                            \
    HANDLER(INC_##id##_##source) {                                  \
        const type a = SLOT_##type(pc[4]) + CONST_##type(pc + 5);   \
        fp[pc[3]] = a;                                              \
        const type b = RIGHT_##source(type);                        \
        if (__VA_ARGS__) {                                          \
            pc += (int32_t)unit_u32(pc + 1);                        \
            NEXT(0);                                                \
        }                                                           \
        NEXT(5 + UNITS_##type + RIGHT_UNITS_##source(type));        \
    }

#define IOP_CMP(id, swapped, inverse, type, ...)   \
    IOP_BIN_C(id)                                  \
    BRANCH(id, type, SS, __VA_ARGS__)              \
    BRANCH(id, type, AS, __VA_ARGS__)              \
    BRANCH(id, type, SI, __VA_ARGS__)              \
    BRANCH(id, type, AI, __VA_ARGS__)              \
    INCREMENT(id, type, SS, __VA_ARGS__)           \
    INCREMENT(id, type, SI, __VA_ARGS__)

/* --- All others are what their bodies do --- */

#define WHOLE(name)    \
    HANDLER(name) {    \
        STEP(name);    \
        NEXT(0);       \
    }
#define WHOLE2(name) WHOLE(name##_A) WHOLE(name##_S)
#define IOP_BIN_C(id, ...) WHOLE2(id##_SS) WHOLE2(id##_AS) WHOLE2(id##_SI) WHOLE2(id##_AI)
#define IOP_BIN_N(id, ...) \
    IOP_BIN_C(id) WHOLE2(id##_SA) WHOLE2(id##_IS) WHOLE2(id##_IA)
#define IOP_FCMP(id, ...) IOP_BIN_C(id)
#define IOP_UN(id, ...) WHOLE2(id##_S) WHOLE2(id##_A)
#define IOP_LOAD(id, ...) WHOLE2(id##_S) WHOLE2(id##_A) WHOLE2(id##_P) WHOLE2(id##_K)
#define IOP_STORE(id, ctype)                                                            \
    WHOLE(id##_S_S) WHOLE(id##_A_S) WHOLE(id##_P_S) WHOLE(id##_K_S) WHOLE(id##_S_A)     \
    WHOLE(id##_S_I) WHOLE(id##_A_I) WHOLE(id##_P_I) WHOLE(id##_K_I)
#define IOP_FSTORE(id, type) WHOLE(id##_S_A) WHOLE(id##_A_A)
#define IOP_VECTOR(id)
#define IOP_PAIR(first, second)
#include "exec/interp/iops.def"

WHOLE(COPY)
WHOLE(CONST32)
WHOLE2(GLOBAL_GET)
WHOLE(GLOBAL_SET_A)
WHOLE2(SELECT_S)
WHOLE2(SELECT_A)

/* --- The deterministic profile --- */

#define CANONICAL(name, ctype, lanes, bits)                            \
    HANDLER(CANONICAL_##name) {                                        \
        ctype lane[lanes];                                             \
        const ctype nan = __builtin_bit_cast(ctype, bits);             \
        memcpy(lane, fp + pc[1], sizeof lane);                         \
        for (int i = 0; i < (lanes); i++)                              \
            if (lane[i] != lane[i]) lane[i] = nan;                     \
        memcpy(fp + pc[1], lane, sizeof lane);                         \
        NEXT(2);                                                       \
    }
CANONICAL(F32, float, 1, UINT32_C(0x7FC00000))
CANONICAL(F64, double, 1, UINT64_C(0x7FF8000000000000))
CANONICAL(F32X4, float, 4, UINT32_C(0x7FC00000))
CANONICAL(F64X2, double, 2, UINT64_C(0x7FF8000000000000))
