/* emit_object.c - structures, arrays, i31, casts. A guest can't make a reference up, so only null
 * has to be looked for; and not where the type says that there is none. */
#include "compiler/emit.h"

static LLVMValueRef is_null(struct emit *e, LLVMValueRef ref) {
    return LLVMBuildICmp(e->b, LLVMIntEQ, ref, const_i32(e->chunk, 0), "");
}

LLVMValueRef object_at(struct emit *e, LLVMValueRef ref) {
    const struct chunk *c = e->chunk;
    LLVMValueRef heap = load_context(e, HEAD(heap), c->ptr, false);
    LLVMValueRef offset = LLVMBuildZExt(e->b, ref, c->i64, "");
    return LLVMBuildInBoundsGEP2(e->b, c->i8, heap, &offset, 1, "");
}

static struct value pop_value(struct emit *e) {
    wasm_valtype type = e->count ? e->stack[e->count - 1].type : WASM_I32;
    return (struct value){pop(e), type};
}

/* Pops a reference that must not be null. */
static LLVMValueRef pop_non_null(struct emit *e) {
    struct value ref = pop_value(e);
    if (wasm_is_nullable(ref.type))
        trap_if(e, is_null(e, ref.v), NACRE_TRAP_NULL_REFERENCE);
    return ref.v;
}

static LLVMValueRef type_index(struct emit *e, const struct wasm_type *type) {
    return const_i32(e->chunk, compile_type_index(e->compile, type->id));
}

/* --- Fields --- */

static LLVMTypeRef stored_type(const struct chunk *c, const struct wasm_field *f) {
    if (f->type == WASM_I8) return c->i8;
    return f->type == WASM_I16 ? c->i16 : emit_type(c, f->type);
}

static wasm_valtype pushed_type(const struct wasm_field *f) {
    return f->type == WASM_I8 || f->type == WASM_I16 ? (wasm_valtype)WASM_I32 : f->type;
}

static LLVMValueRef store_field(struct emit *e, LLVMValueRef value, const struct wasm_field *f,
                                LLVMValueRef object, uint64_t offset) {
    LLVMTypeRef type = stored_type(e->chunk, f);
    if (type != LLVMTypeOf(value)) value = LLVMBuildTrunc(e->b, value, type, "");
    return store_at(e, value, object, offsetof(struct image_object, bytes) + offset,
                    e->chunk->tbaa_heap);
}

/* rule->kind: how a packed field is extended */
static void push_field(struct emit *e, const struct emit_rule *rule, const struct wasm_field *f,
                       LLVMValueRef object, uint64_t offset) {
    const struct chunk *c = e->chunk;
    LLVMValueRef value = load_at(e, object, offsetof(struct image_object, bytes) + offset,
                                 stored_type(c, f), c->tbaa_heap);
    if (rule->kind) value = LLVMBuildCast(e->b, (LLVMOpcode)rule->kind, value, c->i32, "");
    push(e, value, pushed_type(f));
}

EMIT(struct_get) {
    const struct wasm_field *f = &op->object->fields[op->index];
    push_field(e, rule, f, object_at(e, pop_non_null(e)), f->offset);
}

EMIT(struct_set) {
    (void)rule;
    const struct wasm_field *f = &op->object->fields[op->index];
    LLVMValueRef value = pop(e);
    append(e, &e->visible, store_field(e, value, f, object_at(e, pop_non_null(e)), f->offset));
}

/* --- Elements --- */

static LLVMValueRef load_length(struct emit *e, LLVMValueRef object) {
    return load_at(e, object, offsetof(struct image_object, length), e->chunk->i32,
                   e->chunk->tbaa_header);
}

/* Pops index and array; gives the place of the element, less what stands before the elements. */
static LLVMValueRef pop_element(struct emit *e, const struct wasm_field *f) {
    const struct chunk *c = e->chunk;
    LLVMValueRef index = pop(e);
    LLVMValueRef object = object_at(e, pop_non_null(e));
    LLVMValueRef length = load_length(e, object);
    trap_if(e, LLVMBuildICmp(e->b, LLVMIntUGE, index, length, ""), NACRE_TRAP_ARRAY_BOUNDS);
    LLVMValueRef size = const_i64(c, wasm_storage_size(f->type));
    LLVMValueRef at = LLVMBuildMul(e->b, LLVMBuildZExt(e->b, index, c->i64, ""), size, "");
    return LLVMBuildInBoundsGEP2(e->b, c->i8, object, &at, 1, "");
}

EMIT(array_get) {
    const struct wasm_field *f = &op->object->fields[0];
    push_field(e, rule, f, pop_element(e, f), 0);
}

EMIT(array_set) {
    (void)rule;
    const struct wasm_field *f = &op->object->fields[0];
    LLVMValueRef value = pop(e);
    append(e, &e->visible, store_field(e, value, f, pop_element(e, f), 0));
}

EMIT(array_len) {
    (void)op;
    (void)rule;
    push(e, load_length(e, object_at(e, pop_non_null(e))), WASM_I32);
}

/* --- Making: until the object is there, operands are roots --- */

static void push_object(struct emit *e, const struct walk_op *op, LLVMValueRef ref) {
    push(e, ref, WASM_REFTYPE(false, op->object->id));
}

EMIT(struct_new) {
    (void)rule;
    const struct wasm_type *type = op->object;
    uint32_t count = op->op == WASM_OP_STRUCT_NEW ? type->field_count : 0;
    LLVMValueRef index = type_index(e, type);
    if (e->count < count) return; /* after a failure */
    keep_roots(e, 0);
    LLVMValueRef ref = call_helper(e, IMAGE_HELPER_STRUCT_NEW, &index, 1);
    LLVMValueRef object = count ? object_at(e, ref) : NULL;
    e->count -= count;
    for (uint32_t i = 0; i < count; i++)
        (void)store_field(e, e->stack[e->count + i].v, &type->fields[i], object,
                    type->fields[i].offset);
    push_object(e, op, ref);
}

/* A value as the 128 bits of its slots. */
static void pop_bits(struct emit *e, LLVMValueRef bits[2]) {
    const struct chunk *c = e->chunk;
    struct value value = pop_value(e);
    bits[1] = const_i64(c, 0);
    if (value.type != WASM_V128) {
        bits[0] = LLVMBuildBitCast(e->b, to_slot(e, value.v, value.type), c->i64, "");
        return;
    }
    for (uint32_t i = 0; i < 2; i++)
        bits[i] = LLVMBuildExtractElement(e->b, value.v, const_i32(c, i), "");
}

EMIT(array_new) {
    (void)rule;
    LLVMValueRef args[4] = {type_index(e, op->object)};
    keep_roots(e, 0);
    args[1] = pop(e);
    if (op->op == WASM_OP_ARRAY_NEW_DEFAULT) {
        push_object(e, op, call_helper(e, IMAGE_HELPER_ARRAY_NEW, args, 2));
        return;
    }
    pop_bits(e, &args[2]);
    push_object(e, op, call_helper(e, IMAGE_HELPER_ARRAY_NEW_FILL, args, 4));
}

EMIT(array_new_fixed) {
    (void)rule;
    const struct wasm_field *f = &op->object->fields[0];
    LLVMValueRef args[2] = {type_index(e, op->object), const_i32(e->chunk, op->index)};
    if (e->count < op->index) return; /* after a failure */
    keep_roots(e, 0);
    LLVMValueRef ref = call_helper(e, IMAGE_HELPER_ARRAY_NEW, args, 2);
    LLVMValueRef object = object_at(e, ref);
    e->count -= op->index;
    for (uint32_t i = 0; i < op->index; i++)
        (void)store_field(e, e->stack[e->count + i].v, f, object,
                          (uint64_t)i * wasm_storage_size(f->type));
    push_object(e, op, ref);
}

/* rule->kind: the helper */
EMIT(array_new_segment) {
    LLVMValueRef args[4] = {type_index(e, op->object), const_i32(e->chunk, op->index)};
    keep_roots(e, 0);
    args[3] = pop(e);
    args[2] = pop(e);
    push_object(e, op, call_helper(e, (enum image_helper)rule->kind, args, 4));
}

/* --- Ranges --- */

EMIT(array_fill) {
    (void)op;
    (void)rule;
    LLVMValueRef args[5];
    args[2] = pop(e);
    pop_bits(e, &args[3]);
    args[1] = pop(e);
    args[0] = pop(e);
    (void)call_helper(e, IMAGE_HELPER_ARRAY_FILL, args, 5);
}

EMIT(array_copy) {
    (void)op;
    (void)rule;
    LLVMValueRef args[5];
    for (uint32_t i = 5; i-- > 0;) args[i] = pop(e);
    (void)call_helper(e, IMAGE_HELPER_ARRAY_COPY, args, 5);
}

/* rule->kind: the helper */
EMIT(array_init) {
    LLVMValueRef args[5];
    args[4] = pop(e);
    args[3] = pop(e);
    args[2] = pop(e);
    args[0] = pop(e);
    args[1] = const_i32(e->chunk, op->index);
    (void)call_helper(e, (enum image_helper)rule->kind, args, 5);
}

/* --- Casts --- */

static LLVMValueRef const_bool(const struct emit *e, bool value) {
    return LLVMConstInt(e->chunk->i1, value, false);
}

static bool is_bottom(uint32_t heap) {
    return heap == WASM_HEAP_NONE || heap == WASM_HEAP_NOFUNC || heap == WASM_HEAP_NOEXTERN ||
           heap == WASM_HEAP_NOEXN;
}

static LLVMValueRef low_bits(struct emit *e, LLVMValueRef ref, uint32_t mask,
                             LLVMIntPredicate predicate, uint32_t bits) {
    LLVMValueRef low = LLVMBuildAnd(e->b, ref, const_i32(e->chunk, mask), "");
    return LLVMBuildICmp(e->b, predicate, low, const_i32(e->chunk, bits), "");
}

static LLVMValueRef ask(struct emit *e, LLVMValueRef ref, wasm_valtype wanted) {
    uint32_t heap = wasm_heap(wanted);
    if (wasm_heap_is_concrete(heap)) heap = compile_type_index(e->compile, heap);
    LLVMValueRef args[3] = {ref, const_i32(e->chunk, heap),
                            const_i32(e->chunk, wasm_is_nullable(wanted))};
    LLVMValueRef answer = call_helper(e, IMAGE_HELPER_REF_TEST, args, 3);
    return LLVMBuildICmp(e->b, LLVMIntNE, answer, const_i32(e->chunk, 0), "");
}

/* Is the type of what is behind an object's reference the very one, or else below it? */
static LLVMValueRef test_object(struct emit *e, LLVMValueRef ref, wasm_valtype wanted) {
    const struct chunk *c = e->chunk;
    uint32_t id = wasm_heap(wanted);
    uint64_t key = image_at_key(e->module, compile_type_index(e->compile, id));
    LLVMValueRef type = load_at(e, object_at(e, ref), offsetof(struct image_object, type), c->i32,
                                c->tbaa_header);
    LLVMValueRef is_same =
        LLVMBuildICmp(e->b, LLVMIntEQ, type, load_context(e, key, c->i32, true), "");
    if (wasm_type_get(e->module->registry, id)->is_final) return is_same;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(e->b), look = new_block(e, "look"),
                      on = new_block(e, "on");
    LLVMBuildCondBr(e->b, is_same, on, look);
    go_to(e, look);
    LLVMValueRef answers[2] = {const_bool(e, true), ask(e, ref, wanted)};
    LLVMBuildBr(e->b, on);
    go_to(e, on);
    LLVMValueRef phi = LLVMBuildPhi(e->b, c->i1, "");
    LLVMAddIncoming(phi, answers, (LLVMBasicBlockRef[]){here, look}, 2);
    return phi;
}

/* Only an object has a type: not null, an i31, or a number of the host's. */
static LLVMValueRef test_concrete(struct emit *e, LLVMValueRef ref, wasm_valtype wanted) {
    LLVMValueRef is_object =
        LLVMBuildAnd(e->b, low_bits(e, ref, 7, LLVMIntEQ, 0),
                     LLVMBuildNot(e->b, is_null(e, ref), ""), "");
    LLVMValueRef otherwise = wasm_is_nullable(wanted) ? is_null(e, ref) : const_bool(e, false);
    LLVMBasicBlockRef here = LLVMGetInsertBlock(e->b), object = new_block(e, "object"),
                      on = new_block(e, "on");
    LLVMBuildCondBr(e->b, is_object, object, on);
    go_to(e, object);
    LLVMValueRef answers[2] = {otherwise, test_object(e, ref, wanted)};
    LLVMBasicBlockRef from[2] = {here, LLVMGetInsertBlock(e->b)};
    LLVMBuildBr(e->b, on);
    go_to(e, on);
    LLVMValueRef phi = LLVMBuildPhi(e->b, e->chunk->i1, "");
    LLVMAddIncoming(phi, answers, from, 2);
    return phi;
}

static LLVMValueRef or_null(struct emit *e, LLVMValueRef ref, LLVMValueRef test,
                            wasm_valtype wanted) {
    LLVMValueRef null = is_null(e, ref);
    return wasm_is_nullable(wanted)
        ? LLVMBuildOr(e->b, test, null, "")
        : LLVMBuildAnd(e->b, test, LLVMBuildNot(e->b, null, ""), "");
}

/* Is the value of the type? What is known from types is not looked at. */
static LLVMValueRef test(struct emit *e, struct value value, wasm_valtype wanted) {
    const struct wasm_types *types = e->module->registry;
    uint32_t heap = wasm_heap(wanted);
    if (wasm_heap_matches(types, wasm_heap(value.type), heap))
        return or_null(e, value.v, const_bool(e, true), wanted);
    if (is_bottom(heap)) return or_null(e, value.v, const_bool(e, false), wanted);
    if (heap == WASM_HEAP_I31)
        return or_null(e, value.v, low_bits(e, value.v, 1, LLVMIntNE, 0), wanted);
    if (heap == WASM_HEAP_EQ)
        return or_null(e, value.v, low_bits(e, value.v, 3, LLVMIntNE, 2), wanted);
    bool is_object = wasm_heap_is_concrete(heap) &&
                     wasm_type_get(types, heap)->kind != WASM_TYPE_FUNC;
    return is_object ? test_concrete(e, value.v, wanted) : ask(e, value.v, wanted);
}

EMIT(ref_test) {
    (void)rule;
    LLVMValueRef is_it = test(e, pop_value(e), op->type);
    push(e, LLVMBuildZExt(e->b, is_it, e->chunk->i32, ""), WASM_I32);
}

EMIT(ref_cast) {
    (void)rule;
    struct value ref = pop_value(e);
    LLVMValueRef is_it = test(e, ref, op->type);
    trap_if(e, LLVMBuildNot(e->b, is_it, ""), NACRE_TRAP_CAST_FAILURE);
    push(e, ref.v, op->type);
}

EMIT(br_on_cast) {
    (void)rule;
    if (e->count == 0) return; /* after a failure */
    LLVMValueRef is_it = test(e, e->stack[e->count - 1], op->cast[1]);
    if (op->op == WASM_OP_BR_ON_CAST) {
        (void)branch_if(e, is_it, op->index);
        return;
    }
    (void)branch_if(e, LLVMBuildNot(e->b, is_it, ""), op->index);
    e->stack[e->count - 1].type = op->cast[1];
}

/* A reference is the same number in both hierarchies. */
EMIT(ref_convert) {
    (void)rule;
    if (e->count) e->stack[e->count - 1].type = op->type;
}

/* --- i31: the number above a bit that is set --- */

EMIT(ref_i31) {
    (void)rule;
    LLVMValueRef one = const_i32(e->chunk, 1);
    push(e, LLVMBuildOr(e->b, LLVMBuildShl(e->b, pop(e), one, ""), one, ""), op->type);
}

EMIT(i31_get) {
    (void)op;
    LLVMValueRef ref = pop_non_null(e), one = const_i32(e->chunk, 1);
    push(e, LLVMBuildBinOp(e->b, (LLVMOpcode)rule->kind, ref, one, ""), WASM_I32);
}
