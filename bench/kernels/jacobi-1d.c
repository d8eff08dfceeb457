/* jacobi-1d.c - averages of three neighbours on a line, to and fro. */
#define NAME jacobi-1d
#define DEFAULT large
#define STEPS PICK(20, 40, 100, 500)
#define N PICK(30, 120, 400, 2000)
#include "kernel.h"

#ifdef DATASET
static double A[N], B[N];

static void init(void) {
    for (int i = 0; i < N; i++) A[i] = B[i] = unit(i, 1);
}

static void kernel(void) {
    for (int t = 0; t < STEPS; t++) {
        for (int i = 1; i < N - 1; i++) B[i] = 0.33333 * (A[i - 1] + A[i] + A[i + 1]);
        for (int i = 1; i < N - 1; i++) A[i] = 0.33333 * (B[i - 1] + B[i] + B[i + 1]);
    }
}

static uint64_t checksum(void) { return HASH(A); }
#endif
