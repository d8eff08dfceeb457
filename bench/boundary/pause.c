/*
 * pause.c - the time of 1,000 looks at a file's position, each after 300 us of work, in which who
 * answers has gone to sleep: pause [PAIRS]
 *
 * It is what blocks of work with calls take longer than those without: the middle of all pairs.
 */
#include <unistd.h>

#include "boundary.h"

enum { CALLS = 10, WORK_NS = 300000, TRY = 100000, PAIRS_MAX = 1000 };

static volatile uint32_t word = 1;

static void work(uint32_t steps) {
    uint32_t x = word;
    for (uint32_t i = 0; i < steps; i++) x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    word = x;
}

static uint32_t steps_of(uint64_t ns) {
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < 20; i++) {
        const uint64_t begin = now_ns();
        work(TRY);
        const uint64_t taken = now_ns() - begin;
        if (taken < best) best = taken;
    }
    return (uint32_t)(ns * TRY / best);
}

static int64_t block(uint32_t steps, int calls) {
    const uint64_t begin = now_ns();
    for (int i = 0; i < CALLS; i++) {
        work(steps);
        if (calls) (void)lseek(0, 0, SEEK_CUR);
    }
    return (int64_t)(now_ns() - begin);
}

static int by_size(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
    static int64_t longer[PAIRS_MAX];
    const long pairs = argc > 1 ? strtol(argv[1], NULL, 10) : 100;
    const uint32_t steps = steps_of(WORK_NS);
    if (pairs < 1 || pairs > PAIRS_MAX) return 2;
    for (long i = 0; i < pairs; i++) {
        const int64_t without = block(steps, 0);
        longer[i] = block(steps, 1) - without;
    }
    qsort(longer, (size_t)pairs, sizeof longer[0], by_size);
    const int64_t middle = longer[pairs / 2] > 0 ? longer[pairs / 2] : 0;
    report("pause", "1000-calls", CALLS, (double)middle * 1000 / CALLS);
    return 0;
}
