/* trisolv.c - L x = b, where L is lower triangular. */
#define NAME trisolv
#define DEFAULT large
#define N PICK(40, 120, 400, 2000)
#include "kernel.h"

#ifdef DATASET
static double A[N][N]; /* L */
static double B[N], X[N];

static void init(void) {
    for (int i = 0; i < N; i++) {
        B[i] = 1.0 + unit(i, 3);
        for (int j = 0; j < i; j++) A[i][j] = unit(i, j) / N;
        A[i][i] = 1.0 + unit(i, i);
    }
}

static void kernel(void) {
    for (int i = 0; i < N; i++) {
        X[i] = B[i];
        for (int j = 0; j < i; j++) X[i] -= A[i][j] * X[j];
        X[i] /= A[i][i];
    }
}

static uint64_t checksum(void) { return HASH(X); }
#endif
