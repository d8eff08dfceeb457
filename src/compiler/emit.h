/*
 * emit.h - from WebAssembly to LLVM's intermediate form: a sink of the validating walk, like the
 * interpreter's lowering.
 *
 * A chunk is an LLVM module with some of the functions; chunks are compiled apart from each
 * other, on as many threads as there are, and linked afterwards. A value of the operand stack is
 * an LLVM value; a local is an alloca, which LLVM turns into values; control joins with phis.
 *
 * An access that may trap must not be lost, nor pass another one or a store: with guard pages it
 * is volatile to LLVM unless something else shows that it is in bounds, with explicit bounds the
 * check before it is a branch.
 */
#ifndef COMPILER_EMIT_H
#define COMPILER_EMIT_H

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/TargetMachine.h>

#include "compiler/compiler.h"
#include "compiler/signature.h"
#include "wasm/walk.h"

struct value {
    LLVMValueRef v;
    wasm_valtype type;
};

/* A block, loop, if or try_table that is open, or the function's body. */
struct frame {
    uint16_t op;
    uint32_t height; /* of the operand stack below its params */
    LLVMBasicBlockRef end;    /* after it; its results are this block's phis */
    LLVMBasicBlockRef target; /* of a loop its head, whose phis are its params; of an if, else */
    uint32_t phi_base;        /* of what it has in emit->phis: ... */
    uint32_t label_phis, result_phis, params; /* ... the first of each; an if's, for else */
    uint32_t label_count, param_count;
    LLVMBasicBlockRef dispatch; /* for exceptions (emit_exception.c), or NULL */
    uint32_t catch_base, catch_count;
};

struct value_list {
    LLVMValueRef *values;
    uint32_t count, capacity;
};

/* A function's slots of references that the collector must know (emit_roots.c). */
struct roots {
    LLVMValueRef base;              /* the first slot; NULL until one is used */
    LLVMBasicBlockRef entry, body;  /* the prologue will come between them */
    uint32_t *slots;                /* by local */
    uint32_t slot_capacity;
    uint32_t local_count, operand_count;
    struct value_list stores;       /* of locals */
    struct value_list exits;        /* instructions by which the function is left */
    struct value_list kept;         /* what the operands' slots are known to hold */
    bool is_needed;                 /* an object may be made while there are references */
};

/* What code without a function asks for so often that it is made once for a chunk. */
struct chunk {
    const struct compile *compile;
    uint32_t number;
    LLVMTargetMachineRef machine;
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMDIBuilderRef debug;
    LLVMMetadataRef file;
    LLVMTypeRef i1, i8, i16, i32, i64, f32, f64, v128, ptr, nothing;
    LLVMAttributeRef swiftself, nest, nomerge, noreturn, cold, nounwind, noinline_;
    unsigned tbaa_kind, invariant_kind, prof_kind, access_kind, check_kind,
        fuel_kind, range_kind;
    /* Access tags: what overlaps nothing of another tag. */
    LLVMValueRef tbaa_context, tbaa_global, tbaa_memory, tbaa_table, tbaa_func, tbaa_heap;
    LLVMValueRef tbaa_header, tbaa_root;
    LLVMValueRef unlikely, likely; /* branch weights: of the first way */
    LLVMValueRef invariant;        /* an empty node */
    LLVMValueRef traps[32];        /* functions that trap, by reason; NULL until one is needed */
    LLVMValueRef meter;            /* the function that asks for more fuel; NULL so far, too */
};

struct emit {
    struct walk_sink sink;
    struct chunk *chunk;
    const struct compile *compile;
    const struct wasm_module *module;
    const struct allocator *allocator;
    const struct walk *walk;
    LLVMBuilderRef b;
    uint32_t func; /* index */
    LLVMValueRef function, context;
    LLVMMetadataRef scope;
    uint32_t offset; /* of the instruction, in the module */

    struct value *stack;
    uint32_t count, capacity;
    struct frame *frames;
    uint32_t depth, frame_capacity;
    LLVMValueRef *phis;
    uint32_t phi_count, phi_capacity;
    LLVMValueRef *locals; /* allocas */
    LLVMTypeRef *local_types;
    uint32_t local_capacity, local_type_capacity;

    LLVMValueRef meter; /* the subtraction that gets the segment's cost when it ends; or NULL */
    uint32_t cost, entry_cost;
    struct wasm_hints hints; /* that were not looked at yet, but for ... */
    uint32_t hint_offset;    /* ... this one, of an instruction in the module */
    bool is_hint_likely, has_hint;
    struct roots roots;
    struct walk_catch *catches; /* of the try_tables that are open */
    uint32_t catch_count, catch_capacity;
    uint32_t handler_count; /* clauses in the function so far */
    struct value_list arrivals; /* subtractions that get their price when it ends */
    struct value_list visible;  /* stores that others see, but for those to memories */
    struct value_list carried;  /* operands where a continuation begins, each with its value */
    bool may_fault;             /* an access of the function may */
    bool has_arrived;           /* the loop was there that a continuation begins at */
    nacre_status status;
    const char *failure;
};

/* --- emit.c: values, constants, traps, the context --- */
nacre_status emit_function(struct emit *e, struct walk *walk, uint32_t func);
void emit_deinit(struct emit *e);
void emit_fail(struct emit *e, nacre_status status, const char *text);

void append(struct emit *e, struct value_list *list, LLVMValueRef value);
void free_list(struct emit *e, struct value_list *list);

void push(struct emit *e, LLVMValueRef v, wasm_valtype type);
LLVMValueRef pop(struct emit *e);

LLVMTypeRef emit_type(const struct chunk *c, wasm_valtype type);
LLVMValueRef const_i32(const struct chunk *c, uint32_t value);
LLVMValueRef const_i64(const struct chunk *c, uint64_t value);
LLVMBasicBlockRef new_block(struct emit *e, const char *name);
void go_to(struct emit *e, LLVMBasicBlockRef block); /* what follows is emitted there */

/* Calls an intrinsic of LLVM that is overloaded for one type, or for several. */
LLVMValueRef intrinsic(struct emit *e, const char *name, LLVMTypeRef type, LLVMValueRef *args,
                       unsigned count);
LLVMValueRef intrinsic_of(struct emit *e, const char *name, LLVMTypeRef *types,
                          unsigned type_count, LLVMValueRef *args, unsigned count);

/* Traps if an i1 is true: goes on in a block where it is not. Gives the branch. */
LLVMValueRef trap_if(struct emit *e, LLVMValueRef condition, nacre_trap reason);
/* Has a call a place of its own, which says what trapped: LLVM does not make one of two. */
void keep_apart(struct emit *e, LLVMValueRef call);
/* Traps; nothing follows in the block. */
void trap_now(struct emit *e, nacre_trap reason);
/* A branch that is hardly ever taken. */
LLVMValueRef branch_unlikely(struct emit *e, LLVMValueRef condition, LLVMBasicBlockRef taken,
                             LLVMBasicBlockRef otherwise);

static inline bool is_x86(const struct emit *e) { return e->compile->machine == IMAGE_X86_64; }

/* A field of the context at a distance below it (abi.h); invariant: it never changes. */
LLVMValueRef context_at(struct emit *e, uint64_t distance);
LLVMValueRef load_context(struct emit *e, uint64_t distance, LLVMTypeRef type, bool invariant);
LLVMValueRef load_at(struct emit *e, LLVMValueRef base, uint64_t offset, LLVMTypeRef type,
                     LLVMValueRef tbaa);
LLVMValueRef store_at(struct emit *e, LLVMValueRef value, LLVMValueRef base, uint64_t offset,
                      LLVMValueRef tbaa);
#define HEAD(field) image_at_head(offsetof(struct image_head, field))

/* Calls a helper; NULL if it gives nothing. */
LLVMValueRef call_helper(struct emit *e, enum image_helper helper, LLVMValueRef *args,
                         unsigned count);

/* --- chunk.c --- */
LLVMValueRef chunk_trap(struct chunk *c, nacre_trap reason);
/* A function that asks for more fuel. It keeps every register, so that a segment that has enough
 * does not have to. */
LLVMValueRef chunk_meter(struct chunk *c);
void call_plain(struct emit *e, LLVMValueRef function); /* one that takes the context alone */
/* A function of the module, declared until it is emitted. */
LLVMValueRef chunk_function(struct chunk *c, uint32_t func);
/* Defines another function, that others can call by its name. */
LLVMValueRef chunk_define(struct chunk *c, const char *name, LLVMTypeRef type);
/* The calling convention of WebAssembly functions: C's, or where the module has tail calls LLVM's
 * tailcc, which promises that they take no stack and costs two instructions for each other call.
 * A module's code calls its own code only, so that each may have its own. */
unsigned chunk_convention(const struct chunk *c);
enum { CHUNK_NAME = 32 };
/* What functions are called: a kind and a number. */
void chunk_name(char name[CHUNK_NAME], const char *kind, uint32_t number);

/* --- what rules do --- */
enum emit_width { WIDTH_ALL, WIDTH_8, WIDTH_16, WIDTH_32 };

struct emit_rule {
    void (*emit)(struct emit *e, const struct walk_op *op, const struct emit_rule *rule);
    uint32_t kind;    /* an LLVM opcode or predicate, or what else the function wants */
    const char *name; /* of an intrinsic */
    uint8_t type, to; /* codes of value types; of an access, type is its enum emit_width */
};
extern const struct emit_rule emit_rules[WASM_OP_COUNT];
#define EMIT(name) \
    void emit_##name(struct emit *e, const struct walk_op *op, const struct emit_rule *rule)

/* emit_control.c */
/* When the function has been walked: a continuation begins with its operands. */
void finish_arrival(struct emit *e);
void begin_body(struct emit *e, const struct walk *walk);
void open_segment(struct emit *e);
void close_segment(struct emit *e);
/* Takes fuel without asking whether there is so much; gives what is left. */
LLVMValueRef take_fuel(struct emit *e, LLVMValueRef price);
/* Pays for something: gives the subtraction, whose second operand is to be set to the price. */
LLVMValueRef charge_fuel(struct emit *e);
void hint_branch(struct emit *e, LLVMValueRef branch); /* by the module's branch hints */
EMIT(nothing);
EMIT(unreachable);
EMIT(block);
EMIT(loop);
EMIT(if);
EMIT(else);
EMIT(end);
EMIT(br);
EMIT(br_if);
EMIT(br_table);
EMIT(return);
EMIT(br_on_null);
EMIT(br_on_non_null);

/* Branches to a label with the topmost values. */
void branch_to(struct emit *e, uint32_t label);
/* The same if an i1 is true; gives the branch. */
LLVMValueRef branch_if(struct emit *e, LLVMValueRef condition, uint32_t label);

/* emit_call.c */
EMIT(call);
EMIT(call_indirect);
EMIT(call_ref);
void load_params(struct emit *e, const struct wasm_type *type);
void emit_results(struct emit *e); /* returns the topmost values */
LLVMTypeRef chunk_function_type(struct chunk *c, const struct wasm_type *type);
LLVMValueRef function_ref(struct emit *e, uint32_t func);
LLVMValueRef thread_values(struct emit *e);
/* All 64 bits of the slot of a value that takes one. */
LLVMValueRef to_slot(struct emit *e, LLVMValueRef value, wasm_valtype type);
/* Thunks of all signatures (abi.h). */
void emit_thunks(struct emit *e, const struct signatures *signatures);

/* emit_fixed.c: tables of fixed.h, as data of the image */
bool is_fixed(const struct emit *e, uint32_t table);
/* The code at an index of 64 bits, if it is a function of the type; else it traps. */
LLVMValueRef fixed_code(struct emit *e, const struct walk_op *op, LLVMValueRef index);
void emit_fixed_tables(struct emit *e);

/* emit_data.c */
EMIT(drop);
EMIT(select);
EMIT(local_get);
EMIT(local_set);
EMIT(local_tee);
EMIT(global_get);
EMIT(global_set);
EMIT(const);
EMIT(table_get);
EMIT(table_set);
EMIT(table_size);
EMIT(table_grow);
EMIT(table_fill);
EMIT(table_copy);
EMIT(table_init);
EMIT(elem_drop);
EMIT(ref_null);
EMIT(ref_is_null);
EMIT(ref_func);
EMIT(ref_as_non_null);
EMIT(ref_eq);

/* An element of a table at an index of 64 bits, which is checked. */
LLVMValueRef load_element(struct emit *e, uint32_t table, LLVMValueRef index, nacre_trap reason);
/* An operand that is an index or a size in a table, as 64 bits. */
LLVMValueRef table_index(struct emit *e, uint32_t table, LLVMValueRef index);

/* emit_memory.c */
EMIT(load);
EMIT(store);
EMIT(memory_size);
EMIT(memory_grow);
EMIT(memory_fill);
EMIT(memory_copy);
EMIT(memory_init);
EMIT(data_drop);
/* The address of an access of `bytes` bytes, checked as far as it has to be. */
LLVMValueRef emit_address(struct emit *e, const struct walk_op *op, LLVMValueRef index,
                          uint32_t bytes);
/* A load or store there: of the right alignment, and in order with others. */
LLVMValueRef load_memory(struct emit *e, const struct walk_op *op, LLVMTypeRef type,
                         LLVMValueRef address);
LLVMValueRef store_memory(struct emit *e, const struct walk_op *op, LLVMValueRef value,
                          LLVMValueRef address);

/* emit_numeric.c */
EMIT(binary);
EMIT(shift);
EMIT(rotate);
EMIT(divide);
EMIT(compare);
EMIT(float_compare);
EMIT(eqz);
EMIT(count);
EMIT(unary_intrinsic);
EMIT(binary_intrinsic);
EMIT(negate);
/* An operation on floats or vectors of them, or on integers. */
LLVMValueRef build_binary(struct emit *e, LLVMOpcode opcode, LLVMValueRef a, LLVMValueRef b);
EMIT(extremum);
/* The lesser of two floats, or vectors of them, or the greater. */
LLVMValueRef float_extremum(struct emit *e, LLVMValueRef a, LLVMValueRef b, bool is_greater);
EMIT(cast);
EMIT(extend);
EMIT(truncate);
EMIT(truncate_sat);

/* emit_canonical.c: makes what the instruction gave canonical, if it may be a NaN */
void emit_canonical(struct emit *e, const struct walk_op *op);

/* emit_roots.c */
void begin_roots(struct emit *e, const struct walk *walk); /* when params are in their locals */
void note_local(struct emit *e, uint32_t local, LLVMValueRef value); /* a local was set */
/* Before what may make objects: references of locals and of the operand stack, but for the topmost
 * `arguments` values, are where the collector finds them. */
void keep_roots(struct emit *e, uint32_t arguments);
void forget_kept(struct emit *e);                    /* control joins */
void note_exit(struct emit *e, LLVMValueRef exit);   /* the function ends here */
void finish_roots(struct emit *e);
void deinit_roots(struct emit *e);

/* emit_exception.c */
EMIT(throw);
EMIT(throw_ref);
EMIT(try_table);
void check_exception(struct emit *e); /* behind a call */
void close_handlers(struct emit *e);  /* of the innermost frame, which ends */
void finish_handlers(struct emit *e);

/* emit_object.c */
EMIT(struct_get);
EMIT(struct_set);
EMIT(array_get);
EMIT(array_set);
EMIT(array_len);
EMIT(struct_new);
EMIT(array_new);
EMIT(array_new_fixed);
EMIT(array_new_segment);
EMIT(array_fill);
EMIT(array_copy);
EMIT(array_init);
EMIT(ref_test);
EMIT(ref_cast);
EMIT(br_on_cast);
EMIT(ref_convert);
EMIT(ref_i31);
EMIT(i31_get);
LLVMValueRef object_at(struct emit *e, LLVMValueRef ref); /* struct image_object */

/* emit_atomic.c */
EMIT(atomic_load);
EMIT(atomic_store);
EMIT(atomic_modify);
EMIT(atomic_compare);
EMIT(atomic_fence);
EMIT(atomic_notify);
EMIT(atomic_wait);

#endif
