/* symm.c - C := alpha A B + beta C, where of the symmetric A only the lower half is there. */
#define NAME symm
#define M PICK(20, 60, 200, 1000)
#define N PICK(30, 80, 240, 1200)
#include "kernel.h"

#ifdef DATASET
static double A[M][M], B[M][N], C[M][N];

static void init(void) {
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < M; j++) A[i][j] = j <= i ? unit(i, j) : -999.0;
        for (int j = 0; j < N; j++) {
            B[i][j] = unit(i, j + 1);
            C[i][j] = unit(i, j + 2);
        }
    }
}

static void kernel(void) {
    const double alpha = 1.5, beta = 1.2;
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < N; j++) {
            double sum = 0.0;
            for (int k = 0; k < i; k++) {
                C[k][j] += alpha * B[i][j] * A[i][k];
                sum += B[k][j] * A[i][k];
            }
            C[i][j] = beta * C[i][j] + alpha * B[i][j] * A[i][i] + alpha * sum;
        }
    }
}

static uint64_t checksum(void) { return HASH(C); }
#endif
