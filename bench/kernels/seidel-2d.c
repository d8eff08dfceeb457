/* seidel-2d.c - averages of nine neighbours in the plane, in place. */
#define NAME seidel-2d
#define DEFAULT small
#define STEPS PICK(20, 40, 100, 500)
#define N PICK(40, 120, 400, 2000)
#include "kernel.h"

#ifdef DATASET
static double A[N][N];

static void init(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) A[i][j] = unit(i, j);
}

static void kernel(void) {
    for (int t = 0; t < STEPS; t++)
        for (int i = 1; i < N - 1; i++)
            for (int j = 1; j < N - 1; j++)
                A[i][j] = (A[i - 1][j - 1] + A[i - 1][j] + A[i - 1][j + 1] + A[i][j - 1] +
                           A[i][j] + A[i][j + 1] + A[i + 1][j - 1] + A[i + 1][j] +
                           A[i + 1][j + 1]) /
                          9.0;
}

static uint64_t checksum(void) { return HASH(A); }
#endif
