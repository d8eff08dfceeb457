/* ludcmp.c - A x = b by A = L U, then L y = b and U x = y. */
#define NAME ludcmp
#define N PICK(40, 120, 400, 2000)
#include "kernel.h"

#ifdef DATASET
static double A[N][N], B[N], X[N], Y[N];

/* The diagonal outweighs each row, so that no pivot is near zero. */
static void init(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) A[i][j] = unit(i, j);
        A[i][i] += N;
        B[i] = 4.0 + unit(i, 7);
    }
}

static void kernel(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < i; j++) {
            double w = A[i][j];
            for (int k = 0; k < j; k++) w -= A[i][k] * A[k][j];
            A[i][j] = w / A[j][j];
        }
        for (int j = i; j < N; j++) {
            double w = A[i][j];
            for (int k = 0; k < i; k++) w -= A[i][k] * A[k][j];
            A[i][j] = w;
        }
    }
    for (int i = 0; i < N; i++) {
        double w = B[i];
        for (int j = 0; j < i; j++) w -= A[i][j] * Y[j];
        Y[i] = w;
    }
    for (int i = N - 1; i >= 0; i--) {
        double w = Y[i];
        for (int j = i + 1; j < N; j++) w -= A[i][j] * X[j];
        X[i] = w / A[i][i];
    }
}

static uint64_t checksum(void) { return HASH2(A, X); }
#endif
