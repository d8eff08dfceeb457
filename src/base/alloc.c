/* alloc.c - see alloc.h */
#include "base/alloc.h"

void *alloc_zeroed(const struct allocator *a, size_t count, size_t size) {
    size_t bytes;
    if (!size_mul(count, size, &bytes)) return NULL;
    if (bytes == 0) bytes = 1;
    void *p = a->resize(a->context, NULL, 0, bytes);
    if (p) memset(p, 0, bytes);
    return p;
}

void alloc_free(const struct allocator *a, void *pointer, size_t count, size_t size) {
    if (!pointer) return;
    size_t bytes = count * size;
    a->resize(a->context, pointer, bytes ? bytes : 1, 0);
}

bool alloc_reserve(const struct allocator *a, void **items, uint32_t *capacity, uint32_t needed,
                   size_t size) {
    if (needed <= *capacity) return true;
    uint64_t wanted = u64_max(u64_max(needed, (uint64_t)*capacity * 2), 8);
    if (wanted > UINT32_MAX) wanted = needed;
    size_t bytes;
    if (!size_mul((size_t)wanted, size, &bytes)) return false;
    void *moved = a->resize(a->context, *items, (size_t)*capacity * size, bytes);
    if (!moved) return false;
    *items = moved;
    *capacity = (uint32_t)wanted;
    return true;
}
