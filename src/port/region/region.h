/*
 * region.h - pages and blocks of memory out of one range of addresses, for ports to platforms that
 * give a core nothing else.
 *
 * A range is divided in units of 64 KiB. The first ones are there from the beginning, with
 * anything in them; the others are brought in when they are committed, as zeros. A reservation is
 * units that follow each other; see the functions of struct port for what is done with one.
 * Blocks are what an allocator hands out: pieces of such reservations, or whole ones.
 *
 * Any thread may call. Locks are held for a moment, and never while units are brought in.
 */
#ifndef PORT_REGION_REGION_H
#define PORT_REGION_REGION_H

#include "base/alloc.h"
#include "base/lock.h"

enum { REGION_UNIT = 65536 };

struct region {
    uint8_t *base;
    uint32_t unit_count, present_count; /* present_count: there from the beginning */
    uint32_t free_count, used_end;      /* used_end: nobody ever had any from there on */
    uint8_t *units; /* what each is: set of enum unit_state */
    struct lock lock;
    /* Makes a unit be there, once. What failed is asked for again, if somebody commits it. */
    nacre_status (*bring)(void *env, uint8_t *base, uint64_t size);
    void *env;
};

/* base: aligned to a unit. `states`: a byte a unit, zeroed. */
void region_init(struct region *r, uint8_t *base, uint32_t present_count, uint32_t unit_count,
                 uint8_t *states);

/* As in struct port. A size of 0 is one unit. */
nacre_status region_reserve(struct region *r, uint64_t size, uint8_t **base);
/* Of units that were never brought in: pages that were not there before. */
nacre_status region_reserve_new(struct region *r, uint64_t size, uint8_t **base);
/* `zeroed`: else they may hold anything. What bring returns if it fails; then nothing more is
 * committed than before. */
nacre_status region_commit(struct region *r, uint8_t *base, uint64_t size, bool zeroed);
nacre_status region_uncommit(struct region *r, const uint8_t *base, uint64_t size);
void region_release(struct region *r, const uint8_t *base, uint64_t size);

/* --- Blocks --- */

enum { BLOCK_CLASSES = 48 * 4 };

struct blocks {
    struct region *region;
    struct lock lock;
    uint64_t used[(BLOCK_CLASSES + 63) / 64]; /* a bit a list that is not empty */
    struct free_block *lists[BLOCK_CLASSES];  /* by size: see class_of */
};

/* resize of struct allocator, with a struct blocks as its context. Memory is aligned to 16. */
void *blocks_resize(void *blocks, void *pointer, size_t old_size, size_t new_size);

#endif
