/*
 * kernel.h - what the programs of this folder share: datasets, clock, checksum and main().
 *
 * They are the thirty kernels that PolyBench/C 4.2 made the field's yardstick: the same
 * mathematics in the same order of loops, and the same sizes; the code and the data are ours.
 *
 *     NAME [mini|small|medium|large|default [REPETITIONS]]
 *
 * prints `NAME DATASET checksum=HEX best_ms=MIN`, where the time is around kernel() alone, by the
 * clock that the program sees; init() comes before each of the repetitions. The checksum is over
 * the exact bits of the results: no compiler may reorder a sum of doubles, nothing here calls a
 * function of the C library whose last bit is open (sqrt is exact), and -ffp-contract=off forbids
 * the rest.
 *
 * A program says NAME and its sizes, as PICK(mini, small, medium, large), and includes this
 * header, which includes the program back once a dataset: so sizes are constants to the compiler
 * as in the suite, and yet chosen at run time. What is there once a dataset stands between
 * #ifdef DATASET and #endif: arrays named by the capital letters below, and
 *
 *     static void init(void)          sets every array that kernel() reads
 *     static void kernel(void)        what is timed
 *     static uint64_t checksum(void)  of the results
 *
 * DEFAULT is the dataset that takes a native program about 5 to 50 ms, or comes nearest to it.
 */
#ifndef NACRE_BENCH_KERNEL_H
#define NACRE_BENCH_KERNEL_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct dataset {
    const char *name;
    void (*prepare)(void);
    void (*run)(void);
    uint64_t (*sum)(void);
};

/* A made-up element of a matrix: in [0, 1), with 24 bits, the same on every machine. */
static inline double unit(int i, int j) {
    uint32_t x = (uint32_t)i * 0x9e3779b1u + (uint32_t)j * 0x85ebca77u + 0x165667b1u;
    x = (x ^ x >> 15) * 0x2c1b3c6du;
    x = (x ^ x >> 13) * 0x297a2d39u;
    return (double)(x >> 8) / 16777216.0;
}

/* FNV-1a, a word of 32 bits at a time. */
static uint64_t fold(uint64_t sum, const void *data, size_t size) {
    const unsigned char *at = data;
    for (size_t i = 0; i < size; i += 4) {
        uint32_t word;
        memcpy(&word, at + i, 4);
        sum = (sum ^ word) * 0x100000001b3u;
    }
    return sum;
}

#define HASH(a) fold(0xcbf29ce484222325u, a, sizeof(a))
#define HASH2(a, b) fold(HASH(a), b, sizeof(b))

#define STRING_(x) #x
#define STRING(x) STRING_(x)
#define GLUE_(a, b) a##_##b
#define GLUE(a, b) GLUE_(a, b)
#define OF(name) GLUE(name, DATASET)

#define PICK_mini(mini, small, medium, large) mini
#define PICK_small(mini, small, medium, large) small
#define PICK_medium(mini, small, medium, large) medium
#define PICK_large(mini, small, medium, large) large
#define PICK(...) OF(PICK)(__VA_ARGS__)

#define init OF(init)
#define kernel OF(kernel)
#define checksum OF(checksum)
#define A OF(A)
#define B OF(B)
#define C OF(C)
#define D OF(D)
#define E OF(E)
#define F OF(F)
#define G OF(G)
#define P OF(P)
#define Q OF(Q)
#define R OF(R)
#define S OF(S)
#define T OF(T)
#define U OF(U)
#define U1 OF(U1)
#define U2 OF(U2)
#define V OF(V)
#define V1 OF(V1)
#define V2 OF(V2)
#define W OF(W)
#define X OF(X)
#define X1 OF(X1)
#define X2 OF(X2)
#define Y OF(Y)
#define Y1 OF(Y1)
#define Y2 OF(Y2)
#define Z OF(Z)

#define DATASET mini
#include STRING(NAME.c)
#undef DATASET
#define DATASET small
#include STRING(NAME.c)
#undef DATASET
#define DATASET medium
#include STRING(NAME.c)
#undef DATASET
#define DATASET large
#include STRING(NAME.c)
#undef DATASET

#ifndef DEFAULT
#define DEFAULT medium
#endif

#define ROW(set) {#set, init_##set, kernel_##set, checksum_##set}
static const struct dataset datasets[] = {ROW(mini), ROW(small), ROW(medium), ROW(large)};

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void measure(const struct dataset *set, long repetitions) {
    double best_ms = 0;
    for (long i = 0; i < repetitions; i++) {
        set->prepare();
        double begin = now_ms();
        set->run();
        double took_ms = now_ms() - begin;
        if (i == 0 || took_ms < best_ms) best_ms = took_ms;
    }
    printf("%s %s checksum=%016llx best_ms=%.4f\n", STRING(NAME), set->name,
           (unsigned long long)set->sum(), best_ms);
}

int main(int argc, char **argv) {
    const char *name = argc > 1 && strcmp(argv[1], "default") != 0 ? argv[1] : STRING(DEFAULT);
    long repetitions = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
    if (repetitions < 1) repetitions = 1;
    for (size_t i = 0; i < sizeof datasets / sizeof *datasets; i++) {
        if (strcmp(datasets[i].name, name) != 0) continue;
        measure(&datasets[i], repetitions);
        return 0;
    }
    fprintf(stderr, "usage: %s [mini|small|medium|large|default [REPETITIONS]]\n", STRING(NAME));
    return 2;
}

#endif
