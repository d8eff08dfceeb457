/* emit_simd_float.c - vectors of floats (core specification 4.3.3, lane by lane), conversions. */
#include "compiler/emit_simd.h"

static enum emit_shape shape_of(const struct emit_rule *rule) {
    return (enum emit_shape)rule->type;
}

EMIT(vector_float_compare) {
    (void)op;
    LLVMValueRef b = pop_vector(e, shape_of(rule)), a = pop_vector(e, shape_of(rule));
    LLVMValueRef condition = LLVMBuildFCmp(e->b, (LLVMRealPredicate)rule->kind, a, b, "");
    push_vector(e, lanes_where(e, condition, shape_of(rule)));
}

EMIT(vector_float_negate) {
    (void)op;
    push_vector(e, LLVMBuildFNeg(e->b, pop_vector(e, shape_of(rule)), ""));
}

/* rule->kind: is it the greater? */
EMIT(vector_extremum) {
    (void)op;
    LLVMValueRef b = pop_vector(e, shape_of(rule)), a = pop_vector(e, shape_of(rule));
    push_vector(e, float_extremum(e, a, b, rule->kind));
}

/* Defined by one comparison, whatever the operands. */
EMIT(pseudo_min) {
    (void)op;
    LLVMValueRef b = pop_vector(e, shape_of(rule)), a = pop_vector(e, shape_of(rule));
    LLVMValueRef is_less = LLVMBuildFCmp(e->b, LLVMRealOLT, b, a, "");
    push_vector(e, LLVMBuildSelect(e->b, is_less, b, a, ""));
}

EMIT(pseudo_max) {
    (void)op;
    LLVMValueRef b = pop_vector(e, shape_of(rule)), a = pop_vector(e, shape_of(rule));
    LLVMValueRef is_less = LLVMBuildFCmp(e->b, LLVMRealOLT, a, b, "");
    push_vector(e, LLVMBuildSelect(e->b, is_less, b, a, ""));
}

/* Relaxed: a product, rounded, and a sum; rule->kind: the product is negated. */
EMIT(multiply_add) {
    (void)op;
    LLVMValueRef c = pop_vector(e, shape_of(rule)), b = pop_vector(e, shape_of(rule)),
                 a = pop_vector(e, shape_of(rule));
    LLVMValueRef product = LLVMBuildFMul(e->b, a, b, "");
    if (rule->kind) product = LLVMBuildFNeg(e->b, product, "");
    push_vector(e, LLVMBuildFAdd(e->b, product, c, ""));
}

/* --- Float to float and integer to float --- */

/* The lower half, and zeros behind two lanes. */
static LLVMValueRef low_half(struct emit *e, LLVMValueRef v) {
    return pick_lanes(e, v, v, 0, 1, LLVMGetVectorSize(LLVMTypeOf(v)) / 2);
}

static LLVMValueRef with_zeros(struct emit *e, LLVMValueRef v) {
    return pick_lanes(e, v, LLVMConstNull(LLVMTypeOf(v)), 0, 1, 4);
}

EMIT(vector_convert) {
    (void)op;
    LLVMTypeRef to = shape_vector(e->chunk, (enum emit_shape)rule->to);
    push_vector(e, LLVMBuildCast(e->b, (LLVMOpcode)rule->kind, pop_vector(e, shape_of(rule)), to,
                                 ""));
}

EMIT(convert_low) {
    (void)op;
    LLVMTypeRef to = shape_vector(e->chunk, SHAPE_F64);
    LLVMValueRef low = low_half(e, pop_vector(e, SHAPE_32));
    push_vector(e, LLVMBuildCast(e->b, (LLVMOpcode)rule->kind, low, to, ""));
}

EMIT(demote_zero) {
    (void)op;
    (void)rule;
    LLVMTypeRef pair = LLVMVectorType(e->chunk->f32, 2);
    push_vector(e, with_zeros(e, LLVMBuildFPTrunc(e->b, pop_vector(e, SHAPE_F64), pair, "")));
}

EMIT(promote_low) {
    (void)op;
    (void)rule;
    LLVMValueRef low = low_half(e, pop_vector(e, SHAPE_F32));
    push_vector(e, LLVMBuildFPExt(e->b, low, shape_vector(e->chunk, SHAPE_F64), ""));
}

/* --- Float to integer, saturating. aarch64 does it in one instruction; LLVM would take the lanes
 * apart on x86-64, which gives the least integer for what does not fit. --- */

/* x where `condition` is true, else 0. */
static LLVMValueRef or_zero(struct emit *e, LLVMValueRef condition, LLVMValueRef x) {
    return LLVMBuildSelect(e->b, condition, x, LLVMConstNull(LLVMTypeOf(x)), "");
}

static LLVMValueRef positive(struct emit *e, LLVMValueRef x) {
    LLVMValueRef zero = LLVMConstNull(LLVMTypeOf(x));
    return or_zero(e, LLVMBuildFCmp(e->b, LLVMRealOGT, x, zero, ""), x);
}

static LLVMValueRef convert_f32x4(struct emit *e, LLVMValueRef x) {
    return machine_intrinsic(e, "llvm.x86.sse2.cvttps2dq", &x, 1);
}

/* What is too great has all bits but the highest: those of the least integer, inverted. */
static LLVMValueRef truncate_s_f32x4(struct emit *e, LLVMValueRef x) {
    LLVMValueRef limit = splat_real(LLVMTypeOf(x), 0x1p31);
    LLVMValueRef over = LLVMBuildFCmp(e->b, LLVMRealOGE, x, limit, "");
    x = or_zero(e, LLVMBuildFCmp(e->b, LLVMRealORD, x, x, ""), x);
    return LLVMBuildXor(e->b, convert_f32x4(e, x), lanes_where(e, over, SHAPE_F32), "");
}

/* From 2^31 on, the conversion of x gives 2^31, and what is missing is converted apart. */
static LLVMValueRef truncate_u_f32x4(struct emit *e, LLVMValueRef x) {
    x = positive(e, x);
    LLVMValueRef half = splat_real(LLVMTypeOf(x), 0x1p31);
    LLVMValueRef more = LLVMBuildFSub(e->b, x, half, "");
    LLVMValueRef over = LLVMBuildFCmp(e->b, LLVMRealOGE, more, half, "");
    LLVMValueRef rest =
        LLVMBuildXor(e->b, convert_f32x4(e, more), lanes_where(e, over, SHAPE_F32), "");
    LLVMValueRef args[2] = {rest, LLVMConstNull(LLVMTypeOf(rest))};
    return LLVMBuildAdd(e->b, convert_f32x4(e, x),
                        intrinsic(e, "llvm.smax", LLVMTypeOf(rest), args, 2), "");
}

EMIT(vector_truncate) {
    (void)op;
    LLVMTypeRef types[2] = {shape_vector(e->chunk, SHAPE_32), shape_vector(e->chunk, SHAPE_F32)};
    bool is_signed = rule->kind == LLVMFPToSI;
    LLVMValueRef x = pop_vector(e, SHAPE_F32);
    if (is_x86(e))
        push_vector(e, is_signed ? truncate_s_f32x4(e, x) : truncate_u_f32x4(e, x));
    else
        push_vector(e, intrinsic_of(e, is_signed ? "llvm.fptosi.sat" : "llvm.fptoui.sat", types,
                                    2, &x, 1));
}

static LLVMValueRef at_most(struct emit *e, LLVMValueRef x, LLVMValueRef most) {
    return LLVMBuildSelect(e->b, LLVMBuildFCmp(e->b, LLVMRealOLT, x, most, ""), x, most, "");
}

/* The most for a NaN is 0. The instruction clears the other lanes. */
static LLVMValueRef truncate_s_f64x2(struct emit *e, LLVMValueRef x) {
    LLVMValueRef is_number = LLVMBuildFCmp(e->b, LLVMRealORD, x, x, "");
    LLVMValueRef most = or_zero(e, is_number, splat_real(LLVMTypeOf(x), INT32_MAX));
    x = at_most(e, x, most);
    return machine_intrinsic(e, "llvm.x86.sse2.cvttpd2dq", &x, 1);
}

/* The lowest 32 bits of 2^52 + x are those of the integer x. */
static LLVMValueRef truncate_u_f64x2(struct emit *e, LLVMValueRef x) {
    LLVMTypeRef type = LLVMTypeOf(x);
    x = at_most(e, positive(e, x), splat_real(type, UINT32_MAX));
    x = intrinsic(e, "llvm.trunc", type, &x, 1);
    x = LLVMBuildFAdd(e->b, x, splat_real(type, 0x1p52), "");
    LLVMValueRef words = as_shape(e, x, SHAPE_32);
    return with_zeros(e, pick_lanes(e, words, words, 0, 2, 2));
}

EMIT(vector_truncate_zero) {
    (void)op;
    LLVMTypeRef types[2] = {LLVMVectorType(e->chunk->i32, 2), shape_vector(e->chunk, SHAPE_F64)};
    bool is_signed = rule->kind == LLVMFPToSI;
    LLVMValueRef x = pop_vector(e, SHAPE_F64);
    if (is_x86(e))
        push_vector(e, is_signed ? truncate_s_f64x2(e, x) : truncate_u_f64x2(e, x));
    else
        push_vector(e, with_zeros(e, intrinsic_of(e, is_signed ? "llvm.fptosi.sat"
                                                               : "llvm.fptoui.sat",
                                                  types, 2, &x, 1)));
}
