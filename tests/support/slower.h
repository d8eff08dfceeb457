/* slower.h - how much longer than on a quiet machine something may take here: tests of
 * what bombs cost multiply their limits by it, so that they judge Nacre and not the machine. */
#ifndef SUPPORT_SLOWER_H
#define SUPPORT_SLOWER_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOWER_BUILD 20
#endif
#endif
#ifndef SLOWER_BUILD
#define SLOWER_BUILD 1
#endif

/* Processor seconds that touching new memory and walking it at random take now. */
static inline double slower_probe(void) {
    enum { SIZE = 1 << 25 };
    clock_t begin = clock();
    volatile uint8_t *memory = malloc(SIZE);
    if (!memory) return 0;
    uint32_t at = 1;
    for (uint32_t i = 0; i < SIZE; i += 4096) memory[i] = 1;
    for (uint32_t i = 0; i < 1 << 20; i++) {
        at = at * 1664525u + 1013904223u;
        memory[at % SIZE]++;
    }
    free((void *)memory);
    return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

/* How many times what the test's author saw. To be called right after what is timed. */
static inline double slower(void) {
    static const double quiet = 0.05;
    double factor = slower_probe() / quiet;
    return SLOWER_BUILD * (factor < 1 ? 1 : factor);
}

#endif
