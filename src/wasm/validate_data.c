/* validate_data.c - rules of parametric, variable, table, memory and reference instructions
 * (core specification 3.4.1 to 3.4.8). */
#include "wasm/walk.h"

nacre_status walk_rule_drop(struct walk *w, struct walk_op *op) {
    return walk_pop_any(w, &op->type);
}

/* Without a type select takes two numbers or two vectors of one type. */
nacre_status walk_rule_select(struct walk *w, struct walk_op *op) {
    wasm_valtype a, b;
    TRY(walk_pop(w, WASM_I32));
    TRY(walk_pop_any(w, &b));
    TRY(walk_pop_any(w, &a));
    if (wasm_is_ref(a) || wasm_is_ref(b))
        return walk_fail(w, NACRE_INVALID, "type mismatch: select of references needs a type");
    if (a != b && a != WASM_BOTTOM && b != WASM_BOTTOM)
        return walk_fail(w, NACRE_INVALID, "type mismatch: select of two types");
    op->type = a == WASM_BOTTOM ? b : a;
    return walk_push(w, op->type);
}

nacre_status walk_rule_select_t(struct walk *w, struct walk_op *op) {
    TRY(walk_pop(w, WASM_I32));
    TRY(walk_pop(w, op->type));
    TRY(walk_pop(w, op->type));
    return walk_push(w, op->type);
}

/* --- Variables --- */

nacre_status walk_rule_local_get(struct walk *w, struct walk_op *op) {
    if (UNLIKELY(!w->is_set[op->index]))
        return walk_fail(w, NACRE_INVALID, "uninitialized local");
    op->type = w->locals[op->index];
    return walk_push(w, op->type);
}

static nacre_status note_set(struct walk *w, uint32_t local) {
    if (LIKELY(w->is_set[local])) return NACRE_OK;
    if (!alloc_reserve(w->allocator, (void **)&w->inits, &w->init_capacity, w->init_count + 1,
                       sizeof *w->inits))
        return walk_fail(w, NACRE_NO_MEMORY, "out of memory while validating");
    w->is_set[local] = true;
    w->inits[w->init_count++] = local;
    return NACRE_OK;
}

nacre_status walk_rule_local_set(struct walk *w, struct walk_op *op) {
    op->type = w->locals[op->index];
    TRY(walk_pop(w, op->type));
    return note_set(w, op->index);
}

nacre_status walk_rule_local_tee(struct walk *w, struct walk_op *op) {
    TRY(walk_rule_local_set(w, op));
    return walk_push(w, op->type);
}

nacre_status walk_rule_global_get(struct walk *w, struct walk_op *op) {
    op->type = w->module->globals[op->index].type;
    return walk_push(w, op->type);
}

nacre_status walk_rule_global_set(struct walk *w, struct walk_op *op) {
    const struct wasm_global *global = &w->module->globals[op->index];
    if (!global->is_mutable) return walk_fail(w, NACRE_INVALID, "global is immutable");
    op->type = global->type;
    return walk_pop(w, op->type);
}

/* --- Tables --- */

static const struct wasm_table *table_of(const struct walk *w, uint32_t index) {
    return &w->module->tables[index];
}

nacre_status walk_rule_table_get(struct walk *w, struct walk_op *op) {
    const struct wasm_table *table = table_of(w, op->index);
    op->type = table->type;
    TRY(walk_pop(w, walk_address(&table->limits)));
    return walk_push(w, op->type);
}

nacre_status walk_rule_table_set(struct walk *w, struct walk_op *op) {
    w->changes_tables = true;
    const struct wasm_table *table = table_of(w, op->index);
    op->type = table->type;
    TRY(walk_pop(w, op->type));
    return walk_pop(w, walk_address(&table->limits));
}

nacre_status walk_rule_table_size(struct walk *w, struct walk_op *op) {
    return walk_push(w, walk_address(&table_of(w, op->index)->limits));
}

nacre_status walk_rule_table_grow(struct walk *w, struct walk_op *op) {
    w->changes_tables = true;
    const struct wasm_table *table = table_of(w, op->index);
    TRY(walk_pop(w, walk_address(&table->limits)));
    TRY(walk_pop(w, table->type));
    return walk_push(w, walk_address(&table->limits));
}

nacre_status walk_rule_table_fill(struct walk *w, struct walk_op *op) {
    w->changes_tables = true;
    const struct wasm_table *table = table_of(w, op->index);
    TRY(walk_pop(w, walk_address(&table->limits)));
    TRY(walk_pop(w, table->type));
    return walk_pop(w, walk_address(&table->limits));
}

nacre_status walk_rule_table_copy(struct walk *w, struct walk_op *op) {
    w->changes_tables = true;
    const struct wasm_table *to = table_of(w, op->index), *from = table_of(w, op->index2);
    if (!wasm_valtype_matches(w->module->registry, from->type, to->type))
        return walk_fail(w, NACRE_INVALID, "type mismatch: the tables hold different types");
    bool both64 = to->limits.is64 && from->limits.is64;
    TRY(walk_pop(w, both64 ? WASM_I64 : WASM_I32));
    TRY(walk_pop(w, walk_address(&from->limits)));
    return walk_pop(w, walk_address(&to->limits));
}

nacre_status walk_rule_table_init(struct walk *w, struct walk_op *op) {
    w->changes_tables = true;
    const struct wasm_table *table = table_of(w, op->index2);
    const struct wasm_elem *elem = &w->module->elems[op->index];
    if (!wasm_valtype_matches(w->module->registry, elem->type, table->type))
        return walk_fail(w, NACRE_INVALID, "type mismatch: elements do not fit the table");
    TRY(walk_pop(w, WASM_I32));
    TRY(walk_pop(w, WASM_I32));
    return walk_pop(w, walk_address(&table->limits));
}

nacre_status walk_rule_memory_copy(struct walk *w, struct walk_op *op) {
    const struct wasm_limits *to = &w->module->memories[op->memory];
    const struct wasm_limits *from = &w->module->memories[op->index2];
    TRY(walk_pop(w, to->is64 && from->is64 ? WASM_I64 : WASM_I32));
    TRY(walk_pop(w, walk_address(from)));
    return walk_pop(w, walk_address(to));
}

/* --- References --- */

nacre_status walk_rule_ref_null(struct walk *w, struct walk_op *op) {
    return walk_push(w, op->type);
}

nacre_status walk_rule_ref_is_null(struct walk *w, struct walk_op *op) {
    TRY(walk_pop_ref(w, &op->type));
    return walk_push(w, WASM_I32);
}

/* The same reference without null; of unreachable code, a reference to anything. */
nacre_status walk_rule_ref_as_non_null(struct walk *w, struct walk_op *op) {
    wasm_valtype t;
    TRY(walk_pop_ref(w, &t));
    op->type = WASM_REFTYPE(false, t == WASM_BOTTOM ? (uint32_t)WASM_HEAP_BOTTOM : wasm_heap(t));
    return walk_push(w, op->type);
}

nacre_status walk_rule_ref_func(struct walk *w, struct walk_op *op) {
    if (w->is_const && !wasm_func_declare(w->module, op->index))
        return walk_fail(w, NACRE_NO_MEMORY, "out of memory while validating");
    if (!wasm_func_is_declared(w->module, op->index))
        return walk_fail(w, NACRE_INVALID, "undeclared function reference");
    op->type = WASM_REFTYPE(false, w->module->funcs[op->index].type);
    return walk_push(w, op->type);
}
