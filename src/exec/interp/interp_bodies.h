/*
 * interp_bodies.h - what ops do, as functions that handlers are made of: numeric ops, loads,
 * stores and moves, made from the statements in iops.def for each place of an operand.
 *
 * do_NAME gives the next op, or NULL when an access is out of bounds; nothing has changed then.
 */
#ifndef EXEC_INTERP_BODIES_H
#define EXEC_INTERP_BODIES_H

#include "base/fp.h"
#include "exec/instance.h"
#include "exec/interp/interp.h"

/* The names that statements in iops.def use. */
typedef uint32_t i32;
typedef int32_t s32;
typedef uint64_t i64;
typedef int64_t s64;
typedef float f32;
typedef double f64;

/* Reading a slot, an accumulator, a constant as a type; writing one. */
#define SLOT_i32(s) (uint32_t)fp[s]
#define SLOT_i64(s) fp[s]
#define SLOT_f32(s) __builtin_bit_cast(float, (uint32_t)fp[s])
#define SLOT_f64(s) __builtin_bit_cast(double, fp[s])
#define ACC_i32 (uint32_t)ia
#define ACC_i64 ia
#define ACC_f32 ((v4f32)fa)[0]
#define ACC_f64 fa[0]
#define CONST_i32(at) unit_u32(at)
#define CONST_i64(at) unit_u64(at)
#define CONST_f32(at) __builtin_bit_cast(float, unit_u32(at))
#define CONST_f64(at) __builtin_bit_cast(double, unit_u64(at))
#define PUT_A_i32(r) ia = (uint32_t)(r)
#define PUT_A_i64(r) ia = (uint64_t)(r)
#define PUT_A_f32(r) fa = set_f32(fa, (r))
#define PUT_A_f64(r) fa[0] = (r)
/* What goes to a slot stays in the accumulator, too: the next op may take it from there. */
#define PUT_S_i32(r) fp[pc[1]] = ia = (uint32_t)(r)
#define PUT_S_i64(r) fp[pc[1]] = ia = (uint64_t)(r)
#define PUT_S_f32(r) fa = set_f32(fa, (r)), fp[pc[1]] = __builtin_bit_cast(uint32_t, ACC_f32)
#define PUT_S_f64(r) fa[0] = (r), fp[pc[1]] = __builtin_bit_cast(uint64_t, fa[0])
#define UNITS_i32 2
#define UNITS_i64 4
#define UNITS_f32 2
#define UNITS_f64 4

static inline v2f64 set_f32(v2f64 fa, float value) {
    v4f32 lanes = (v4f32)fa;
    lanes[0] = value;
    return (v2f64)lanes;
}

/* Operands by source; operands begin at pc[1 + n] where n is 1 if there is a destination. */
#define A_SS(t, n) SLOT_##t(pc[1 + n])
#define B_SS(t, n) SLOT_##t(pc[2 + n])
#define U_SS(t, n) (3 + n)
#define A_AS(t, n) ACC_##t
#define B_AS(t, n) SLOT_##t(pc[1 + n])
#define U_AS(t, n) (2 + n)
#define A_SI(t, n) SLOT_##t(pc[1 + n])
#define B_SI(t, n) CONST_##t(pc + 2 + n)
#define U_SI(t, n) (2 + n + UNITS_##t)
#define A_AI(t, n) ACC_##t
#define B_AI(t, n) CONST_##t(pc + 1 + n)
#define U_AI(t, n) (1 + n + UNITS_##t)
#define A_SA(t, n) SLOT_##t(pc[1 + n])
#define B_SA(t, n) ACC_##t
#define U_SA(t, n) (2 + n)
#define A_IS(t, n) CONST_##t(pc + 2 + n)
#define B_IS(t, n) SLOT_##t(pc[1 + n])
#define U_IS(t, n) (2 + n + UNITS_##t)
#define A_IA(t, n) CONST_##t(pc + 1 + n)
#define B_IA(t, n) ACC_##t
#define U_IA(t, n) (1 + n + UNITS_##t)

#define BODY(name)                                                                            \
    static inline __attribute__((always_inline, unused)) const uint16_t *do_##name(           \
        const struct thread *th, uint64_t mem_size, uint8_t *mem, const uint16_t *pc,         \
        uint64_t *fp, uint64_t *ia_, v2f64 *fa_)
/* Around what an op does; interp_numeric.c defines these anew to have handlers instead. In a body
 * the accumulators get their names. */
#define OP(name) BODY(name)
#define BEGIN                                             \
    uint64_t ia = *ia_;                                   \
    v2f64 fa = *fa_;                                      \
    (void)th, (void)mem_size, (void)mem, (void)fp, (void)ia, (void)fa
#define END(units) return *ia_ = ia, *fa_ = fa, pc + (units)

/* Does what an op does, and goes on behind it. */
#define STEP(name)                                                              \
    do {                                                                        \
        const uint16_t *next_ = do_##name(th, mem_size, mem, pc, fp, &ia, &fa); \
        if (UNLIKELY(!next_)) OUT_OF_BOUNDS();                                  \
        pc = next_;                                                             \
    } while (0)

#define BINARY(id, out, in, source, dst, ...)                       \
    OP(id##_##source##_##dst) {                                     \
        BEGIN;                                                      \
        const in a = A_##source(in, 1), b = B_##source(in, 1);      \
        out r;                                                      \
        __VA_ARGS__;                                                \
        PUT_##dst##_##out(r);                                       \
        END(U_##source(in, 1));                                     \
    }
#define BINARY2(id, out, in, source, ...)          \
    BINARY(id, out, in, source, A, __VA_ARGS__)    \
    BINARY(id, out, in, source, S, __VA_ARGS__)

#define IOP_BIN_C(id, out, in, ...)            \
    BINARY2(id, out, in, SS, __VA_ARGS__)      \
    BINARY2(id, out, in, AS, __VA_ARGS__)      \
    BINARY2(id, out, in, SI, __VA_ARGS__)      \
    BINARY2(id, out, in, AI, __VA_ARGS__)
#define IOP_BIN_N(id, out, in, ...)            \
    IOP_BIN_C(id, out, in, __VA_ARGS__)        \
    BINARY2(id, out, in, SA, __VA_ARGS__)      \
    BINARY2(id, out, in, IS, __VA_ARGS__)      \
    BINARY2(id, out, in, IA, __VA_ARGS__)
#define IOP_FCMP(id, swapped, type, ...) IOP_BIN_C(id, i32, type, r = __VA_ARGS__)
#define IOP_CMP(id, swapped, inverse, type, ...) IOP_BIN_C(id, i32, type, r = __VA_ARGS__)
/* What may trap is a handler only. */
#define IOP_BIN_T(id, out, in, ...)
#define IOP_UN_T(id, out, in, ...)

#define UNARY(id, out, in, source, dst, operand, units, ...)    \
    OP(id##_##source##_##dst) {                                 \
        BEGIN;                                                  \
        const in a = operand;                                   \
        out r;                                                  \
        __VA_ARGS__;                                            \
        PUT_##dst##_##out(r);                                   \
        END(units);                                             \
    }
#define IOP_UN(id, out, in, ...)                                  \
    UNARY(id, out, in, S, A, SLOT_##in(pc[2]), 3, __VA_ARGS__)    \
    UNARY(id, out, in, S, S, SLOT_##in(pc[2]), 3, __VA_ARGS__)    \
    UNARY(id, out, in, A, A, ACC_##in, 2, __VA_ARGS__)            \
    UNARY(id, out, in, A, S, ACC_##in, 2, __VA_ARGS__)

/* Addresses: n is the number of units before the address's. */
#define INDEX_S(n) fp[pc[n]]
#define INDEX_A(n) ia
#define INDEX_P(n) ((uint32_t)fp[pc[n]] + (uint32_t)fp[pc[n + 1]])
#define INDEX_K(n) ((uint32_t)fp[pc[n]] + unit_u32(pc + (n) + 1))
#define INDEX_UNITS_S 1
#define INDEX_UNITS_A 0
#define INDEX_UNITS_P 2
#define INDEX_UNITS_K 3

#define LOAD(id, out, ctype, cast, mode, dst)                                    \
    BODY(id##_##mode##_##dst) {                                                  \
        BEGIN;                                                                   \
        uint64_t ea = address32(INDEX_##mode(2), pc + 2 + INDEX_UNITS_##mode);   \
        ctype value;                                                             \
        if (!IN_BOUNDS(ea, sizeof value)) return NULL;                           \
        memcpy(&value, mem + ea, sizeof value);                                  \
        out r = (out)(cast)value;                                                \
        PUT_##dst##_##out(r);                                                    \
        END(4 + INDEX_UNITS_##mode);                                             \
    }
#define IOP_LOAD(id, out, ctype, cast)                                           \
    LOAD(id, out, ctype, cast, S, A) LOAD(id, out, ctype, cast, S, S)            \
    LOAD(id, out, ctype, cast, A, A) LOAD(id, out, ctype, cast, A, S)            \
    LOAD(id, out, ctype, cast, P, A) LOAD(id, out, ctype, cast, P, S)            \
    LOAD(id, out, ctype, cast, K, A) LOAD(id, out, ctype, cast, K, S)

/* n: units of the value before the address; k: units of a constant behind the offset. */
#define STORE(id, ctype, mode, source, value, n, k)                                      \
    BODY(id##_##mode##_##source) {                                                       \
        BEGIN;                                                                           \
        uint64_t ea = address32(INDEX_##mode(1 + n), pc + 1 + n + INDEX_UNITS_##mode);   \
        const ctype v = (ctype)(value);                                                  \
        if (!IN_BOUNDS(ea, sizeof v)) return NULL;                                       \
        memcpy(mem + ea, &v, sizeof v);                                                  \
        END(3 + n + INDEX_UNITS_##mode + k);                                             \
    }
#define STORE_CONST(id, ctype, mode) STORE_CONST_(id, ctype, mode, INDEX_UNITS_##mode)
#define STORE_CONST_(id, ctype, mode, m)                                               \
    STORE(id, ctype, mode, I, (sizeof(ctype) == 8 ? unit_u64(pc + 3 + m) : unit_u32(pc + 3 + m)), \
          0, (sizeof(ctype) == 8 ? 4 : 2))
#define IOP_STORE(id, ctype)                 \
    STORE(id, ctype, S, S, fp[pc[1]], 1, 0)  \
    STORE(id, ctype, A, S, fp[pc[1]], 1, 0)  \
    STORE(id, ctype, P, S, fp[pc[1]], 1, 0)  \
    STORE(id, ctype, K, S, fp[pc[1]], 1, 0)  \
    STORE(id, ctype, S, A, ia, 0, 0)         \
    STORE_CONST(id, ctype, S)                \
    STORE_CONST(id, ctype, A)                \
    STORE_CONST(id, ctype, P)                \
    STORE_CONST(id, ctype, K)
#define IOP_FSTORE(id, type)                 \
    STORE(id, type, S, A, ACC_##type, 0, 0)  \
    STORE(id, type, A, A, ACC_##type, 0, 0)

#define IOP_VECTOR(id)
#define IOP_PAIR(first, second)
#include "exec/interp/iops.def"

/* --- Moves --- */

BODY(COPY) {
    BEGIN;
    fp[pc[1]] = fp[pc[2]];
    END(3);
}

BODY(CONST32) {
    BEGIN;
    fp[pc[1]] = unit_u32(pc + 2);
    END(4);
}

BODY(GLOBAL_GET_A) {
    BEGIN;
    ia = th->globals[unit_u32(pc + 2)]->value[0];
    END(4);
}

BODY(GLOBAL_GET_S) {
    BEGIN;
    fp[pc[1]] = ia = th->globals[unit_u32(pc + 2)]->value[0];
    END(4);
}

BODY(GLOBAL_SET_A) {
    BEGIN;
    th->globals[unit_u32(pc + 1)]->value[0] = ia;
    END(3);
}

#define SELECTED(condition) fp[(uint32_t)(condition) ? pc[2] : pc[3]]
#define SELECT(mode, condition, units) \
    BODY(SELECT_##mode##_A) {          \
        BEGIN;                         \
        ia = SELECTED(condition);      \
        END(units);                    \
    }                                  \
    BODY(SELECT_##mode##_S) {          \
        BEGIN;                         \
        fp[pc[1]] = ia = SELECTED(condition); \
        END(units);                    \
    }
SELECT(S, fp[pc[4]], 5)
SELECT(A, ia, 4)

/* --- Branches; of the conditional ones, when they are taken, and their units --- */

#define GO(target)                        \
    do {                                  \
        pc += (int32_t)unit_u32(target);  \
        NEXT(0);                          \
    } while (0)

#define GLOBAL_IS_VALUE ((uint32_t)th->globals[unit_u32(pc + 3)]->value[0] == unit_u32(pc + 5))
#define TAKES_BR_IF_S ((uint32_t)fp[pc[3]] != 0)
#define TAKES_BR_IF_A ((uint32_t)ia != 0)
#define TAKES_BR_UNLESS_S ((uint32_t)fp[pc[3]] == 0)
#define TAKES_BR_UNLESS_A ((uint32_t)ia == 0)
#define TAKES_BR_GLOBAL_EQ GLOBAL_IS_VALUE
#define TAKES_BR_GLOBAL_NE !GLOBAL_IS_VALUE
#define UNITS_BR_IF_S 4
#define UNITS_BR_IF_A 3
#define UNITS_BR_UNLESS_S 4
#define UNITS_BR_UNLESS_A 3
#define UNITS_BR_GLOBAL_EQ 7
#define UNITS_BR_GLOBAL_NE 7

#endif
