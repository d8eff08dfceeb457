/*
 * spares.h - things that nobody uses now, kept for whoever needs the next one. Any thread may take
 * and put them, at once, without a lock; one that puts what it took a moment ago finds it again.
 */
#ifndef BASE_SPARES_H
#define BASE_SPARES_H

#include "base/alloc.h"

struct spares {
    void **places; /* atomic each; NULL: free */
    uint32_t count;
};

/* Room for `count` things; of none it is always empty, and always full. False: no memory. */
bool spares_init(struct spares *spares, const struct allocator *allocator, uint32_t count);
/* Whoever has taken all that are left calls it. */
void spares_deinit(struct spares *spares, const struct allocator *allocator);

/* One of them, or NULL: there is none. */
void *spares_take(struct spares *spares);
/* False: there are enough. Another thread may have taken it when this returns. */
bool spares_put(struct spares *spares, void *thing);

#endif
