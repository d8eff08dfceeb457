/* sort.h - sorting without recursion, memory or a worst case. */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include "base/base.h"

/* Does the item of index `a` come before that of index `b`? Never so for a == b. */
typedef bool (*sort_before)(const void *context, uint32_t a, uint32_t b);

/* Puts indices in order: a heap sort. Items that are alike need an order too (their index, say),
 * where the result is to be the same whatever the order was. */
void sort_indices(uint32_t *indices, uint32_t count, sort_before before, const void *context);

#endif
