/* lower_exception.c - try_table, throw: what is thrown finds its way by rows behind the code. */
#include "exec/interp/lower.h"

static void add_handler(struct lower *l, const struct walk_catch *c) {
    if (!alloc_reserve(l->allocator, (void **)&l->handlers, &l->handler_capacity,
                       l->handler_count + 1, sizeof *l->handlers)) {
        lower_fail(l, NACRE_NO_MEMORY, "out of memory while lowering");
        return;
    }
    struct code_handler *h = &l->handlers[l->handler_count++];
    *h = (struct code_handler){.start = l->count, .kind = c->kind, .tag = c->tag};
    h->base = (uint16_t)handler_label(l, c->label, l->handler_count - 1, &h->target);
}

/* Rows are looked at from the last to the first: inner blocks before outer ones, and so the
 * clauses of one are added backwards. */
LOWER(try_table) {
    (void)rule;
    bring_all_home(l);
    uint32_t first = l->handler_count;
    for (uint32_t i = op->index; i-- > 0;) add_handler(l, &op->catches[i]);
    push_block(l, op);
    l->blocks[l->depth - 1].handler = first;
    l->blocks[l->depth - 1].handler_count = l->handler_count - first;
}

void end_try(struct lower *l, const struct block *block) {
    for (uint32_t i = 0; i < block->handler_count && l->status == NACRE_OK; i++)
        l->handlers[block->handler + i].end = l->count;
}

void emit_handlers(struct lower *l) {
    for (uint32_t i = 0; i < l->handler_count; i++) {
        const struct code_handler *h = &l->handlers[i];
        emit_u32(l, h->start);
        emit_u32(l, h->end);
        emit_u32(l, h->target);
        emit_u32(l, h->tag);
        emit(l, h->kind);
        emit(l, h->base);
    }
    if (l->handler_count > UINT16_MAX)
        lower_fail(l, NACRE_LIMIT, "the function has more than 65535 catch clauses");
    emit(l, l->handler_count);
}

LOWER(throw) {
    (void)rule;
    uint32_t count = op->functype->param_count;
    bring_home(l, count);
    settle_all(l);
    note_roots(l, l->count);
    emit_op(l, IOP_THROW);
    emit_u32(l, l->func);
    emit_u32(l, op->index);
    emit(l, count ? l->entries[l->entry_count - count].slot : l->next_slot);
}

LOWER(throw_ref) {
    (void)op;
    (void)rule;
    struct entry e = pop_entry(l);
    uint32_t slot = slot_of(l, &e);
    emit_op(l, IOP_THROW_REF);
    emit_u32(l, l->func);
    emit(l, slot);
}
