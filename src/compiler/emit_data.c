/* emit_data.c - variables, tables, references. */
#include "compiler/emit.h"

/* --- Variables --- */

EMIT(drop) {
    (void)op;
    (void)rule;
    (void)pop(e);
}

EMIT(select) {
    (void)rule;
    LLVMValueRef condition =
        LLVMBuildICmp(e->b, LLVMIntNE, pop(e), const_i32(e->chunk, 0), "");
    LLVMValueRef otherwise = pop(e);
    LLVMValueRef value = pop(e);
    push(e, LLVMBuildSelect(e->b, condition, value, otherwise, ""), op->type);
}

EMIT(local_get) {
    (void)rule;
    LLVMTypeRef type = e->local_types[op->index];
    push(e, LLVMBuildLoad2(e->b, type, e->locals[op->index], ""), e->walk->locals[op->index]);
}

EMIT(local_set) {
    (void)rule;
    LLVMValueRef value = pop(e);
    LLVMBuildStore(e->b, value, e->locals[op->index]);
    note_local(e, op->index, value);
}

EMIT(local_tee) {
    (void)rule;
    LLVMValueRef value = pop(e);
    LLVMBuildStore(e->b, value, e->locals[op->index]);
    note_local(e, op->index, value);
    push(e, value, e->walk->locals[op->index]);
}

/* Where something of the instance is: in the context itself, or where that points to. */
static LLVMValueRef item_at(struct emit *e, uint64_t distance, bool is_imported) {
    return is_imported ? load_context(e, distance, e->chunk->ptr, true)
                       : context_at(e, distance);
}

static LLVMValueRef global_at(struct emit *e, uint32_t index) {
    return item_at(e, image_at_global(index), index < e->module->imported[WASM_EXTERN_GLOBAL]);
}

EMIT(global_get) {
    (void)rule;
    const struct wasm_global *global = &e->module->globals[op->index];
    LLVMValueRef value = load_at(e, global_at(e, op->index), 0,
                                 emit_type(e->chunk, global->type), e->chunk->tbaa_global);
    if (!global->is_mutable) LLVMSetMetadata(value, e->chunk->invariant_kind, e->chunk->invariant);
    push(e, value, global->type);
}

EMIT(global_set) {
    (void)rule;
    append(e, &e->visible,
           store_at(e, pop(e), global_at(e, op->index), 0, e->chunk->tbaa_global));
}

EMIT(const) {
    const struct chunk *c = e->chunk;
    LLVMValueRef value = rule->to == WASM_I64 || rule->to == WASM_F64
        ? const_i64(c, op->value) : const_i32(c, (uint32_t)op->value);
    if (rule->to == WASM_F32) value = LLVMConstBitCast(value, c->f32);
    if (rule->to == WASM_F64) value = LLVMConstBitCast(value, c->f64);
    push(e, value, rule->to);
}

/* --- References --- */

EMIT(ref_null) {
    (void)rule;
    push(e, const_i32(e->chunk, 0), op->type);
}

EMIT(ref_is_null) {
    (void)op;
    (void)rule;
    LLVMValueRef is_null =
        LLVMBuildICmp(e->b, LLVMIntEQ, pop(e), const_i32(e->chunk, 0), "");
    push(e, LLVMBuildZExt(e->b, is_null, e->chunk->i32, ""), WASM_I32);
}

EMIT(ref_func) {
    (void)rule;
    push(e, function_ref(e, op->index), WASM_FUNCREF);
}

EMIT(ref_as_non_null) {
    (void)op;
    (void)rule;
    if (e->count == 0) return; /* after a failure */
    LLVMValueRef ref = e->stack[e->count - 1].v;
    trap_if(e, LLVMBuildICmp(e->b, LLVMIntEQ, ref, const_i32(e->chunk, 0), ""),
            NACRE_TRAP_NULL_REFERENCE);
}

EMIT(ref_eq) {
    (void)op;
    (void)rule;
    LLVMValueRef b = pop(e), a = pop(e);
    LLVMValueRef is_same = LLVMBuildICmp(e->b, LLVMIntEQ, a, b, "");
    push(e, LLVMBuildZExt(e->b, is_same, e->chunk->i32, ""), WASM_I32);
}

/* --- Tables --- */

LLVMValueRef table_index(struct emit *e, uint32_t table, LLVMValueRef index) {
    if (e->module->tables[table].limits.is64) return index;
    return LLVMBuildZExt(e->b, index, e->chunk->i64, "");
}

static LLVMValueRef table_at(struct emit *e, uint32_t table) {
    return item_at(e, image_at_table(e->module, table),
                   table < e->module->imported[WASM_EXTERN_TABLE]);
}

static LLVMValueRef table_size(struct emit *e, uint32_t table) {
    return load_at(e, table_at(e, table), offsetof(struct image_table, size), e->chunk->i64,
                   e->chunk->tbaa_context);
}

/* Where an element is; traps when it is not in the table. */
static LLVMValueRef element_at(struct emit *e, uint32_t table, LLVMValueRef index,
                               nacre_trap reason) {
    const struct chunk *c = e->chunk;
    trap_if(e, LLVMBuildICmp(e->b, LLVMIntUGE, index, table_size(e, table), ""), reason);
    LLVMValueRef refs = load_at(e, table_at(e, table), offsetof(struct image_table, refs), c->ptr,
                                c->tbaa_context);
    return LLVMBuildInBoundsGEP2(e->b, c->i32, refs, &index, 1, "");
}

LLVMValueRef load_element(struct emit *e, uint32_t table, LLVMValueRef index, nacre_trap reason) {
    return load_at(e, element_at(e, table, index, reason), 0, e->chunk->i32,
                   e->chunk->tbaa_table);
}

EMIT(table_get) {
    (void)rule;
    LLVMValueRef index = table_index(e, op->index, pop(e));
    push(e, load_element(e, op->index, index, NACRE_TRAP_TABLE_BOUNDS), op->type);
}

EMIT(table_set) {
    (void)rule;
    LLVMValueRef ref = pop(e);
    LLVMValueRef index = table_index(e, op->index, pop(e));
    append(e, &e->visible,
           store_at(e, ref, element_at(e, op->index, index, NACRE_TRAP_TABLE_BOUNDS), 0,
                    e->chunk->tbaa_table));
}

static void push_index(struct emit *e, LLVMValueRef value, const struct wasm_limits *limits) {
    if (!limits->is64) value = LLVMBuildTrunc(e->b, value, e->chunk->i32, "");
    push(e, value, walk_address(limits));
}

EMIT(table_size) {
    (void)rule;
    push_index(e, table_size(e, op->index), &e->module->tables[op->index].limits);
}

EMIT(table_grow) {
    (void)rule;
    LLVMValueRef count = table_index(e, op->index, pop(e));
    LLVMValueRef args[] = {const_i32(e->chunk, op->index), pop(e), count};
    push_index(e, call_helper(e, IMAGE_HELPER_TABLE_GROW, args, 3),
               &e->module->tables[op->index].limits);
}

EMIT(table_fill) {
    (void)rule;
    LLVMValueRef count = table_index(e, op->index, pop(e));
    LLVMValueRef ref = pop(e);
    LLVMValueRef to = table_index(e, op->index, pop(e));
    LLVMValueRef args[] = {const_i32(e->chunk, op->index), to, ref, count};
    (void)call_helper(e, IMAGE_HELPER_TABLE_FILL, args, 4);
}

/* The count of a copy is an index of both: of 32 bits if either is. */
static LLVMValueRef copy_count(struct emit *e, LLVMValueRef count) {
    if (LLVMTypeOf(count) == e->chunk->i64) return count;
    return LLVMBuildZExt(e->b, count, e->chunk->i64, "");
}

EMIT(table_copy) {
    (void)rule;
    LLVMValueRef count = copy_count(e, pop(e));
    LLVMValueRef from = table_index(e, op->index2, pop(e));
    LLVMValueRef to = table_index(e, op->index, pop(e));
    LLVMValueRef args[] = {const_i32(e->chunk, op->index), const_i32(e->chunk, op->index2), to,
                           from, count};
    (void)call_helper(e, IMAGE_HELPER_TABLE_COPY, args, 5);
}

EMIT(table_init) {
    (void)rule;
    LLVMValueRef count = pop(e);
    LLVMValueRef from = pop(e);
    LLVMValueRef to = table_index(e, op->index2, pop(e));
    LLVMValueRef args[] = {const_i32(e->chunk, op->index2), const_i32(e->chunk, op->index), to,
                           from, count};
    (void)call_helper(e, IMAGE_HELPER_TABLE_INIT, args, 5);
}

EMIT(elem_drop) {
    (void)rule;
    LLVMValueRef arg = const_i32(e->chunk, op->index);
    (void)call_helper(e, IMAGE_HELPER_ELEM_DROP, &arg, 1);
}
