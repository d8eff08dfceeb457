/* lower_object.c - structures, arrays, i31, casts. */
#include "exec/interp/lower.h"

/* How a field is stored: the ops for it stand in this order in iops.def. */
enum storage { STORED_8, STORED_16, STORED_32, STORED_64, STORED_128 };

static enum storage storage_of(const struct wasm_field *f) {
    return (enum storage)__builtin_ctz(wasm_storage_size(f->type));
}

/* Getting: packed fields have two ops, the unsigned one first. */
static uint32_t getter(uint32_t first, const struct wasm_field *f, bool is_signed) {
    static const uint8_t steps[] = {[STORED_8] = 0, [STORED_16] = 2, [STORED_32] = 4,
                                    [STORED_64] = 5, [STORED_128] = 6};
    return first + steps[storage_of(f)] + is_signed;
}

static uint32_t setter(uint32_t first, const struct wasm_field *f) {
    return first + (uint32_t)storage_of(f);
}

/* --- Making objects: operands are at home, where the result replaces them. Until the object is
 * there they are roots. --- */

static void make_object(struct lower *l, uint32_t iop, const struct walk_op *op,
                        uint32_t operands) {
    bring_home(l, operands);
    settle_all(l);
    note_roots(l, l->count);
    uint32_t base = operands ? l->entries[l->entry_count - operands].slot : l->next_slot;
    drop_to(l, l->entry_count - operands);
    emit_op(l, iop);
    emit(l, base);
    emit_u32(l, op->object->id);
}

static void push_object(struct lower *l) {
    (void)push_entry(l, ENTRY_SLOT, WASM_REF);
    l->last.kind = LAST_NONE;
}

LOWER(struct_new) {
    make_object(l, rule->iop, op, op->op == WASM_OP_STRUCT_NEW ? op->object->field_count : 0);
    push_object(l);
}

LOWER(array_new) {
    make_object(l, rule->iop, op, op->op == WASM_OP_ARRAY_NEW ? 2 : 1);
    push_object(l);
}

LOWER(array_new_fixed) {
    make_object(l, rule->iop, op, op->index);
    emit(l, op->index);
    push_object(l);
}

LOWER(array_new_segment) {
    make_object(l, rule->iop, op, 2);
    emit_u32(l, op->index);
    push_object(l);
}

/* --- Fields and elements --- */

static void pop_slots(struct lower *l, uint32_t *slots, uint32_t count) {
    while (count-- > 0) {
        struct entry e = pop_entry(l);
        slots[count] = slot_of(l, &e);
    }
}

static void push_field(struct lower *l, const struct wasm_field *f, uint32_t start) {
    bool is_packed = storage_of(f) < STORED_32;
    push_result(l, is_packed ? WASM_I32 : lower_type(l, f->type), start);
}

LOWER(struct_get) {
    const struct wasm_field *f = &op->object->fields[op->index];
    uint32_t object;
    pop_slots(l, &object, 1);
    uint32_t start = l->count;
    emit_op(l, getter(rule->iop, f, op->op == WASM_OP_STRUCT_GET_S));
    emit(l, l->next_slot);
    emit(l, object);
    emit_u32(l, f->offset);
    push_field(l, f, start);
}

LOWER(struct_set) {
    const struct wasm_field *f = &op->object->fields[op->index];
    uint32_t slots[2];
    pop_slots(l, slots, 2);
    emit_op(l, setter(rule->iop, f));
    emit(l, slots[0]);
    emit(l, slots[1]);
    emit_u32(l, f->offset);
}

LOWER(array_get) {
    const struct wasm_field *f = &op->object->fields[0];
    uint32_t slots[2];
    pop_slots(l, slots, 2);
    uint32_t start = l->count;
    emit_op(l, getter(rule->iop, f, op->op == WASM_OP_ARRAY_GET_S));
    emit(l, l->next_slot);
    emit(l, slots[0]);
    emit(l, slots[1]);
    push_field(l, f, start);
}

LOWER(array_set) {
    uint32_t slots[3];
    pop_slots(l, slots, 3);
    emit_op(l, setter(rule->iop, &op->object->fields[0]));
    for (uint32_t i = 0; i < 3; i++) emit(l, slots[i]);
}

/* Ranges of arrays: operands, then bytes of an element, then a segment if there is one. */
LOWER(array_range) {
    enum { OPERANDS_MAX = 5 };
    uint32_t slots[OPERANDS_MAX], count = op->op == WASM_OP_ARRAY_COPY ? 5 : 4;
    pop_slots(l, slots, count);
    emit_op(l, rule->iop);
    for (uint32_t i = 0; i < count; i++) emit(l, slots[i]);
    emit(l, wasm_storage_size(op->object->fields[0].type));
    if (op->op == WASM_OP_ARRAY_INIT_DATA || op->op == WASM_OP_ARRAY_INIT_ELEM)
        emit_u32(l, op->index);
}

/* --- Casts --- */

/* Emits a test that gives its result to `to`. */
static void emit_test(struct lower *l, uint32_t to, uint32_t from, wasm_valtype type) {
    emit_op(l, IOP_REF_TEST);
    emit(l, to);
    emit(l, from);
    emit_u32(l, wasm_heap(type));
    emit(l, wasm_is_nullable(type));
}

LOWER(ref_test) {
    (void)rule;
    uint32_t from;
    pop_slots(l, &from, 1);
    uint32_t start = l->count;
    emit_test(l, l->next_slot, from, op->type);
    push_result(l, WASM_I32, start);
}

/* The reference stays where it is. */
LOWER(ref_cast) {
    (void)rule;
    struct entry e = pop_entry(l);
    uint32_t from = slot_of(l, &e);
    uint32_t start = l->count;
    emit_op(l, IOP_REF_CAST);
    emit(l, l->next_slot);
    emit(l, from);
    emit_u32(l, wasm_heap(op->type));
    emit(l, wasm_is_nullable(op->type));
    push_result(l, lower_type(l, op->type), start);
}

LOWER(br_on_cast) {
    (void)rule;
    struct entry *e = &l->entries[l->entry_count - 1];
    bring_home(l, 1);
    uint32_t from = e->slot, to = l->next_slot;
    (void)push_entry(l, ENTRY_SLOT, WASM_I32); /* room for the test's result */
    emit_test(l, to, from, op->cast[1]);
    (void)pop_entry(l);
    branch_if_slot(l, op->index, to, op->op == WASM_OP_BR_ON_CAST);
}
