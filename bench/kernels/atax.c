/* atax.c - y := A^T (A x). */
#define NAME atax
#define DEFAULT large
#define M PICK(38, 116, 390, 1900)
#define N PICK(42, 124, 410, 2100)
#include "kernel.h"

#ifdef DATASET
static double A[M][N], X[N], Y[N], T[M];

static void init(void) {
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) A[i][j] = unit(i, j);
    for (int j = 0; j < N; j++) X[j] = 1.0 + unit(j, j);
}

static void kernel(void) {
    for (int j = 0; j < N; j++) Y[j] = 0;
    for (int i = 0; i < M; i++) {
        T[i] = 0;
        for (int j = 0; j < N; j++) T[i] += A[i][j] * X[j];
        for (int j = 0; j < N; j++) Y[j] += A[i][j] * T[i];
    }
}

static uint64_t checksum(void) { return HASH(Y); }
#endif
