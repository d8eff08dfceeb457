/* emit.c - what all rules use: the operand stack, constants, traps, the context, helpers. */
#include <string.h>

#include "compiler/emit_simd.h"

void emit_fail(struct emit *e, nacre_status status, const char *text) {
    if (e->status != NACRE_OK) return;
    e->status = status;
    e->failure = text;
}

/* --- The operand stack --- */

void push(struct emit *e, LLVMValueRef v, wasm_valtype type) {
    if (!alloc_reserve(e->allocator, (void **)&e->stack, &e->capacity, e->count + 1,
                       sizeof *e->stack)) {
        emit_fail(e, NACRE_NO_MEMORY, "out of memory while compiling");
        return;
    }
    e->stack[e->count++] = (struct value){v, type};
}

LLVMValueRef pop(struct emit *e) {
    /* After a failure the stack is not what the walk thinks: nothing of it is used anymore. */
    return e->count ? e->stack[--e->count].v : const_i32(e->chunk, 0);
}

/* --- Lists --- */

void append(struct emit *e, struct value_list *list, LLVMValueRef value) {
    if (!alloc_reserve(e->allocator, (void **)&list->values, &list->capacity, list->count + 1,
                       sizeof *list->values)) {
        emit_fail(e, NACRE_NO_MEMORY, "out of memory while compiling");
        return;
    }
    list->values[list->count++] = value;
}

void free_list(struct emit *e, struct value_list *list) {
    ALLOC_FREE_ARRAY(e->allocator, list->values, list->capacity);
}

/* --- Types and constants --- */

LLVMTypeRef emit_type(const struct chunk *c, wasm_valtype type) {
    switch (wasm_code(type)) {
    case WASM_I64: return c->i64;
    case WASM_F32: return c->f32;
    case WASM_F64: return c->f64;
    case WASM_V128: return c->v128;
    default: return c->i32;
    }
}

LLVMValueRef const_i32(const struct chunk *c, uint32_t value) {
    return LLVMConstInt(c->i32, value, false);
}

LLVMValueRef const_i64(const struct chunk *c, uint64_t value) {
    return LLVMConstInt(c->i64, value, false);
}

/* --- Blocks --- */

LLVMBasicBlockRef new_block(struct emit *e, const char *name) {
    return LLVMAppendBasicBlockInContext(e->chunk->context, e->function, name);
}

void go_to(struct emit *e, LLVMBasicBlockRef block) {
    LLVMPositionBuilderAtEnd(e->b, block);
}

LLVMValueRef branch_unlikely(struct emit *e, LLVMValueRef condition, LLVMBasicBlockRef taken,
                             LLVMBasicBlockRef otherwise) {
    LLVMValueRef branch = LLVMBuildCondBr(e->b, condition, taken, otherwise);
    LLVMSetMetadata(branch, e->chunk->prof_kind, e->chunk->unlikely);
    return branch;
}

/* --- Traps --- */

void keep_apart(struct emit *e, LLVMValueRef call) {
    LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                             e->chunk->nomerge);
}

void call_plain(struct emit *e, LLVMValueRef function) {
    LLVMValueRef call = LLVMBuildCall2(e->b, LLVMGlobalGetValueType(function), function,
                                       &e->context, 1, "");
    LLVMSetInstructionCallConv(call, LLVMGetFunctionCallConv(function));
    LLVMAddCallSiteAttribute(call, 1, e->chunk->swiftself);
    keep_apart(e, call);
}

void trap_now(struct emit *e, nacre_trap reason) {
    call_plain(e, chunk_trap(e->chunk, reason));
    LLVMBuildUnreachable(e->b);
}

LLVMValueRef trap_if(struct emit *e, LLVMValueRef condition, nacre_trap reason) {
    LLVMBasicBlockRef trap = new_block(e, "trap"), on = new_block(e, "on");
    LLVMValueRef branch = branch_unlikely(e, condition, trap, on);
    go_to(e, trap);
    trap_now(e, reason);
    go_to(e, on);
    return branch;
}

/* --- The context --- */

LLVMValueRef context_at(struct emit *e, uint64_t distance) {
    LLVMValueRef at = const_i64(e->chunk, 0 - distance);
    return LLVMBuildInBoundsGEP2(e->b, e->chunk->i8, e->context, &at, 1, "");
}

LLVMValueRef load_at(struct emit *e, LLVMValueRef base, uint64_t offset, LLVMTypeRef type,
                     LLVMValueRef tbaa) {
    LLVMValueRef at = const_i64(e->chunk, offset);
    LLVMValueRef from = LLVMBuildInBoundsGEP2(e->b, e->chunk->i8, base, &at, 1, "");
    LLVMValueRef value = LLVMBuildLoad2(e->b, type, from, "");
    if (LLVMGetTypeKind(type) == LLVMVectorTypeKind) LLVMSetAlignment(value, 8);
    if (tbaa) LLVMSetMetadata(value, e->chunk->tbaa_kind, tbaa);
    return value;
}

LLVMValueRef store_at(struct emit *e, LLVMValueRef value, LLVMValueRef base, uint64_t offset,
                      LLVMValueRef tbaa) {
    LLVMValueRef at = const_i64(e->chunk, offset);
    LLVMValueRef to = LLVMBuildInBoundsGEP2(e->b, e->chunk->i8, base, &at, 1, "");
    LLVMValueRef store = LLVMBuildStore(e->b, value, to);
    if (LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMVectorTypeKind) LLVMSetAlignment(store, 8);
    if (tbaa) LLVMSetMetadata(store, e->chunk->tbaa_kind, tbaa);
    return store;
}

/* LLVM does not know that an access may trap, after which others see what was stored: it must not
 * be left out or put off because something else is stored later. A call it does know. */
static void finish_visible(struct emit *e) {
    for (uint32_t i = 0; e->may_fault && i < e->visible.count; i++)
        LLVMSetVolatile(e->visible.values[i], true);
}

LLVMValueRef load_context(struct emit *e, uint64_t distance, LLVMTypeRef type, bool invariant) {
    LLVMValueRef value = load_at(e, e->context, 0 - distance, type, e->chunk->tbaa_context);
    if (invariant) LLVMSetMetadata(value, e->chunk->invariant_kind, e->chunk->invariant);
    return value;
}

/* --- Calls out --- */

LLVMValueRef intrinsic_of(struct emit *e, const char *name, LLVMTypeRef *types,
                          unsigned type_count, LLVMValueRef *args, unsigned count) {
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(e->chunk->module, id, types, type_count);
    return LLVMBuildCall2(e->b, LLVMGlobalGetValueType(function), function, args, count, "");
}

LLVMValueRef intrinsic(struct emit *e, const char *name, LLVMTypeRef type, LLVMValueRef *args,
                       unsigned count) {
    return intrinsic_of(e, name, &type, 1, args, count);
}

static LLVMTypeRef kind_type(const struct chunk *c, char kind) {
    switch (kind) {
    case 'i': return c->i32;
    case 'I': return c->i64;
    case '-': return c->nothing;
    default: return c->ptr;
    }
}

static const struct helper_info {
    char result;
    const char *params;
} helper_infos[IMAGE_HELPER_COUNT] = {
#define IMAGE_HELPER(id, result, params) {result, params},
#include "image/helpers.def"
#undef IMAGE_HELPER
};

/* The type of the gate for a helper: the helper in the register for `nest`, then what it takes. */
static LLVMTypeRef gate_type(const struct chunk *c, const struct helper_info *info) {
    enum { PARAMS_MAX = 8 };
    LLVMTypeRef params[PARAMS_MAX] = {c->ptr, c->ptr};
    unsigned count = 2;
    for (const char *p = info->params; *p; p++) params[count++] = kind_type(c, *p);
    return LLVMFunctionType(kind_type(c, info->result), params, count, false);
}

LLVMValueRef call_helper(struct emit *e, enum image_helper helper, LLVMValueRef *args,
                         unsigned count) {
    enum { ARGS_MAX = 8 };
    const struct chunk *c = e->chunk;
    LLVMValueRef all[ARGS_MAX];
    LLVMValueRef table = load_context(e, HEAD(helpers), c->ptr, true);
    all[0] = load_at(e, table, helper * sizeof(void *), c->ptr, c->tbaa_context);
    LLVMSetMetadata(all[0], c->invariant_kind, c->invariant);
    all[1] = e->context;
    for (unsigned i = 0; i < count; i++) all[2 + i] = args[i];
    LLVMValueRef gate = load_context(e, HEAD(gate), c->ptr, true);
    LLVMValueRef call = LLVMBuildCall2(e->b, gate_type(c, &helper_infos[helper]), gate, all,
                                       count + 2, "");
    LLVMAddCallSiteAttribute(call, 1, c->nest);
    keep_apart(e, call);
    LLVMSetTailCallKind(call, LLVMTailCallKindNoTail);
    return helper_infos[helper].result == '-' ? NULL : call;
}

/* --- Functions --- */

/* What can neither trap nor call: it counts as part of what came before it, because a change of
 * place costs the image more than a byte. Where there is fuel, anything can be where it ends. */
static bool has_place(const struct emit *e, const struct emit_rule *rule) {
    static void (*const plain[])(struct emit *, const struct walk_op *,
                                 const struct emit_rule *) = {
        emit_local_get, emit_const, emit_binary, emit_local_set, emit_local_tee, emit_compare,
        emit_eqz, emit_shift, emit_rotate, emit_count, emit_cast, emit_extend, emit_select,
        emit_drop, emit_float_compare, emit_unary_intrinsic, emit_binary_intrinsic, emit_negate,
        emit_extremum, emit_truncate_sat};
    for (size_t i = 0; i < ARRAY_COUNT(plain) && !e->compile->options.metering; i++)
        if (rule->emit == plain[i]) return false;
    return true;
}

static nacre_status emit_op(struct walk_sink *sink, const struct walk *walk,
                            const struct walk_op *op) {
    struct emit *e = (struct emit *)sink;
    const struct emit_rule *rule = &emit_rules[op->op];
    if (!rule->emit) rule = &emit_simd_rules[op->op];
    bool is_free = op->op == WASM_OP_NOP || op->op == WASM_OP_BLOCK || op->op == WASM_OP_LOOP ||
                   op->op == WASM_OP_ELSE || op->op == WASM_OP_END;
    e->walk = walk;
    e->offset = op->offset;
    if (!is_free) e->cost++;
    if (has_place(e, rule))
        LLVMSetCurrentDebugLocation2(
            e->b, LLVMDIBuilderCreateDebugLocation(e->chunk->context, op->offset, 0, e->scope,
                                                   NULL));
    if (!rule->emit) {
        emit_fail(e, NACRE_UNSUPPORTED, wasm_op_name(op->op));
        return e->status;
    }
    rule->emit(e, op, rule);
    if (e->compile->options.deterministic) emit_canonical(e, op);
    return e->status;
}

static nacre_status begin(struct walk_sink *sink, const struct walk *walk) {
    struct emit *e = (struct emit *)sink;
    if (!alloc_reserve(e->allocator, (void **)&e->locals, &e->local_capacity,
                       walk->local_count + 1, sizeof *e->locals) ||
        !alloc_reserve(e->allocator, (void **)&e->local_types, &e->local_type_capacity,
                       walk->local_count + 1, sizeof *e->local_types)) {
        emit_fail(e, NACRE_NO_MEMORY, "out of memory while compiling");
        return e->status;
    }
    begin_body(e, walk);
    return e->status;
}

/* The function as debuggers see it; its lines are offsets in the module. */
static LLVMMetadataRef describe(struct emit *e, uint32_t func) {
    struct chunk *c = e->chunk;
    struct wasm_name name = wasm_func_name(e->module, func);
    unsigned line = e->module->funcs[func].offset;
    LLVMMetadataRef type =
        LLVMDIBuilderCreateSubroutineType(c->debug, c->file, NULL, 0, LLVMDIFlagZero);
    return LLVMDIBuilderCreateFunction(c->debug, c->file, name.size ? name.bytes : "", name.size,
                                       "", 0, c->file, line, type, true, true, line,
                                       LLVMDIFlagZero, true);
}

nacre_status emit_function(struct emit *e, struct walk *walk, uint32_t func) {
    struct chunk *c = e->chunk;
    e->sink.op = emit_op;
    e->b = c->builder;
    e->func = func;
    e->function = chunk_function(c, func);
    e->context = LLVMGetParam(e->function, 0);
    e->count = e->depth = e->phi_count = 0;
    e->meter = NULL;
    e->catch_count = e->handler_count = 0;
    e->arrivals.count = e->visible.count = e->carried.count = 0;
    e->may_fault = e->has_arrived = false;
    e->offset = e->module->funcs[func].offset;
    e->scope = describe(e, func);
    LLVMSetSubprogram(e->function, e->scope);
    walk->sink = &e->sink;
    nacre_status status = walk_function(walk, func, begin);
    if (status == NACRE_OK && e->compile->options.continues && !e->has_arrived) {
        emit_fail(e, NACRE_ARGUMENT, "no such loop");
        status = e->status;
    }
    if (status == NACRE_OK) {
        finish_arrival(e);
        finish_roots(e);
        finish_handlers(e);
        finish_visible(e);
    }
    LLVMSetCurrentDebugLocation2(e->b, NULL);
    return status;
}

void emit_deinit(struct emit *e) {
    deinit_roots(e);
    ALLOC_FREE_ARRAY(e->allocator, e->catches, e->catch_capacity);
    free_list(e, &e->arrivals);
    free_list(e, &e->visible);
    free_list(e, &e->carried);
    ALLOC_FREE_ARRAY(e->allocator, e->stack, e->capacity);
    ALLOC_FREE_ARRAY(e->allocator, e->frames, e->frame_capacity);
    ALLOC_FREE_ARRAY(e->allocator, e->phis, e->phi_capacity);
    ALLOC_FREE_ARRAY(e->allocator, e->locals, e->local_capacity);
    ALLOC_FREE_ARRAY(e->allocator, e->local_types, e->local_type_capacity);
}
