/* lu.c - A = L U without pivoting, both in place of A. */
#define NAME lu
#define N PICK(40, 120, 400, 2000)
#include "kernel.h"

#ifdef DATASET
static double A[N][N];

/* The diagonal outweighs each row, so that no pivot is near zero. */
static void init(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) A[i][j] = unit(i, j);
        A[i][i] += N;
    }
}

static void kernel(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < i; j++) {
            for (int k = 0; k < j; k++) A[i][j] -= A[i][k] * A[k][j];
            A[i][j] /= A[j][j];
        }
        for (int j = i; j < N; j++)
            for (int k = 0; k < i; k++) A[i][j] -= A[i][k] * A[k][j];
    }
}

static uint64_t checksum(void) { return HASH(A); }
#endif
