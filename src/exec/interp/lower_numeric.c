/* lower_numeric.c - numeric instructions, loads and stores: choosing the variant of an op that
 * takes its operands from where they are. */
#include "exec/interp/lower.h"

/* Where an operand comes from. */
struct operand {
    bool is_acc, is_const;
    uint32_t slot;
    uint64_t value;
};

static struct operand operand_of(struct lower *l, const struct entry *e) {
    if (is_in_acc(l, e)) return (struct operand){.is_acc = true};
    if (e->kind == ENTRY_CONST) return (struct operand){.is_const = true, .value = e->value};
    return (struct operand){.slot = slot_of(l, e)};
}

static void to_slot(struct lower *l, struct operand *o, const struct entry *e) {
    o->slot = slot_of(l, e);
    o->is_acc = o->is_const = false;
}

/* At most one of them is in the accumulator, and at most one is constant. */
static void operands_of(struct lower *l, const struct entry *ea, struct operand *a,
                        const struct entry *eb, struct operand *b) {
    *a = operand_of(l, ea);
    *b = operand_of(l, eb);
    if (a->is_acc && b->is_acc) to_slot(l, ea->kind == ENTRY_LOCAL ? a : b,
                                        ea->kind == ENTRY_LOCAL ? ea : eb);
    if (a->is_const && b->is_const) to_slot(l, a, ea);
}

/* The source mode of two operands; constants on both sides, or one that its op has no variant
 * for, are put in a slot. */
static enum source source_of(struct operand *a, struct operand *b) {
    if (a->is_acc) return b->is_const ? SOURCE_AI : SOURCE_AS;
    if (a->is_const) return b->is_acc ? SOURCE_IA : SOURCE_IS;
    return b->is_acc ? SOURCE_SA : b->is_const ? SOURCE_SI : SOURCE_SS;
}

static void emit_operands(struct lower *l, enum source source, const struct operand *a,
                          const struct operand *b, uint8_t type) {
    switch (source) {
    case SOURCE_SS: emit(l, a->slot); emit(l, b->slot); break;
    case SOURCE_AS: emit(l, b->slot); break;
    case SOURCE_SA: emit(l, a->slot); break;
    case SOURCE_SI: emit(l, a->slot); emit_constant(l, type, b->value); break;
    case SOURCE_AI: emit_constant(l, type, b->value); break;
    case SOURCE_IS: emit(l, b->slot); emit_constant(l, type, a->value); break;
    case SOURCE_IA: emit_constant(l, type, a->value); break;
    }
}

static void swap(struct operand *a, struct operand *b) {
    struct operand t = *a;
    *a = *b;
    *b = t;
}

LOWER(binary) {
    (void)op;
    struct entry eb = pop_entry(l), ea = pop_entry(l);
    struct operand a, b;
    operands_of(l, &ea, &a, &eb, &b);
    enum source source = source_of(&a, &b);
    uint32_t start = begin_result(l, rule->iop + 2u * source, rule->out);
    emit_operands(l, source, &a, &b, rule->in);
    push_acc(l, rule->out, start);
}

/* Puts the accumulator or the slot first, the constant last. */
static void order(struct operand *a, struct operand *b, bool *is_swapped) {
    *is_swapped = a->is_const || (b->is_acc && !a->is_acc);
    if (*is_swapped) swap(a, b);
}

LOWER(commutative) {
    struct entry eb = pop_entry(l), ea = pop_entry(l);
    struct operand a, b;
    bool is_swapped;
    operands_of(l, &ea, &a, &eb, &b);
    order(&a, &b, &is_swapped);
    enum source source = source_of(&a, &b);
    uint32_t start = begin_result(l, rule->iop + 2u * source, rule->out);
    emit_operands(l, source, &a, &b, rule->in);
    push_acc(l, rule->out, start);
    bool in_slots = source == SOURCE_SS || source == SOURCE_SI;
    if (op->op != WASM_OP_I32_ADD || !in_slots) return;
    l->last.kind = LAST_ADD;
    l->last.mode = (uint8_t)source;
    l->last.a = (uint16_t)a.slot;
    l->last.b = (uint16_t)b.slot;
    l->last.value = b.value;
}

static void emit_compare(struct lower *l, const struct lower_rule *rule, enum source source,
                         const struct operand *a, const struct operand *b) {
    bool is_equality = rule->iop == IOP_I32_EQ_SS_A || rule->iop == IOP_I32_NE_SS_A;
    bool of_global = is_equality && source == SOURCE_AI && is_last(l, LAST_GLOBAL);
    uint32_t global = l->last.global, global_at = l->last.start + 1;
    uint32_t start = begin_result(l, rule->iop + 2u * source, WASM_I32);
    emit_operands(l, source, a, b, rule->in);
    push_acc(l, WASM_I32, start);
    if (rule->inverse == 0) return; /* floats: not fused */
    l->last.global = global;
    l->last.global_at = of_global ? global_at : 0;
    l->last.kind = LAST_CMP;
    l->last.rule = rule;
    l->last.mode = (uint8_t)source;
    l->last.a = (uint16_t)a->slot;
    l->last.b = (uint16_t)b->slot;
    l->last.value = b->value;
}

LOWER(compare) {
    (void)op;
    struct entry eb = pop_entry(l), ea = pop_entry(l);
    struct operand a, b;
    bool is_swapped;
    operands_of(l, &ea, &a, &eb, &b);
    order(&a, &b, &is_swapped);
    if (is_swapped) rule = &lower_rules[rule->swapped];
    emit_compare(l, rule, source_of(&a, &b), &a, &b);
}

/* x == 0, so that it is fused with a branch as any comparison; of a comparison: its inverse. */
LOWER(eqz) {
    (void)op;
    struct entry e = pop_entry(l);
    if (e.kind == ENTRY_ACC && is_last(l, LAST_CMP)) {
        struct last_op cmp = l->last;
        struct operand a = {.slot = cmp.a}, b = {.slot = cmp.b, .value = cmp.value};
        emit_rewind(l, cmp.start);
        emit_compare(l, &lower_rules[cmp.rule->inverse], (enum source)cmp.mode, &a, &b);
        l->last.global = cmp.global;
        l->last.global_at = cmp.global_at;
        return;
    }
    struct operand a = operand_of(l, &e), zero = {.is_const = true};
    if (a.is_const) to_slot(l, &a, &e);
    emit_compare(l, rule, source_of(&a, &zero), &a, &zero);
}

LOWER(unary) {
    (void)op;
    struct entry e = pop_entry(l);
    bool is_acc = is_in_acc(l, &e);
    uint32_t slot = is_acc ? 0 : slot_of(l, &e);
    uint32_t start = begin_result(l, rule->iop + (is_acc ? 2u : 0), rule->out);
    if (!is_acc) emit(l, slot);
    push_acc(l, rule->out, start);
}

/* The same bits as another type: i64.extend_i32_u (slots hold an i32 with zeros above it) and the
 * reinterpretations. An accumulator belongs to one class of types, so it goes to its slot. */
LOWER(retype) {
    (void)op;
    struct entry e = pop_entry(l);
    if (e.kind == ENTRY_CONST) {
        push_entry(l, ENTRY_CONST, rule->out)->value = e.value;
        return;
    }
    if (e.kind == ENTRY_ACC && acc_of(e.type) == acc_of(rule->out)) {
        (void)push_entry(l, ENTRY_ACC, rule->out);
        l->accs[acc_of(e.type)].entry = l->entry_count;
        return;
    }
    if (e.kind == ENTRY_LOCAL) {
        uint32_t start = l->count;
        emit_op(l, IOP_COPY);
        emit(l, l->next_slot);
        emit(l, l->local_slots[e.local]);
        push_result(l, rule->out, start);
        return;
    }
    (void)slot_of(l, &e);
    (void)push_entry(l, ENTRY_SLOT, rule->out);
}

/* --- Loads and stores --- */

/* The modes of an address: a slot, the accumulator, the sum of two slots, of slot and constant. */
enum address_mode { ADDRESS_S, ADDRESS_A, ADDRESS_P, ADDRESS_K };
struct address {
    enum address_mode mode;
    uint32_t a, b; /* slots; b the constant of K */
    uint64_t offset;
};

static struct address address_of(struct lower *l, const struct entry *e) {
    if (!is_in_acc(l, e)) return (struct address){ADDRESS_S, slot_of(l, e), 0, 0};
    if (!is_last(l, LAST_ADD)) return (struct address){.mode = ADDRESS_A};
    emit_rewind(l, l->last.start);
    if (l->last.mode == SOURCE_SS) return (struct address){ADDRESS_P, l->last.a, l->last.b, 0};
    return (struct address){ADDRESS_K, l->last.a, (uint32_t)l->last.value, 0};
}

static struct address pop_address(struct lower *l, const struct walk_op *op) {
    struct entry e = pop_entry(l);
    struct far_address far = {e, op->value};
    if (is_far(l, op)) far = begin_far(l, op, e);
    struct address address = address_of(l, &far.entry);
    address.offset = far.offset;
    return address;
}

static void emit_address(struct lower *l, const struct address *address) {
    if (address->mode != ADDRESS_A) emit(l, address->a);
    if (address->mode == ADDRESS_P) emit(l, address->b);
    if (address->mode == ADDRESS_K) emit_u32(l, address->b);
    emit_u32(l, (uint32_t)address->offset);
}

LOWER(load) {
    struct address address = pop_address(l, op);
    uint32_t start = begin_result(l, rule->iop + 2u * address.mode, rule->out);
    emit_address(l, &address);
    push_acc(l, rule->out, start);
    if (is_far(l, op)) end_far(l);
}

/* rule->iop is the family that stores from slots, rule->inverse the one from the floats' acc. */
LOWER(store) {
    enum { S_A = 4, S_I = 5, A_I = 6, P_I = 7, K_I = 8, FLOAT_S_A = 0, FLOAT_A_A = 1 };
    struct entry value = pop_entry(l);
    /* A local that is in the accumulator may be the address as well. */
    if (value.kind == ENTRY_LOCAL && is_in_acc(l, &l->entries[l->entry_count - 1]) &&
        acc_of(value.type) == ACC_INT)
        l->accs[ACC_INT].end = 0;
    bool in_float = is_in_acc(l, &value) && acc_of(value.type) == ACC_FLOAT;
    bool in_int = is_in_acc(l, &value) && !in_float;
    bool is_const = value.kind == ENTRY_CONST;
    uint32_t slot = value.kind == ENTRY_SLOT || value.kind == ENTRY_LOCAL ? slot_of(l, &value) : 0;
    struct address address = pop_address(l, op);
    if (in_float) {
        emit_op(l, rule->inverse + (address.mode == ADDRESS_A ? FLOAT_A_A : FLOAT_S_A));
    } else if (in_int) {
        emit_op(l, rule->iop + S_A);
    } else {
        static const uint8_t constant[] = {S_I, A_I, P_I, K_I};
        emit_op(l, rule->iop + (is_const ? constant[address.mode] : (uint32_t)address.mode));
        if (!is_const) emit(l, slot);
    }
    emit_address(l, &address);
    if (is_const) emit_constant(l, rule->in, value.value);
    if (is_far(l, op)) end_far(l);
}
