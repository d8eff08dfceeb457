/* gemver.c - A := A + u1 v1^T + u2 v2^T; x := beta A^T y + z; w := alpha A x. */
#define NAME gemver
#define DEFAULT large
#define N PICK(40, 120, 400, 2000)
#include "kernel.h"

#ifdef DATASET
static double A[N][N], U1[N], V1[N], U2[N], V2[N], W[N], X[N], Y[N], Z[N];

static void init(void) {
    for (int i = 0; i < N; i++) {
        U1[i] = unit(i, 1);
        U2[i] = unit(i, 2);
        V1[i] = unit(i, 3);
        V2[i] = unit(i, 4);
        Y[i] = unit(i, 5);
        Z[i] = unit(i, 6);
        W[i] = X[i] = 0.0;
        for (int j = 0; j < N; j++) A[i][j] = unit(i, j);
    }
}

static void kernel(void) {
    const double alpha = 1.5, beta = 1.2;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) A[i][j] += U1[i] * V1[j] + U2[i] * V2[j];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) X[i] += beta * A[j][i] * Y[j];
    for (int i = 0; i < N; i++) X[i] += Z[i];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) W[i] += alpha * A[i][j] * X[j];
}

static uint64_t checksum(void) { return HASH2(X, W); }
#endif
