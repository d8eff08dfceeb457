/* jacobi-2d.c - averages of five neighbours in the plane, to and fro. */
#define NAME jacobi-2d
#define STEPS PICK(20, 40, 100, 500)
#define N PICK(30, 90, 250, 1300)
#include "kernel.h"

#ifdef DATASET
static double A[N][N], B[N][N];

static void init(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) A[i][j] = B[i][j] = unit(i, j);
}

#define STEP(to, from)                                                                           \
    for (int i = 1; i < N - 1; i++)                                                              \
        for (int j = 1; j < N - 1; j++)                                                          \
            to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i + 1][j] +    \
                              from[i - 1][j])

static void kernel(void) {
    for (int t = 0; t < STEPS; t++) {
        STEP(B, A);
        STEP(A, B);
    }
}

static uint64_t checksum(void) { return HASH(A); }
#endif
