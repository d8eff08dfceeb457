/* 3mm.c - G := (A B) (C D), by way of E = A B and F = C D. */
#define NAME 3mm
#define NI PICK(16, 40, 180, 800)
#define NJ PICK(18, 50, 190, 900)
#define NK PICK(20, 60, 200, 1000)
#define NL PICK(22, 70, 210, 1100)
#define NM PICK(24, 80, 220, 1200)
#include "kernel.h"

#ifdef DATASET
static double A[NI][NK], B[NK][NJ], C[NJ][NM], D[NM][NL], E[NI][NJ], F[NJ][NL], G[NI][NL];

static void init(void) {
    for (int i = 0; i < NI; i++)
        for (int k = 0; k < NK; k++) A[i][k] = unit(i, k);
    for (int k = 0; k < NK; k++)
        for (int j = 0; j < NJ; j++) B[k][j] = unit(k, j + 1);
    for (int j = 0; j < NJ; j++)
        for (int m = 0; m < NM; m++) C[j][m] = unit(j + 3, m);
    for (int m = 0; m < NM; m++)
        for (int l = 0; l < NL; l++) D[m][l] = unit(m, l + 2);
}

static void kernel(void) {
    for (int i = 0; i < NI; i++) {
        for (int j = 0; j < NJ; j++) {
            E[i][j] = 0;
            for (int k = 0; k < NK; k++) E[i][j] += A[i][k] * B[k][j];
        }
    }
    for (int j = 0; j < NJ; j++) {
        for (int l = 0; l < NL; l++) {
            F[j][l] = 0;
            for (int m = 0; m < NM; m++) F[j][l] += C[j][m] * D[m][l];
        }
    }
    for (int i = 0; i < NI; i++) {
        for (int l = 0; l < NL; l++) {
            G[i][l] = 0;
            for (int j = 0; j < NJ; j++) G[i][l] += E[i][j] * F[j][l];
        }
    }
}

static uint64_t checksum(void) { return HASH(G); }
#endif
