/* durbin.c - the Yule-Walker equations of the Toeplitz matrix R, by the Levinson-Durbin way. */
#define NAME durbin
#define DEFAULT large
#define N PICK(40, 120, 400, 2000)
#include "kernel.h"

#ifdef DATASET
static double R[N], Y[N], Z[N];

/* 1, 1/2, 1/3... falls ever slower: the matrix is positive definite. */
static void init(void) {
    for (int i = 0; i < N; i++) R[i] = 1.0 / (i + 2);
}

static void kernel(void) {
    double alpha = -R[0], beta = 1.0;
    Y[0] = -R[0];
    for (int k = 1; k < N; k++) {
        double sum = 0.0;
        beta = (1.0 - alpha * alpha) * beta;
        for (int i = 0; i < k; i++) sum += R[k - i - 1] * Y[i];
        alpha = -(R[k] + sum) / beta;
        for (int i = 0; i < k; i++) Z[i] = Y[i] + alpha * Y[k - i - 1];
        for (int i = 0; i < k; i++) Y[i] = Z[i];
        Y[k] = alpha;
    }
}

static uint64_t checksum(void) { return HASH(Y); }
#endif
