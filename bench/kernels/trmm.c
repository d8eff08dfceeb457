/* trmm.c - B := alpha A^T B, where A is lower triangular with ones on its diagonal. */
#define NAME trmm
#define M PICK(20, 60, 200, 1000)
#define N PICK(30, 80, 240, 1200)
#include "kernel.h"

#ifdef DATASET
static double A[M][M], B[M][N];

static void init(void) {
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < i; j++) A[i][j] = unit(i, j);
        A[i][i] = 1.0;
        for (int j = 0; j < N; j++) B[i][j] = unit(i, j + 1);
    }
}

static void kernel(void) {
    const double alpha = 1.5;
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < N; j++) {
            for (int k = i + 1; k < M; k++) B[i][j] += A[k][i] * B[k][j];
            B[i][j] *= alpha;
        }
    }
}

static uint64_t checksum(void) { return HASH(B); }
#endif
