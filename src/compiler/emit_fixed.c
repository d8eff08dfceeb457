/* emit_fixed.c - calls through tables whose contents are known (fixed.h). */
#include "compiler/emit.h"

/* An element: the index of its function's type (compile_type_index), and how far from the table
 * the code is. Of null and of an import the first is NO_TYPE. */
enum { NO_TYPE = -1 };

static LLVMTypeRef entry_type(const struct chunk *c) {
    return LLVMStructTypeInContext(c->context, (LLVMTypeRef[]){c->i32, c->i32}, 2, false);
}

bool is_fixed(const struct emit *e, uint32_t table) {
    return e->compile->fixed && e->compile->fixed[table].funcs;
}

/* The table as a constant that the first chunk defines. */
static LLVMValueRef fixed_data(struct emit *e, uint32_t table) {
    struct chunk *c = e->chunk;
    char name[CHUNK_NAME];
    chunk_name(name, "table", table);
    LLVMValueRef data = LLVMGetNamedGlobal(c->module, name);
    if (data) return data;
    LLVMTypeRef type = LLVMArrayType2(entry_type(c), e->compile->fixed[table].size);
    data = LLVMAddGlobal(c->module, type, name);
    LLVMSetVisibility(data, LLVMHiddenVisibility);
    LLVMSetGlobalConstant(data, true);
    return data;
}

static LLVMValueRef entry_of(struct emit *e, LLVMValueRef data, uint32_t func) {
    struct chunk *c = e->chunk;
    if (func == FIXED_NULL || func < e->module->imported[WASM_EXTERN_FUNC])
        return LLVMConstNamedStruct(
            entry_type(c), (LLVMValueRef[]){const_i32(c, (uint32_t)NO_TYPE), const_i32(c, 0)}, 2);
    uint32_t type = compile_type_index(e->compile, e->module->funcs[func].type);
    LLVMValueRef distance = LLVMConstSub(LLVMConstPtrToInt(chunk_function(c, func), c->i64),
                                         LLVMConstPtrToInt(data, c->i64));
    LLVMValueRef fields[2] = {const_i32(c, type), LLVMConstTrunc(distance, c->i32)};
    return LLVMConstNamedStruct(entry_type(c), fields, 2);
}

static void emit_table(struct emit *e, uint32_t table) {
    const struct fixed_table *fixed = &e->compile->fixed[table];
    LLVMValueRef data = fixed_data(e, table);
    LLVMValueRef *entries = ALLOC_ARRAY(e->allocator, LLVMValueRef, fixed->size);
    if (!entries) {
        emit_fail(e, NACRE_NO_MEMORY, "out of memory while compiling");
        return;
    }
    for (uint32_t i = 0; i < fixed->size; i++) entries[i] = entry_of(e, data, fixed->funcs[i]);
    LLVMSetInitializer(data, LLVMConstArray2(entry_type(e->chunk), entries, fixed->size));
    LLVMSetAlignment(data, 8);
    ALLOC_FREE_ARRAY(e->allocator, entries, fixed->size);
}

void emit_fixed_tables(struct emit *e) {
    for (uint32_t i = 0; i < e->module->table_count; i++)
        if (is_fixed(e, i)) emit_table(e, i);
}

/* A function whose type has another index may be of the type all the same: an import, or one of a
 * subtype. The helper knows, and traps if it is not. */
static LLVMValueRef resolve(struct emit *e, const struct walk_op *op, LLVMValueRef index) {
    const struct chunk *c = e->chunk;
    LLVMValueRef args[3] = {index, const_i32(c, op->index2),
                            const_i32(c, compile_type_index(e->compile, op->functype->id))};
    return call_helper(e, IMAGE_HELPER_RESOLVE, args, 3);
}

static LLVMValueRef load_code(struct emit *e, LLVMValueRef data, LLVMValueRef index) {
    const struct chunk *c = e->chunk;
    LLVMValueRef at = LLVMBuildShl(e->b, index, const_i64(c, 3), "");
    LLVMValueRef args[2] = {data, LLVMBuildOr(e->b, at, const_i64(c, 4), "")};
    return intrinsic(e, "llvm.load.relative", c->i64, args, 2);
}

LLVMValueRef fixed_code(struct emit *e, const struct walk_op *op, LLVMValueRef index) {
    const struct chunk *c = e->chunk;
    const struct fixed_table *fixed = &e->compile->fixed[op->index2];
    LLVMValueRef data = fixed_data(e, op->index2);
    uint32_t type_index = compile_type_index(e->compile, op->functype->id);
    trap_if(e, LLVMBuildICmp(e->b, LLVMIntUGE, index, const_i64(c, fixed->size), ""),
            NACRE_TRAP_UNDEFINED_ELEMENT);
    LLVMValueRef entry = LLVMBuildInBoundsGEP2(e->b, entry_type(c), data, &index, 1, "");
    LLVMValueRef type = load_at(e, entry, 0, c->i32, NULL);
    LLVMBasicBlockRef same = new_block(e, "same"), other = new_block(e, "other");
    branch_unlikely(e, LLVMBuildICmp(e->b, LLVMIntNE, type, const_i32(c, type_index), ""), other,
                    same);
    go_to(e, other);
    LLVMValueRef codes[2] = {resolve(e, op, index)};
    bool is_trap = op->functype->is_final && !fixed->has_imports;
    if (is_trap) LLVMBuildUnreachable(e->b);
    go_to(e, same);
    codes[1] = load_code(e, data, index);
    if (is_trap) return codes[1];
    LLVMBasicBlockRef go = new_block(e, "go");
    LLVMBuildBr(e->b, go);
    go_to(e, other);
    LLVMBuildBr(e->b, go);
    go_to(e, go);
    LLVMValueRef code = LLVMBuildPhi(e->b, c->ptr, "");
    LLVMAddIncoming(code, codes, (LLVMBasicBlockRef[]){other, same}, 2);
    return code;
}
