/* region.c - units of a range; see region.h */
#include "port/region/region.h"

enum { SMALL_UNITS = 64 };
enum unit_state {
    UNIT_TAKEN = 1,     /* of a reservation */
    UNIT_COMMITTED = 2, /* may be touched */
    UNIT_BROUGHT = 4,   /* is there: it was brought in */
};

void region_init(struct region *r, uint8_t *base, uint32_t present_count, uint32_t unit_count,
                 uint8_t *states) {
    *r = (struct region){.base = base, .present_count = present_count, .unit_count = unit_count,
                         .free_count = unit_count, .used_end = present_count, .units = states};
    memset(states, UNIT_BROUGHT, present_count);
}

static uint64_t units_of(uint64_t size) {
    return size <= REGION_UNIT ? 1 : (size - 1) / REGION_UNIT + 1;
}

static uint32_t unit_at(const struct region *r, const uint8_t *base) {
    return (uint32_t)((uint64_t)(base - r->base) / REGION_UNIT);
}

/* The first of `count` free units in [from, to). */
static bool find(const struct region *r, uint32_t from, uint32_t to, uint64_t count,
                 uint32_t *first) {
    uint64_t run = 0;
    for (uint32_t i = from; i < to; i++) {
        run = r->units[i] & UNIT_TAKEN ? 0 : run + 1;
        if (run < count) continue;
        *first = i + 1 - (uint32_t)count;
        return true;
    }
    return false;
}

/* What is there from the beginning is for what is small: a memory that reserves gigabytes, and
 * uses few of them, would take all of it from those who need it. Nor does anybody get more than a
 * quarter of what is left, or half where there will not be more: who asks for more takes less. */
static bool find_place(const struct region *r, uint64_t count, uint32_t *first) {
    const uint32_t present = r->present_count, all = r->unit_count;
    const uint32_t share = all > present ? 4 : 2;
    if (count > SMALL_UNITS && count > r->free_count / share) return false;
    bool is_large = count > present / 2;
    if (is_large && find(r, present, all, count, first)) return true;
    return find(r, 0, all, count, first);
}

static nacre_status reserve(struct region *r, uint64_t size, bool is_new, uint8_t **base) {
    uint64_t count = units_of(size);
    uint32_t first;
    lock_take(&r->lock);
    bool found = is_new ? find(r, r->used_end, r->unit_count, count, &first)
                        : find_place(r, count, &first);
    for (uint64_t i = 0; found && i < count; i++)
        r->units[first + i] = (r->units[first + i] & UNIT_BROUGHT) | UNIT_TAKEN;
    if (found) r->free_count -= (uint32_t)count;
    if (found) r->used_end = u32_max(r->used_end, first + (uint32_t)count);
    lock_give(&r->lock);
    if (!found) return NACRE_NO_MEMORY;
    *base = r->base + (uint64_t)first * REGION_UNIT;
    return NACRE_OK;
}

nacre_status region_reserve(struct region *r, uint64_t size, uint8_t **base) {
    return reserve(r, size, false, base);
}

nacre_status region_reserve_new(struct region *r, uint64_t size, uint8_t **base) {
    return reserve(r, size, true, base);
}

/* Its units are the caller's alone: no lock is needed to change them. */
nacre_status region_commit(struct region *r, uint8_t *base, uint64_t size, bool zeroed) {
    uint8_t *units = r->units + unit_at(r, base);
    uint64_t count = size / REGION_UNIT;
    for (uint64_t i = 0; i < count;) {
        uint64_t same = i + 1;
        while (same < count && units[same] == units[i]) same++;
        uint8_t *at = base + i * REGION_UNIT;
        const uint64_t bytes = (same - i) * REGION_UNIT;
        if (!(units[i] & UNIT_BROUGHT)) {
            TRY(r->bring(r->env, at, bytes));
        } else if (zeroed && !(units[i] & UNIT_COMMITTED)) {
            memset(at, 0, bytes);
        }
        for (; i < same; i++) units[i] = UNIT_TAKEN | UNIT_BROUGHT | UNIT_COMMITTED;
    }
    return NACRE_OK;
}

nacre_status region_uncommit(struct region *r, const uint8_t *base, uint64_t size) {
    uint8_t *units = r->units + unit_at(r, base);
    for (uint64_t i = 0; i < size / REGION_UNIT; i++) units[i] &= (uint8_t)~UNIT_COMMITTED;
    return NACRE_OK;
}

void region_release(struct region *r, const uint8_t *base, uint64_t size) {
    uint32_t first = unit_at(r, base);
    uint64_t count = units_of(size);
    lock_take(&r->lock);
    for (uint64_t i = 0; i < count; i++) r->units[first + i] &= UNIT_BROUGHT;
    r->free_count += (uint32_t)count;
    lock_give(&r->lock);
}
