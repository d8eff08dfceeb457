/*
 * memory.h - linear memories: address space that is reserved once and committed as they grow, so
 * that a memory never moves.
 */
#ifndef EXEC_MEMORY_H
#define EXEC_MEMORY_H

#include "base/base.h"
#include "port/port.h"
#include "wasm/module.h"

struct store;

struct memory {
    uint8_t *base;
    uint64_t size;     /* bytes, now */
    uint64_t max;      /* bytes that it may grow to */
    uint64_t reserved; /* bytes of address space at base */
    struct wasm_limits limits; /* as declared, in pages */
    struct store *store;
};

nacre_status memory_init(struct memory *memory, struct store *store,
                         const struct wasm_limits *limits);
void memory_deinit(struct memory *memory);

/* Reserves `most` bytes of address space, or less where there is less, but no less than `least` or
 * 64 KiB; *reserved gets what it is. NACRE_NO_MEMORY. */
nacre_status memory_reserve(const struct port *port, uint64_t least, uint64_t most,
                            uint8_t **base, uint64_t *reserved);

/* Adds pages. NACRE_LIMIT (its maximum, the store's limit), NACRE_NO_MEMORY. */
nacre_status memory_grow(struct memory *memory, uint64_t delta_pages);

static inline uint64_t memory_pages(const struct memory *memory) {
    return memory->size / WASM_PAGE_SIZE;
}

#endif
