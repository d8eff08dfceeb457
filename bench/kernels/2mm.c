/* 2mm.c - D := alpha A B C + beta D, by way of T = alpha A B. */
#define NAME 2mm
#define NI PICK(16, 40, 180, 800)
#define NJ PICK(18, 50, 190, 900)
#define NK PICK(22, 70, 210, 1100)
#define NL PICK(24, 80, 220, 1200)
#include "kernel.h"

#ifdef DATASET
static double A[NI][NK], B[NK][NJ], C[NJ][NL], D[NI][NL], T[NI][NJ];

static void init(void) {
    for (int i = 0; i < NI; i++)
        for (int k = 0; k < NK; k++) A[i][k] = unit(i, k);
    for (int k = 0; k < NK; k++)
        for (int j = 0; j < NJ; j++) B[k][j] = unit(k, j + 1);
    for (int j = 0; j < NJ; j++)
        for (int l = 0; l < NL; l++) C[j][l] = unit(j + 3, l);
    for (int i = 0; i < NI; i++)
        for (int l = 0; l < NL; l++) D[i][l] = unit(i, l + 2);
}

static void kernel(void) {
    const double alpha = 1.5, beta = 1.2;
    for (int i = 0; i < NI; i++) {
        for (int j = 0; j < NJ; j++) {
            T[i][j] = 0;
            for (int k = 0; k < NK; k++) T[i][j] += alpha * A[i][k] * B[k][j];
        }
    }
    for (int i = 0; i < NI; i++) {
        for (int l = 0; l < NL; l++) {
            D[i][l] *= beta;
            for (int j = 0; j < NJ; j++) D[i][l] += T[i][j] * C[j][l];
        }
    }
}

static uint64_t checksum(void) { return HASH(D); }
#endif
