/* space.c - see space.h */
#include "pfs/space.h"

#include "pfs/cache.h"
#include "pfs/commit.h"
#include "pfs/tree.h"

enum {
    KEPT = 64,            /* free blocks that only what gives some back may take, and two a zone */
    LOW = 128,            /* more than a step takes */
    GROWTH_LEAST = 64,
    GROWTH_MOST = 16384
};

static uint32_t zone_count(const struct pfs *pfs) {
    return (pfs->root.blocks - 1) / ZONE_BLOCKS + 1;
}

static uint32_t kept(const struct pfs *pfs) { return KEPT + 2 * zone_count(pfs); }

/* --- Bits --- */

static bool bit_get(const uint8_t *bits, uint32_t i) { return bits[i / 8] >> i % 8 & 1; }
static void bit_set(uint8_t *bits, uint32_t i) { bits[i / 8] |= (uint8_t)(1 << i % 8); }
static void bit_clear(uint8_t *bits, uint32_t i) { bits[i / 8] &= (uint8_t) ~(1 << i % 8); }

/* The first clear bit in [from, end), or end. */
static uint32_t find_clear(const uint8_t *bits, uint32_t from, uint32_t end) {
    while (from < end && from % 64)
        if (!bit_get(bits, from)) return from;
        else from++;
    for (; from < end; from += 64) {
        uint64_t clear = ~load_u64(bits + from / 8);
        if (clear) return u32_min(from + (uint32_t)__builtin_ctzll(clear), end);
    }
    return end;
}

/* --- Taking --- */

/* How many bits of a zone's block of the map stand for blocks that there are. */
static uint32_t zone_size(const struct pfs *pfs, uint32_t zone) {
    return u32_min(ZONE_BLOCKS, pfs->root.blocks - zone * ZONE_BLOCKS);
}

/* Goes to a zone with a clear bit at or behind the cursor; ENOSPC: there is none. */
static enum port_errno find_zone(struct pfs *pfs) {
    struct space *s = &pfs->space;
    uint32_t count = zone_count(pfs);
    if (s->zone >= count) s->zone = s->cursor = 0;
    for (uint32_t looked_at = 0; looked_at <= count; looked_at++) {
        struct frame *f;
        uint32_t end = zone_size(pfs, s->zone);
        enum port_errno error = tree_get(pfs, &pfs->space_map, s->zone, &f);
        if (error) return error;
        if (f) s->cursor = find_clear(f->bytes, s->cursor, end);
        if (s->cursor < end) return PORT_OK;
        s->zone = (s->zone + 1) % count;
        s->cursor = 0;
    }
    return PORT_ENOSPC;
}

static uint32_t *spare_slot(struct pfs *pfs, bool is_filled) {
    for (uint32_t i = 0; i < SPARES_MAX; i++)
        if ((pfs->root.spares[i] != 0) == is_filled) return &pfs->root.spares[i];
    return NULL;
}

/* Sets the next clear bit of the zone; false: there is none. */
static bool take_bit(struct pfs *pfs, struct frame *f, uint32_t *block) {
    struct space *s = &pfs->space;
    uint32_t end = zone_size(pfs, s->zone), at = find_clear(f->bytes, s->cursor, end);
    s->cursor = at;
    if (at == end || pfs->root.free_blocks == 0) return false;
    bit_set(f->bytes, at);
    s->cursor = at + 1;
    pfs->root.free_blocks--;
    *block = s->zone * ZONE_BLOCKS + at;
    return true;
}

/* Makes a zone with clear bits one that can be changed, and fills up the spares that this took. */
static enum port_errno enter_zone(struct pfs *pfs, struct frame **f) {
    enum port_errno error = find_zone(pfs);
    if (!error) error = tree_edit(pfs, &pfs->space_map, pfs->space.zone, TREE_KEEP, f);
    for (uint32_t *spare; !error && (spare = spare_slot(pfs, false));)
        if (!take_bit(pfs, *f, spare)) break;
    return error;
}

static enum port_errno take_spare(struct pfs *pfs, uint32_t *block) {
    uint32_t *spare = spare_slot(pfs, true);
    if (!spare) return PORT_ENOSPC;
    *block = *spare;
    *spare = 0;
    return PORT_OK;
}

enum port_errno space_take(struct pfs *pfs, const struct object *object, uint32_t *block) {
    pfs->is_changed = true; /* also when what it was for fails later */
    if (object->number == OBJECT_SPACE) return take_spare(pfs, block);
    if (pfs->root.free_blocks <= (pfs->space.is_releasing ? kept(pfs) / 2 : kept(pfs)))
        return PORT_ENOSPC;
    for (;;) {
        struct frame *f;
        enum port_errno error = enter_zone(pfs, &f);
        if (error) return error;
        if (take_bit(pfs, f, block)) return PORT_OK;
    }
}

/* --- Giving back --- */

static enum port_errno clear(struct pfs *pfs, uint32_t block) {
    struct frame *f;
    enum port_errno error =
        tree_edit(pfs, &pfs->space_map, block / ZONE_BLOCKS, TREE_KEEP, &f);
    if (error) return error;
    if (!bit_get(f->bytes, block % ZONE_BLOCKS))
        return volume_broken(pfs, "a free block is in use", OBJECT_SPACE, block);
    bit_clear(f->bytes, block % ZONE_BLOCKS);
    pfs->root.free_blocks++;
    return PORT_OK;
}

/* For the end of the commit. What follows the last one makes a run with it. */
static enum port_errno note(struct pfs *pfs, uint32_t block) {
    struct space *s = &pfs->space;
    struct run *last = s->freed_count ? &s->freed[s->freed_count - 1] : NULL;
    s->freed_blocks++;
    if (last && last->block + last->count == block) {
        last->count++;
        return PORT_OK;
    }
    if (!alloc_reserve(&pfs->allocator, (void **)&s->freed, &s->freed_capacity,
                       s->freed_count + 1, sizeof *s->freed))
        return volume_fail(pfs, PORT_ENOMEM);
    s->freed[s->freed_count++] = (struct run){block, 1};
    return PORT_OK;
}

/* Can the map's block be changed, so that it takes no more of the cache? */
static bool is_at_hand(struct pfs *pfs, uint32_t block) {
    struct frame *f = cache_find(&pfs->cache, OBJECT_SPACE, 0, block / ZONE_BLOCKS);
    return f && f->is_dirty;
}

enum port_errno space_give(struct pfs *pfs, uint32_t block, bool is_fresh) {
    if (block < BLOCK_FIRST || block >= pfs->root.blocks)
        return volume_broken(pfs, "no block of the volume", OBJECT_SPACE, block);
    return is_fresh && is_at_hand(pfs, block) ? clear(pfs, block) : note(pfs, block);
}

/* --- The volume's size --- */

bool space_is_low(const struct pfs *pfs) { return pfs->root.free_blocks < kept(pfs) + LOW; }

enum port_errno space_grow(struct pfs *pfs) {
    uint32_t step = u32_min(u32_max(pfs->root.blocks / 8, GROWTH_LEAST), GROWTH_MOST), blocks;
    step += space_is_low(pfs) ? LOW : 0;
    if (!u32_add(pfs->root.blocks, step, &blocks)) return PORT_ENOSPC;
    enum port_errno error = store_grow(&pfs->store, blocks);
    if (error) return error;
    pfs->root.blocks = blocks;
    pfs->root.free_blocks += step;
    return PORT_OK;
}

enum port_errno space_used_end(struct pfs *pfs, uint32_t *end) {
    for (uint32_t zone = zone_count(pfs); zone-- > 0;) {
        struct frame *f;
        enum port_errno error = tree_get(pfs, &pfs->space_map, zone, &f);
        if (error) return error;
        for (uint32_t i = f ? zone_size(pfs, zone) : 0; i-- > 0;)
            if (bit_get(f->bytes, i)) {
                *end = zone * ZONE_BLOCKS + i + 1;
                return PORT_OK;
            }
    }
    *end = BLOCK_FIRST;
    return PORT_OK;
}

/* --- The end of a commit --- */

enum port_errno space_move(struct pfs *pfs, uint32_t zone) {
    struct frame *f;
    enum port_errno error = spare_slot(pfs, false) ? enter_zone(pfs, &f) : PORT_OK;
    if (error && error != PORT_ENOSPC) return error;
    return tree_edit(pfs, &pfs->space_map, zone, TREE_KEEP, &f);
}

/* There may be more zones than frames. */
static enum port_errno keep_room(struct pfs *pfs) {
    return pfs->cache.dirty_count > pfs->cache.capacity / 2 ? commit_some(pfs) : PORT_OK;
}

/* Places for the map's blocks of a run, so that nothing has to be taken later. */
static enum port_errno place(struct pfs *pfs, struct run run) {
    uint32_t last = (run.block + run.count - 1) / ZONE_BLOCKS;
    enum port_errno error = PORT_OK;
    for (uint32_t zone = run.block / ZONE_BLOCKS; !error && zone <= last; zone++) {
        error = space_move(pfs, zone);
        if (!error) error = keep_room(pfs);
    }
    return error;
}

enum port_errno space_settle(struct pfs *pfs) {
    struct space *s = &pfs->space;
    enum port_errno error = PORT_OK;
    /* The map's old places come behind what is there. */
    for (uint32_t i = 0; !error && i < s->freed_count; i++) error = place(pfs, s->freed[i]);
    for (uint32_t i = 0; !error && i < s->freed_count; i++)
        for (uint32_t j = 0; !error && j < s->freed[i].count; j++) {
            error = clear(pfs, s->freed[i].block + j);
            if (!error) error = keep_room(pfs);
        }
    if (!error) s->freed_count = s->freed_blocks = 0;
    return error;
}
