/* arena.c - see arena.h */
#include "base/arena.h"

enum { BLOCK_SIZE = 4096, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *older;
    size_t size; /* of the whole block with this header */
};

_Static_assert(sizeof(struct arena_block) <= ALIGNMENT, "the header takes one aligned place");

void arena_init(struct arena *arena, const struct allocator *allocator) {
    *arena = (struct arena){.allocator = allocator};
}

void arena_deinit(struct arena *arena) {
    struct arena_block *block = arena->blocks;
    while (block) {
        struct arena_block *older = block->older;
        arena->allocator->resize(arena->allocator->context, block, block->size, 0);
        block = older;
    }
    arena_init(arena, arena->allocator);
}

static bool add_block(struct arena *arena, size_t needed) {
    if (needed > SIZE_MAX - ALIGNMENT) return false;
    size_t size = needed + ALIGNMENT;
    if (size < BLOCK_SIZE) size = BLOCK_SIZE;
    uint8_t *raw = arena->allocator->resize(arena->allocator->context, NULL, 0, size);
    if (!raw) return false;
    struct arena_block *block = (struct arena_block *)raw;
    *block = (struct arena_block){.older = arena->blocks, .size = size};
    arena->blocks = block;
    arena->next = raw + ALIGNMENT;
    arena->end = raw + size;
    return true;
}

void arena_clear(struct arena *arena, size_t kept) {
    size_t all = 0;
    for (const struct arena_block *b = arena->blocks; b; b = b->older) all += b->size;
    if (all > 0 && all <= kept && !arena->blocks->older) {
        arena->next = (uint8_t *)arena->blocks + ALIGNMENT;
        return;
    }
    arena_deinit(arena);
    if (all > 0 && all <= kept) (void)add_block(arena, all - ALIGNMENT);
}

void *arena_take(struct arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (!size_mul(count, size, &bytes) || bytes > SIZE_MAX - ALIGNMENT) return NULL;
    bytes = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if ((!arena->next || bytes > (size_t)(arena->end - arena->next)) && !add_block(arena, bytes))
        return NULL;
    void *p = arena->next;
    arena->next += bytes;
    memset(p, 0, bytes);
    return p;
}
