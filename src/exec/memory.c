/* memory.c - see memory.h */
#include "exec/memory.h"

#include "exec/store.h"

static uint64_t pages_to_bytes(uint64_t pages) {
    return pages > UINT64_MAX / WASM_PAGE_SIZE ? UINT64_MAX : pages * WASM_PAGE_SIZE;
}

/* The most that the memory may ever hold: its type's maximum, 4 GiB for 32-bit addresses, what
 * the store allows in all. */
static uint64_t most_bytes(const struct store *store, const struct wasm_limits *limits) {
    uint64_t most = pages_to_bytes(limits->max);
    if (!limits->is64) most = u64_min(most, UINT64_C(1) << 32);
    uint64_t allowed = store->limits.memory_bytes - store->memory_bytes;
    return u64_min(most, allowed - allowed % WASM_PAGE_SIZE);
}

nacre_status memory_reserve(const struct port *port, uint64_t least, uint64_t most,
                            uint8_t **base, uint64_t *reserved) {
    for (uint64_t size = most;;) {
        nacre_status status = port->pages_reserve(port->context, size, base);
        if (status == NACRE_OK) *reserved = size;
        if (status == NACRE_OK || size <= u64_max(least, WASM_PAGE_SIZE)) return status;
        size = u64_max(least, size / 2 / WASM_PAGE_SIZE * WASM_PAGE_SIZE);
    }
}

nacre_status memory_init(struct memory *memory, struct store *store,
                         const struct wasm_limits *limits) {
    const struct port *port = store_port(store);
    uint64_t most = most_bytes(store, limits), size = pages_to_bytes(limits->min);
    uint8_t *base = NULL;
    if (size > most) return NACRE_LIMIT;
    /* A 64-bit memory may grow up to this even when it says no maximum. */
    const uint64_t reserve_max = UINT64_C(1) << 38;
    uint64_t reserved = u64_min(most, u64_max(size, reserve_max));
    if (reserved) TRY(memory_reserve(port, size, reserved, &base, &reserved));
    if (size) {
        nacre_status status = port->pages_commit(port->context, base, size);
        if (status != NACRE_OK) {
            port->pages_release(port->context, base, reserved);
            return status;
        }
    }
    *memory = (struct memory){.base = base, .size = size, .max = reserved, .reserved = reserved,
                              .limits = *limits, .store = store};
    store->memory_bytes += size;
    return NACRE_OK;
}

void memory_deinit(struct memory *memory) {
    const struct port *port = store_port(memory->store);
    memory->store->memory_bytes -= memory->size;
    if (memory->reserved) port->pages_release(port->context, memory->base, memory->reserved);
}

nacre_status memory_grow(struct memory *memory, uint64_t delta_pages) {
    struct store *store = memory->store;
    const struct port *port = store_port(store);
    uint64_t delta = pages_to_bytes(delta_pages);
    if (delta > memory->max - memory->size) return NACRE_LIMIT;
    if (delta > store->limits.memory_bytes - store->memory_bytes) return NACRE_LIMIT;
    if (delta) TRY(port->pages_commit(port->context, memory->base, memory->size + delta));
    memory->size += delta;
    store->memory_bytes += delta;
    return NACRE_OK;
}

uint8_t *memory_range(const struct memory *memory, uint64_t offset, uint64_t size) {
    if (!memory || !range_inside(offset, size, memory->size)) return NULL;
    /* An empty memory has no base; any other address will do for nothing. */
    static const uint8_t nothing[1];
    return memory->base ? memory->base + offset : (uint8_t *)(uintptr_t)nothing;
}
