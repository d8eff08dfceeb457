/* interp_data.c - tables, bulk memory, references: rare enough to look everything up. */
#include "exec/interp.h"

#include "exec/run.h"

static inline struct table *table_at(const struct thread *th, const uint16_t *at) {
    return th->instance->tables[unit_u32(at)];
}
static inline struct memory *memory_at(const struct thread *th, const uint16_t *at) {
    return th->instance->memories[unit_u32(at)];
}
/* An address or size of a table or memory with 32-bit or 64-bit indices. */
static inline uint64_t index_of(const struct wasm_limits *limits, uint64_t value) {
    return limits->is64 ? value : (uint32_t)value;
}
/* What memory.grow and table.grow give when they can't: -1 of the index type. */
static inline uint64_t failed_growth(const struct wasm_limits *limits) {
    return limits->is64 ? UINT64_MAX : UINT32_MAX;
}

/* Bulk instructions pay for what they touch, beyond the one that every instruction costs, so that
 * fuel and deadlines hold: METER looks at it next. Without metering nobody reads the slice. */
static inline void charge(struct thread *th, uint64_t count) {
    enum { TOUCHED_PER_FUEL = 64 };
    th->slice -= (int64_t)(count / TOUCHED_PER_FUEL);
}

HANDLER(REF_FUNC) {
    fp[pc[1]] = th->instance->funcs[unit_u32(pc + 2)];
    NEXT(4);
}

HANDLER(REF_AS_NON_NULL) {
    uint64_t ref = fp[pc[2]];
    if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);
    fp[pc[1]] = ref;
    NEXT(3);
}

/* --- Tables --- */

HANDLER(TABLE_GET) {
    const struct table *t = table_at(th, pc + 3);
    uint64_t index = index_of(&t->limits, fp[pc[2]]);
    if (UNLIKELY(index >= t->size)) TRAP(TABLE_BOUNDS);
    fp[pc[1]] = t->refs[index];
    NEXT(5);
}

HANDLER(TABLE_SET) {
    struct table *t = table_at(th, pc + 3);
    uint64_t index = index_of(&t->limits, fp[pc[1]]);
    if (UNLIKELY(index >= t->size)) TRAP(TABLE_BOUNDS);
    t->refs[index] = (uint32_t)fp[pc[2]];
    NEXT(5);
}

HANDLER(TABLE_SIZE) {
    fp[pc[1]] = table_at(th, pc + 2)->size;
    NEXT(4);
}

HANDLER(TABLE_GROW) {
    struct table *t = table_at(th, pc + 4);
    uint64_t size = t->size, delta = index_of(&t->limits, fp[pc[3]]);
    bool done = table_grow(t, delta, (uint32_t)fp[pc[2]]) == NACRE_OK;
    if (done) charge(th, delta);
    fp[pc[1]] = done ? size : failed_growth(&t->limits);
    NEXT(6);
}

HANDLER(TABLE_FILL) {
    struct table *t = table_at(th, pc + 4);
    uint64_t to = index_of(&t->limits, fp[pc[1]]), count = index_of(&t->limits, fp[pc[3]]);
    uint32_t ref = (uint32_t)fp[pc[2]];
    if (UNLIKELY(!range_inside(to, count, t->size))) TRAP(TABLE_BOUNDS);
    charge(th, count);
    for (uint64_t i = 0; i < count; i++) t->refs[to + i] = ref;
    NEXT(6);
}

HANDLER(TABLE_COPY) {
    struct table *to = table_at(th, pc + 4), *from = table_at(th, pc + 6);
    uint64_t at = index_of(&to->limits, fp[pc[1]]), start = index_of(&from->limits, fp[pc[2]]);
    uint64_t count = to->limits.is64 ? index_of(&from->limits, fp[pc[3]]) : (uint32_t)fp[pc[3]];
    if (UNLIKELY(!range_inside(start, count, from->size) || !range_inside(at, count, to->size)))
        TRAP(TABLE_BOUNDS);
    charge(th, count);
    if (count) memmove(to->refs + at, from->refs + start, count * sizeof *to->refs);
    NEXT(8);
}

HANDLER(TABLE_INIT) {
    uint32_t elem = unit_u32(pc + 4), to_table = unit_u32(pc + 6);
    uint64_t to = index_of(&th->instance->tables[to_table]->limits, fp[pc[1]]);
    if (UNLIKELY(!instance_table_init(th->instance, to_table, elem, to, (uint32_t)fp[pc[2]],
                                      (uint32_t)fp[pc[3]])))
        TRAP(TABLE_BOUNDS);
    charge(th, (uint32_t)fp[pc[3]]);
    NEXT(8);
}

HANDLER(ELEM_DROP) {
    th->instance->elems[unit_u32(pc + 1)].count = 0;
    NEXT(3);
}

/* --- Memories --- */

HANDLER(USE_MEMORY) {
    struct memory *m = memory_at(th, pc + 1);
    mem = m->base;
    mem_size = memory_look(m);
    NEXT(3);
}

/* The access that follows begins at mem + dst, without an offset of its own: what is above 32 bits
 * of the address moves from the address to mem. */
HANDLER(FAR_ADDRESS) {
    struct memory *m = memory_at(th, pc + 3);
    uint64_t ea, size = memory_look(m);
    if (UNLIKELY(!u64_add(fp[pc[2]], unit_u64(pc + 5), &ea) || ea > size)) TRAP(MEMORY_BOUNDS);
    uint64_t above = ea >> 32 << 32;
    fp[pc[1]] = ea - above;
    mem = m->base + above;
    mem_size = size - above;
    NEXT(9);
}

HANDLER(MEMORY_SIZE) {
    fp[pc[1]] = memory_pages(memory_at(th, pc + 2));
    NEXT(4);
}

HANDLER(MEMORY_GROW) {
    struct memory *m = memory_at(th, pc + 3);
    uint64_t pages;
    bool done = memory_grow(m, index_of(&m->limits, fp[pc[2]]), &pages) == NACRE_OK;
    fp[pc[1]] = done ? pages : failed_growth(&m->limits);
    RELOAD_MEMORY();
    NEXT(5);
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

HANDLER(MEMORY_FILL) {
    struct memory *m = memory_at(th, pc + 4);
    uint64_t to = index_of(&m->limits, fp[pc[1]]), size = index_of(&m->limits, fp[pc[3]]);
    uint8_t *bytes = memory_range(m, to, size);
    if (UNLIKELY(!bytes)) TRAP(MEMORY_BOUNDS);
    charge(th, size);
    if (UNLIKELY(!fill_pieces(th, bytes, (uint8_t)fp[pc[2]], size))) TRAP(DEADLINE);
    NEXT(6);
}

HANDLER(MEMORY_COPY) {
    struct memory *to = memory_at(th, pc + 4), *from = memory_at(th, pc + 6);
    uint64_t at = index_of(&to->limits, fp[pc[1]]), start = index_of(&from->limits, fp[pc[2]]);
    uint64_t size = to->limits.is64 ? index_of(&from->limits, fp[pc[3]]) : (uint32_t)fp[pc[3]];
    uint8_t *target = memory_range(to, at, size);
    const uint8_t *source = memory_range(from, start, size);
    if (UNLIKELY(!target || !source)) TRAP(MEMORY_BOUNDS);
    charge(th, size);
    if (UNLIKELY(!move_pieces(th, target, source, size))) TRAP(DEADLINE);
    NEXT(8);
}

HANDLER(MEMORY_INIT) {
    uint32_t data = unit_u32(pc + 4), memory = unit_u32(pc + 6);
    uint64_t to = index_of(&th->instance->memories[memory]->limits, fp[pc[1]]);
    if (UNLIKELY(!instance_memory_init(th->instance, memory, data, to, (uint32_t)fp[pc[2]],
                                       (uint32_t)fp[pc[3]])))
        TRAP(MEMORY_BOUNDS);
    charge(th, (uint32_t)fp[pc[3]]);
    NEXT(8);
}

HANDLER(DATA_DROP) {
    th->instance->dropped_datas[unit_u32(pc + 1)] = true;
    NEXT(3);
}
