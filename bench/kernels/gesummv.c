/* gesummv.c - y := alpha A x + beta B x. */
#define NAME gesummv
#define DEFAULT large
#define N PICK(30, 90, 250, 1300)
#include "kernel.h"

#ifdef DATASET
static double A[N][N], B[N][N], T[N], X[N], Y[N];

static void init(void) {
    for (int i = 0; i < N; i++) {
        X[i] = unit(i, i);
        for (int j = 0; j < N; j++) {
            A[i][j] = unit(i, j);
            B[i][j] = unit(i, j + 1);
        }
    }
}

static void kernel(void) {
    const double alpha = 1.5, beta = 1.2;
    for (int i = 0; i < N; i++) {
        T[i] = 0.0;
        Y[i] = 0.0;
        for (int j = 0; j < N; j++) {
            T[i] += A[i][j] * X[j];
            Y[i] += B[i][j] * X[j];
        }
        Y[i] = alpha * T[i] + beta * Y[i];
    }
}

static uint64_t checksum(void) { return HASH(Y); }
#endif
