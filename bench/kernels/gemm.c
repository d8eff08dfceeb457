/* gemm.c - C := alpha A B + beta C. */
#define NAME gemm
#define NI PICK(20, 60, 200, 1000)
#define NJ PICK(25, 70, 220, 1100)
#define NK PICK(30, 80, 240, 1200)
#include "kernel.h"

#ifdef DATASET
static double A[NI][NK], B[NK][NJ], C[NI][NJ];

static void init(void) {
    for (int i = 0; i < NI; i++)
        for (int k = 0; k < NK; k++) A[i][k] = unit(i, k);
    for (int k = 0; k < NK; k++)
        for (int j = 0; j < NJ; j++) B[k][j] = unit(k, j + 1);
    for (int i = 0; i < NI; i++)
        for (int j = 0; j < NJ; j++) C[i][j] = unit(i, j + 2);
}

static void kernel(void) {
    const double alpha = 1.5, beta = 1.2;
    for (int i = 0; i < NI; i++) {
        for (int j = 0; j < NJ; j++) C[i][j] *= beta;
        for (int k = 0; k < NK; k++)
            for (int j = 0; j < NJ; j++) C[i][j] += alpha * A[i][k] * B[k][j];
    }
}

static uint64_t checksum(void) { return HASH(C); }
#endif
