/*
 * blocks.c - an allocator; see region.h.
 *
 * Blocks of a chunk follow each other, and know their own size and that of the one before:
 *
 *   size before | size, and its lowest bit if it is free | contents
 *
 * Free ones are in lists by size, four to each power of two, and no two of them are neighbours.
 * A chunk ends with a block without contents, which is never free. One that is empty goes back to
 * the region, if another is at least nearly so. What is large has a reservation of its own.
 */
#include "port/region/region.h"

struct block {
    size_t before;    /* size of the block before; 0: this is a chunk's first */
    size_t size;      /* with this header; | BLOCK_FREE */
};
struct free_block {
    struct block block;
    struct free_block *next, *previous;
};

enum { BLOCK_FREE = 1, BLOCK_STEP = 16, BLOCK_LEAST = sizeof(struct free_block) };
#define CHUNK_BYTES ((size_t)1 << 20)
#define EMPTY_BYTES (CHUNK_BYTES - sizeof(struct block)) /* of the block that an empty one has */
#define LARGE_BYTES ((size_t)1 << 18) /* from here on */

static size_t size_of(const struct block *b) { return b->size & ~(size_t)BLOCK_FREE; }
static bool is_free(const struct block *b) { return b->size & BLOCK_FREE; }
static struct block *at(struct block *b, ptrdiff_t offset) {
    return (struct block *)(void *)((uint8_t *)b + offset);
}
static struct block *behind(struct block *b) { return at(b, (ptrdiff_t)size_of(b)); }
static struct block *block_of(void *pointer) {
    return at(pointer, -(ptrdiff_t)sizeof(struct block));
}

/* Sizes of a class are at least those of the one before. */
static uint32_t class_of(size_t size) {
    uint32_t log = 63 - (uint32_t)__builtin_clzll(size);
    return log * 4 + (uint32_t)(size >> (log - 2) & 3);
}

/* --- The lists --- */

static void put(struct blocks *b, struct block *block, size_t size) {
    struct free_block *f = (struct free_block *)block;
    uint32_t class = class_of(size);
    block->size = size | BLOCK_FREE;
    f->previous = NULL;
    f->next = b->lists[class];
    if (f->next) f->next->previous = f;
    b->lists[class] = f;
    b->used[class / 64] |= UINT64_C(1) << class % 64;
    behind(block)->before = size;
}

static void take(struct blocks *b, struct block *block) {
    struct free_block *f = (struct free_block *)block;
    uint32_t class = class_of(size_of(block));
    if (f->next) f->next->previous = f->previous;
    if (f->previous) f->previous->next = f->next;
    else b->lists[class] = f->next;
    if (!b->lists[class]) b->used[class / 64] &= ~(UINT64_C(1) << class % 64);
    block->size = size_of(block);
}

/* The first class from `class` on that has a block; BLOCK_CLASSES: none. */
static uint32_t next_class(const struct blocks *b, uint32_t class) {
    for (uint32_t word = class / 64; word < ARRAY_COUNT(b->used); word++) {
        uint64_t bits = b->used[word];
        if (word == class / 64) bits &= ~UINT64_C(0) << class % 64;
        if (bits) return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return BLOCK_CLASSES;
}

/* Any of a class above is large enough. Its own class may have many that are not: they are looked
 * through only before memory would grow. */
static struct block *find(struct blocks *b, size_t size) {
    uint32_t class = class_of(size);
    struct free_block *own = b->lists[class];
    if (own && size_of(&own->block) >= size) return &own->block;
    uint32_t above = next_class(b, class + 1);
    if (above < BLOCK_CLASSES) return &b->lists[above]->block;
    while (own && size_of(&own->block) < size) own = own->next;
    return own ? &own->block : NULL;
}

/* --- Blocks --- */

/* NULL: no memory. */
static uint8_t *take_units(struct region *r, uint64_t size) {
    uint8_t *base;
    if (region_reserve(r, size, &base) != NACRE_OK) return NULL;
    if (region_commit(r, base, size, false) == NACRE_OK) return base;
    region_release(r, base, size);
    return NULL;
}

static void add_chunk(struct blocks *b, uint8_t *base) {
    struct block *first = (struct block *)(void *)base;
    first->before = 0;
    first->size = EMPTY_BYTES;
    behind(first)->size = sizeof(struct block);
    put(b, first, EMPTY_BYTES);
}

/* Gives back what a block in use has behind its first `size` bytes. */
static void cut(struct blocks *b, struct block *block, size_t size) {
    size_t rest = size_of(block) - size;
    struct block *next = behind(block);
    if (rest && is_free(next)) {
        rest += size_of(next);
        take(b, next);
    }
    if (rest < BLOCK_LEAST) return;
    block->size = size;
    next = behind(block);
    next->before = size;
    put(b, next, rest);
}

static void *allocate(struct blocks *b, size_t size) {
    struct block *block = find(b, size);
    if (!block) return NULL;
    take(b, block);
    cut(b, block, size);
    return block + 1;
}

/* NULL, or a chunk that is to go back to the region. */
static struct block *release(struct blocks *b, struct block *block) {
    size_t size = size_of(block);
    struct block *next = behind(block);
    if (is_free(next)) {
        size += size_of(next);
        take(b, next);
    }
    struct block *before = at(block, -(ptrdiff_t)block->before);
    if (block->before && is_free(before)) {
        size += size_of(before);
        take(b, before);
        block = before;
    }
    if (size == EMPTY_BYTES && b->lists[class_of(size)]) return block;
    put(b, block, size);
    return NULL;
}

/* In place, if the block behind it is free and large enough. */
static bool extend(struct blocks *b, struct block *block, size_t size) {
    struct block *next = behind(block);
    if (size_of(block) < size) {
        if (!is_free(next) || size_of(block) + size_of(next) < size) return false;
        take(b, next);
        block->size += size_of(next);
        behind(block)->before = size_of(block);
    }
    cut(b, block, size);
    return true;
}

/* --- What is large --- */

static uint64_t large_size(size_t size) {
    return ((uint64_t)size + REGION_UNIT - 1) / REGION_UNIT * REGION_UNIT;
}

static void *allocate_large(struct region *r, size_t size) {
    return size <= SIZE_MAX - REGION_UNIT ? take_units(r, large_size(size)) : NULL;
}

/* --- resize --- */

/* With its header, as blocks come. */
static size_t rounded(size_t size) {
    size_t all = (size + sizeof(struct block) + BLOCK_STEP - 1) / BLOCK_STEP * BLOCK_STEP;
    return all < BLOCK_LEAST ? BLOCK_LEAST : all;
}

static void *get(struct blocks *b, size_t size) {
    if (size >= LARGE_BYTES) return allocate_large(b->region, size);
    lock_take(&b->lock);
    void *pointer = allocate(b, rounded(size));
    lock_give(&b->lock);
    if (pointer) return pointer;
    /* Bringing it in takes long: others don't wait for it. */
    uint8_t *chunk = take_units(b->region, CHUNK_BYTES);
    lock_take(&b->lock);
    if (chunk) add_chunk(b, chunk);
    pointer = allocate(b, rounded(size)); /* or what somebody gave back meanwhile */
    lock_give(&b->lock);
    return pointer;
}

static void give(struct blocks *b, void *pointer, size_t size) {
    if (size >= LARGE_BYTES) {
        region_release(b->region, pointer, large_size(size));
        return;
    }
    lock_take(&b->lock);
    const struct block *chunk = release(b, block_of(pointer));
    lock_give(&b->lock);
    if (chunk) region_release(b->region, (const uint8_t *)chunk, CHUNK_BYTES);
}

static bool fits(struct blocks *b, void *pointer, size_t old_size, size_t new_size) {
    if (old_size >= LARGE_BYTES || new_size >= LARGE_BYTES)
        return old_size >= LARGE_BYTES && new_size >= LARGE_BYTES &&
               large_size(old_size) == large_size(new_size);
    lock_take(&b->lock);
    bool is_extended = extend(b, block_of(pointer), rounded(new_size));
    lock_give(&b->lock);
    return is_extended;
}

void *blocks_resize(void *context, void *pointer, size_t old_size, size_t new_size) {
    struct blocks *b = context;
    if (!pointer) return new_size ? get(b, new_size) : NULL;
    if (new_size == 0) {
        give(b, pointer, old_size);
        return NULL;
    }
    if (fits(b, pointer, old_size, new_size)) return pointer;
    void *moved = get(b, new_size);
    if (!moved) return NULL;
    memcpy(moved, pointer, old_size < new_size ? old_size : new_size);
    give(b, pointer, old_size);
    return moved;
}
