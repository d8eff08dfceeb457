/* bulk_object.c - see bulk.h: making structures, arrays and exceptions, and ranges of arrays. */
#include "exec/bulk.h"

static const struct wasm_type *type_of(const struct thread *th, uint32_t type) {
    return wasm_type_get(&th->store->engine->types, type);
}

static struct object *object_of(const struct thread *th, uint32_t ref) {
    return heap_object(&th->store->heap, ref);
}

/* --- Segments: from + count in elements of the segment, or in bytes of data --- */

/* The bytes [from, from + size) of a data segment, or NULL. */
static const uint8_t *data_range(const struct thread *th, uint32_t data, uint32_t from,
                                 uint64_t size) {
    const struct wasm_module *m = &th->instance->module->wasm;
    uint64_t all = th->instance->dropped_datas[data] ? 0 : m->datas[data].size;
    return range_inside(from, size, all) ? m->bytes + m->datas[data].bytes + from : NULL;
}

static const uint32_t *elem_range(const struct thread *th, uint32_t elem, uint32_t from,
                                  uint32_t count) {
    const struct elem_segment *segment = &th->instance->elems[elem];
    return range_inside(from, count, segment->count) ? segment->refs + from : NULL;
}

/* --- Making --- */

static nacre_trap create(struct thread *th, enum object_asker asker, uint32_t type,
                         uint32_t length, uint64_t bytes, uint32_t *ref) {
    charge(th, bytes);
    uint32_t made = object_create(th, asker, type, length, bytes);
    if (!made) return NACRE_TRAP_OUT_OF_MEMORY;
    *ref = made;
    return NACRE_TRAP_NONE;
}

nacre_trap bulk_struct_new(struct thread *th, enum object_asker asker, uint32_t type,
                           uint32_t *ref) {
    return create(th, asker, type, 0, type_of(th, type)->bytes, ref);
}

nacre_trap bulk_array_new(struct thread *th, enum object_asker asker, uint32_t type,
                          uint32_t count, uint32_t *ref) {
    return create(th, asker, type, count, (uint64_t)count * type_of(th, type)->bytes, ref);
}

/* Fills with one value: doubles what is there. */
static void fill(uint8_t *to, const uint64_t *value, uint64_t count, uint32_t size) {
    uint64_t done = size, all = count * size;
    if (count == 0) return;
    memcpy(to, value, size); /* little-endian: the low bytes come first */
    for (; done < all; done *= 2) memcpy(to + done, to, u64_min(done, all - done));
}

nacre_trap bulk_array_new_fill(struct thread *th, enum object_asker asker, uint32_t type,
                               const uint64_t *value, uint32_t count, uint32_t *ref) {
    nacre_trap why = bulk_array_new(th, asker, type, count, ref);
    if (why == NACRE_TRAP_NONE)
        fill(object_of(th, *ref)->bytes, value, count, type_of(th, type)->bytes);
    return why;
}

nacre_trap bulk_array_new_data(struct thread *th, enum object_asker asker, uint32_t type,
                               uint32_t data, uint32_t from, uint32_t count, uint32_t *ref) {
    uint64_t size = (uint64_t)count * type_of(th, type)->bytes;
    const uint8_t *bytes = data_range(th, data, from, size);
    if (!bytes) return NACRE_TRAP_MEMORY_BOUNDS;
    nacre_trap why = create(th, asker, type, count, size, ref);
    if (why == NACRE_TRAP_NONE && size) memcpy(object_of(th, *ref)->bytes, bytes, size);
    return why;
}

nacre_trap bulk_array_new_elem(struct thread *th, enum object_asker asker, uint32_t type,
                               uint32_t elem, uint32_t from, uint32_t count, uint32_t *ref) {
    const uint32_t *refs = elem_range(th, elem, from, count);
    if (!refs) return NACRE_TRAP_TABLE_BOUNDS;
    uint64_t size = (uint64_t)count * sizeof *refs;
    nacre_trap why = create(th, asker, type, count, size, ref);
    if (why == NACRE_TRAP_NONE && size) memcpy(object_of(th, *ref)->bytes, refs, size);
    return why;
}

nacre_trap bulk_exception_new(struct thread *th, enum object_asker asker, uint32_t tag,
                              const uint64_t *slots, uint32_t *ref) {
    const struct tag *t = th->instance->tags[tag];
    uint64_t size = type_of(th, t->type)->param_slots * sizeof *slots;
    nacre_trap why = create(th, asker, t->type, t->number, size, ref);
    if (why == NACRE_TRAP_NONE && size) memcpy(object_of(th, *ref)->bytes, slots, size);
    return why;
}

/* --- Ranges --- */

static nacre_trap check(const struct thread *th, uint32_t ref, uint32_t at, uint32_t count) {
    if (ref == 0) return NACRE_TRAP_NULL_REFERENCE;
    bool is_inside = range_inside(at, count, object_of(th, ref)->length);
    return is_inside ? NACRE_TRAP_NONE : NACRE_TRAP_ARRAY_BOUNDS;
}

nacre_trap bulk_array_fill(struct thread *th, uint32_t ref, uint32_t at, const uint64_t *value,
                           uint32_t count, uint32_t size) {
    nacre_trap why = check(th, ref, at, count);
    if (why != NACRE_TRAP_NONE) return why;
    charge(th, (uint64_t)count * size);
    fill(object_of(th, ref)->bytes + (size_t)at * size, value, count, size);
    return NACRE_TRAP_NONE;
}

nacre_trap bulk_array_copy(struct thread *th, uint32_t to, uint32_t at, uint32_t from,
                           uint32_t start, uint32_t count, uint32_t size) {
    if (from == 0) return NACRE_TRAP_NULL_REFERENCE;
    nacre_trap why = check(th, to, at, count);
    if (why == NACRE_TRAP_NONE) why = check(th, from, start, count);
    if (why != NACRE_TRAP_NONE) return why;
    charge(th, (uint64_t)count * size);
    memmove(object_of(th, to)->bytes + (size_t)at * size,
            object_of(th, from)->bytes + (size_t)start * size, (size_t)count * size);
    return NACRE_TRAP_NONE;
}

nacre_trap bulk_array_init_data(struct thread *th, uint32_t ref, uint32_t data, uint32_t at,
                                uint32_t from, uint32_t count, uint32_t size) {
    nacre_trap why = check(th, ref, at, count);
    if (why != NACRE_TRAP_NONE) return why;
    const uint8_t *bytes = data_range(th, data, from, (uint64_t)count * size);
    if (!bytes) return NACRE_TRAP_MEMORY_BOUNDS;
    charge(th, (uint64_t)count * size);
    if (count) memcpy(object_of(th, ref)->bytes + (size_t)at * size, bytes, (size_t)count * size);
    return NACRE_TRAP_NONE;
}

nacre_trap bulk_array_init_elem(struct thread *th, uint32_t ref, uint32_t elem, uint32_t at,
                                uint32_t from, uint32_t count) {
    nacre_trap why = check(th, ref, at, count);
    if (why != NACRE_TRAP_NONE) return why;
    const uint32_t *refs = elem_range(th, elem, from, count);
    if (!refs) return NACRE_TRAP_TABLE_BOUNDS;
    charge(th, (uint64_t)count * sizeof *refs);
    if (count) memcpy(object_of(th, ref)->bytes + (size_t)at * 4, refs, (size_t)count * 4);
    return NACRE_TRAP_NONE;
}
