/* kept.h - references that the host keeps alive, each with how often it asked to. */
#ifndef EXEC_KEPT_H
#define EXEC_KEPT_H

#include "base/alloc.h"

struct kept_ref {
    uint32_t ref; /* 0: a free place */
    uint32_t count;
};

/* A hash table with linear probing; at most half of its places are taken. */
struct kept {
    struct kept_ref *places;
    uint32_t count, capacity; /* a power of two, or 0 */
};

/* Keeps a reference once more. False for lack of memory. */
bool kept_add(struct kept *kept, const struct allocator *a, uint32_t ref);
/* Takes one keeping back. False when there is none. */
bool kept_remove(struct kept *kept, uint32_t ref);
void kept_deinit(struct kept *kept, const struct allocator *a);

#endif
