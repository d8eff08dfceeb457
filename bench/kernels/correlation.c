/* correlation.c - the correlation of every two columns of A: N observations of M quantities. */
#define NAME correlation
#define M PICK(28, 80, 240, 1200)
#define N PICK(32, 100, 260, 1400)
#include "kernel.h"

#ifdef DATASET
static double A[N][M], C[M][M];
static double U[M]; /* means */
static double S[M]; /* standard deviations */

static void init(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < M; j++) A[i][j] = j + unit(i, j) * (j + 1);
}

static void OF(standardise)(void) {
    const double near_zero = 0.1;
    for (int j = 0; j < M; j++) {
        U[j] = 0.0;
        for (int i = 0; i < N; i++) U[j] += A[i][j];
        U[j] /= N;
    }
    for (int j = 0; j < M; j++) {
        S[j] = 0.0;
        for (int i = 0; i < N; i++) S[j] += (A[i][j] - U[j]) * (A[i][j] - U[j]);
        S[j] = sqrt(S[j] / N);
        if (S[j] <= near_zero) S[j] = 1.0;
    }
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < M; j++) {
            A[i][j] -= U[j];
            A[i][j] /= sqrt((double)N) * S[j];
        }
    }
}

static void kernel(void) {
    OF(standardise)();
    for (int i = 0; i < M - 1; i++) {
        C[i][i] = 1.0;
        for (int j = i + 1; j < M; j++) {
            C[i][j] = 0.0;
            for (int k = 0; k < N; k++) C[i][j] += A[k][i] * A[k][j];
            C[j][i] = C[i][j];
        }
    }
    C[M - 1][M - 1] = 1.0;
}

static uint64_t checksum(void) { return HASH(C); }
#endif
