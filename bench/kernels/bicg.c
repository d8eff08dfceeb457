/* bicg.c - the two products of the BiCG method: s := A^T r and q := A p. */
#define NAME bicg
#define DEFAULT large
#define M PICK(38, 116, 390, 1900)
#define N PICK(42, 124, 410, 2100)
#include "kernel.h"

#ifdef DATASET
static double A[N][M], S[M], Q[N], P[M], R[N];

static void init(void) {
    for (int i = 0; i < N; i++) {
        R[i] = unit(i, 1);
        for (int j = 0; j < M; j++) A[i][j] = unit(i, j);
    }
    for (int j = 0; j < M; j++) P[j] = unit(2, j);
}

static void kernel(void) {
    for (int j = 0; j < M; j++) S[j] = 0;
    for (int i = 0; i < N; i++) {
        Q[i] = 0;
        for (int j = 0; j < M; j++) {
            S[j] += R[i] * A[i][j];
            Q[i] += A[i][j] * P[j];
        }
    }
}

static uint64_t checksum(void) { return HASH2(S, Q); }
#endif
