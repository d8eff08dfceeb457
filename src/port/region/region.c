/* region.c - units of a range; see region.h */
#include "port/region/region.h"

enum { SMALL_UNITS = 64 };
enum unit_state {
    UNIT_TAKEN = 1,     /* of a reservation */
    UNIT_COMMITTED = 2, /* may be touched */
    UNIT_BROUGHT = 4,   /* is there: it was brought in */
    UNIT_ZERO = 8,      /* and nobody touched it since */
};
enum { UNIT_LASTS = UNIT_BROUGHT | UNIT_ZERO }; /* what is so whosever it is */

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

static void change(uint8_t *units, uint64_t count, uint8_t lose, uint8_t gain) {
    for (uint64_t i = 0; i < count; i++) units[i] = (uint8_t)((units[i] & ~lose) | gain);
}

/* Where units of [from, to) begin that are not as the first, in what `mask` has. Eight at a time:
 * there are hundreds of thousands, and others spin. */
static uint64_t alike(const uint8_t *units, uint64_t from, uint64_t to, uint8_t mask) {
    const uint64_t each = UINT64_C(0x0101010101010101);
    const uint64_t first = units[from] & mask;
    uint64_t i = from;
    while (to - i >= 8 && (load_u64(units + i) & mask * each) == first * each) i += 8;
    while (i < to && (units[i] & mask) == first) i++;
    return i;
}

/* The first of `count` units from `from` on that have nothing of `mask`. */
static bool find(const struct region *r, uint32_t from, uint64_t count, uint8_t mask,
                 uint32_t *first) {
    /* All from used_end on have nothing of it. */
    const uint64_t to = u64_min(r->unit_count, r->used_end + count);
    for (uint64_t i = from, end; i < to; i = end) {
        end = alike(r->units, i, to, mask);
        if (r->units[i] & mask || end - i < count) continue;
        *first = (uint32_t)i;
        return true;
    }
    return false;
}

/* What is there from the beginning is for what is small: a memory that reserves gigabytes, and
 * uses few of them, would take all of it from those who need it. Nor does anybody get more than a
 * quarter of what is left, or half where there will not be more: who asks for more takes less. */
static bool find_place(const struct region *r, uint64_t count, uint32_t *first) {
    const uint32_t present = r->present_count;
    const uint32_t share = r->unit_count > present ? 4 : 2;
    if (count > r->free_count) return false;
    if (count > SMALL_UNITS && count > r->free_count / share) return false;
    bool is_large = count > present / 2;
    if (is_large && find(r, present, count, UNIT_TAKEN, first)) return true;
    return find(r, 0, count, UNIT_TAKEN, first);
}

static bool find_new(const struct region *r, uint64_t count, uint32_t *first) {
    return count <= r->free_count &&
           find(r, r->present_count, count, UNIT_TAKEN | UNIT_BROUGHT, first);
}

static nacre_status reserve(struct region *r, uint64_t size, bool is_new, uint8_t **base) {
    uint64_t count = units_of(size);
    uint32_t first;
    lock_take(&r->lock);
    bool found = is_new ? find_new(r, count, &first) : find_place(r, count, &first);
    if (found) {
        change(r->units + first, count, 0, UNIT_TAKEN);
        r->free_count -= (uint32_t)count;
        r->used_end = u32_max(r->used_end, first + (uint32_t)count);
    }
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

/* Only who reserved them changes units, and needs no lock to look at them; but others, who search
 * for free ones, look at all. */
static void mark(struct region *r, uint8_t *units, uint64_t count, uint8_t lose, uint8_t gain) {
    lock_take(&r->lock);
    change(units, count, lose, gain);
    lock_give(&r->lock);
}

/* Brings in what is missing. If it fails midway, no unit is brought in again, or thought dirty. */
static nacre_status bring(struct region *r, uint8_t *base, uint8_t *units, uint64_t count) {
    for (uint64_t i = 0; i < count;) {
        if (units[i] & UNIT_BROUGHT) {
            i = alike(units, i, count, UNIT_BROUGHT);
            continue;
        }
        TRY(r->bring(r->env, base + i * REGION_UNIT, REGION_UNIT));
        mark(r, units + i++, 1, 0, UNIT_LASTS);
    }
    return NACRE_OK;
}

nacre_status region_commit(struct region *r, uint8_t *base, uint64_t size, bool zeroed) {
    uint8_t *units = r->units + unit_at(r, base);
    const uint64_t count = size / REGION_UNIT;
    TRY(bring(r, base, units, count)); /* first: nothing is committed if it fails */
    for (uint64_t i = 0, end; i < count; i = end) {
        end = alike(units, i, count, UNIT_COMMITTED | UNIT_ZERO);
        if (units[i] & UNIT_COMMITTED) continue;
        if (zeroed && !(units[i] & UNIT_ZERO))
            memset(base + i * REGION_UNIT, 0, (end - i) * REGION_UNIT);
        mark(r, units + i, end - i, UNIT_ZERO, UNIT_COMMITTED);
    }
    return NACRE_OK;
}

nacre_status region_uncommit(struct region *r, const uint8_t *base, uint64_t size) {
    mark(r, r->units + unit_at(r, base), size / REGION_UNIT, UNIT_COMMITTED, 0);
    return NACRE_OK;
}

void region_release(struct region *r, const uint8_t *base, uint64_t size) {
    uint32_t first = unit_at(r, base);
    uint64_t count = units_of(size);
    lock_take(&r->lock);
    change(r->units + first, count, (uint8_t)~UNIT_LASTS, 0);
    r->free_count += (uint32_t)count;
    lock_give(&r->lock);
}
