/* interp_object.c - structures, arrays, i31, casts. Objects are reached by th->store->heap.base,
 * which does not move; a guest can't make a reference up, so only null has to be looked for. */
#include "exec/bulk.h"
#include "exec/interp/interp.h"

static inline uint8_t *bytes_of(const struct thread *th, uint64_t ref) {
    return heap_object(&th->store->heap, (uint32_t)ref)->bytes;
}
static inline uint32_t length_of(const struct thread *th, uint64_t ref) {
    return heap_object(&th->store->heap, (uint32_t)ref)->length;
}
static inline const struct wasm_type *type_at(const struct thread *th, const uint16_t *at) {
    return wasm_type_get(&th->store->engine->types, unit_u32(at));
}

/* --- Making --- */

static uint32_t create(struct thread *th, const uint16_t *pc, uint64_t *fp, uint32_t length,
                       uint64_t bytes) {
    th->pc = pc;
    th->fp = fp;
    charge(th, bytes);
    return object_create(th, ASKED_BY_INTERPRETER, unit_u32(pc + 2), length, bytes);
}

/* Stores a value of a frame, of `size` bytes. */
static inline void store_value(uint8_t *to, const uint64_t *slot, uint32_t size) {
    memcpy(to, slot, size); /* little-endian: the low bytes come first */
}

HANDLER(STRUCT_NEW) {
    const struct wasm_type *type = type_at(th, pc + 2);
    uint32_t ref = create(th, pc, fp, 0, type->bytes);
    if (UNLIKELY(!ref)) TRAP(OUT_OF_MEMORY);
    object_put_fields(heap_object(&th->store->heap, ref), type, fp + pc[1]);
    fp[pc[1]] = ref;
    NEXT(4);
}

HANDLER(STRUCT_NEW_DEFAULT) {
    uint32_t ref = create(th, pc, fp, 0, type_at(th, pc + 2)->bytes);
    if (UNLIKELY(!ref)) TRAP(OUT_OF_MEMORY);
    fp[pc[1]] = ref;
    NEXT(4);
}

/* What bulk_object.c does: it knows where the interpreter is, and a failure is a trap. */
#define DO(what)                                            \
    do {                                                      \
        th->pc = pc;                                          \
        th->fp = fp;                                          \
        if (UNLIKELY((th->trap = (what)) != NACRE_TRAP_NONE)) JUMP(op_trap_why); \
    } while (0)

HANDLER(ARRAY_NEW) {
    uint64_t *value = fp + pc[1];
    uint32_t count = (uint32_t)value[type_at(th, pc + 2)->bytes == 16 ? 2 : 1];
    DO(bulk_array_new_fill(th, ASKED_BY_INTERPRETER, unit_u32(pc + 2), value, count,
                             &th->made));
    *value = th->made;
    NEXT(4);
}

HANDLER(ARRAY_NEW_DEFAULT) {
    uint32_t count = (uint32_t)fp[pc[1]];
    uint32_t ref = create(th, pc, fp, count, (uint64_t)count * type_at(th, pc + 2)->bytes);
    if (UNLIKELY(!ref)) TRAP(OUT_OF_MEMORY);
    fp[pc[1]] = ref;
    NEXT(4);
}

HANDLER(ARRAY_NEW_FIXED) {
    const struct wasm_type *type = type_at(th, pc + 2);
    uint32_t ref = create(th, pc, fp, pc[4], (uint64_t)pc[4] * type->bytes);
    if (UNLIKELY(!ref)) TRAP(OUT_OF_MEMORY);
    object_put_elements(heap_object(&th->store->heap, ref), type, fp + pc[1]);
    fp[pc[1]] = ref;
    NEXT(5);
}

HANDLER(ARRAY_NEW_DATA) {
    DO(bulk_array_new_data(th, ASKED_BY_INTERPRETER, unit_u32(pc + 2), unit_u32(pc + 4),
                             (uint32_t)fp[pc[1]], (uint32_t)fp[pc[1] + 1], &th->made));
    fp[pc[1]] = th->made;
    NEXT(6);
}

HANDLER(ARRAY_NEW_ELEM) {
    DO(bulk_array_new_elem(th, ASKED_BY_INTERPRETER, unit_u32(pc + 2), unit_u32(pc + 4),
                             (uint32_t)fp[pc[1]], (uint32_t)fp[pc[1] + 1], &th->made));
    fp[pc[1]] = th->made;
    NEXT(6);
}

/* --- Fields --- */

#define STRUCT_GET(suffix, ctype, as)                                          \
    HANDLER(STRUCT_GET_##suffix) {                                             \
        uint64_t ref = fp[pc[2]];                                              \
        ctype value;                                                           \
        if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);                          \
        memcpy(&value, bytes_of(th, ref) + unit_u32(pc + 3), sizeof value);    \
        fp[pc[1]] = (as)value;                                                 \
        NEXT(5);                                                               \
    }
STRUCT_GET(8U, uint8_t, uint32_t)
STRUCT_GET(8S, int8_t, uint32_t)
STRUCT_GET(16U, uint16_t, uint32_t)
STRUCT_GET(16S, int16_t, uint32_t)
STRUCT_GET(32, uint32_t, uint32_t)
STRUCT_GET(64, uint64_t, uint64_t)
HANDLER(STRUCT_GET_128) {
    uint64_t ref = fp[pc[2]];
    if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);
    memcpy(fp + pc[1], bytes_of(th, ref) + unit_u32(pc + 3), 16);
    NEXT(5);
}

#define STRUCT_SET(suffix, size)                                               \
    HANDLER(STRUCT_SET_##suffix) {                                             \
        uint64_t ref = fp[pc[1]];                                              \
        if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);                          \
        store_value(bytes_of(th, ref) + unit_u32(pc + 3), fp + pc[2], size);   \
        NEXT(5);                                                               \
    }
STRUCT_SET(8, 1)
STRUCT_SET(16, 2)
STRUCT_SET(32, 4)
STRUCT_SET(64, 8)
STRUCT_SET(128, 16)

/* --- Elements --- */

#define ARRAY_GET(suffix, ctype, as)                                           \
    HANDLER(ARRAY_GET_##suffix) {                                              \
        uint64_t ref = fp[pc[2]];                                              \
        uint32_t index = (uint32_t)fp[pc[3]];                                  \
        ctype value;                                                           \
        if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);                          \
        if (UNLIKELY(index >= length_of(th, ref))) TRAP(ARRAY_BOUNDS);         \
        memcpy(&value, bytes_of(th, ref) + index * sizeof value, sizeof value); \
        fp[pc[1]] = (as)value;                                                 \
        NEXT(4);                                                               \
    }
ARRAY_GET(8U, uint8_t, uint32_t)
ARRAY_GET(8S, int8_t, uint32_t)
ARRAY_GET(16U, uint16_t, uint32_t)
ARRAY_GET(16S, int16_t, uint32_t)
ARRAY_GET(32, uint32_t, uint32_t)
ARRAY_GET(64, uint64_t, uint64_t)
HANDLER(ARRAY_GET_128) {
    uint64_t ref = fp[pc[2]];
    uint32_t index = (uint32_t)fp[pc[3]];
    if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);
    if (UNLIKELY(index >= length_of(th, ref))) TRAP(ARRAY_BOUNDS);
    memcpy(fp + pc[1], bytes_of(th, ref) + (size_t)index * 16, 16);
    NEXT(4);
}

#define ARRAY_SET(suffix, size)                                                \
    HANDLER(ARRAY_SET_##suffix) {                                              \
        uint64_t ref = fp[pc[1]];                                              \
        uint32_t index = (uint32_t)fp[pc[2]];                                  \
        if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);                          \
        if (UNLIKELY(index >= length_of(th, ref))) TRAP(ARRAY_BOUNDS);         \
        store_value(bytes_of(th, ref) + (size_t)index * (size), fp + pc[3], size); \
        NEXT(4);                                                               \
    }
ARRAY_SET(8, 1)
ARRAY_SET(16, 2)
ARRAY_SET(32, 4)
ARRAY_SET(64, 8)
ARRAY_SET(128, 16)

HANDLER(ARRAY_LEN) {
    uint64_t ref = fp[pc[2]];
    if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);
    fp[pc[1]] = length_of(th, ref);
    NEXT(3);
}

/* --- Ranges --- */

HANDLER(ARRAY_FILL) {
    DO(bulk_array_fill(th, (uint32_t)fp[pc[1]], (uint32_t)fp[pc[2]], fp + pc[3],
                         (uint32_t)fp[pc[4]], pc[5]));
    NEXT(6);
}

HANDLER(ARRAY_COPY) {
    DO(bulk_array_copy(th, (uint32_t)fp[pc[1]], (uint32_t)fp[pc[2]], (uint32_t)fp[pc[3]],
                         (uint32_t)fp[pc[4]], (uint32_t)fp[pc[5]], pc[6]));
    NEXT(7);
}

HANDLER(ARRAY_INIT_DATA) {
    DO(bulk_array_init_data(th, (uint32_t)fp[pc[1]], unit_u32(pc + 6), (uint32_t)fp[pc[2]],
                              (uint32_t)fp[pc[3]], (uint32_t)fp[pc[4]], pc[5]));
    NEXT(8);
}

HANDLER(ARRAY_INIT_ELEM) {
    DO(bulk_array_init_elem(th, (uint32_t)fp[pc[1]], unit_u32(pc + 6), (uint32_t)fp[pc[2]],
                              (uint32_t)fp[pc[3]], (uint32_t)fp[pc[4]]));
    NEXT(8);
}

/* --- Casts, i31 --- */

/* pc is at an op with reference, heap type, takes_null behind its destination. */
static inline bool is_of_type(const struct thread *th, const uint16_t *pc, const uint64_t *fp) {
    uint32_t ref = (uint32_t)fp[pc[2]];
    return ref == 0 ? pc[5] : object_matches(th->store, ref, unit_u32(pc + 3));
}

HANDLER(REF_TEST) {
    fp[pc[1]] = is_of_type(th, pc, fp);
    NEXT(6);
}

HANDLER(REF_CAST) {
    if (UNLIKELY(!is_of_type(th, pc, fp))) TRAP(CAST_FAILURE);
    fp[pc[1]] = fp[pc[2]];
    NEXT(6);
}

HANDLER(REF_I31) {
    fp[pc[1]] = heap_i31((uint32_t)fp[pc[2]]);
    NEXT(3);
}

HANDLER(I31_GET_S) {
    uint32_t ref = (uint32_t)fp[pc[2]];
    if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);
    fp[pc[1]] = (uint32_t)((int32_t)ref >> 1);
    NEXT(3);
}

HANDLER(I31_GET_U) {
    uint32_t ref = (uint32_t)fp[pc[2]];
    if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);
    fp[pc[1]] = ref >> 1;
    NEXT(3);
}
