/*
 * memory.h - linear memories: address space that is reserved once and committed as they grow, so
 * that a memory never moves.
 */
#ifndef EXEC_MEMORY_H
#define EXEC_MEMORY_H

#include "base/base.h"
#include "base/lock.h"
#include "base/spares.h"
#include "image/abi.h"
#include "port/port.h"

struct start;
struct store;

/* Of a shared memory, what its stores have in common. */
struct shared_memory {
    uint32_t owners; /* atomic */
    struct lock lock; /* held while it grows */
    uint64_t size;   /* atomic */
};

struct memory {
    uint8_t *base;
    uint64_t size;     /* bytes, now; of a shared memory, when it was looked at last */
    uint64_t max;      /* bytes that it may grow to */
    uint64_t reserved; /* bytes of address space at base */
    uint64_t before;   /* and before it, for the context of the instance that it belongs to */
    bool is_guarded;   /* an access by a 32-bit index that is out of bounds faults */
    const struct start *start; /* what is mapped in its pages; NULL: nothing */
    struct wasm_limits limits; /* as declared, in pages */
    struct store *store;
    struct shared_memory *shared; /* or NULL */
    struct spares *spares; /* where its pages are kept when it ends, or NULL */
};
_Static_assert(sizeof(struct memory) <= IMAGE_MEMORY_BYTES &&
                   offsetof(struct memory, base) == offsetof(struct image_memory, base) &&
                   offsetof(struct memory, size) == offsetof(struct image_memory, size),
               "a memory fits its place in a context");

/* `before`: bytes of address space before it for whoever asks; the last IMAGE_GAP of them can't be
 * touched. `spares`: the pages of memories of this very type, with as much before them, which may
 * serve once more: what is in them is zero, but for what is before. Or NULL. */
nacre_status memory_init(struct memory *memory, struct store *store,
                         const struct wasm_limits *limits, uint64_t before,
                         struct spares *spares);
/* The same memory, which is a shared one, in another store of its group. */
void memory_share(struct memory *memory, struct store *store, const struct memory *of);
void memory_deinit(struct memory *memory);
void memory_release_spares(struct spares *spares, const struct port *port);

/* The size now: another thread may have made a shared memory grow. */
static inline uint64_t memory_look(struct memory *memory) {
    if (memory->shared) memory->size = __atomic_load_n(&memory->shared->size, __ATOMIC_ACQUIRE);
    return memory->size;
}

/* Reserves `most` bytes of address space, or less where there is less, but no less than `least` or
 * 64 KiB; *reserved gets what it is. NACRE_NO_MEMORY. */
nacre_status memory_reserve(const struct port *port, uint64_t least, uint64_t most,
                            uint8_t **base, uint64_t *reserved);

/* Adds pages; *old_pages gets how many there were. NACRE_LIMIT (its maximum, the store's limit),
 * NACRE_NO_MEMORY. */
nacre_status memory_grow(struct memory *memory, uint64_t delta_pages, uint64_t *old_pages);

static inline uint64_t memory_pages(struct memory *memory) {
    return memory_look(memory) / WASM_PAGE_SIZE;
}

#endif
