/* cache.c - see cache.h */
#include "pfs/cache.h"

#include "base/sort.h"

enum port_errno cache_create(struct pfs *pfs, uint32_t capacity) {
    const struct allocator *a = &pfs->allocator;
    struct cache *c = &pfs->cache;
    *c = (struct cache){.capacity = u32_max(capacity, CACHE_LEAST), .head_count = 1};
    while (c->head_count < c->capacity) c->head_count *= 2;
    c->frames = ALLOC_ARRAY(a, struct frame, c->capacity);
    c->heads = ALLOC_ARRAY(a, struct frame *, c->head_count);
    c->order = ALLOC_ARRAY(a, uint32_t, c->capacity);
    /* Not cleared: few programs need all of it. */
    c->bytes = a->resize(a->context, NULL, 0, (size_t)c->capacity * BLOCK_BYTES);
    if (!c->frames || !c->heads || !c->order || !c->bytes) return PORT_ENOMEM;
    for (uint32_t i = 0; i < c->capacity; i++) {
        c->frames[i].bytes = c->bytes + (size_t)i * BLOCK_BYTES;
        c->frames[i].older = i ? &c->frames[i - 1] : NULL;
        c->frames[i].newer = i + 1 < c->capacity ? &c->frames[i + 1] : NULL;
    }
    c->clean = (struct frames){&c->frames[0], &c->frames[c->capacity - 1]};
    return PORT_OK;
}

void cache_destroy(struct pfs *pfs) {
    const struct allocator *a = &pfs->allocator;
    struct cache *c = &pfs->cache;
    if (c->bytes) crypto_clear(c->bytes, (size_t)c->touched * BLOCK_BYTES);
    ALLOC_FREE_ARRAY(a, c->bytes, (size_t)c->capacity * BLOCK_BYTES);
    ALLOC_FREE_ARRAY(a, c->order, c->capacity);
    ALLOC_FREE_ARRAY(a, c->heads, c->head_count);
    ALLOC_FREE_ARRAY(a, c->frames, c->capacity);
}

/* --- Lists --- */

static void take_out(struct frames *list, struct frame *f) {
    *(f->older ? &f->older->newer : &list->oldest) = f->newer;
    *(f->newer ? &f->newer->older : &list->newest) = f->older;
}

static void put_newest(struct frames *list, struct frame *f) {
    f->older = list->newest;
    f->newer = NULL;
    *(f->older ? &f->older->newer : &list->oldest) = f;
    list->newest = f;
}

static void put_oldest(struct frames *list, struct frame *f) {
    f->newer = list->oldest;
    f->older = NULL;
    *(f->newer ? &f->newer->older : &list->newest) = f;
    list->oldest = f;
}

static struct frame **head(struct cache *c, uint32_t number, uint8_t level, uint64_t index) {
    uint64_t mixed = (index ^ (uint64_t)level << 58 ^ (uint64_t)number << 36) *
                     UINT64_C(0x9E3779B97F4A7C15);
    return &c->heads[(uint32_t)(mixed >> 32) & (c->head_count - 1)];
}

/* --- Frames --- */

struct frame *cache_find(struct cache *c, uint32_t number, uint8_t level, uint64_t index) {
    for (struct frame *f = *head(c, number, level, index); f; f = f->next) {
        if (f->number != number || f->level != level || f->index != index) continue;
        if (!f->is_dirty && f != c->clean.newest) {
            take_out(&c->clean, f);
            put_newest(&c->clean, f);
        }
        return f;
    }
    return NULL;
}

static void forget(struct cache *c, struct frame *f) {
    struct frame **at = head(c, f->number, f->level, f->index);
    while (*at != f) at = &(*at)->next;
    *at = f->next;
    f->is_used = false;
}

enum port_errno cache_add(struct cache *c, uint32_t number, uint8_t level, uint64_t index,
                          struct frame **frame) {
    struct frame *f = c->clean.oldest, **first = head(c, number, level, index);
    if (!f) return PORT_ENOBUFS;
    if (f->is_used) forget(c, f);
    take_out(&c->clean, f);
    put_newest(&c->clean, f);
    f->number = number;
    f->level = level;
    f->index = index;
    f->block = 0;
    c->touched = u32_max(c->touched, (uint32_t)(f - c->frames) + 1);
    f->is_used = true;
    f->next = *first;
    *first = f;
    *frame = f;
    return PORT_OK;
}

void cache_drop(struct cache *c, struct frame *f) {
    if (f->is_dirty) cache_set_clean(c, f);
    forget(c, f);
    take_out(&c->clean, f);
    put_oldest(&c->clean, f);
}

void cache_forget(struct cache *c) {
    for (struct frame *f = c->clean.oldest; f; f = f->newer)
        if (f->is_used) forget(c, f);
}

void cache_set_dirty(struct cache *c, struct frame *f, struct object *object) {
    if (f->is_dirty) return;
    take_out(&c->clean, f);
    put_newest(&c->dirty, f);
    f->object = object;
    f->is_dirty = true;
    c->dirty_count++;
}

void cache_set_clean(struct cache *c, struct frame *f) {
    take_out(&c->dirty, f);
    put_newest(&c->clean, f);
    f->is_dirty = false;
    c->dirty_count--;
}

static bool comes_before(const void *context, uint32_t a, uint32_t b) {
    const struct cache *c = context;
    return c->frames[a].block < c->frames[b].block;
}

uint32_t cache_collect(struct cache *c, uint8_t level, bool (*wanted)(const struct object *)) {
    uint32_t count = 0;
    for (struct frame *f = c->dirty.oldest; f; f = f->newer)
        if (f->level == level && wanted(f->object)) c->order[count++] = (uint32_t)(f - c->frames);
    sort_indices(c->order, count, comes_before, c);
    return count;
}
