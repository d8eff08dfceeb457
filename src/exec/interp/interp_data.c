/* interp_data.c - tables, bulk memory, references: rare enough to look everything up. */
#include "exec/interp/interp.h"

#include "exec/bulk.h"

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
/* How much to copy between two: as many bits as the smaller index type has. */
static inline uint64_t size_of(const struct wasm_limits *to, const struct wasm_limits *from,
                               uint64_t value) {
    return to->is64 ? index_of(from, value) : (uint32_t)value;
}

/* Ends the op with a trap, if there is a reason. */
#define CHECK(why)                                            \
    do {                                                      \
        if (UNLIKELY((th->trap = (why)) != NACRE_TRAP_NONE)) JUMP(op_trap_why); \
    } while (0)

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
    uint64_t delta = index_of(&table_at(th, pc + 4)->limits, fp[pc[3]]);
    fp[pc[1]] = bulk_table_grow(th, unit_u32(pc + 4), (uint32_t)fp[pc[2]], delta);
    NEXT(6);
}

HANDLER(TABLE_FILL) {
    const struct wasm_limits *limits = &table_at(th, pc + 4)->limits;
    CHECK(bulk_table_fill(th, unit_u32(pc + 4), index_of(limits, fp[pc[1]]),
                          (uint32_t)fp[pc[2]], index_of(limits, fp[pc[3]])));
    NEXT(6);
}

HANDLER(TABLE_COPY) {
    const struct wasm_limits *to = &table_at(th, pc + 4)->limits;
    const struct wasm_limits *from = &table_at(th, pc + 6)->limits;
    CHECK(bulk_table_copy(th, unit_u32(pc + 4), unit_u32(pc + 6), index_of(to, fp[pc[1]]),
                          index_of(from, fp[pc[2]]), size_of(to, from, fp[pc[3]])));
    NEXT(8);
}

HANDLER(TABLE_INIT) {
    uint64_t to = index_of(&table_at(th, pc + 6)->limits, fp[pc[1]]);
    CHECK(bulk_table_init(th, unit_u32(pc + 6), unit_u32(pc + 4), to, (uint32_t)fp[pc[2]],
                          (uint32_t)fp[pc[3]]));
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
    uint64_t delta = index_of(&memory_at(th, pc + 3)->limits, fp[pc[2]]);
    fp[pc[1]] = bulk_memory_grow(th, unit_u32(pc + 3), delta);
    RELOAD_MEMORY();
    NEXT(5);
}

HANDLER(MEMORY_FILL) {
    const struct wasm_limits *limits = &memory_at(th, pc + 4)->limits;
    CHECK(bulk_memory_fill(th, unit_u32(pc + 4), index_of(limits, fp[pc[1]]),
                           (uint8_t)fp[pc[2]], index_of(limits, fp[pc[3]])));
    NEXT(6);
}

HANDLER(MEMORY_COPY) {
    const struct wasm_limits *to = &memory_at(th, pc + 4)->limits;
    const struct wasm_limits *from = &memory_at(th, pc + 6)->limits;
    CHECK(bulk_memory_copy(th, unit_u32(pc + 4), unit_u32(pc + 6), index_of(to, fp[pc[1]]),
                           index_of(from, fp[pc[2]]), size_of(to, from, fp[pc[3]])));
    NEXT(8);
}

HANDLER(MEMORY_INIT) {
    uint64_t to = index_of(&memory_at(th, pc + 6)->limits, fp[pc[1]]);
    CHECK(bulk_memory_init(th, unit_u32(pc + 6), unit_u32(pc + 4), to, (uint32_t)fp[pc[2]],
                           (uint32_t)fp[pc[3]]));
    NEXT(8);
}

HANDLER(DATA_DROP) {
    th->instance->dropped_datas[unit_u32(pc + 1)] = true;
    NEXT(3);
}
