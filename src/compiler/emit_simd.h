/*
 * emit_simd.h - what the rules of vectors share. A v128 is <2 x i64> on the operand stack; a rule
 * takes and gives it in the shape that its instruction is about. A rule's `type` and `to` are
 * shapes.
 */
#ifndef COMPILER_EMIT_SIMD_H
#define COMPILER_EMIT_SIMD_H

#include "compiler/emit.h"

enum emit_shape { SHAPE_8, SHAPE_16, SHAPE_32, SHAPE_64, SHAPE_F32, SHAPE_F64 };

extern const struct emit_rule emit_simd_rules[WASM_OP_COUNT];

/* --- emit_simd.c --- */
LLVMTypeRef shape_lane(const struct chunk *c, enum emit_shape shape);
uint32_t shape_lanes(enum emit_shape shape);
LLVMTypeRef shape_vector(const struct chunk *c, enum emit_shape shape);
/* Integers as wide as the shape's lanes. */
enum emit_shape shape_ints(enum emit_shape shape);

LLVMValueRef pop_vector(struct emit *e, enum emit_shape shape);
/* Any vector of 16 bytes. */
void push_vector(struct emit *e, LLVMValueRef vector);
LLVMValueRef as_shape(struct emit *e, LLVMValueRef vector, enum emit_shape shape);

/* Constants of a vector type, the same in all lanes. */
LLVMValueRef splat_int(LLVMTypeRef type, uint64_t value);
LLVMValueRef splat_real(LLVMTypeRef type, double value);
/* A value in all of `lanes` lanes. */
LLVMValueRef splat(struct emit *e, LLVMValueRef value, uint32_t lanes);

/* Lanes first, first + step, ... of a vector and the one behind it. */
LLVMValueRef pick_lanes(struct emit *e, LLVMValueRef v, LLVMValueRef behind, uint32_t first,
                        uint32_t step, uint32_t count);
/* Every lane extended to twice its width; extension: LLVMSExt or LLVMZExt. */
LLVMValueRef widen(struct emit *e, LLVMValueRef v, uint32_t extension);
/* Lanes of all ones where an <n x i1> is true. */
LLVMValueRef lanes_where(struct emit *e, LLVMValueRef condition, enum emit_shape shape);

/* An intrinsic of one instruction set, of fixed types. */
LLVMValueRef machine_intrinsic(struct emit *e, const char *name, LLVMValueRef *args,
                               unsigned count);

/* --- rules --- */

/* emit_simd.c: constants and lanes */
EMIT(vector_const);
EMIT(shuffle);
EMIT(swizzle);
EMIT(splat);
EMIT(extract_lane);
EMIT(replace_lane);

/* emit_simd_int.c */
EMIT(vector_binary);
EMIT(vector_binary_intrinsic);
EMIT(vector_unary_intrinsic);
EMIT(vector_not);
EMIT(vector_andnot);
EMIT(bitselect);
EMIT(vector_negate);
EMIT(vector_abs);
EMIT(vector_shift);
EMIT(vector_compare);
EMIT(any_true);
EMIT(all_true);
EMIT(bitmask);
EMIT(average);
EMIT(narrow);
EMIT(extend_low);
EMIT(extend_high);
EMIT(multiply_low);
EMIT(multiply_high);
EMIT(add_pairs);
EMIT(dot);
EMIT(relaxed_dot);
EMIT(q15_multiply);

/* emit_simd_float.c */
EMIT(vector_float_compare);
EMIT(vector_float_negate);
EMIT(vector_extremum);
EMIT(pseudo_min);
EMIT(pseudo_max);
EMIT(vector_convert);
EMIT(convert_low);
EMIT(demote_zero);
EMIT(promote_low);
EMIT(vector_truncate);
EMIT(vector_truncate_zero);
EMIT(multiply_add);

/* emit_simd_memory.c */
EMIT(load_extend);
EMIT(load_splat);
EMIT(load_zero);
EMIT(load_lane);
EMIT(store_lane);

#endif
