/* floyd-warshall.c - the shortest paths between all points of a graph. */
#define NAME floyd-warshall
#define N PICK(60, 180, 500, 2800)
#include "kernel.h"

#ifdef DATASET
static int P[N][N];

/* Two in three of the edges are there; what is not is far. */
static void init(void) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            int length = (int)(unit(i, j) * 300.0);
            P[i][j] = length % 3 != 0 ? length : 9999;
        }
        P[i][i] = 0;
    }
}

static void kernel(void) {
    for (int k = 0; k < N; k++)
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                P[i][j] = P[i][j] < P[i][k] + P[k][j] ? P[i][j] : P[i][k] + P[k][j];
}

static uint64_t checksum(void) { return HASH(P); }
#endif
