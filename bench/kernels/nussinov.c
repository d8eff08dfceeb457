/* nussinov.c - how many bases of a strand of RNA can pair, by dynamic programming. */
#define NAME nussinov
#define N PICK(60, 180, 500, 2500)
#include "kernel.h"

#ifdef DATASET
static signed char S[N]; /* bases, 0 to 3: those pair that add up to 3 */
static int T[N][N];

static void init(void) {
    for (int i = 0; i < N; i++) S[i] = (signed char)(unit(i, 9) * 4.0);
    memset(T, 0, sizeof T);
}

#define RAISE(to, other) to = to >= (other) ? to : (other)

static void kernel(void) {
    for (int i = N - 1; i >= 0; i--) {
        for (int j = i + 1; j < N; j++) {
            RAISE(T[i][j], T[i][j - 1]);
            if (i + 1 < N) {
                RAISE(T[i][j], T[i + 1][j]);
                if (i < j - 1) RAISE(T[i][j], T[i + 1][j - 1] + (S[i] + S[j] == 3));
                else RAISE(T[i][j], T[i + 1][j - 1]);
            }
            for (int k = i + 1; k < j; k++) RAISE(T[i][j], T[i][k] + T[k + 1][j]);
        }
    }
}

static uint64_t checksum(void) { return HASH(T); }
#endif
