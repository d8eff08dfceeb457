/* emit_simd_int.c - vectors of integers (core specification 4.3.2, lane by lane). What LLVM makes
 * one instruction of for each machine is written as it wants to see it. */
#include "compiler/emit_simd.h"

static enum emit_shape shape_of(const struct emit_rule *rule) {
    return (enum emit_shape)rule->type;
}

EMIT(vector_binary) {
    (void)op;
    LLVMValueRef b = pop_vector(e, shape_of(rule)), a = pop_vector(e, shape_of(rule));
    push_vector(e, build_binary(e, (LLVMOpcode)rule->kind, a, b));
}

EMIT(vector_binary_intrinsic) {
    (void)op;
    LLVMValueRef args[2];
    args[1] = pop_vector(e, shape_of(rule));
    args[0] = pop_vector(e, shape_of(rule));
    push_vector(e, intrinsic(e, rule->name, LLVMTypeOf(args[0]), args, 2));
}

EMIT(vector_unary_intrinsic) {
    (void)op;
    LLVMValueRef a = pop_vector(e, shape_of(rule));
    push_vector(e, intrinsic(e, rule->name, LLVMTypeOf(a), &a, 1));
}

/* --- Bits, of no shape --- */

EMIT(vector_not) {
    (void)op;
    (void)rule;
    push_vector(e, LLVMBuildNot(e->b, pop_vector(e, SHAPE_64), ""));
}

EMIT(vector_andnot) {
    (void)op;
    (void)rule;
    LLVMValueRef b = pop_vector(e, SHAPE_64), a = pop_vector(e, SHAPE_64);
    push_vector(e, LLVMBuildAnd(e->b, a, LLVMBuildNot(e->b, b, ""), ""));
}

EMIT(bitselect) {
    (void)op;
    (void)rule;
    LLVMValueRef mask = pop_vector(e, SHAPE_64), b = pop_vector(e, SHAPE_64),
                 a = pop_vector(e, SHAPE_64);
    LLVMValueRef yes = LLVMBuildAnd(e->b, a, mask, "");
    LLVMValueRef no = LLVMBuildAnd(e->b, b, LLVMBuildNot(e->b, mask, ""), "");
    push_vector(e, LLVMBuildOr(e->b, yes, no, ""));
}

/* --- Lane by lane --- */

EMIT(vector_negate) {
    (void)op;
    push_vector(e, LLVMBuildNeg(e->b, pop_vector(e, shape_of(rule)), ""));
}

EMIT(vector_abs) {
    (void)op;
    LLVMValueRef args[2] = {pop_vector(e, shape_of(rule)),
                            LLVMConstInt(e->chunk->i1, 0, false)}; /* the least stays */
    push_vector(e, intrinsic(e, "llvm.abs", LLVMTypeOf(args[0]), args, 2));
}

/* The count is taken modulo the width of a lane. */
EMIT(vector_shift) {
    (void)op;
    const struct chunk *c = e->chunk;
    enum emit_shape shape = shape_of(rule);
    LLVMTypeRef lane = shape_lane(c, shape);
    LLVMValueRef count =
        LLVMBuildAnd(e->b, pop(e), const_i32(c, LLVMGetIntTypeWidth(lane) - 1), "");
    count = LLVMBuildIntCast2(e->b, count, lane, false, "");
    count = splat(e, count, shape_lanes(shape));
    push_vector(e, LLVMBuildBinOp(e->b, (LLVMOpcode)rule->kind, pop_vector(e, shape), count, ""));
}

EMIT(vector_compare) {
    (void)op;
    enum emit_shape shape = shape_of(rule);
    LLVMValueRef b = pop_vector(e, shape), a = pop_vector(e, shape);
    LLVMValueRef condition = LLVMBuildICmp(e->b, (LLVMIntPredicate)rule->kind, a, b, "");
    push_vector(e, lanes_where(e, condition, shape));
}

/* (a + b + 1) / 2 of unbounded integers */
EMIT(average) {
    (void)op;
    LLVMValueRef b = pop_vector(e, shape_of(rule)), a = pop_vector(e, shape_of(rule));
    LLVMTypeRef type = LLVMTypeOf(a);
    a = widen(e, a, LLVMZExt);
    b = widen(e, b, LLVMZExt);
    LLVMValueRef one = splat_int(LLVMTypeOf(a), 1);
    LLVMValueRef sum = LLVMBuildAdd(e->b, LLVMBuildAdd(e->b, a, b, ""), one, "");
    push_vector(e, LLVMBuildTrunc(e->b, LLVMBuildLShr(e->b, sum, one, ""), type, ""));
}

/* --- All lanes to a number --- */

static void push_bool(struct emit *e, LLVMValueRef condition) {
    push(e, LLVMBuildZExt(e->b, condition, e->chunk->i32, ""), WASM_I32);
}

/* Each machine has an instruction for one of these. */
EMIT(any_true) {
    (void)op;
    (void)rule;
    LLVMValueRef a = pop_vector(e, SHAPE_32);
    const char *name = is_x86(e) ? "llvm.vector.reduce.or" : "llvm.vector.reduce.umax";
    LLVMValueRef any = intrinsic(e, name, LLVMTypeOf(a), &a, 1);
    push_bool(e, LLVMBuildICmp(e->b, LLVMIntNE, any, const_i32(e->chunk, 0), ""));
}

EMIT(all_true) {
    (void)op;
    LLVMValueRef a = pop_vector(e, shape_of(rule));
    LLVMValueRef is_zero =
        LLVMBuildICmp(e->b, LLVMIntEQ, a, LLVMConstNull(LLVMTypeOf(a)), "");
    LLVMValueRef any_zero =
        intrinsic(e, "llvm.vector.reduce.or", LLVMTypeOf(is_zero), &is_zero, 1);
    push_bool(e, LLVMBuildNot(e->b, any_zero, ""));
}

/* The sign bits, that of lane 0 lowest. */
EMIT(bitmask) {
    (void)op;
    const struct chunk *c = e->chunk;
    LLVMValueRef a = pop_vector(e, shape_of(rule));
    LLVMValueRef is_negative =
        LLVMBuildICmp(e->b, LLVMIntSLT, a, LLVMConstNull(LLVMTypeOf(a)), "");
    LLVMTypeRef bits = LLVMIntTypeInContext(c->context, shape_lanes(shape_of(rule)));
    LLVMValueRef mask = LLVMBuildBitCast(e->b, is_negative, bits, "");
    push(e, LLVMBuildZExt(e->b, mask, c->i32, ""), WASM_I32);
}

/* --- Narrower and wider --- */

static LLVMValueRef clamp(struct emit *e, LLVMValueRef v, int64_t low, int64_t high) {
    LLVMTypeRef type = LLVMTypeOf(v);
    LLVMValueRef above[2] = {v, splat_int(type, (uint64_t)low)};
    LLVMValueRef between[2] = {intrinsic(e, "llvm.smax", type, above, 2),
                               splat_int(type, (uint64_t)high)};
    return intrinsic(e, "llvm.smin", type, between, 2);
}

/* From rule->type to rule->to, half as wide, signed (LLVMSExt) or not, with saturation. */
EMIT(narrow) {
    (void)op;
    enum emit_shape from = shape_of(rule), to = (enum emit_shape)rule->to;
    LLVMValueRef b = pop_vector(e, from), a = pop_vector(e, from);
    LLVMValueRef all = pick_lanes(e, a, b, 0, 1, 2 * shape_lanes(from));
    int64_t range = INT64_C(1) << LLVMGetIntTypeWidth(shape_lane(e->chunk, to));
    all = rule->kind == LLVMSExt ? clamp(e, all, -range / 2, range / 2 - 1)
                                 : clamp(e, all, 0, range - 1);
    push_vector(e, LLVMBuildTrunc(e->b, all, shape_vector(e->chunk, to), ""));
}

/* Half of the lanes, twice as wide; rule->kind extends them. */
static LLVMValueRef pop_half(struct emit *e, const struct emit_rule *rule, bool high) {
    uint32_t half = shape_lanes(shape_of(rule)) / 2;
    LLVMValueRef a = pop_vector(e, shape_of(rule));
    return widen(e, pick_lanes(e, a, a, high ? half : 0, 1, half), rule->kind);
}

EMIT(extend_low) {
    (void)op;
    push_vector(e, pop_half(e, rule, false));
}

EMIT(extend_high) {
    (void)op;
    push_vector(e, pop_half(e, rule, true));
}

EMIT(multiply_low) {
    (void)op;
    LLVMValueRef b = pop_half(e, rule, false), a = pop_half(e, rule, false);
    push_vector(e, LLVMBuildMul(e->b, a, b, ""));
}

EMIT(multiply_high) {
    (void)op;
    LLVMValueRef b = pop_half(e, rule, true), a = pop_half(e, rule, true);
    push_vector(e, LLVMBuildMul(e->b, a, b, ""));
}

/* --- Neighbours --- */

/* Even (0) or odd (1) lanes, twice as wide. */
static LLVMValueRef every_other(struct emit *e, LLVMValueRef v, uint32_t first,
                                uint32_t extension) {
    uint32_t half = LLVMGetVectorSize(LLVMTypeOf(v)) / 2;
    return widen(e, pick_lanes(e, v, v, first, 2, half), extension);
}

static LLVMValueRef sum_of_pairs(struct emit *e, LLVMValueRef v, uint32_t extension) {
    return LLVMBuildAdd(e->b, every_other(e, v, 0, extension), every_other(e, v, 1, extension),
                        "");
}

static LLVMValueRef products_of_pairs(struct emit *e, LLVMValueRef a, LLVMValueRef b) {
    LLVMValueRef even = LLVMBuildMul(e->b, every_other(e, a, 0, LLVMSExt),
                                     every_other(e, b, 0, LLVMSExt), "");
    LLVMValueRef odd = LLVMBuildMul(e->b, every_other(e, a, 1, LLVMSExt),
                                    every_other(e, b, 1, LLVMSExt), "");
    return LLVMBuildAdd(e->b, even, odd, "");
}

/* x86-64 adds pairs after multiplying them: of bytes, unsigned ones by signed ones. */
EMIT(add_pairs) {
    (void)op;
    enum emit_shape shape = shape_of(rule);
    LLVMValueRef a = pop_vector(e, shape), one = splat_int(LLVMTypeOf(a), 1);
    bool is_signed = rule->kind == LLVMSExt;
    LLVMValueRef args[2] = {is_signed ? one : a, is_signed ? a : one};
    if (is_x86(e) && shape == SHAPE_8)
        push_vector(e, machine_intrinsic(e, "llvm.x86.ssse3.pmadd.ub.sw.128", args, 2));
    else if (is_x86(e) && is_signed)
        push_vector(e, machine_intrinsic(e, "llvm.x86.sse2.pmadd.wd", args, 2));
    else
        push_vector(e, sum_of_pairs(e, a, rule->kind));
}

/* The sum of two products wraps when all factors are -2^15. */
EMIT(dot) {
    (void)op;
    (void)rule;
    LLVMValueRef b = pop_vector(e, SHAPE_16), a = pop_vector(e, SHAPE_16);
    push_vector(e, products_of_pairs(e, a, b));
}

/* All bytes are signed; sums of two products wrap to 16 bits. With rule->to these are added up in
 * pairs, and to a third operand. */
EMIT(relaxed_dot) {
    (void)op;
    LLVMValueRef more = rule->to ? pop_vector(e, SHAPE_32) : NULL;
    LLVMValueRef b = pop_vector(e, SHAPE_8), a = pop_vector(e, SHAPE_8);
    LLVMValueRef sums = products_of_pairs(e, a, b);
    if (more) sums = LLVMBuildAdd(e->b, sum_of_pairs(e, sums, LLVMSExt), more, "");
    push_vector(e, sums);
}

/* Products of 15 bits of fraction, rounded; only -1 * -1 does not fit. */
EMIT(q15_multiply) {
    (void)op;
    (void)rule;
    LLVMTypeRef type = shape_vector(e->chunk, SHAPE_16);
    LLVMValueRef args[2];
    args[1] = pop_vector(e, SHAPE_16);
    args[0] = pop_vector(e, SHAPE_16);
    if (!is_x86(e)) {
        push_vector(e, intrinsic(e, "llvm.aarch64.neon.sqrdmulh", type, args, 2));
        return;
    }
    LLVMValueRef product = machine_intrinsic(e, "llvm.x86.ssse3.pmul.hr.sw.128", args, 2);
    LLVMValueRef is_wrong =
        LLVMBuildICmp(e->b, LLVMIntEQ, product, splat_int(type, 0x8000), "");
    push_vector(e, LLVMBuildXor(e->b, product, lanes_where(e, is_wrong, SHAPE_16), ""));
}
