/* mvt.c - x1 := x1 + A y1 and x2 := x2 + A^T y2. */
#define NAME mvt
#define DEFAULT large
#define N PICK(40, 120, 400, 2000)
#include "kernel.h"

#ifdef DATASET
static double A[N][N], X1[N], X2[N], Y1[N], Y2[N];

static void init(void) {
    for (int i = 0; i < N; i++) {
        X1[i] = unit(i, 1);
        X2[i] = unit(i, 2);
        Y1[i] = unit(i, 3);
        Y2[i] = unit(i, 4);
        for (int j = 0; j < N; j++) A[i][j] = unit(i, j);
    }
}

static void kernel(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) X1[i] += A[i][j] * Y1[j];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) X2[i] += A[j][i] * Y2[j];
}

static uint64_t checksum(void) { return HASH2(X1, X2); }
#endif
