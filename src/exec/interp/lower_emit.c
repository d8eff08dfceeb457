/* lower_emit.c - units of code; entries of the operand stack and where their values are. */
#include "exec/interp/lower.h"

void lower_fail(struct lower *l, nacre_status status, const char *text) {
    if (l->status != NACRE_OK) return;
    l->status = status;
    l->failure = text;
}

static bool reserve(struct lower *l, void **items, uint32_t *capacity, uint32_t needed,
                    size_t size) {
    if (alloc_reserve(l->allocator, items, capacity, needed, size)) return true;
    lower_fail(l, NACRE_NO_MEMORY, "out of memory while lowering");
    return false;
}

/* --- Units --- */

void emit(struct lower *l, uint32_t unit) {
    if (l->count == l->capacity &&
        !reserve(l, (void **)&l->units, &l->capacity, l->count + 1, sizeof *l->units))
        return;
    l->units[l->count++] = (uint16_t)unit;
}

void emit_op(struct lower *l, uint32_t iop) {
    uint32_t word = l->count / 64, had = l->start_capacity;
    if (word >= had) {
        if (!reserve(l, (void **)&l->starts, &l->start_capacity, word + 1, sizeof *l->starts))
            return;
        memset(l->starts + had, 0, (l->start_capacity - had) * sizeof *l->starts);
    }
    l->starts[word] |= UINT64_C(1) << (l->count % 64);
    emit(l, iop);
}

void emit_u32(struct lower *l, uint32_t value) {
    emit(l, value & 0xFFFF);
    emit(l, value >> 16);
}

void emit_u64(struct lower *l, uint64_t value) {
    emit_u32(l, (uint32_t)value);
    emit_u32(l, (uint32_t)(value >> 32));
}

static bool is_wide(uint8_t type) { return type == WASM_I64 || type == WASM_F64; }

void emit_constant(struct lower *l, uint8_t type, uint64_t value) {
    if (is_wide(type)) emit_u64(l, value);
    else emit_u32(l, (uint32_t)value);
}

void emit_rewind(struct lower *l, uint32_t at) {
    for (uint32_t i = at; i < l->count && i / 64 < l->start_capacity; i++)
        l->starts[i / 64] &= ~(UINT64_C(1) << (i % 64));
    l->count = at;
    for (int acc = 0; acc < ACC_COUNT; acc++)
        if (l->accs[acc].end > at) l->accs[acc].end = 0;
    if (at <= l->wanted && l->wanted != UINT32_MAX) l->found = l->wasm_offset;
}

bool is_last(const struct lower *l, enum last_kind kind) {
    return l->last.kind == kind && l->last.end == l->count;
}

/* --- Entries --- */

uint8_t lower_type(const struct lower *l, wasm_valtype type) {
    if (!wasm_is_ref(type)) return wasm_code(type);
    return wasm_is_root(l->module->wasm.registry, type) ? WASM_REF : WASM_I32;
}

uint32_t slots_of(uint8_t type) { return type == WASM_V128 ? 2 : 1; }

enum acc acc_of(uint8_t type) {
    return type == WASM_F32 || type == WASM_F64 ? ACC_FLOAT : ACC_INT;
}

bool is_in_acc(const struct lower *l, const struct entry *e) {
    if (e->kind == ENTRY_ACC) return true;
    if (e->kind != ENTRY_LOCAL || e->type == WASM_V128) return false;
    enum acc acc = acc_of(e->type);
    return l->accs[acc].end == l->count && l->accs[acc].end && l->accs[acc].local == e->local;
}

bool is_whole_acc(const struct lower *l, const struct entry *e) {
    return is_in_acc(l, e) && e->type != WASM_F32;
}

void forget_last(struct lower *l) {
    l->last.kind = LAST_NONE;
    l->increment.end = 0;
    l->accs[ACC_INT].end = l->accs[ACC_FLOAT].end = 0;
}

struct entry *push_entry(struct lower *l, enum entry_kind kind, uint8_t type) {
    if (l->entry_count == l->entry_capacity &&
        !reserve(l, (void **)&l->entries, &l->entry_capacity, l->entry_count + 1,
                 sizeof *l->entries))
        l->entry_count = 0;
    if (kind == ENTRY_SLOT && l->home_count == l->entry_count) l->home_count++;
    struct entry *e = &l->entries[l->entry_count++];
    *e = (struct entry){.kind = (uint8_t)kind, .type = type, .slot = l->next_slot};
    l->next_slot += slots_of(type);
    if (l->next_slot > l->max_slot) l->max_slot = l->next_slot;
    if (l->next_slot > UINT16_MAX)
        lower_fail(l, NACRE_LIMIT, "the function needs more than 65535 slots of stack");
    return e;
}

struct entry pop_entry(struct lower *l) {
    if (l->entry_count == 0) return (struct entry){0}; /* only after a failure */
    struct entry e = l->entries[--l->entry_count];
    l->next_slot = e.slot;
    l->home_count = u32_min(l->home_count, l->entry_count);
    if (e.kind == ENTRY_LOCAL) l->aliases[e.local] = e.next;
    if (e.kind == ENTRY_ACC) l->accs[acc_of(e.type)].entry = 0;
    return e;
}

void drop_to(struct lower *l, uint32_t height) {
    while (l->entry_count > u32_max(height, l->home_count)) (void)pop_entry(l);
    if (l->entry_count <= height) return;
    l->next_slot = l->entries[height].slot;
    l->entry_count = l->home_count = height;
}

/* --- Accumulators --- */

void set_slot_result(struct lower *l, uint32_t at) {
    if (at < l->count) l->units[at] |= 1;
}

void settle(struct lower *l, enum acc acc) {
    if (l->accs[acc].entry == 0) return;
    l->entries[l->accs[acc].entry - 1].kind = ENTRY_SLOT;
    set_slot_result(l, l->accs[acc].at);
    l->accs[acc].entry = 0;
}

void settle_all(struct lower *l) {
    settle(l, ACC_INT);
    settle(l, ACC_FLOAT);
}

uint32_t begin_result(struct lower *l, uint32_t iop, uint8_t type) {
    uint32_t start = l->count;
    settle(l, acc_of(type));
    emit_op(l, iop);
    emit(l, l->next_slot);
    return start;
}

static void note_last(struct lower *l, uint32_t start, uint32_t slot) {
    l->last = (struct last_op){.kind = LAST_RESULT, .start = start, .end = l->count, .slot = slot};
}

void push_acc(struct lower *l, uint8_t type, uint32_t start) {
    struct entry *e = push_entry(l, ENTRY_ACC, type);
    l->accs[acc_of(type)].entry = l->entry_count;
    l->accs[acc_of(type)].at = start;
    note_last(l, start, e->slot);
}

void push_result(struct lower *l, uint8_t type, uint32_t start) {
    struct entry *e = push_entry(l, ENTRY_SLOT, type);
    note_last(l, start, e->slot);
}

/* --- Bringing values to slots --- */

static void emit_copy(struct lower *l, uint8_t type, uint32_t to, uint32_t from) {
    if (to == from) return;
    emit_op(l, type == WASM_V128 ? IOP_COPY_V128 : IOP_COPY);
    emit(l, to);
    emit(l, from);
}

static void emit_const(struct lower *l, uint8_t type, uint32_t to, uint64_t value) {
    bool wide = is_wide(type) && value > UINT32_MAX;
    emit_op(l, wide ? IOP_CONST64 : IOP_CONST32);
    emit(l, to);
    if (wide) emit_u64(l, value);
    else emit_u32(l, (uint32_t)value);
}

uint32_t slot_of(struct lower *l, const struct entry *e) {
    switch ((enum entry_kind)e->kind) {
    case ENTRY_SLOT: break;
    case ENTRY_LOCAL: return l->local_slots[e->local];
    case ENTRY_CONST: emit_const(l, e->type, e->slot, e->value); break;
    case ENTRY_ACC: set_slot_result(l, l->accs[acc_of(e->type)].at); break;
    }
    return e->slot;
}

void copy_to(struct lower *l, const struct entry *e, uint32_t slot) {
    if (e->kind == ENTRY_CONST) emit_const(l, e->type, slot, e->value);
    else emit_copy(l, e->type, slot, slot_of(l, e));
}

static void bring_one_home(struct lower *l, struct entry *e) {
    if (e->kind == ENTRY_LOCAL) {
        emit_copy(l, e->type, e->slot, l->local_slots[e->local]);
        l->aliases[e->local] = e->next;
        e->kind = ENTRY_SLOT;
    } else if (e->kind == ENTRY_CONST) {
        emit_const(l, e->type, e->slot, e->value);
        e->kind = ENTRY_SLOT;
    } else if (e->kind == ENTRY_ACC) {
        settle(l, acc_of(e->type));
    }
}

/* From the top down, so that an entry that stands for a local is the first of the local's list. */
void bring_home(struct lower *l, uint32_t count) {
    uint32_t lowest = l->entry_count - count;
    for (uint32_t i = l->entry_count; i > u32_max(lowest, l->home_count); i--)
        bring_one_home(l, &l->entries[i - 1]);
    if (lowest <= l->home_count) l->home_count = l->entry_count;
}

void bring_all_home(struct lower *l) {
    bring_home(l, l->entry_count - l->blocks[l->depth - 1].height);
}
