/* kept.c - see kept.h */
#include "exec/kept.h"

enum { CAPACITY_MIN = 16 };

static uint32_t home_of(const struct kept *kept, uint32_t ref) {
    return ref * UINT32_C(2654435769) & (kept->capacity - 1); /* references are even numbers */
}

/* The place of a reference, or the free one where it would go. */
static uint32_t find(const struct kept *kept, uint32_t ref) {
    uint32_t at = home_of(kept, ref);
    while (kept->places[at].ref != 0 && kept->places[at].ref != ref)
        at = (at + 1) & (kept->capacity - 1);
    return at;
}

static bool grow(struct kept *kept, const struct allocator *a) {
    struct kept larger = {.capacity = kept->capacity ? kept->capacity * 2 : CAPACITY_MIN,
                          .count = kept->count};
    larger.places = ALLOC_ARRAY(a, struct kept_ref, larger.capacity);
    if (!larger.places) return false;
    for (uint32_t i = 0; i < kept->capacity; i++)
        if (kept->places[i].ref)
            larger.places[find(&larger, kept->places[i].ref)] = kept->places[i];
    kept_deinit(kept, a);
    *kept = larger;
    return true;
}

bool kept_add(struct kept *kept, const struct allocator *a, uint32_t ref) {
    if (kept->count >= kept->capacity / 2 && !grow(kept, a)) return false;
    struct kept_ref *place = &kept->places[find(kept, ref)];
    if (place->ref == 0) kept->count++;
    place->ref = ref;
    place->count++;
    return true;
}

/* Moves what was put behind a place that is free now, and would not be found anymore. */
static void close_gap(struct kept *kept, uint32_t gap) {
    uint32_t mask = kept->capacity - 1;
    for (uint32_t at = (gap + 1) & mask; kept->places[at].ref; at = (at + 1) & mask) {
        uint32_t home = home_of(kept, kept->places[at].ref);
        if (((at - home) & mask) < ((at - gap) & mask)) continue;
        kept->places[gap] = kept->places[at];
        kept->places[at] = (struct kept_ref){0};
        gap = at;
    }
}

bool kept_remove(struct kept *kept, uint32_t ref) {
    if (kept->count == 0) return false;
    uint32_t at = find(kept, ref);
    if (kept->places[at].ref == 0) return false;
    if (--kept->places[at].count > 0) return true;
    kept->places[at] = (struct kept_ref){0};
    kept->count--;
    close_gap(kept, at);
    return true;
}

void kept_deinit(struct kept *kept, const struct allocator *a) {
    ALLOC_FREE_ARRAY(a, kept->places, kept->capacity);
}
