/* lower_data.c - variables, references, and the instructions whose operands all are slots. */
#include "exec/interp/lower.h"

LOWER(drop) {
    (void)op;
    (void)rule;
    (void)pop_entry(l);
}

LOWER(select) {
    (void)rule;
    struct entry condition = pop_entry(l);
    struct entry eb = pop_entry(l), ea = pop_entry(l);
    uint8_t type = lower_type(l, op->type);
    bool in_acc = is_in_acc(l, &condition) && type != WASM_V128;
    uint32_t b = slot_of(l, &eb), a = slot_of(l, &ea);
    uint32_t c = in_acc ? 0 : slot_of(l, &condition);
    uint32_t start;
    if (type == WASM_V128) {
        start = l->count;
        emit_op(l, IOP_SELECT_V128_S);
        emit(l, l->next_slot);
    } else {
        uint32_t iop = acc_of(type) == ACC_FLOAT ? (in_acc ? IOP_FSELECT_A_A : IOP_FSELECT_S_A)
                                                 : (in_acc ? IOP_SELECT_A_A : IOP_SELECT_S_A);
        start = begin_result(l, iop, type);
    }
    emit(l, a);
    emit(l, b);
    if (!in_acc) emit(l, c);
    if (type == WASM_V128) push_result(l, type, start);
    else push_acc(l, type, start);
}

/* --- Variables --- */

LOWER(local_get) {
    (void)rule;
    struct entry *e = push_entry(l, ENTRY_LOCAL, lower_type(l, op->type));
    e->local = op->index;
    e->next = l->aliases[op->index];
    l->aliases[op->index] = l->entry_count;
}

/* Values on the stack that stand for the local keep what it was. */
static void free_aliases(struct lower *l, uint32_t local) {
    for (uint32_t i = l->aliases[local]; i != 0;) {
        struct entry *e = &l->entries[i - 1];
        uint32_t slot = l->local_slots[local];
        emit_op(l, e->type == WASM_V128 ? IOP_COPY_V128 : IOP_COPY);
        emit(l, e->slot);
        emit(l, slot);
        e->kind = ENTRY_SLOT;
        i = e->next;
    }
    l->aliases[local] = 0;
}

/* Has the op emitted last write its result to `slot`, if that result is the value `e`. */
static bool redirect(struct lower *l, const struct entry *e, uint32_t local) {
    uint32_t slot = l->local_slots[local];
    bool is_result = l->last.kind != LAST_NONE && l->last.end == l->count;
    if (!is_result || l->last.slot != e->slot || l->last.start + 1 >= l->count) return false;
    if (e->kind == ENTRY_ACC) set_slot_result(l, l->last.start);
    else if (e->kind != ENTRY_SLOT) return false;
    l->units[l->last.start + 1] = (uint16_t)slot;
    l->last.kind = LAST_NONE;
    if (e->kind == ENTRY_ACC) {
        l->accs[acc_of(e->type)].local = local;
        l->accs[acc_of(e->type)].end = l->count;
    }
    uint16_t iop = l->units[l->last.start];
    if (iop == IOP_I32_ADD_SI_S || iop == IOP_I64_ADD_SI_S)
        l->increment = (struct increment){l->last.start, l->count,
                                          iop == IOP_I32_ADD_SI_S ? WASM_I32 : WASM_I64};
    return true;
}

static void set_local(struct lower *l, uint32_t local) {
    struct entry e = pop_entry(l);
    uint32_t slot = l->local_slots[local];
    if (e.kind == ENTRY_LOCAL && e.local == local) return;
    if (l->aliases[local] == 0 && redirect(l, &e, local)) return;
    free_aliases(l, local);
    copy_to(l, &e, slot);
}

LOWER(local_set) {
    (void)rule;
    set_local(l, op->index);
}

LOWER(local_tee) {
    set_local(l, op->index);
    lower_local_get(l, op, rule);
}

LOWER(global_get) {
    (void)rule;
    uint8_t type = lower_type(l, op->type);
    uint32_t start;
    if (type == WASM_V128) {
        start = l->count;
        emit_op(l, IOP_GLOBAL_GET_V128);
        emit(l, l->next_slot);
        emit_u32(l, op->index);
        push_result(l, type, start);
        return;
    }
    uint32_t iop = acc_of(type) == ACC_FLOAT ? IOP_FGLOBAL_GET_A : IOP_GLOBAL_GET_A;
    start = begin_result(l, iop, type);
    emit_u32(l, op->index);
    push_acc(l, type, start);
    if (acc_of(type) != ACC_INT) return;
    l->last.kind = LAST_GLOBAL;
    l->last.global = op->index;
}

LOWER(global_set) {
    (void)rule;
    struct entry e = pop_entry(l);
    if (is_whole_acc(l, &e)) {
        emit_op(l, acc_of(e.type) == ACC_FLOAT ? IOP_GLOBAL_SET_F : IOP_GLOBAL_SET_A);
        emit_u32(l, op->index);
        return;
    }
    uint32_t slot = slot_of(l, &e);
    emit_op(l, e.type == WASM_V128 ? IOP_GLOBAL_SET_V128 : IOP_GLOBAL_SET_S);
    emit_u32(l, op->index);
    emit(l, slot);
}

/* --- Constants and references --- */

LOWER(const) {
    push_entry(l, ENTRY_CONST, rule->out)->value = op->value;
}

LOWER(ref_null) {
    (void)rule;
    push_entry(l, ENTRY_CONST, lower_type(l, op->type))->value = 0;
}

/* A null reference is 0. */
LOWER(ref_is_null) {
    (void)rule;
    lower_eqz(l, op, &lower_rules[WASM_OP_I32_EQZ]);
}

LOWER(ref_func) {
    (void)rule;
    uint32_t start = l->count;
    emit_op(l, IOP_REF_FUNC);
    emit(l, l->next_slot);
    emit_u32(l, op->index);
    push_result(l, lower_type(l, op->type), start);
}

/* --- Everything else: [dst] operands... immediates... --- */

/* Operands of the instructions whose signature is "*" (the others have it in opcodes.def). */
static const char *operands_of(const struct walk_op *op, const char **result) {
    static const struct { uint16_t op; const char *operands, *result; } others[] = {
        {WASM_OP_TABLE_GET, "i", "r"},     {WASM_OP_TABLE_SET, "ir", ""},
        {WASM_OP_TABLE_SIZE, "", "i"},     {WASM_OP_TABLE_GROW, "ri", "i"},
        {WASM_OP_TABLE_FILL, "iri", ""},   {WASM_OP_TABLE_COPY, "iii", ""},
        {WASM_OP_TABLE_INIT, "iii", ""},   {WASM_OP_MEMORY_COPY, "iii", ""},
        {WASM_OP_REF_AS_NON_NULL, "r", "r"}, {WASM_OP_ARRAY_LEN, "r", "i"},
        {WASM_OP_REF_I31, "i", "r"},       {WASM_OP_I31_GET_S, "r", "i"},
        {WASM_OP_I31_GET_U, "r", "i"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(others); i++)
        if (others[i].op == op->op) {
            *result = others[i].result;
            return others[i].operands;
        }
    const char *signature = wasm_op_infos[op->op].signature, *colon = signature;
    while (*colon != ':') colon++;
    *result = colon + 1;
    return signature;
}

static void emit_immediates(struct lower *l, const struct walk_op *op, uint64_t offset) {
    switch ((enum wasm_immediates)wasm_op_infos[op->op].immediates) {
    case WASM_IMM_MEMARG: emit_u32(l, (uint32_t)offset); break;
    case WASM_IMM_MEMARG_LANE: emit_u32(l, (uint32_t)offset); emit(l, op->index); break;
    case WASM_IMM_LANE: emit(l, op->index); break;
    case WASM_IMM_V128: case WASM_IMM_SHUFFLE:
        emit_u64(l, load_u64(op->bytes));
        emit_u64(l, load_u64(op->bytes + 8));
        break;
    case WASM_IMM_TABLE: case WASM_IMM_ELEM: case WASM_IMM_DATA: emit_u32(l, op->index); break;
    case WASM_IMM_MEMORY: emit_u32(l, op->memory); break;
    case WASM_IMM_TABLE_TABLE: case WASM_IMM_ELEM_TABLE:
        emit_u32(l, op->index);
        emit_u32(l, op->index2);
        break;
    case WASM_IMM_DATA_MEMORY: emit_u32(l, op->index); emit_u32(l, op->memory); break;
    case WASM_IMM_MEMORY_MEMORY: emit_u32(l, op->memory); emit_u32(l, op->index2); break;
    default: break; /* no immediates */
    }
}

static bool is_access(const struct walk_op *op) {
    uint8_t immediates = wasm_op_infos[op->op].immediates;
    return immediates == WASM_IMM_MEMARG || immediates == WASM_IMM_MEMARG_LANE;
}

/* The op behind rule->iop is the one of memories that are not shared. */
LOWER(wait) {
    struct lower_rule own = *rule;
    own.iop = (uint16_t)(rule->iop + !l->module->wasm.memories[op->memory].is_shared);
    lower_slots(l, op, &own);
}

LOWER(slots) {
    enum { OPERANDS_MAX = 3 };
    const char *result;
    const char *operands = operands_of(op, &result);
    struct entry entries[OPERANDS_MAX];
    uint32_t slots[OPERANDS_MAX], count = 0;
    while (operands[count] && operands[count] != ':') count++;
    for (uint32_t i = count; i-- > 0;) {
        entries[i] = pop_entry(l);
        slots[i] = slot_of(l, &entries[i]);
    }
    uint64_t offset = op->value;
    bool far = is_access(op) && is_far(l, op);
    if (far) {
        struct far_address address = begin_far(l, op, entries[0]);
        slots[0] = slot_of(l, &address.entry);
        offset = address.offset;
    }
    uint32_t start = l->count;
    emit_op(l, rule->iop);
    if (*result) emit(l, l->next_slot);
    for (uint32_t i = 0; i < count; i++) emit(l, slots[i]);
    emit_immediates(l, op, offset);
    if (*result) push_result(l, lower_type(l, l->walk->stack[l->walk->count - 1]), start);
    if (far) end_far(l);
}
