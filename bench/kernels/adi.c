/* adi.c - heat in two dimensions, by alternating direction implicit steps. */
#define NAME adi
#define STEPS PICK(20, 40, 100, 500)
#define N PICK(20, 60, 200, 1000)
#include "kernel.h"

#ifdef DATASET
static double U[N][N], V[N][N], P[N][N], Q[N][N];

static void init(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) U[i][j] = unit(i, j);
}

/* Each half of a step solves a tridiagonal system a line: elimination into P and Q, then back. */
static void kernel(void) {
    const double h = 1.0 / N, dt = 1.0 / STEPS;
    const double mul1 = 2.0 * dt / (h * h), mul2 = 1.0 * dt / (h * h);
    const double a = -mul1 / 2.0, b = 1.0 + mul1, c = a;
    const double d = -mul2 / 2.0, e = 1.0 + mul2, f = d;
    for (int t = 0; t < STEPS; t++) {
        for (int i = 1; i < N - 1; i++) { /* columns of V, from U */
            V[0][i] = 1.0;
            P[i][0] = 0.0;
            Q[i][0] = V[0][i];
            for (int j = 1; j < N - 1; j++) {
                P[i][j] = -c / (a * P[i][j - 1] + b);
                Q[i][j] = (-d * U[j][i - 1] + (1.0 + 2.0 * d) * U[j][i] - f * U[j][i + 1] -
                           a * Q[i][j - 1]) /
                          (a * P[i][j - 1] + b);
            }
            V[N - 1][i] = 1.0;
            for (int j = N - 2; j >= 1; j--) V[j][i] = P[i][j] * V[j + 1][i] + Q[i][j];
        }
        for (int i = 1; i < N - 1; i++) { /* rows of U, from V */
            U[i][0] = 1.0;
            P[i][0] = 0.0;
            Q[i][0] = U[i][0];
            for (int j = 1; j < N - 1; j++) {
                P[i][j] = -f / (d * P[i][j - 1] + e);
                Q[i][j] = (-a * V[i - 1][j] + (1.0 + 2.0 * a) * V[i][j] - c * V[i + 1][j] -
                           d * Q[i][j - 1]) /
                          (d * P[i][j - 1] + e);
            }
            U[i][N - 1] = 1.0;
            for (int j = N - 2; j >= 1; j--) U[i][j] = P[i][j] * U[i][j + 1] + Q[i][j];
        }
    }
}

static uint64_t checksum(void) { return HASH(U); }
#endif
