/* lower.c - lowering functions when they are first called; finding instructions again. */
#include "exec/interp/lower.h"

#include "base/status.h"
#include "exec/memory.h"

static bool is_free(uint16_t op) {
    return op == WASM_OP_NOP || op == WASM_OP_BLOCK || op == WASM_OP_LOOP || op == WASM_OP_ELSE ||
           op == WASM_OP_END;
}

/* Has one instruction come, for code that is looked for again (interp_wasm_offset)? */
static nacre_status lower_op(struct walk_sink *sink, const struct walk *walk,
                             const struct walk_op *op) {
    struct lower *l = (struct lower *)sink;
    const struct lower_rule *rule = &lower_rules[op->op];
    l->walk = walk;
    l->wasm_offset = op->offset;
    if (l->count <= l->wanted && l->wanted != UINT32_MAX) l->found = op->offset;
    if (!is_free(op->op)) l->cost++;
    rule->lower(l, op, rule);
    if (l->module->engine->deterministic) lower_canonical(l, op);
    return l->status;
}

static uint32_t place_locals(struct lower *l, const struct walk *walk, uint32_t first,
                             uint32_t count, uint32_t slot) {
    for (uint32_t i = first; i < first + count; i++) {
        l->local_slots[i] = slot;
        l->aliases[i] = 0;
        slot += wasm_slots(walk->locals[i]);
    }
    return slot;
}

/* The frame: params (or results, if they take more), the record, locals, operands. */
static void lay_out_frame(struct lower *l, const struct walk *walk, uint32_t param_count,
                          uint32_t result_slots) {
    uint32_t params_end = place_locals(l, walk, 0, param_count, 0);
    l->header = u32_max(params_end, result_slots);
    uint32_t locals = l->header + 1;
    l->next_slot = place_locals(l, walk, param_count, walk->local_count - param_count, locals);
    l->max_slot = l->next_slot;
    if (l->next_slot > UINT16_MAX)
        lower_fail(l, NACRE_LIMIT, "the function needs more than 65535 slots of stack");
    note_local_roots(l, walk);
    l->found = (uint32_t)reader_offset(&walk->r); /* of what comes before the first instruction */
    emit_op(l, IOP_ENTER);
    emit(l, 0); /* frame_slots, when it is known */
    emit(l, l->header);
    emit(l, locals);
    emit(l, l->next_slot - locals);
    l->entry_cost = (l->next_slot - locals) / 8; /* 64 bytes each, as bulk instructions pay */
}

static uint32_t result_slots_of(const struct walk_blocktype *type) {
    uint32_t slots = 0;
    for (uint32_t i = 0; i < type->result_count; i++) slots += wasm_slots(walk_results(type)[i]);
    return slots;
}

nacre_status lower_begin(struct walk_sink *sink, const struct walk *walk) {
    struct lower *l = (struct lower *)sink;
    const struct walk_blocktype *type = &walk->frames[0].type;
    uint32_t param_count = wasm_func_type(&l->module->wasm, l->func)->param_count;
    uint32_t needed = walk->local_count + 1, result_slots = result_slots_of(type);
    if (!alloc_reserve(l->allocator, (void **)&l->local_slots, &l->local_capacity, needed,
                       sizeof *l->local_slots) ||
        !alloc_reserve(l->allocator, (void **)&l->aliases, &l->alias_capacity, needed,
                       sizeof *l->aliases) ||
        !alloc_reserve(l->allocator, (void **)&l->entries, &l->entry_capacity, 1,
                       sizeof *l->entries) ||
        !alloc_reserve(l->allocator, (void **)&l->blocks, &l->block_capacity, 1,
                       sizeof *l->blocks)) {
        lower_fail(l, NACRE_NO_MEMORY, "out of memory while lowering");
        return l->status;
    }
    lay_out_frame(l, walk, param_count, result_slots);
    l->blocks[l->depth++] = (struct block){.op = WASM_OP_NONE, .base = l->next_slot,
                                           .label_count = type->result_count,
                                           .label_slots = result_slots};
    l->is_entry = true;
    begin_segment(l);
    return l->status;
}

static void lower_init(struct lower *l, const struct code_module *module, uint32_t func,
                       uint32_t wanted) {
    *l = (struct lower){.sink = {lower_op}, .module = module,
                        .allocator = &module->engine->allocator, .func = func, .wanted = wanted};
}

static void lower_deinit(struct lower *l) {
    ALLOC_FREE_ARRAY(l->allocator, l->units, l->capacity);
    ALLOC_FREE_ARRAY(l->allocator, l->starts, l->start_capacity);
    ALLOC_FREE_ARRAY(l->allocator, l->entries, l->entry_capacity);
    ALLOC_FREE_ARRAY(l->allocator, l->blocks, l->block_capacity);
    ALLOC_FREE_ARRAY(l->allocator, l->patches, l->patch_capacity);
    ALLOC_FREE_ARRAY(l->allocator, l->local_slots, l->local_capacity);
    ALLOC_FREE_ARRAY(l->allocator, l->aliases, l->alias_capacity);
    ALLOC_FREE_ARRAY(l->allocator, l->handlers, l->handler_capacity);
}

/* Runs the walk over a function with lowering as its sink. */
static nacre_status lower_walk(struct lower *l, nacre_error *error) {
    struct walk w;
    /* The walk only reads a module that was validated, whatever its pointer's type says. */
    struct wasm_module *m = (struct wasm_module *)(uintptr_t)&l->module->wasm;
    walk_init(&w, m, l->allocator, &l->sink, error);
    nacre_status status = walk_function(&w, l->func, lower_begin);
    walk_deinit(&w);
    if (l->status != NACRE_OK) error_set(error, l->status, l->wasm_offset, l->failure);
    return status;
}

/* The finished code, in memory of its exact size. */
static nacre_status finish(struct lower *l, struct func_code *code, nacre_error *error) {
    enum { FRAME_SLOTS_AT = 1 };
    uint32_t ops_end = l->count;
    emit_handlers(l);
    if (l->status != NACRE_OK) return error_set(error, l->status, l->wasm_offset, l->failure);
    thread_branches(l, ops_end);
    join_pairs(l, ops_end);
    l->units[FRAME_SLOTS_AT] = (uint16_t)l->max_slot;
    uint16_t *units = ALLOC_ARRAY(l->allocator, uint16_t, l->count);
    if (!units)
        return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "out of memory while lowering");
    memcpy(units, l->units, l->count * sizeof *units);
    code->count = l->count;
    code->header = (uint16_t)l->header;
    code->frame_slots = (uint16_t)l->max_slot;
    __atomic_store_n(&code->units, units, __ATOMIC_RELEASE);
    return NACRE_OK;
}

static nacre_status lower_into(const struct code_module *module, uint32_t func,
                               struct func_code *code, nacre_error *error) {
    struct lower l;
    lower_init(&l, module, func, UINT32_MAX);
    nacre_status status = lower_walk(&l, error);
    if (status == NACRE_OK) status = finish(&l, code, error);
    lower_deinit(&l);
    return status;
}

nacre_status lower_for_roots(struct code_module *module, uint32_t func, struct func_roots *roots) {
    struct lower l;
    lower_init(&l, module, func, UINT32_MAX);
    l.roots = roots;
    nacre_status status = lower_walk(&l, NULL);
    lower_deinit(&l);
    return status;
}

nacre_status lower_for_loops(struct code_module *module, uint32_t func) {
    struct lower l;
    lower_init(&l, module, func, UINT32_MAX);
    l.loops = &module->loops;
    nacre_status status = lower_walk(&l, NULL);
    lower_deinit(&l);
    return status;
}

nacre_status interp_prepare(struct code_module *module, uint32_t func, nacre_error *error) {
    nacre_status status = NACRE_OK;
    struct func_code *code = &module->codes[func];
    if (code_units(code)) return NACRE_OK;
    lock_take(&module->lock);
    if (!code->units) status = wasm_module_find_bodies(&module->wasm, error);
    if (!code->units && status == NACRE_OK)
        status = lower_into(module, func, code, error);
    module->has_code = true;
    if (!module->has_no_entries)
        __atomic_store_n(&code->entry, code->units, __ATOMIC_RELEASE);
    lock_give(&module->lock);
    return status;
}

uint64_t interp_wasm_offset(const struct code_module *module, uint32_t func, uint32_t offset) {
    struct lower l;
    lower_init(&l, module, func, offset);
    nacre_status status = lower_walk(&l, NULL);
    lower_deinit(&l);
    return status == NACRE_OK ? l.found : NACRE_NO_OFFSET;
}
