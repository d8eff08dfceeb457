/* validate_object.c - rules of structures, arrays, i31, casts (core specification 3.4.5, 3.4.6) */
#include "wasm/walk.h"

static bool is_packed(const struct wasm_field *f) {
    return f->type == WASM_I8 || f->type == WASM_I16;
}
/* The type of a field's value on the stack. */
static wasm_valtype unpacked(const struct wasm_field *f) {
    return is_packed(f) ? (wasm_valtype)WASM_I32 : f->type;
}
static const struct wasm_field *element(const struct walk_op *op) {
    return &op->object->fields[0];
}

static nacre_status pop_object(struct walk *w, const struct wasm_type *type) {
    return walk_pop(w, WASM_REFTYPE(true, type->id));
}
static nacre_status push_object(struct walk *w, const struct walk_op *op) {
    return walk_push(w, WASM_REFTYPE(false, op->object->id));
}
static nacre_status pop_i32s(struct walk *w, uint32_t count) {
    while (count--) TRY(walk_pop(w, WASM_I32));
    return NACRE_OK;
}

static nacre_status need_mutable(struct walk *w, const struct wasm_field *f) {
    return f->is_mutable ? NACRE_OK
                         : walk_fail(w, NACRE_INVALID, "immutable field or array");
}
static nacre_status need_default(struct walk *w, const struct wasm_field *f) {
    return wasm_is_defaultable(f->type)
        ? NACRE_OK : walk_fail(w, NACRE_INVALID, "type mismatch: a field has no default value");
}
/* ..._s and ..._u are for packed fields, and only they. */
static nacre_status need_packing(struct walk *w, const struct wasm_field *f, bool packed) {
    if (is_packed(f) == packed) return NACRE_OK;
    return walk_fail(w, NACRE_INVALID, packed ? "field is not packed" : "field is packed");
}
static nacre_status need_numbers(struct walk *w, const struct wasm_field *f) {
    return !wasm_is_ref(f->type)
        ? NACRE_OK : walk_fail(w, NACRE_INVALID, "array type is not numeric or vector");
}

/* --- Structures --- */

nacre_status walk_rule_struct_new(struct walk *w, struct walk_op *op) {
    for (uint32_t i = op->object->field_count; i-- > 0 && !walk_has_all(w);)
        TRY(walk_pop(w, unpacked(&op->object->fields[i])));
    return push_object(w, op);
}

nacre_status walk_rule_struct_new_default(struct walk *w, struct walk_op *op) {
    for (uint32_t i = 0; i < op->object->field_count; i++)
        TRY(need_default(w, &op->object->fields[i]));
    return push_object(w, op);
}

nacre_status walk_rule_struct_get(struct walk *w, struct walk_op *op) {
    const struct wasm_field *field = &op->object->fields[op->index];
    TRY(need_packing(w, field, op->op != WASM_OP_STRUCT_GET));
    TRY(pop_object(w, op->object));
    return walk_push(w, unpacked(field));
}

nacre_status walk_rule_struct_set(struct walk *w, struct walk_op *op) {
    const struct wasm_field *field = &op->object->fields[op->index];
    TRY(need_mutable(w, field));
    TRY(walk_pop(w, unpacked(field)));
    return pop_object(w, op->object);
}

/* --- Arrays --- */

nacre_status walk_rule_array_new(struct walk *w, struct walk_op *op) {
    TRY(walk_pop(w, WASM_I32));
    if (op->op == WASM_OP_ARRAY_NEW) TRY(walk_pop(w, unpacked(element(op))));
    else TRY(need_default(w, element(op)));
    return push_object(w, op);
}

nacre_status walk_rule_array_new_fixed(struct walk *w, struct walk_op *op) {
    for (uint32_t i = 0; i < op->index && !walk_has_all(w); i++)
        TRY(walk_pop(w, unpacked(element(op))));
    return push_object(w, op);
}

nacre_status walk_rule_array_new_data(struct walk *w, struct walk_op *op) {
    TRY(need_numbers(w, element(op)));
    TRY(pop_i32s(w, 2));
    return push_object(w, op);
}

static nacre_status need_elem(struct walk *w, const struct walk_op *op) {
    return wasm_valtype_matches(w->module->registry, w->module->elems[op->index].type,
                                element(op)->type)
        ? NACRE_OK : walk_fail(w, NACRE_INVALID, "type mismatch: an element segment's type");
}

nacre_status walk_rule_array_new_elem(struct walk *w, struct walk_op *op) {
    TRY(need_elem(w, op));
    TRY(pop_i32s(w, 2));
    return push_object(w, op);
}

nacre_status walk_rule_array_get(struct walk *w, struct walk_op *op) {
    TRY(need_packing(w, element(op), op->op != WASM_OP_ARRAY_GET));
    TRY(walk_pop(w, WASM_I32));
    TRY(pop_object(w, op->object));
    return walk_push(w, unpacked(element(op)));
}

nacre_status walk_rule_array_set(struct walk *w, struct walk_op *op) {
    TRY(need_mutable(w, element(op)));
    TRY(walk_pop(w, unpacked(element(op))));
    TRY(walk_pop(w, WASM_I32));
    return pop_object(w, op->object);
}

nacre_status walk_rule_array_len(struct walk *w, struct walk_op *op) {
    (void)op;
    TRY(walk_pop(w, WASM_REFTYPE(true, WASM_HEAP_ARRAY)));
    return walk_push(w, WASM_I32);
}

nacre_status walk_rule_array_fill(struct walk *w, struct walk_op *op) {
    TRY(need_mutable(w, element(op)));
    TRY(walk_pop(w, WASM_I32));
    TRY(walk_pop(w, unpacked(element(op))));
    TRY(walk_pop(w, WASM_I32));
    return pop_object(w, op->object);
}

nacre_status walk_rule_array_copy(struct walk *w, struct walk_op *op) {
    const struct wasm_field *to = element(op), *from = &op->source->fields[0];
    TRY(need_mutable(w, to));
    if (is_packed(to) || is_packed(from) ? to->type != from->type
                                         : !wasm_valtype_matches(w->module->registry, from->type,
                                                                 to->type))
        return walk_fail(w, NACRE_INVALID, "array types do not match");
    TRY(pop_i32s(w, 2));
    TRY(pop_object(w, op->source));
    TRY(walk_pop(w, WASM_I32));
    return pop_object(w, op->object);
}

static nacre_status finish_init(struct walk *w, const struct walk_op *op) {
    TRY(need_mutable(w, element(op)));
    TRY(pop_i32s(w, 3));
    return pop_object(w, op->object);
}

nacre_status walk_rule_array_init_data(struct walk *w, struct walk_op *op) {
    TRY(need_numbers(w, element(op)));
    return finish_init(w, op);
}

nacre_status walk_rule_array_init_elem(struct walk *w, struct walk_op *op) {
    TRY(need_elem(w, op));
    return finish_init(w, op);
}

/* --- References --- */

nacre_status walk_rule_ref_test(struct walk *w, struct walk_op *op) {
    TRY(walk_pop(w, WASM_REFTYPE(true, wasm_heap_top(w->module->registry, wasm_heap(op->type)))));
    return walk_push(w, WASM_I32);
}

nacre_status walk_rule_ref_cast(struct walk *w, struct walk_op *op) {
    TRY(walk_pop(w, WASM_REFTYPE(true, wasm_heap_top(w->module->registry, wasm_heap(op->type)))));
    return walk_push(w, op->type);
}

nacre_status walk_rule_ref_eq(struct walk *w, struct walk_op *op) {
    (void)op;
    TRY(walk_pop(w, WASM_REFTYPE(true, WASM_HEAP_EQ)));
    TRY(walk_pop(w, WASM_REFTYPE(true, WASM_HEAP_EQ)));
    return walk_push(w, WASM_I32);
}

nacre_status walk_rule_ref_i31(struct walk *w, struct walk_op *op) {
    op->type = WASM_REFTYPE(false, WASM_HEAP_I31);
    TRY(walk_pop(w, WASM_I32));
    return walk_push(w, op->type);
}

nacre_status walk_rule_i31_get(struct walk *w, struct walk_op *op) {
    (void)op;
    TRY(walk_pop(w, WASM_REFTYPE(true, WASM_HEAP_I31)));
    return walk_push(w, WASM_I32);
}

/* Between the hierarchies of any and extern; what can't be null stays so. */
nacre_status walk_rule_convert(struct walk *w, struct walk_op *op) {
    bool to_any = op->op == WASM_OP_ANY_CONVERT_EXTERN;
    wasm_valtype found;
    TRY(walk_pop_heap(w, to_any ? WASM_HEAP_EXTERN : WASM_HEAP_ANY, &found));
    op->type = WASM_REFTYPE(wasm_is_nullable(found), to_any ? WASM_HEAP_ANY : WASM_HEAP_EXTERN);
    return walk_push(w, op->type);
}
