/* emit_numeric.c - integers and floating-point numbers (core specification 4.3). */
#include "compiler/emit.h"

static void push_bool(struct emit *e, LLVMValueRef condition) {
    push(e, LLVMBuildZExt(e->b, condition, e->chunk->i32, ""), WASM_I32);
}

static LLVMValueRef const_of(const struct emit *e, uint8_t type, uint64_t value) {
    return LLVMConstInt(emit_type(e->chunk, type), value, false);
}

/* An operation that changes no number is more than none: it makes a signalling NaN quiet (4.3.3).
 * LLVM takes such operations away, so that what it knows them by is hidden. */
static LLVMValueRef hide(struct emit *e, LLVMValueRef value) {
    return intrinsic(e, "llvm.arithmetic.fence", LLVMTypeOf(value), &value, 1);
}

/* Is it a constant that makes the operation one of these, on this side? */
static bool is_neutral(LLVMOpcode opcode, LLVMValueRef value, bool is_right) {
    LLVMBool loses;
    if (!LLVMIsConstant(value)) return false;
    if (LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMVectorTypeKind)
        value = LLVMGetAggregateElement(value, 0);
    if (!value || !LLVMIsAConstantFP(value)) return false;
    double x = LLVMConstRealGetDouble(value, &loses);
    bool is_one = x == 1 || x == -1, is_minus_zero = x == 0 && __builtin_signbit(x);
    switch (opcode) {
    case LLVMFAdd: return is_minus_zero;
    case LLVMFSub: return is_right ? x == 0 : is_minus_zero;
    case LLVMFMul: return is_one;
    case LLVMFDiv: return is_right && is_one;
    default: return false;
    }
}

LLVMValueRef build_binary(struct emit *e, LLVMOpcode opcode, LLVMValueRef a, LLVMValueRef b) {
    if (is_neutral(opcode, a, false)) a = hide(e, a);
    if (is_neutral(opcode, b, true)) b = hide(e, b);
    return LLVMBuildBinOp(e->b, opcode, a, b, "");
}

EMIT(binary) {
    (void)op;
    LLVMValueRef b = pop(e), a = pop(e);
    push(e, build_binary(e, (LLVMOpcode)rule->kind, a, b), rule->type);
}

/* Shifts count modulo the width. */
static LLVMValueRef modulo_width(struct emit *e, LLVMValueRef count, uint8_t type) {
    return LLVMBuildAnd(e->b, count, const_of(e, type, type == WASM_I64 ? 63 : 31), "");
}

EMIT(shift) {
    (void)op;
    LLVMValueRef count = modulo_width(e, pop(e), rule->type), a = pop(e);
    push(e, LLVMBuildBinOp(e->b, (LLVMOpcode)rule->kind, a, count, ""), rule->type);
}

EMIT(rotate) {
    (void)op;
    LLVMValueRef count = pop(e), a = pop(e);
    LLVMValueRef args[3] = {a, a, count};
    push(e, intrinsic(e, rule->name, emit_type(e->chunk, rule->type), args, 3), rule->type);
}

/* The least number divided by -1 does not fit. */
static LLVMValueRef is_overflow(struct emit *e, LLVMValueRef a, LLVMValueRef b, uint8_t type) {
    uint64_t least = type == WASM_I64 ? UINT64_C(1) << 63 : UINT64_C(1) << 31;
    LLVMValueRef is_least = LLVMBuildICmp(e->b, LLVMIntEQ, a, const_of(e, type, least), "");
    LLVMValueRef is_minus_one =
        LLVMBuildICmp(e->b, LLVMIntEQ, b, LLVMConstAllOnes(emit_type(e->chunk, type)), "");
    return LLVMBuildAnd(e->b, is_least, is_minus_one, "");
}

EMIT(divide) {
    (void)op;
    LLVMValueRef b = pop(e), a = pop(e);
    trap_if(e, LLVMBuildICmp(e->b, LLVMIntEQ, b, const_of(e, rule->type, 0), ""),
            NACRE_TRAP_DIVIDE_BY_ZERO);
    if (rule->kind == LLVMSDiv)
        trap_if(e, is_overflow(e, a, b, rule->type), NACRE_TRAP_INTEGER_OVERFLOW);
    if (rule->kind == LLVMSRem) { /* what remains of any number modulo -1, as modulo 1, is 0 */
        LLVMValueRef is_minus_one =
            LLVMBuildICmp(e->b, LLVMIntEQ, b, LLVMConstAllOnes(LLVMTypeOf(b)), "");
        b = LLVMBuildSelect(e->b, is_minus_one, const_of(e, rule->type, 1), b, "");
    }
    push(e, LLVMBuildBinOp(e->b, (LLVMOpcode)rule->kind, a, b, ""), rule->type);
}

EMIT(compare) {
    (void)op;
    LLVMValueRef b = pop(e), a = pop(e);
    push_bool(e, LLVMBuildICmp(e->b, (LLVMIntPredicate)rule->kind, a, b, ""));
}

EMIT(float_compare) {
    (void)op;
    LLVMValueRef b = pop(e), a = pop(e);
    push_bool(e, LLVMBuildFCmp(e->b, (LLVMRealPredicate)rule->kind, a, b, ""));
}

EMIT(eqz) {
    (void)op;
    LLVMValueRef a = pop(e);
    push_bool(e, LLVMBuildICmp(e->b, LLVMIntEQ, a, const_of(e, rule->type, 0), ""));
}

/* Leading or trailing zeros: of 0, all bits. */
EMIT(count) {
    (void)op;
    LLVMValueRef args[2] = {pop(e), LLVMConstInt(e->chunk->i1, 0, false)};
    push(e, intrinsic(e, rule->name, emit_type(e->chunk, rule->type), args, 2), rule->type);
}

EMIT(unary_intrinsic) {
    (void)op;
    LLVMValueRef a = pop(e);
    push(e, intrinsic(e, rule->name, emit_type(e->chunk, rule->type), &a, 1), rule->type);
}

EMIT(binary_intrinsic) {
    (void)op;
    LLVMValueRef args[2];
    args[1] = pop(e);
    args[0] = pop(e);
    push(e, intrinsic(e, rule->name, emit_type(e->chunk, rule->type), args, 2), rule->type);
}

EMIT(negate) {
    (void)op;
    push(e, LLVMBuildFNeg(e->b, pop(e), ""), rule->type);
}

static LLVMValueRef as_ints(struct emit *e, LLVMValueRef floats) {
    const struct chunk *c = e->chunk;
    LLVMTypeRef type = LLVMTypeOf(floats), to = type == c->f64 ? c->i64 : c->i32;
    if (LLVMGetTypeKind(type) == LLVMVectorTypeKind)
        to = LLVMVectorType(LLVMGetElementType(type) == c->f64 ? c->i64 : c->i32,
                            LLVMGetVectorSize(type));
    return LLVMBuildBitCast(e->b, floats, to, "");
}

static LLVMValueRef pick(struct emit *e, LLVMValueRef a, LLVMValueRef b, bool is_greater) {
    LLVMRealPredicate order = is_greater ? LLVMRealOGT : LLVMRealOLT;
    return LLVMBuildSelect(e->b, LLVMBuildFCmp(e->b, order, a, b, ""), a, b, "");
}

static LLVMValueRef canonical_nan(LLVMTypeRef type) {
    if (LLVMGetTypeKind(type) != LLVMVectorTypeKind) return LLVMConstRealOfString(type, "nan");
    LLVMValueRef lanes[4], nan = LLVMConstRealOfString(LLVMGetElementType(type), "nan");
    unsigned count = LLVMGetVectorSize(type);
    for (unsigned i = 0; i < count; i++) lanes[i] = nan;
    return LLVMConstVector(lanes, count);
}

/* x86-64 has minps, which gives its second operand unless the first is less: asked both ways, the
 * answers differ only for zeros of both signs, and for NaNs. What LLVM would make of its own
 * intrinsic there is longer, and lets a signalling NaN through. */
LLVMValueRef float_extremum(struct emit *e, LLVMValueRef a, LLVMValueRef b, bool is_greater) {
    LLVMTypeRef type = LLVMTypeOf(a);
    LLVMValueRef args[2] = {a, b};
    if (!is_x86(e))
        return intrinsic(e, is_greater ? "llvm.maximum" : "llvm.minimum", type, args, 2);
    LLVMValueRef x = as_ints(e, pick(e, a, b, is_greater)),
                 y = as_ints(e, pick(e, b, a, is_greater));
    LLVMValueRef both = is_greater ? LLVMBuildAnd(e->b, x, y, "") : LLVMBuildOr(e->b, x, y, "");
    LLVMValueRef is_nan = LLVMBuildFCmp(e->b, LLVMRealUNO, a, b, "");
    return LLVMBuildSelect(e->b, is_nan, canonical_nan(type),
                           LLVMBuildBitCast(e->b, both, type, ""), "");
}

/* rule->kind: is it the greater? */
EMIT(extremum) {
    (void)op;
    LLVMValueRef b = pop(e), a = pop(e);
    push(e, float_extremum(e, a, b, rule->kind), rule->type);
}

/* --- Conversions: rule->type to rule->to --- */

EMIT(cast) {
    (void)op;
    LLVMTypeRef to = emit_type(e->chunk, rule->to);
    LLVMValueRef value = pop(e);
    if (rule->kind == LLVMFPTrunc && LLVMIsAFPExtInst(value)) value = hide(e, value);
    push(e, LLVMBuildCast(e->b, (LLVMOpcode)rule->kind, value, to, ""), rule->to);
}

/* rule->kind: bits of the lower part, whose sign is extended. */
EMIT(extend) {
    (void)op;
    LLVMTypeRef part = LLVMIntTypeInContext(e->chunk->context, rule->kind);
    LLVMValueRef low = LLVMBuildTrunc(e->b, pop(e), part, "");
    push(e, LLVMBuildSExt(e->b, low, emit_type(e->chunk, rule->type), ""), rule->type);
}

/* What truncates to an integer lies between these two, outside of both (base/fp.h). */
struct bounds {
    double low, high;
};
static struct bounds bounds_of(uint8_t from, uint8_t to, bool is_signed) {
    static const struct bounds bounds[2][2][2] = {
        /* to i32, from f32: u, s; from f64: u, s */
        {{{-1.0, 0x1p32}, {-0x1.000002p31, 0x1p31}},
         {{-1.0, 0x1p32}, {-0x1.00000002p31, 0x1p31}}},
        {{{-1.0, 0x1p64}, {-0x1.000002p63, 0x1p63}},
         {{-1.0, 0x1p64}, {-0x1.0000000000001p63, 0x1p63}}},
    };
    return bounds[to == WASM_I64][from == WASM_F64][is_signed];
}

EMIT(truncate) {
    (void)op;
    LLVMTypeRef type = emit_type(e->chunk, rule->type);
    struct bounds bounds = bounds_of(rule->type, rule->to, rule->kind == LLVMFPToSI);
    LLVMValueRef a = pop(e);
    trap_if(e, LLVMBuildFCmp(e->b, LLVMRealUNO, a, a, ""), NACRE_TRAP_INVALID_CONVERSION);
    LLVMValueRef above =
        LLVMBuildFCmp(e->b, LLVMRealOGT, a, LLVMConstReal(type, bounds.low), "");
    LLVMValueRef below =
        LLVMBuildFCmp(e->b, LLVMRealOLT, a, LLVMConstReal(type, bounds.high), "");
    trap_if(e, LLVMBuildNot(e->b, LLVMBuildAnd(e->b, above, below, ""), ""),
            NACRE_TRAP_INTEGER_OVERFLOW);
    push(e, LLVMBuildCast(e->b, (LLVMOpcode)rule->kind, a, emit_type(e->chunk, rule->to), ""),
         rule->to);
}

EMIT(truncate_sat) {
    (void)op;
    LLVMTypeRef types[2] = {emit_type(e->chunk, rule->to), emit_type(e->chunk, rule->type)};
    LLVMValueRef a = pop(e);
    push(e, intrinsic_of(e, rule->name, types, 2, &a, 1), rule->to);
}
