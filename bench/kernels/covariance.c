/* covariance.c - the covariance of every two columns of A: N observations of M quantities. */
#define NAME covariance
#define M PICK(28, 80, 240, 1200)
#define N PICK(32, 100, 260, 1400)
#include "kernel.h"

#ifdef DATASET
static double A[N][M], C[M][M];
static double U[M]; /* means */

static void init(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < M; j++) A[i][j] = j + unit(i, j) * (j + 1);
}

static void kernel(void) {
    for (int j = 0; j < M; j++) {
        U[j] = 0.0;
        for (int i = 0; i < N; i++) U[j] += A[i][j];
        U[j] /= N;
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < M; j++) A[i][j] -= U[j];
    for (int i = 0; i < M; i++) {
        for (int j = i; j < M; j++) {
            C[i][j] = 0.0;
            for (int k = 0; k < N; k++) C[i][j] += A[k][i] * A[k][j];
            C[i][j] /= N - 1.0;
            C[j][i] = C[i][j];
        }
    }
}

static uint64_t checksum(void) { return HASH(C); }
#endif
