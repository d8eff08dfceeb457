/*
 * heap.h - the garbage-collected heap of a store: structures, arrays, exceptions.
 *
 * A reference is a 32-bit number, the same on every machine. Its lowest bits say what it is:
 *
 *     ...000   an object's offset in the heap (0: null)
 *     .....1   an i31: the number above that bit
 *     ....10   an externref of the embedder's, a number of 30 bits
 *
 * References to functions are no part of this: they count the store's functions.
 *
 * Objects never move. The heap is address space that is reserved once and grows in blocks of
 * 64 KiB; a block holds cells of one size, or is part of a large object's run of blocks. Cells
 * that survived the last collection have their mark set; those without are free, and are given out
 * in order. What the blocks hold is kept apart from them, where no guest can write.
 */
#ifndef EXEC_HEAP_H
#define EXEC_HEAP_H

#include "image/abi.h"

struct store;

enum {
    HEAP_BLOCK = 65536,
    HEAP_CELL_MIN = 16,
    HEAP_SMALL_MAX = 32768, /* larger objects take whole blocks */
    HEAP_CLASSES = 45
};

/* What stands before an object's bytes. */
struct object {
    uint32_t type;   /* canonical id; of an exception its tag's function type */
    uint32_t length; /* an array's elements; an exception's tag, by its number in the store */
    uint8_t bytes[]; /* fields, elements, or an exception's values in slots */
};
_Static_assert(offsetof(struct object, type) == offsetof(struct image_object, type) &&
                   offsetof(struct object, length) == offsetof(struct image_object, length) &&
                   offsetof(struct object, bytes) == offsetof(struct image_object, bytes),
               "compiled code finds an object's parts");

enum heap_block_kind { HEAP_FREE, HEAP_SMALL, HEAP_LARGE, HEAP_LARGE_REST };

struct heap_block {
    uint8_t kind;       /* enum heap_block_kind */
    uint8_t size_class; /* of a small one */
    bool is_full;       /* every cell is in use */
    uint32_t next;      /* small, of the same class; 0: none */
    uint32_t span;      /* of a large one: blocks; of the rest: back to the first */
    uint64_t marks[HEAP_BLOCK / HEAP_CELL_MIN / 64];
};

struct heap {
    struct store *store;
    uint8_t *base;      /* the first block is not used: its first byte would be null's */
    uint64_t reserved;  /* bytes of address space */
    struct heap_block *blocks;
    uint32_t block_count, block_capacity, free_count;
    struct {
        uint32_t block;  /* that cells are taken from; 0: none */
        uint32_t cursor; /* the next cell that may be free */
    } classes[HEAP_CLASSES];
    uint64_t taken;     /* bytes of blocks since the last collection */
    uint64_t threshold; /* of them: when the next collection is due */
    uint32_t *marked;          /* objects whose references were not looked at yet */
    uint32_t marked_count, marked_capacity;
    bool has_overflowed;       /* there was no room for one of them */
    bool was_abandoned;        /* the last collection: which cells are in use is not known */
};

void heap_init(struct heap *heap, struct store *store);
void heap_deinit(struct heap *heap);

/* A zeroed object with `bytes` bytes behind its header, or 0: when a collection is due (unless
 * `grow`), when the store's memory or the machine's is used up. */
uint32_t heap_take(struct heap *heap, uint32_t type, uint32_t length, uint64_t bytes, bool grow);

static inline struct object *heap_object(const struct heap *heap, uint32_t ref) {
    return (struct object *)(void *)(heap->base + ref);
}
static inline bool heap_is_object(uint32_t ref) { return ref != 0 && (ref & 7) == 0; }
static inline bool heap_is_i31(uint32_t ref) { return ref & 1; }
static inline bool heap_is_number(uint32_t ref) { return (ref & 3) == 2; }
static inline uint32_t heap_i31(uint32_t value) { return value << 1 | 1; }

/* Is it an object that may be in use? For references that come from outside. */
bool heap_holds(const struct heap *heap, uint32_t ref);

/* A collection: begin, mark every root, finish. A root may be any reference but a function's. */
void heap_mark_begin(struct heap *heap);
void heap_mark(struct heap *heap, uint32_t ref);
void heap_mark_finish(struct heap *heap);
/* Instead of finishing: everything counts as in use. */
void heap_mark_abandon(struct heap *heap);

/* Bytes of all objects in use after the last collection, and since: whole blocks. */
uint64_t heap_bytes(const struct heap *heap);

#endif
