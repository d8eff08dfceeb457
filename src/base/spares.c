/* spares.c - see spares.h */
#include "base/spares.h"

bool spares_init(struct spares *spares, const struct allocator *allocator, uint32_t count) {
    *spares = (struct spares){0};
    if (count == 0) return true;
    spares->places = ALLOC_ARRAY(allocator, void *, count);
    spares->count = spares->places ? count : 0;
    return spares->places != NULL;
}

void spares_deinit(struct spares *spares, const struct allocator *allocator) {
    if (spares->places) ALLOC_FREE_ARRAY(allocator, spares->places, spares->count);
    *spares = (struct spares){0};
}

/* Where a thread begins to look: stacks of threads are apart, so they seldom meet. */
static uint32_t first_place(const struct spares *spares) {
    const uint8_t here = 0;
    uint64_t mixed = ((uint64_t)(uintptr_t)&here >> 16) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)((mixed >> 32) * spares->count >> 32);
}

static uint32_t next_place(const struct spares *spares, uint32_t place) {
    return place + 1 == spares->count ? 0 : place + 1;
}

void *spares_take(struct spares *spares) {
    if (spares->count == 0) return NULL;
    uint32_t place = first_place(spares);
    for (uint32_t i = 0; i < spares->count; i++, place = next_place(spares, place)) {
        void **at = &spares->places[place];
        if (!__atomic_load_n(at, __ATOMIC_RELAXED)) continue;
        void *thing = __atomic_exchange_n(at, NULL, __ATOMIC_ACQUIRE);
        if (thing) return thing;
    }
    return NULL;
}

bool spares_put(struct spares *spares, void *thing) {
    if (spares->count == 0) return false;
    uint32_t place = first_place(spares);
    for (uint32_t i = 0; i < spares->count; i++, place = next_place(spares, place)) {
        void *none = NULL;
        if (__atomic_compare_exchange_n(&spares->places[place], &none, thing, false,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            return true;
    }
    return false;
}
