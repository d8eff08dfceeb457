/* doitgen.c - A[r][q][] := A[r][q][] C, for every r and q: multiresolution analysis. */
#define NAME doitgen
#define NQ PICK(8, 20, 40, 140)
#define NR PICK(10, 25, 50, 150)
#define NP PICK(12, 30, 60, 160)
#include "kernel.h"

#ifdef DATASET
static double A[NR][NQ][NP], C[NP][NP], S[NP];

static void init(void) {
    for (int r = 0; r < NR; r++)
        for (int q = 0; q < NQ; q++)
            for (int p = 0; p < NP; p++) A[r][q][p] = unit(r * NQ + q, p);
    for (int s = 0; s < NP; s++)
        for (int p = 0; p < NP; p++) C[s][p] = unit(s, p);
}

static void kernel(void) {
    for (int r = 0; r < NR; r++) {
        for (int q = 0; q < NQ; q++) {
            for (int p = 0; p < NP; p++) {
                S[p] = 0.0;
                for (int s = 0; s < NP; s++) S[p] += A[r][q][s] * C[s][p];
            }
            for (int p = 0; p < NP; p++) A[r][q][p] = S[p];
        }
    }
}

static uint64_t checksum(void) { return HASH(A); }
#endif
