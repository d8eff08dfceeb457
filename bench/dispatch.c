/*
 * dispatch.c - which dispatch is faster: a handler a function with tail calls, or one function
 * with computed gotos? The same ops, the same bodies, the same programs, run in turns.
 *
 * The ops are shaped as those of the interpreter: slots, accumulators, bounds-checked loads,
 * fused branches. The programs are the inner loops of a matrix product, of a sieve and of a
 * checksum, as lowering emits them. Prints nanoseconds an op and the ratio, minimum of the rounds.
 * RATIONALE.md has what came of it.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef double v2f64 __attribute__((vector_size(16)));

struct state { /* what is not hot */
    uint64_t stopped;
};

#define PARAMS                                                                        \
    struct state *th, uint64_t mem_size, uint8_t *mem, const void *table, const uint16_t *pc, \
        uint64_t *fp, uint64_t ia, v2f64 fa
#define ARGS th, mem_size, mem, table, pc, fp, ia, fa

static inline uint32_t u32_at(const uint16_t *at) {
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

#define IN_BOUNDS(ea, size) __builtin_expect((ea) + (size) <= mem_size, 1)

/* Ops: name, body; a body ends in NEXT(units) or STOP. */
#define OPS(OP)                                                                               \
    OP(LOAD_F64_P, uint32_t index = (uint32_t)fp[pc[2]] + (uint32_t)fp[pc[3]];                \
       uint64_t ea = (uint64_t)index + u32_at(pc + 4); \
       if (!IN_BOUNDS(ea, 8)) STOP; double v; memcpy(&v, mem + ea, 8); fa[0] = v; NEXT(6);)   \
    OP(MUL_F64_AS, double b; memcpy(&b, &fp[pc[2]], 8); fa[0] = fa[0] * b; NEXT(3);)          \
    OP(ADD_F64_AS, double b; memcpy(&b, &fp[pc[2]], 8); fa[0] = fa[0] + b; NEXT(3);)          \
    OP(STORE_F64_SA, uint64_t ea = (uint64_t)(uint32_t)fp[pc[1]] + u32_at(pc + 2);            \
       if (!IN_BOUNDS(ea, 8)) STOP; double v = fa[0]; memcpy(mem + ea, &v, 8); NEXT(4);)      \
    OP(ADD_I32_SI_S, fp[pc[1]] = (uint32_t)fp[pc[2]] + u32_at(pc + 3); NEXT(5);)              \
    OP(ADD_I32_SS_S, fp[pc[1]] = (uint32_t)((uint32_t)fp[pc[2]] + (uint32_t)fp[pc[3]]); NEXT(4);) \
    OP(LOAD8_S_A, uint64_t ea = (uint64_t)(uint32_t)fp[pc[2]] + u32_at(pc + 3);               \
       if (!IN_BOUNDS(ea, 1)) STOP; ia = mem[ea]; NEXT(5);)                                   \
    OP(STORE8_SI, uint64_t ea = (uint64_t)(uint32_t)fp[pc[1]] + u32_at(pc + 2);               \
       if (!IN_BOUNDS(ea, 1)) STOP; mem[ea] = (uint8_t)u32_at(pc + 4); NEXT(6);)              \
    OP(XOR_I32_AS_S, fp[pc[1]] = (uint32_t)ia ^ (uint32_t)fp[pc[2]]; NEXT(3);)                \
    OP(MUL_I32_SI_A, ia = (uint32_t)fp[pc[2]] * u32_at(pc + 3); NEXT(5);)                     \
    OP(SHR_U_I32_SI_A, ia = (uint32_t)fp[pc[2]] >> (u32_at(pc + 3) & 31); NEXT(5);)           \
    OP(BR_LT_U_SI, if ((uint32_t)fp[pc[3]] < u32_at(pc + 4)) { pc += (int32_t)u32_at(pc + 1); \
       NEXT(0); } NEXT(6);)                                                                   \
    OP(BR_NE_SI, if ((uint32_t)fp[pc[3]] != u32_at(pc + 4)) { pc += (int32_t)u32_at(pc + 1);  \
       NEXT(0); } NEXT(6);)                                                                   \
    OP(EXIT, STOP;)

enum {
#define OP(name, ...) OP_##name,
    OPS(OP)
#undef OP
    OP_COUNT
};

/* --- Tail calls --- */

typedef __attribute__((preserve_none)) void (*handler)(PARAMS);
#define NEXT(units)                                                               \
    do {                                                                          \
        pc += (units);                                                            \
        __attribute__((musttail)) return ((const handler *)table)[*pc](ARGS);     \
    } while (0)
#define STOP                \
    do {                    \
        th->stopped = ia;   \
        return;             \
    } while (0)
#define OP(name, ...)                                                        \
    static __attribute__((preserve_none)) void tail_##name(PARAMS) {         \
        (void)mem_size, (void)mem, (void)table, (void)pc, (void)fp, (void)fa; \
        __VA_ARGS__                                                          \
    }
OPS(OP)
#undef OP

static const handler handlers[] = {
#define OP(name, ...) tail_##name,
    OPS(OP)
#undef OP
};

__attribute__((noinline)) static void run_tail(const uint16_t *pc, uint64_t *fp, struct state *th,
                                               uint8_t *mem, uint64_t mem_size) {
    handlers[*pc](th, mem_size, mem, handlers, pc, fp, 0, (v2f64){0, 0});
}

/* --- Computed gotos --- */

#undef NEXT
#define NEXT(units)          \
    do {                     \
        pc += (units);       \
        goto *labels[*pc];   \
    } while (0)
__attribute__((noinline)) static void run_goto(const uint16_t *pc, uint64_t *fp, struct state *th,
                                               uint8_t *mem, uint64_t mem_size) {
    static const void *const labels[] = {
#define OP(name, ...) &&goto_##name,
        OPS(OP)
#undef OP
    };
    uint64_t ia = 0;
    v2f64 fa = {0, 0};
    goto *labels[*pc];
#define OP(name, ...) goto_##name : { __VA_ARGS__ }
    OPS(OP)
#undef OP
}

/* --- Programs: each runs an inner loop of `ops` ops a round `rounds` times --- */

#define U32(v) (uint16_t)((uint32_t)(v)&0xFFFF), (uint16_t)((uint32_t)(v) >> 16)
struct program {
    const char *name;
    unsigned ops;
    uint32_t rounds;
    uint16_t code[64];
};

enum { ROUNDS = 4000000 };

/* Slots: 0 counter, 1 and 2 addresses, 3 a double, 4 a word. */
static const struct program programs[] = {
    {"matrix product",
     7,
     ROUNDS,
     {OP_LOAD_F64_P,
      9,
      1,
      2,
      U32(64),
      OP_MUL_F64_AS,
      9,
      3,
      OP_ADD_F64_AS,
      9,
      3,
      OP_STORE_F64_SA,
      2,
      U32(128),
      OP_ADD_I32_SS_S,
      5,
      1,
      2,
      OP_ADD_I32_SI_S,
      0,
      0,
      U32(1),
      OP_BR_LT_U_SI,
      U32(-25),
      0,
      U32(ROUNDS),
      OP_EXIT}},
    {"sieve",
     4,
     ROUNDS,
     {OP_LOAD8_S_A, 9, 1, U32(64), OP_STORE8_SI, 1, U32(64), U32(7), OP_ADD_I32_SI_S, 0, 0, U32(1),
      OP_BR_NE_SI, U32(-16), 0, U32(ROUNDS), OP_EXIT}},
    {"checksum", 6, ROUNDS, {OP_LOAD8_S_A,      9,      1, U32(64), OP_XOR_I32_AS_S, 4,        4,
                             OP_SHR_U_I32_SI_A, 9,      4, U32(1),  OP_XOR_I32_AS_S, 4,        4,
                             OP_ADD_I32_SI_S,   0,      0, U32(1),  OP_BR_NE_SI,     U32(-21), 0,
                             U32(ROUNDS),       OP_EXIT}},
};

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef void (*runner)(const uint16_t *, uint64_t *, struct state *, uint8_t *, uint64_t);

static double time_one(runner run, const struct program *p) {
    static uint8_t memory[65536];
    uint64_t frame[16] = {0};
    struct state th = {0};
    double begin = seconds();
    run(p->code, frame, &th, memory, sizeof memory);
    return (seconds() - begin) * 1e9 / ((double)p->ops * p->rounds);
}

int main(void) {
    enum { REPEATS = 15 };
    printf("%-16s %10s %10s %8s\n", "loop", "tail ns/op", "goto ns/op", "ratio");
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        double tail = 1e9, go = 1e9;
        for (int n = 0; n < REPEATS; n++) {
            double a = time_one(run_tail, &programs[i]), b = time_one(run_goto, &programs[i]);
            if (a < tail) tail = a;
            if (b < go) go = b;
        }
        printf("%-16s %10.3f %10.3f %8.2f\n", programs[i].name, tail, go, tail / go);
    }
    return 0;
}
