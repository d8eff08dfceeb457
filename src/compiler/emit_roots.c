/*
 * emit_roots.c - telling the collector which objects a function still needs.
 *
 * A function that holds references while objects may be made has slots above thread->roots: one
 * for each local that may refer to an object, written whenever the local is; and behind them one
 * for each such value of the operand stack, written before what may collect, unless it is there
 * already. Values need not be read back, as objects never move. How many slots there are is known
 * when the function has been walked: only then the prologue is made, if there has to be one.
 */
#include "compiler/emit.h"

enum { NO_SLOT = UINT32_MAX, SLOT_BYTES = sizeof(uint64_t) };

static bool is_root(const struct emit *e, wasm_valtype type) {
    return wasm_is_ref(type) && wasm_is_root(e->module->registry, type);
}

void begin_roots(struct emit *e, const struct walk *walk) {
    struct roots *r = &e->roots;
    r->base = NULL;
    r->local_count = r->operand_count = 0;
    r->stores.count = r->exits.count = r->kept.count = 0;
    r->is_needed = false;
    if (!alloc_reserve(e->allocator, (void **)&r->slots, &r->slot_capacity,
                       walk->local_count + 1, sizeof *r->slots)) {
        emit_fail(e, NACRE_NO_MEMORY, "out of memory while compiling");
        return;
    }
    for (uint32_t i = 0; i < walk->local_count; i++)
        r->slots[i] = is_root(e, walk->locals[i]) ? r->local_count++ : (uint32_t)NO_SLOT;
    r->entry = LLVMGetInsertBlock(e->b);
    r->body = new_block(e, "body");
    LLVMBuildBr(e->b, r->body);
    go_to(e, r->body);
}

/* Where the slots begin: what thread->roots was on the way in. */
static LLVMValueRef slots_of_frame(struct emit *e) {
    struct roots *r = &e->roots;
    const struct chunk *c = e->chunk;
    if (r->base) return r->base;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(e->b);
    LLVMMetadataRef at = LLVMGetCurrentDebugLocation2(e->b);
    LLVMPositionBuilderBefore(e->b, LLVMGetBasicBlockTerminator(r->entry));
    LLVMValueRef thread = load_context(e, HEAD(thread), c->ptr, true);
    r->base = load_at(e, thread, offsetof(struct image_thread, roots), c->ptr, c->tbaa_context);
    go_to(e, here);
    LLVMSetCurrentDebugLocation2(e->b, at); /* it had become the terminator's */
    return r->base;
}

static LLVMValueRef store_root(struct emit *e, LLVMValueRef ref, uint32_t slot) {
    LLVMValueRef base = slots_of_frame(e);
    LLVMValueRef wide = LLVMBuildZExt(e->b, ref, e->chunk->i64, "");
    return store_at(e, wide, base, (uint64_t)slot * SLOT_BYTES, e->chunk->tbaa_root);
}

void note_local(struct emit *e, uint32_t local, LLVMValueRef value) {
    struct roots *r = &e->roots;
    if (r->slots[local] == NO_SLOT) return;
    append(e, &r->stores, store_root(e, value, r->slots[local]));
}

/* The k-th root of the operand stack is in its slot, after this. What was stored there is known
 * until control joins: values below the top of the stack do not change. */
static void keep_operand(struct emit *e, uint32_t k, LLVMValueRef ref) {
    struct roots *r = &e->roots;
    if (k < r->kept.count && r->kept.values[k] == ref) return;
    (void)store_root(e, ref, r->local_count + k);
    if (k < r->kept.count) r->kept.values[k] = ref;
    else append(e, &r->kept, ref);
}

void keep_roots(struct emit *e, uint32_t arguments) {
    struct roots *r = &e->roots;
    uint32_t found = 0;
    for (uint32_t i = 0; i + arguments < e->count && e->status == NACRE_OK; i++)
        if (is_root(e, e->stack[i].type)) keep_operand(e, found++, e->stack[i].v);
    if (found > r->operand_count) r->operand_count = found;
    if (found || r->local_count) r->is_needed = true;
}

void forget_kept(struct emit *e) { e->roots.kept.count = 0; }

void note_exit(struct emit *e, LLVMValueRef exit) { append(e, &e->roots.exits, exit); }

/* --- When the function has been walked --- */

static void set_roots(struct emit *e, LLVMValueRef roots) {
    LLVMValueRef thread = load_context(e, HEAD(thread), e->chunk->ptr, true);
    store_at(e, roots, thread, offsetof(struct image_thread, roots), e->chunk->tbaa_context);
}

/* Takes the slots, which must not have anything in them that is no reference. */
static void make_prologue(struct emit *e, uint32_t param_count) {
    struct roots *r = &e->roots;
    const struct chunk *c = e->chunk;
    LLVMValueRef base = slots_of_frame(e);
    uint64_t bytes = ((uint64_t)r->local_count + r->operand_count) * SLOT_BYTES;
    LLVMValueRef size = const_i64(c, bytes);
    LLVMInstructionEraseFromParent(LLVMGetBasicBlockTerminator(r->entry));
    go_to(e, r->entry);
    LLVMValueRef thread = load_context(e, HEAD(thread), c->ptr, true);
    LLVMValueRef limit =
        load_at(e, thread, offsetof(struct image_thread, roots_end), c->ptr, c->tbaa_context);
    LLVMValueRef end = LLVMBuildGEP2(e->b, c->i8, base, &size, 1, "");
    trap_if(e, LLVMBuildICmp(e->b, LLVMIntUGT, end, limit, ""), NACRE_TRAP_STACK_EXHAUSTED);
    LLVMValueRef clear =
        LLVMBuildMemSet(e->b, base, LLVMConstInt(c->i8, 0, false), size, SLOT_BYTES);
    LLVMSetMetadata(clear, c->tbaa_kind, c->tbaa_root);
    for (uint32_t i = 0; i < param_count; i++)
        if (r->slots[i] != NO_SLOT)
            (void)store_root(e, LLVMBuildLoad2(e->b, c->i32, e->locals[i], ""), r->slots[i]);
    set_roots(e, end);
    LLVMBuildBr(e->b, r->body);
}

void finish_roots(struct emit *e) {
    struct roots *r = &e->roots;
    if (!r->is_needed) {
        for (uint32_t i = 0; i < r->stores.count; i++)
            LLVMInstructionEraseFromParent(r->stores.values[i]);
        return;
    }
    LLVMMetadataRef at = LLVMDIBuilderCreateDebugLocation(
        e->chunk->context, e->module->funcs[e->func].offset, 0, e->scope, NULL);
    LLVMSetCurrentDebugLocation2(e->b, at);
    make_prologue(e, wasm_func_type(e->module, e->func)->param_count);
    for (uint32_t i = 0; i < r->exits.count; i++) {
        LLVMPositionBuilderBefore(e->b, r->exits.values[i]);
        set_roots(e, r->base);
    }
}

void deinit_roots(struct emit *e) {
    struct roots *r = &e->roots;
    ALLOC_FREE_ARRAY(e->allocator, r->slots, r->slot_capacity);
    free_list(e, &r->stores);
    free_list(e, &r->exits);
    free_list(e, &r->kept);
}
