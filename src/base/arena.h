/*
 * arena.h - memory that is released all at once: what a decoded module is made of.
 * An arena is not for threads that run at once; its memory is zeroed and aligned to 16.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/alloc.h"

struct arena_block;

struct arena {
    const struct allocator *allocator;
    struct arena_block *blocks; /* newest first */
    uint8_t *next, *end;        /* what is left of the newest */
};

void arena_init(struct arena *arena, const struct allocator *allocator);
void arena_deinit(struct arena *arena);
/* Releases all that was taken; the next who need as much find it in one block, if it is no more
 * than `kept` bytes. */
void arena_clear(struct arena *arena, size_t kept);

/* Zeroed memory for `count` elements of `size` bytes, or NULL. count 0 gives a valid pointer. */
void *arena_take(struct arena *arena, size_t count, size_t size);

#define ARENA_ARRAY(arena, type, count) ((type *)arena_take((arena), (count), sizeof(type)))

#endif
