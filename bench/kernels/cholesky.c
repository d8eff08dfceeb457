/* cholesky.c - A = L L^T, L in place of the lower half of A. */
#define NAME cholesky
#define N PICK(40, 120, 400, 2000)
#include "kernel.h"

#ifdef DATASET
static double A[N][N];

/* Symmetric, and its diagonal outweighs each row: positive definite. */
static void init(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < i; j++) A[i][j] = A[j][i] = unit(i, j);
        A[i][i] = N + unit(i, i);
    }
}

static void kernel(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < i; j++) {
            for (int k = 0; k < j; k++) A[i][j] -= A[i][k] * A[j][k];
            A[i][j] /= A[j][j];
        }
        for (int k = 0; k < i; k++) A[i][i] -= A[i][k] * A[i][k];
        A[i][i] = sqrt(A[i][i]);
    }
}

static uint64_t checksum(void) { return HASH(A); }
#endif
