/*
 * bulk.h - instructions that work on ranges: of memories, tables, arrays and segments. What the
 * interpreter and compiled code have in common; the thread is in the instance whose indices they
 * are. Addresses and counts of 32 bits come zero-extended.
 *
 * They return why they trap, or NACRE_TRAP_NONE. They pay for what they touch, beyond the one that
 * every instruction costs, so that fuel and deadlines hold: whoever meters looks at it next.
 */
#ifndef EXEC_BULK_H
#define EXEC_BULK_H

#include "exec/collect.h"
#include "exec/instance.h"

/* One for each 64 bytes, or table elements, as compiled code does it. Without metering nobody
 * reads the slice. */
static inline void charge(struct thread *th, uint64_t count) {
    th->image.slice -= (int64_t)(count >> IMAGE_FUEL_SHIFT);
}

/* The old size in pages or elements; -1 of the index type when it can't grow. */
uint64_t bulk_memory_grow(struct thread *th, uint32_t memory, uint64_t delta_pages);
uint64_t bulk_table_grow(struct thread *th, uint32_t table, uint32_t ref, uint64_t delta);

nacre_trap bulk_memory_fill(struct thread *th, uint32_t memory, uint64_t to, uint8_t byte,
                            uint64_t size);
nacre_trap bulk_memory_copy(struct thread *th, uint32_t to_memory, uint32_t from_memory,
                            uint64_t to, uint64_t from, uint64_t size);
nacre_trap bulk_memory_init(struct thread *th, uint32_t memory, uint32_t data, uint64_t to,
                            uint32_t from, uint32_t size);
nacre_trap bulk_table_fill(struct thread *th, uint32_t table, uint64_t to, uint32_t ref,
                           uint64_t count);
nacre_trap bulk_table_copy(struct thread *th, uint32_t to_table, uint32_t from_table, uint64_t to,
                           uint64_t from, uint64_t count);
nacre_trap bulk_table_init(struct thread *th, uint32_t table, uint32_t elem, uint64_t to,
                           uint32_t from, uint32_t count);

/* --- Arrays; references may be null. `size`: of an element --- */

nacre_trap bulk_array_fill(struct thread *th, uint32_t ref, uint32_t at, const uint64_t *value,
                           uint32_t count, uint32_t size);
nacre_trap bulk_array_copy(struct thread *th, uint32_t to, uint32_t at, uint32_t from,
                           uint32_t start, uint32_t count, uint32_t size);
nacre_trap bulk_array_init_data(struct thread *th, uint32_t ref, uint32_t data, uint32_t at,
                                uint32_t from, uint32_t count, uint32_t size);
nacre_trap bulk_array_init_elem(struct thread *th, uint32_t ref, uint32_t elem, uint32_t at,
                                uint32_t from, uint32_t count);

/* --- Making objects of a canonical type; *ref gets them --- */

nacre_trap bulk_struct_new(struct thread *th, enum object_asker asker, uint32_t type,
                           uint32_t *ref);
nacre_trap bulk_array_new(struct thread *th, enum object_asker asker, uint32_t type,
                          uint32_t count, uint32_t *ref);
nacre_trap bulk_array_new_fill(struct thread *th, enum object_asker asker, uint32_t type,
                               const uint64_t *value, uint32_t count, uint32_t *ref);
nacre_trap bulk_array_new_data(struct thread *th, enum object_asker asker, uint32_t type,
                               uint32_t data, uint32_t from, uint32_t count, uint32_t *ref);
nacre_trap bulk_array_new_elem(struct thread *th, enum object_asker asker, uint32_t type,
                               uint32_t elem, uint32_t from, uint32_t count, uint32_t *ref);
/* An exception of an instance's tag, with its values in slots. */
nacre_trap bulk_exception_new(struct thread *th, enum object_asker asker, uint32_t tag,
                              const uint64_t *slots, uint32_t *ref);

/* What an object that was just made holds, from slots: fields, or as many elements as it has. */
static inline void object_put_fields(struct object *object, const struct wasm_type *type,
                                     const uint64_t *slots) {
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct wasm_field *f = &type->fields[i];
        /* Little-endian: the low bytes come first. */
        memcpy(object->bytes + f->offset, slots, wasm_storage_size(f->type));
        slots += wasm_slots(f->type);
    }
}
static inline void object_put_elements(struct object *object, const struct wasm_type *type,
                                       const uint64_t *slots) {
    uint32_t size = type->bytes, step = wasm_slots(type->fields[0].type);
    for (uint32_t i = 0; i < object->length; i++, slots += step)
        memcpy(object->bytes + (size_t)i * size, slots, size);
}

/* --- Atomics: the address is that of a 32-bit or 64-bit memory, the offset added --- */

nacre_trap bulk_atomic_notify(struct thread *th, uint32_t memory, uint64_t address,
                              uint32_t count, uint32_t *woken);
/* `size`: 4 or 8. NACRE_TRAP_NONE with *how being GROUP_ENDED: the thread must end. */
nacre_trap bulk_atomic_wait(struct thread *th, uint32_t memory, uint64_t address, uint32_t size,
                            uint64_t expected, int64_t timeout_ns, enum group_wait *how);
/* Waits as the instruction says, but not beyond the deadline of the running call. */
enum group_wait bulk_wait_for(const struct thread *th, const uint8_t *at, uint32_t size,
                              uint64_t expected, int64_t timeout_ns);

#endif
