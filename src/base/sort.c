/* sort.c - see sort.h */
#include "base/sort.h"

static void sift_down(uint32_t *heap, uint32_t at, uint32_t count, sort_before before,
                      const void *context) {
    uint32_t item = heap[at];
    while (at < count / 2) { /* it has a child */
        uint32_t child = 2 * at + 1;
        if (child + 1 < count && before(context, heap[child], heap[child + 1])) child++;
        if (!before(context, item, heap[child])) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
}

void sort_indices(uint32_t *indices, uint32_t count, sort_before before, const void *context) {
    for (uint32_t i = count / 2; i-- > 0;) sift_down(indices, i, count, before, context);
    for (uint32_t left = count; left-- > 1;) {
        uint32_t last = indices[0];
        indices[0] = indices[left];
        indices[left] = last;
        sift_down(indices, 0, left, before, context);
    }
}
