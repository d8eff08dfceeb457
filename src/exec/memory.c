/* memory.c - see memory.h */
#include "exec/memory.h"

#include "exec/start.h"
#include "exec/store.h"

static uint64_t pages_to_bytes(uint64_t pages) {
    return pages > UINT64_MAX / WASM_PAGE_SIZE ? UINT64_MAX : pages * WASM_PAGE_SIZE;
}

/* The most that the memory may ever hold: its type's maximum, 4 GiB for 32-bit addresses, what
 * the store allows in all. */
static uint64_t most_bytes(const struct store *store, const struct wasm_limits *limits) {
    uint64_t most = pages_to_bytes(limits->max);
    if (!limits->is64) most = u64_min(most, UINT64_C(1) << 32);
    uint64_t allowed = group_memory_left(store->group);
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

/* Address space for the memory: so much that guard pages catch every access by a 32-bit index, if
 * faults can be caught and there is as much; else what it may grow to. */
static nacre_status reserve(struct memory *memory, uint64_t size, uint64_t most) {
    const struct port *port = store_port(memory->store);
    /* A 64-bit memory may grow up to this even when it says no maximum. */
    const uint64_t allowed = memory->store->limits.reserve_bytes;
    const uint64_t reserve_max = u64_min(UINT64_C(1) << 38, allowed);
    uint64_t before = memory->before, all = before + IMAGE_GUARDED_BYTES;
    memory->is_guarded = port->faults && !memory->limits.is64 &&
                         allowed >= IMAGE_GUARDED_BYTES &&
                         port->pages_reserve(port->context, all, &memory->base) == NACRE_OK;
    if (!memory->is_guarded) {
        all = before + u64_min(most, u64_max(size, reserve_max));
        if (all) TRY(memory_reserve(port, before + size, all, &memory->base, &all));
    }
    if (all) memory->base += before;
    memory->reserved = all - before;
    memory->max = u64_min(most, memory->reserved);
    return NACRE_OK;
}

static void release(const struct memory *memory, const struct port *port) {
    uint64_t all = memory->before + memory->reserved;
    if (all) port->pages_release(port->context, memory->base - memory->before, all);
}

/* And the pages that it begins with, and those before. */
static nacre_status make_pages(struct memory *memory, uint64_t size, uint64_t most) {
    const struct port *port = store_port(memory->store);
    TRY(reserve(memory, size, most));
    nacre_status status =
        size ? port->pages_commit(port->context, memory->base, size) : NACRE_OK;
    if (status == NACRE_OK && memory->before)
        status = port->pages_commit(port->context, memory->base - memory->before,
                                    memory->before - IMAGE_GAP);
    if (status != NACRE_OK) release(memory, port);
    return status;
}

/* --- Pages that are kept, with the struct memory that stood in them --- */

static bool reuse(struct memory *memory, uint64_t most) {
    if (!memory->spares || memory->store->limits.reserve_bytes < IMAGE_GUARDED_BYTES) return false;
    const struct memory *spare = spares_take(memory->spares);
    if (!spare) return false;
    memory->base = spare->base;
    memory->reserved = spare->reserved;
    memory->is_guarded = true;
    memory->start = spare->start;
    memory->max = u64_min(most, memory->reserved);
    return true;
}

/* Makes the first `size` bytes what they were before any code ran. */
static nacre_status clear(struct memory *memory, uint64_t size) {
    const struct port *port = store_port(memory->store);
    const struct start *start = memory->start;
    if (!start) return size ? port->pages_clear(port->context, memory->base, size) : NACRE_OK;
    uint64_t end = start->from + start->size;
    TRY(start_map(start, port, memory->base));
    if (start->from) TRY(port->pages_clear(port->context, memory->base, start->from));
    return size > end ? port->pages_clear(port->context, memory->base + end, size - end)
                      : NACRE_OK;
}

static bool keep(struct memory *memory) {
    if (!memory->spares || memory->spares->count == 0 || !memory->is_guarded || memory->shared)
        return false;
    const struct port *port = store_port(memory->store);
    uint64_t size = pages_to_bytes(memory->limits.min);
    if (memory->size > size &&
        port->pages_uncommit(port->context, memory->base + size, memory->size - size) !=
            NACRE_OK)
        return false;
    return clear(memory, size) == NACRE_OK && spares_put(memory->spares, memory);
}

void memory_release_spares(struct spares *spares, const struct port *port) {
    const struct memory *spare;
    while ((spare = spares_take(spares))) release(spare, port);
}

nacre_status memory_init(struct memory *memory, struct store *store,
                         const struct wasm_limits *limits, uint64_t before,
                         struct spares *spares) {
    const struct allocator *a = &store->engine->allocator;
    uint64_t most = most_bytes(store, limits), size = pages_to_bytes(limits->min);
    *memory = (struct memory){.size = size, .limits = *limits, .store = store,
                              .before = before, .spares = spares};
    if (size > most || !group_take_memory(store->group, size)) return NACRE_LIMIT;
    if (!limits->is_shared && reuse(memory, most)) return NACRE_OK;
    nacre_status status = NACRE_NO_MEMORY;
    if (limits->is_shared) memory->shared = ALLOC_NEW(a, struct shared_memory);
    if (memory->shared) *memory->shared = (struct shared_memory){.owners = 1, .size = size};
    if (memory->shared || !limits->is_shared) status = make_pages(memory, size, most);
    if (status == NACRE_OK) return NACRE_OK;
    if (memory->shared) ALLOC_FREE(a, memory->shared);
    group_give_memory(store->group, size);
    return status;
}

void memory_share(struct memory *memory, struct store *store, const struct memory *of) {
    *memory = *of;
    memory->store = store;
    __atomic_add_fetch(&memory->shared->owners, 1, __ATOMIC_ACQ_REL);
}

void memory_deinit(struct memory *memory) {
    struct shared_memory *shared = memory->shared;
    struct store *store = memory->store;
    if (shared && __atomic_sub_fetch(&shared->owners, 1, __ATOMIC_ACQ_REL) > 0) return;
    group_give_memory(store->group, memory_look(memory));
    if (keep(memory)) return;
    release(memory, store_port(store)); /* it may stand in these pages itself */
    if (shared) ALLOC_FREE(&store->engine->allocator, shared);
}

static nacre_status grow(struct memory *memory, uint64_t delta) {
    struct group *group = memory->store->group;
    const struct port *port = store_port(memory->store);
    uint64_t size = memory_look(memory);
    if (delta > memory->max - size || !group_take_memory(group, delta)) return NACRE_LIMIT;
    if (delta && port->pages_commit(port->context, memory->base, size + delta) != NACRE_OK) {
        group_give_memory(group, delta);
        return NACRE_NO_MEMORY;
    }
    memory->size = size + delta;
    if (memory->shared)
        __atomic_store_n(&memory->shared->size, memory->size, __ATOMIC_RELEASE);
    return NACRE_OK;
}

nacre_status memory_grow(struct memory *memory, uint64_t delta_pages, uint64_t *old_pages) {
    if (memory->shared) lock_take(&memory->shared->lock);
    *old_pages = memory_pages(memory);
    nacre_status status = grow(memory, pages_to_bytes(delta_pages));
    if (memory->shared) lock_give(&memory->shared->lock);
    return status;
}

uint8_t *memory_range(struct memory *memory, uint64_t offset, uint64_t size) {
    if (!memory) return NULL;
    if (!range_inside(offset, size, memory->size) &&
        !range_inside(offset, size, memory_look(memory)))
        return NULL;
    /* An empty memory has no base; any other address will do for nothing. */
    static const uint8_t nothing[1];
    return memory->base ? memory->base + offset : (uint8_t *)(uintptr_t)nothing;
}
