/* lower_far.c - accesses of another memory than 0, or by a 64-bit address: the ordinary ops, with
 * what they take for memory 0 changed before and changed back after. */
#include "exec/interp/lower.h"

static bool is_64(const struct lower *l, uint32_t memory) {
    return l->module->wasm.memories[memory].is64;
}

bool is_far(const struct lower *l, const struct walk_op *op) {
    return op->memory != 0 || is_64(l, 0);
}

static void use_memory(struct lower *l, uint32_t memory) {
    emit_op(l, IOP_USE_MEMORY);
    emit_u32(l, memory);
}

struct far_address begin_far(struct lower *l, const struct walk_op *op, struct entry address) {
    if (!is_64(l, op->memory)) {
        use_memory(l, op->memory);
        return (struct far_address){address, op->value};
    }
    uint32_t slot = slot_of(l, &address);
    emit_op(l, IOP_FAR_ADDRESS);
    emit(l, address.slot);
    emit(l, slot);
    emit_u32(l, op->memory);
    emit_u64(l, op->value);
    address.kind = ENTRY_SLOT;
    return (struct far_address){address, 0};
}

void end_far(struct lower *l) { use_memory(l, 0); }
