/* gramschmidt.c - A = Q R by the modified method of Gram and Schmidt. */
#define NAME gramschmidt
#define M PICK(20, 60, 200, 1000)
#define N PICK(30, 80, 240, 1200)
#include "kernel.h"

#ifdef DATASET
static double A[M][N], Q[M][N], R[N][N];

/* There are more columns than rows: what is left of the last ones is rounding, and not zero. */
static void init(void) {
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) A[i][j] = 1.0 + 99.0 * unit(i, j);
    memset(Q, 0, sizeof Q);
    memset(R, 0, sizeof R);
}

static void kernel(void) {
    for (int k = 0; k < N; k++) {
        double norm = 0.0;
        for (int i = 0; i < M; i++) norm += A[i][k] * A[i][k];
        R[k][k] = sqrt(norm);
        for (int i = 0; i < M; i++) Q[i][k] = A[i][k] / R[k][k];
        for (int j = k + 1; j < N; j++) {
            R[k][j] = 0.0;
            for (int i = 0; i < M; i++) R[k][j] += Q[i][k] * A[i][j];
            for (int i = 0; i < M; i++) A[i][j] -= Q[i][k] * R[k][j];
        }
    }
}

static uint64_t checksum(void) { return HASH2(R, Q); }
#endif
