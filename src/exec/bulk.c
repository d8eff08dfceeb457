/* bulk.c - see bulk.h: memories and tables; bulk_object.c has the rest. */
#include "exec/bulk.h"

#include "exec/run.h"

static inline uint64_t failed_growth(const struct wasm_limits *limits) {
    return limits->is64 ? UINT64_MAX : UINT32_MAX;
}

/* --- Tables --- */

uint64_t bulk_table_grow(struct thread *th, uint32_t table, uint32_t ref, uint64_t delta) {
    struct table *t = th->instance->tables[table];
    uint64_t size = t->size;
    if (table_grow(t, delta, ref) != NACRE_OK) return failed_growth(&t->limits);
    charge(th, delta);
    return size;
}

nacre_trap bulk_table_fill(struct thread *th, uint32_t table, uint64_t to, uint32_t ref,
                           uint64_t count) {
    struct table *t = th->instance->tables[table];
    if (!range_inside(to, count, t->size)) return NACRE_TRAP_TABLE_BOUNDS;
    charge(th, count);
    for (uint64_t i = 0; i < count; i++) t->refs[to + i] = ref;
    return NACRE_TRAP_NONE;
}

nacre_trap bulk_table_copy(struct thread *th, uint32_t to_table, uint32_t from_table, uint64_t to,
                           uint64_t from, uint64_t count) {
    struct table *target = th->instance->tables[to_table];
    const struct table *source = th->instance->tables[from_table];
    if (!range_inside(from, count, source->size) || !range_inside(to, count, target->size))
        return NACRE_TRAP_TABLE_BOUNDS;
    charge(th, count);
    if (count) memmove(target->refs + to, source->refs + from, count * sizeof *target->refs);
    return NACRE_TRAP_NONE;
}

nacre_trap bulk_table_init(struct thread *th, uint32_t table, uint32_t elem, uint64_t to,
                           uint32_t from, uint32_t count) {
    if (!instance_table_init(th->instance, table, elem, to, from, count))
        return NACRE_TRAP_TABLE_BOUNDS;
    charge(th, count);
    return NACRE_TRAP_NONE;
}

/* --- Memories --- */

uint64_t bulk_memory_grow(struct thread *th, uint32_t memory, uint64_t delta_pages) {
    struct memory *m = th->instance->memories[memory];
    uint64_t pages;
    return memory_grow(m, delta_pages, &pages) == NACRE_OK ? pages : failed_growth(&m->limits);
}

/* Fills and copies go in pieces, so that a deadline holds within one instruction: false when it
 * has passed. */
enum { PIECE = 1 << 20 };

static bool fill_pieces(const struct thread *th, uint8_t *to, uint8_t value, uint64_t size) {
    for (; size > PIECE; to += PIECE, size -= PIECE) {
        memset(to, value, PIECE);
        if (thread_is_late(th)) return false;
    }
    if (size) memset(to, value, size);
    return true;
}

/* Upwards when the target lies below the source, else downwards, as memmove does. */
static bool move_pieces(const struct thread *th, uint8_t *to, const uint8_t *from, uint64_t size) {
    bool up = to < from;
    for (; size > PIECE; size -= PIECE) {
        uint64_t rest = size - PIECE;
        memmove(to + (up ? 0 : rest), from + (up ? 0 : rest), PIECE);
        if (up) to += PIECE, from += PIECE;
        if (thread_is_late(th)) return false;
    }
    if (size) memmove(to, from, size);
    return true;
}

nacre_trap bulk_memory_fill(struct thread *th, uint32_t memory, uint64_t to, uint8_t byte,
                            uint64_t size) {
    uint8_t *bytes = memory_range(th->instance->memories[memory], to, size);
    if (!bytes) return NACRE_TRAP_MEMORY_BOUNDS;
    charge(th, size);
    return fill_pieces(th, bytes, byte, size) ? NACRE_TRAP_NONE : NACRE_TRAP_DEADLINE;
}

nacre_trap bulk_memory_copy(struct thread *th, uint32_t to_memory, uint32_t from_memory,
                            uint64_t to, uint64_t from, uint64_t size) {
    uint8_t *target = memory_range(th->instance->memories[to_memory], to, size);
    const uint8_t *source = memory_range(th->instance->memories[from_memory], from, size);
    if (!target || !source) return NACRE_TRAP_MEMORY_BOUNDS;
    charge(th, size);
    return move_pieces(th, target, source, size) ? NACRE_TRAP_NONE : NACRE_TRAP_DEADLINE;
}

nacre_trap bulk_memory_init(struct thread *th, uint32_t memory, uint32_t data, uint64_t to,
                            uint32_t from, uint32_t size) {
    if (!instance_memory_init(th->instance, memory, data, to, from, size))
        return NACRE_TRAP_MEMORY_BOUNDS;
    charge(th, size);
    return NACRE_TRAP_NONE;
}

/* --- Waiting --- */

static nacre_trap look_at(struct thread *th, uint32_t memory, uint64_t address, uint32_t size,
                          uint8_t **at) {
    *at = memory_range(th->instance->memories[memory], address, size);
    if (!*at) return NACRE_TRAP_MEMORY_BOUNDS;
    return address % size ? NACRE_TRAP_UNALIGNED_ATOMIC : NACRE_TRAP_NONE;
}

nacre_trap bulk_atomic_notify(struct thread *th, uint32_t memory, uint64_t address,
                              uint32_t count, uint32_t *woken) {
    uint8_t *at;
    nacre_trap why = look_at(th, memory, address, sizeof(uint32_t), &at);
    if (why == NACRE_TRAP_NONE) *woken = group_notify(th->store->group, at, count);
    return why;
}

enum group_wait bulk_wait_for(const struct thread *th, const uint8_t *at, uint32_t size,
                              uint64_t expected, int64_t timeout_ns) {
    const struct port *port = store_port(th->store);
    uint64_t until = UINT64_MAX, now;
    if (timeout_ns >= 0) {
        if (port->clock_now(port->context, PORT_CLOCK_MONOTONIC, &now) != NACRE_OK) now = 0;
        if (!u64_add(now, (uint64_t)timeout_ns, &until)) until = UINT64_MAX;
    }
    return group_wait(th->store->group, at, size, expected, u64_min(until, th->deadline_ns));
}

nacre_trap bulk_atomic_wait(struct thread *th, uint32_t memory, uint64_t address, uint32_t size,
                            uint64_t expected, int64_t timeout_ns, enum group_wait *how) {
    uint8_t *at;
    nacre_trap why = look_at(th, memory, address, size, &at);
    if (why != NACRE_TRAP_NONE) return why;
    if (!th->instance->memories[memory]->shared) return NACRE_TRAP_EXPECTED_SHARED;
    enum group_wait end = bulk_wait_for(th, at, size, expected, timeout_ns);
    if (end == GROUP_TIMED_OUT && thread_is_late(th)) return NACRE_TRAP_DEADLINE;
    *how = end;
    return NACRE_TRAP_NONE;
}
