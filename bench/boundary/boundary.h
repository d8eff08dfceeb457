/*
 * boundary.h - what the programs of this folder share. They do what a core has to ask its host
 * for, and print, as the kernels do, `NAME OF checksum=HEX best_ms=MIN`.
 */
#ifndef NACRE_BENCH_BOUNDARY_H
#define NACRE_BENCH_BOUNDARY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* An enclave has no clock of its own: there it is a call, whose answer costs the host nothing. */
static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void report(const char *name, const char *of, uint64_t sum, double best_ns) {
    printf("%s %s checksum=%016llx best_ms=%.6f\n", name, of, (unsigned long long)sum,
           best_ns / 1e6);
}

/* The time of 1,000 calls of something, one right after the other: the least of some. */
#define REPORT_CALLS(name, blocks, call)                      \
    do {                                                      \
        uint64_t best_ = UINT64_MAX;                          \
        for (long i_ = 0; i_ < (blocks); i_++) {              \
            const uint64_t begin_ = now_ns();                 \
            for (int j_ = 0; j_ < 1000; j_++) call;           \
            const uint64_t taken_ = now_ns() - begin_;        \
            if (taken_ < best_) best_ = taken_;               \
        }                                                     \
        report(name, "1000-calls", 1000, (double)best_);      \
    } while (0)

#endif
