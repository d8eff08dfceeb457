/* fdtd-2d.c - electric (X, Y) and magnetic (Z) fields in the plane, by finite differences. */
#define NAME fdtd-2d
#define STEPS PICK(20, 40, 100, 500)
#define NX PICK(20, 60, 200, 1000)
#define NY PICK(30, 80, 240, 1200)
#include "kernel.h"

#ifdef DATASET
static double X[NX][NY], Y[NX][NY], Z[NX][NY];
static double F[STEPS]; /* what comes in at the edge */

static void init(void) {
    for (int t = 0; t < STEPS; t++) F[t] = unit(t, 5);
    for (int i = 0; i < NX; i++) {
        for (int j = 0; j < NY; j++) {
            X[i][j] = unit(i, j);
            Y[i][j] = unit(i, j + 1);
            Z[i][j] = unit(i, j + 2);
        }
    }
}

static void kernel(void) {
    for (int t = 0; t < STEPS; t++) {
        for (int j = 0; j < NY; j++) Y[0][j] = F[t];
        for (int i = 1; i < NX; i++)
            for (int j = 0; j < NY; j++) Y[i][j] -= 0.5 * (Z[i][j] - Z[i - 1][j]);
        for (int i = 0; i < NX; i++)
            for (int j = 1; j < NY; j++) X[i][j] -= 0.5 * (Z[i][j] - Z[i][j - 1]);
        for (int i = 0; i < NX - 1; i++)
            for (int j = 0; j < NY - 1; j++)
                Z[i][j] -= 0.7 * (X[i][j + 1] - X[i][j] + Y[i + 1][j] - Y[i][j]);
    }
}

static uint64_t checksum(void) { return fold(HASH2(X, Y), Z, sizeof Z); }
#endif
