/*
 * alloc.h - how the trusted core gets memory: one callback (see nacre_allocator), typed helpers,
 * and growable arrays.
 *
 * Every function here that can fail returns false (or NULL) for lack of memory and leaves what
 * it was given as it was.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include "base/base.h"

struct allocator {
    void *(*resize)(void *context, void *pointer, size_t old_size, size_t new_size);
    void *context;
};

/* Zeroed memory for `count` elements of `size` bytes; NULL for lack of memory or overflow.
 * count 0 gives a valid pointer too. */
void *alloc_zeroed(const struct allocator *a, size_t count, size_t size);
void alloc_free(const struct allocator *a, void *pointer, size_t count, size_t size);

/* Makes room in an array for at least `needed` elements of `size` bytes, doubling; new elements
 * are not cleared. *items and *capacity change together. */
bool alloc_reserve(const struct allocator *a, void **items, uint32_t *capacity, uint32_t needed,
                   size_t size);

#define ALLOC_NEW(a, type) ((type *)alloc_zeroed((a), 1, sizeof(type)))
#define ALLOC_ARRAY(a, type, count) ((type *)alloc_zeroed((a), (count), sizeof(type)))
#define ALLOC_FREE(a, pointer) alloc_free((a), (pointer), 1, sizeof *(pointer))
#define ALLOC_FREE_ARRAY(a, pointer, count) alloc_free((a), (pointer), (count), sizeof *(pointer))

#endif
