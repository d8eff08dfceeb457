/* syrk.c - C := alpha A A^T + beta C, the lower half of the symmetric C. */
#define NAME syrk
#define M PICK(20, 60, 200, 1000)
#define N PICK(30, 80, 240, 1200)
#include "kernel.h"

#ifdef DATASET
static double A[N][M], C[N][N];

static void init(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < M; j++) A[i][j] = unit(i, j);
        for (int j = 0; j < N; j++) C[i][j] = unit(i, j + 2);
    }
}

static void kernel(void) {
    const double alpha = 1.5, beta = 1.2;
    for (int i = 0; i < N; i++) {
        for (int j = 0; j <= i; j++) C[i][j] *= beta;
        for (int k = 0; k < M; k++)
            for (int j = 0; j <= i; j++) C[i][j] += alpha * A[i][k] * A[j][k];
    }
}

static uint64_t checksum(void) { return HASH(C); }
#endif
