/* heat-3d.c - heat in three dimensions, by explicit steps. */
#define NAME heat-3d
#define STEPS PICK(20, 40, 100, 500)
#define N PICK(10, 20, 40, 120)
#include "kernel.h"

#ifdef DATASET
static double A[N][N][N], B[N][N][N];

static void init(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++) A[i][j][k] = B[i][j][k] = 10.0 * unit(i * N + j, k);
}

#define STEP(to, from)                                                                           \
    for (int i = 1; i < N - 1; i++)                                                              \
        for (int j = 1; j < N - 1; j++)                                                          \
            for (int k = 1; k < N - 1; k++)                                                      \
                to[i][j][k] =                                                                    \
                    0.125 * (from[i + 1][j][k] - 2.0 * from[i][j][k] + from[i - 1][j][k]) +      \
                    0.125 * (from[i][j + 1][k] - 2.0 * from[i][j][k] + from[i][j - 1][k]) +      \
                    0.125 * (from[i][j][k + 1] - 2.0 * from[i][j][k] + from[i][j][k - 1]) +      \
                    from[i][j][k]

static void kernel(void) {
    for (int t = 0; t < STEPS; t++) {
        STEP(B, A);
        STEP(A, B);
    }
}

static uint64_t checksum(void) { return HASH(A); }
#endif
