/* way.h - ways to compile and run a module, by number. */
#ifndef TESTS_FUZZ_COMPILED_WAY_H
#define TESTS_FUZZ_COMPILED_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* To compile; and when an image may come late. */
enum { WAY_COUNT = 4 * 2 * 2 * 2 * 2 * 3, WAY_LATES = 16 };

struct way {
    uint32_t level;
    bool explicit_bounds, metering, deterministic, gc_stress;
    uint32_t target; /* the least that this machine is, or what more it has */
    uint32_t late;   /* 0: the image is there before it runs; else one of the times to come */
};

static inline struct way way_of(uint32_t number) {
    return (struct way){.level = number & 3,
                        .explicit_bounds = number >> 2 & 1,
                        .metering = number >> 3 & 1,
                        .deterministic = number >> 4 & 1,
                        .gc_stress = number >> 5 & 1,
                        .target = number % WAY_COUNT >> 6,
                        .late = number / WAY_COUNT};
}

static inline uint32_t way_mix(uint32_t a, uint32_t b) {
    uint64_t x = ((uint64_t)a << 32 | b) * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
    return (uint32_t)(x ^ x >> 32);
}

/* The n-th way for a file, other ones from turn to turn: eight in a row have every level with and
 * without guard pages. Half of them have the image come late. */
static inline uint32_t way_choose(uint32_t turn, uint32_t file, uint32_t n) {
    uint32_t first = way_mix(turn, file), other = way_mix(first, n);
    uint32_t late = way_mix(other, first);
    late = late & 1 ? 1 + (late >> 1) % WAY_LATES : 0;
    return (((first + n) & 7) | (other & ~7u)) % WAY_COUNT + late * WAY_COUNT;
}

/* Misplaced: a fault was reported to be elsewhere in its function, which may happen with guard
 * pages, where LLVM loses track of what instruction a load belongs to. */
enum run_result { RUN_SAME, RUN_MISPLACED, RUN_DIFFERS, RUN_NOT_LOADED };

/* Runs whose image was to come late. */
struct late_counts {
    uint32_t runs, inside; /* inside: it came while a function was interpreted */
    uint32_t compiled;     /* then something ran compiled */
    uint32_t continued;    /* in a continuation */
};

struct run_report {
    char *text; /* what differs, to be freed; or NULL */
    struct late_counts late;
};

/* Runs a module interpreted and compiled. Images are kept in `folder` for a moment. `dump`: a
 * folder for LLVM's intermediate form, or NULL. */
enum run_result run_both(const uint8_t *bytes, size_t size, struct way way, const char *folder,
                         const char *dump, struct run_report *report);

#endif
