/* emit_call.c - calls, returns, and what of their values goes by way of the thread (abi.h). */
#include "compiler/emit.h"

enum { VALUES_MAX = WASM_PARAMS_MAX + 1 };

static bool is_float(wasm_valtype type) {
    return type == WASM_F32 || type == WASM_F64 || type == WASM_V128;
}

/* Which params come in registers: the place of each among the function's LLVM params, or 0 and its
 * slot in the thread's values. */
struct place {
    uint32_t param, slot;
};

static uint32_t place_params(const struct wasm_type *type, struct place *places) {
    uint32_t ints = 0, floats = 0, next = 1, slot = 0;
    for (uint32_t i = 0; i < type->param_count; i++) {
        wasm_valtype t = wasm_params(type)[i];
        bool fits = is_float(t) ? floats++ < SIGNATURE_FLOATS : ints++ < SIGNATURE_INTS;
        places[i] = (struct place){fits ? next++ : 0, slot};
        if (!fits) slot += wasm_slots(t);
    }
    return next;
}

LLVMTypeRef chunk_function_type(struct chunk *c, const struct wasm_type *type) {
    struct place places[VALUES_MAX];
    LLVMTypeRef params[1 + SIGNATURE_INTS + SIGNATURE_FLOATS] = {c->ptr};
    uint32_t count = place_params(type, places);
    for (uint32_t i = 0; i < type->param_count; i++)
        if (places[i].param) params[places[i].param] = emit_type(c, wasm_params(type)[i]);
    LLVMTypeRef result =
        type->result_count ? emit_type(c, wasm_results(type)[0]) : c->nothing;
    return LLVMFunctionType(result, params, count, false);
}

LLVMValueRef thread_values(struct emit *e) {
    const struct chunk *c = e->chunk;
    LLVMValueRef thread = load_context(e, HEAD(thread), c->ptr, true);
    LLVMValueRef values =
        load_at(e, thread, offsetof(struct image_thread, values), c->ptr, c->tbaa_context);
    LLVMSetMetadata(values, c->invariant_kind, c->invariant);
    return values;
}

void load_params(struct emit *e, const struct wasm_type *type) {
    struct place places[VALUES_MAX];
    (void)place_params(type, places);
    for (uint32_t i = 0; i < type->param_count; i++) {
        LLVMValueRef value = places[i].param
            ? LLVMGetParam(e->function, places[i].param)
            : load_at(e, thread_values(e), places[i].slot * sizeof(uint64_t), e->local_types[i],
                      e->chunk->tbaa_context);
        LLVMBuildStore(e->b, value, e->locals[i]);
    }
}

/* --- Results --- */

/* Returns the topmost values: the first in its register, the others with the thread. */
static void return_values(struct emit *e, const struct wasm_type *type) {
    uint32_t slot = 0;
    if (e->status != NACRE_OK) return;
    const struct value *results = &e->stack[e->count - type->result_count];
    for (uint32_t i = 1; i < type->result_count; i++) {
        slot += wasm_slots(wasm_results(type)[i - 1]);
        store_at(e, results[i].v, thread_values(e), slot * sizeof(uint64_t),
                 e->chunk->tbaa_context);
    }
    note_exit(e, type->result_count ? LLVMBuildRet(e->b, results[0].v) : LLVMBuildRetVoid(e->b));
}

void emit_results(struct emit *e) { return_values(e, wasm_func_type(e->module, e->func)); }

static void push_results(struct emit *e, const struct wasm_type *type, LLVMValueRef first) {
    uint32_t slot = 0;
    for (uint32_t i = 0; i < type->result_count; i++) {
        wasm_valtype t = wasm_results(type)[i];
        LLVMValueRef value = i == 0 ? first
            : load_at(e, thread_values(e), slot * sizeof(uint64_t), emit_type(e->chunk, t),
                      e->chunk->tbaa_context);
        push(e, value, t);
        slot += wasm_slots(t);
    }
}

/* --- Calls --- */

/* Pops the arguments and calls code of the type with our own context. */
static LLVMValueRef build_call(struct emit *e, const struct wasm_type *type, LLVMValueRef code) {
    struct place places[VALUES_MAX];
    LLVMValueRef args[1 + SIGNATURE_INTS + SIGNATURE_FLOATS] = {e->context};
    uint32_t count = place_params(type, places);
    if (e->count < type->param_count) return NULL; /* after a failure */
    e->count -= type->param_count;
    for (uint32_t i = 0; i < type->param_count; i++) {
        LLVMValueRef value = e->stack[e->count + i].v;
        if (places[i].param) args[places[i].param] = value;
        else store_at(e, value, thread_values(e), places[i].slot * sizeof(uint64_t),
                      e->chunk->tbaa_context);
    }
    LLVMValueRef call =
        LLVMBuildCall2(e->b, chunk_function_type(e->chunk, type), code, args, count, "");
    LLVMAddCallSiteAttribute(call, 1, e->chunk->swiftself);
    LLVMSetInstructionCallConv(call, chunk_convention(e->chunk));
    return call;
}

static bool is_tail(const struct walk_op *op) {
    return op->op == WASM_OP_RETURN_CALL || op->op == WASM_OP_RETURN_CALL_INDIRECT ||
           op->op == WASM_OP_RETURN_CALL_REF;
}

/* A call keeps its frame, for backtraces, unless it is a tail call; that one takes no stack, as
 * every argument is in a register or with the thread. */
static void finish_call(struct emit *e, const struct walk_op *op, LLVMValueRef code) {
    const struct wasm_type *type = op->functype;
    if (!is_tail(op)) keep_roots(e, type->param_count);
    LLVMValueRef call = build_call(e, type, code);
    if (!call) return;
    if (!is_tail(op)) {
        LLVMSetTailCallKind(call, LLVMTailCallKindNoTail);
        keep_apart(e, call);
        check_exception(e);
        push_results(e, type, call);
        return;
    }
    LLVMSetTailCallKind(call, LLVMTailCallKindMustTail);
    note_exit(e, call);
    if (type->result_count) LLVMBuildRet(e->b, call);
    else LLVMBuildRetVoid(e->b);
}

/* Tells thunks which function is meant. */
static void store_callee(struct emit *e, LLVMValueRef ref) {
    LLVMValueRef thread = load_context(e, HEAD(thread), e->chunk->ptr, true);
    store_at(e, ref, thread, offsetof(struct image_thread, callee), e->chunk->tbaa_context);
}

LLVMValueRef function_ref(struct emit *e, uint32_t func) {
    const struct chunk *c = e->chunk;
    LLVMValueRef refs = load_context(e, HEAD(refs), c->ptr, true);
    LLVMValueRef ref = load_at(e, refs, func * sizeof(uint32_t), c->i32, c->tbaa_context);
    LLVMSetMetadata(ref, c->invariant_kind, c->invariant);
    return ref;
}

/* A function of the module's own. A continuation has but itself, and asks for the others. */
static LLVMValueRef own_code(struct emit *e, uint32_t func) {
    const struct chunk *c = e->chunk;
    if (!e->compile->options.continues) return chunk_function(e->chunk, func);
    uint32_t defined = func - e->module->imported[WASM_EXTERN_FUNC];
    LLVMValueRef codes = load_context(e, HEAD(codes), c->ptr, true);
    LLVMValueRef at = load_at(e, codes, defined * sizeof(uint32_t), c->i32, c->tbaa_context);
    LLVMSetMetadata(at, c->invariant_kind, c->invariant);
    at = LLVMBuildZExt(e->b, at, c->i64, "");
    LLVMValueRef image = load_context(e, HEAD(image), c->ptr, true);
    return LLVMBuildInBoundsGEP2(e->b, c->i8, image, &at, 1, "");
}

EMIT(call) {
    (void)rule;
    if (op->index >= e->module->imported[WASM_EXTERN_FUNC]) {
        finish_call(e, op, own_code(e, op->index));
        return;
    }
    store_callee(e, function_ref(e, op->index));
    finish_call(e, op,
                load_context(e, image_at_import(e->module, op->index), e->chunk->ptr, true));
}

/* The code of a function whose reference was looked at: straight, if its key says that it is of
 * this type and instance; else the helper finds out, and traps if need be. */
static LLVMValueRef code_of(struct emit *e, LLVMValueRef ref, const struct wasm_type *type,
                            enum image_helper helper, LLVMValueRef *args, unsigned count) {
    const struct chunk *c = e->chunk;
    uint32_t type_index = compile_type_index(e->compile, type->id);
    LLVMValueRef funcs = load_context(e, HEAD(funcs), c->ptr, false);
    LLVMValueRef at = LLVMBuildMul(e->b, LLVMBuildZExt(e->b, ref, c->i64, ""),
                                   const_i64(c, sizeof(struct image_func)), "");
    LLVMValueRef func = LLVMBuildInBoundsGEP2(e->b, c->i8, funcs, &at, 1, "");
    LLVMValueRef key = load_at(e, func, offsetof(struct image_func, key), c->i64, c->tbaa_func);
    LLVMValueRef wanted =
        load_context(e, image_at_key(e->module, type_index), c->i64, true);
    LLVMBasicBlockRef same = new_block(e, "same"), slow = new_block(e, "slow"),
                      go = new_block(e, "go");
    branch_unlikely(e, LLVMBuildICmp(e->b, LLVMIntNE, key, wanted, ""), slow, same);
    go_to(e, same);
    LLVMValueRef codes[2] = {
        load_at(e, func, offsetof(struct image_func, code), c->ptr, c->tbaa_func)};
    LLVMBuildBr(e->b, go);
    go_to(e, slow);
    args[count++] = const_i32(c, type_index);
    codes[1] = call_helper(e, helper, args, count);
    LLVMBuildBr(e->b, go);
    go_to(e, go);
    LLVMValueRef code = LLVMBuildPhi(e->b, c->ptr, "");
    LLVMAddIncoming(code, codes, (LLVMBasicBlockRef[]){same, slow}, 2);
    return code;
}

EMIT(call_indirect) {
    (void)rule;
    const struct chunk *c = e->chunk;
    LLVMValueRef index = table_index(e, op->index2, pop(e));
    if (is_fixed(e, op->index2)) {
        finish_call(e, op, fixed_code(e, op, index));
        return;
    }
    LLVMValueRef ref = load_element(e, op->index2, index, NACRE_TRAP_UNDEFINED_ELEMENT);
    LLVMValueRef args[3] = {index, const_i32(c, op->index2)};
    finish_call(e, op, code_of(e, ref, op->functype, IMAGE_HELPER_RESOLVE, args, 2));
}

EMIT(call_ref) {
    (void)rule;
    LLVMValueRef ref = pop(e);
    LLVMValueRef args[2] = {ref};
    finish_call(e, op, code_of(e, ref, op->functype, IMAGE_HELPER_RESOLVE_REF, args, 1));
}

/* --- Thunks (abi.h) --- */

LLVMValueRef to_slot(struct emit *e, LLVMValueRef value, wasm_valtype type) {
    const struct chunk *c = e->chunk;
    if (type == WASM_F32) value = LLVMBuildBitCast(e->b, value, c->i32, "");
    if (LLVMTypeOf(value) == c->i32) return LLVMBuildZExt(e->b, value, c->i64, "");
    return value;
}

/* enter(context, code, slots) */
static void emit_enter(struct emit *e, const struct wasm_type *type) {
    LLVMValueRef slots = LLVMGetParam(e->function, 2);
    uint32_t slot = 0;
    for (uint32_t i = 0; i < type->param_count; i++) {
        wasm_valtype t = wasm_params(type)[i];
        push(e, load_at(e, slots, slot * sizeof(uint64_t), emit_type(e->chunk, t), NULL), t);
        slot += wasm_slots(t);
    }
    LLVMValueRef call = build_call(e, type, LLVMGetParam(e->function, 1));
    if (!call) return;
    LLVMSetTailCallKind(call, LLVMTailCallKindNoTail);
    push_results(e, type, call);
    slot = 0;
    for (uint32_t i = 0; i < type->result_count; i++) {
        wasm_valtype t = wasm_results(type)[i];
        LLVMValueRef value = e->stack[i].v;
        if (wasm_slots(t) == 1) value = to_slot(e, value, t);
        store_at(e, value, slots, slot * sizeof(uint64_t), NULL);
        slot += wasm_slots(t);
    }
    LLVMBuildRetVoid(e->b);
}

/* Called as a function of the type. */
static void emit_leave(struct emit *e, const struct wasm_type *type) {
    const struct chunk *c = e->chunk;
    struct place places[VALUES_MAX];
    uint32_t slot_count = type->param_slots > type->result_slots ? type->param_slots
                                                                 : type->result_slots;
    LLVMValueRef slots = LLVMBuildArrayAlloca(e->b, c->i64, const_i32(c, slot_count + 1), "");
    LLVMSetAlignment(slots, 16);
    uint32_t slot = 0;
    (void)place_params(type, places);
    for (uint32_t i = 0; i < type->param_count; i++) {
        wasm_valtype t = wasm_params(type)[i];
        LLVMValueRef value = places[i].param
            ? LLVMGetParam(e->function, places[i].param)
            : load_at(e, thread_values(e), places[i].slot * sizeof(uint64_t), emit_type(c, t),
                      NULL);
        if (wasm_slots(t) == 1) value = to_slot(e, value, t);
        store_at(e, value, slots, slot * sizeof(uint64_t), NULL);
        slot += wasm_slots(t);
    }
    (void)call_helper(e, IMAGE_HELPER_CALL_OUT, &slots, 1);
    slot = 0;
    for (uint32_t i = 0; i < type->result_count; i++) {
        wasm_valtype t = wasm_results(type)[i];
        push(e, load_at(e, slots, slot * sizeof(uint64_t), emit_type(c, t), NULL), t);
        slot += wasm_slots(t);
    }
    return_values(e, type);
}

static void emit_thunk(struct emit *e, const char *kind, uint32_t number,
                       const struct wasm_type *type,
                       void (*emit)(struct emit *e, const struct wasm_type *type),
                       LLVMTypeRef llvm_type) {
    struct chunk *c = e->chunk;
    char name[32];
    chunk_name(name, kind, number);
    e->function = chunk_define(c, name, llvm_type);
    e->context = LLVMGetParam(e->function, 0);
    e->count = 0;
    go_to(e, LLVMAppendBasicBlockInContext(c->context, e->function, "entry"));
    emit(e, type);
}

void emit_thunks(struct emit *e, const struct signatures *signatures) {
    struct chunk *c = e->chunk;
    LLVMTypeRef enter_params[3] = {c->ptr, c->ptr, c->ptr};
    LLVMTypeRef enter_type = LLVMFunctionType(c->nothing, enter_params, 3, false);
    e->b = c->builder;
    for (uint32_t i = 0; i < signatures->count; i++) {
        const struct wasm_type *type = signatures->list[i].type;
        emit_thunk(e, "enter", i, type, emit_enter, enter_type);
        emit_thunk(e, "leave", i, type, emit_leave, chunk_function_type(c, type));
        LLVMAddAttributeAtIndex(e->function, 1, c->swiftself);
        LLVMSetFunctionCallConv(e->function, chunk_convention(c));
    }
}
