/*
 * lower.h - from WebAssembly to internal code: a sink of the validating walk.
 *
 * Each value on the operand stack has a home slot in the frame, but is put there only when it has
 * to be: until then an entry may stand for a local, a constant, or what the last op left in an
 * accumulator. Control flow joins only with every value at home.
 */
#ifndef EXEC_LOWER_H
#define EXEC_LOWER_H

#include "exec/interp/iops.h"
#include "exec/interpreter.h"
#include "exec/loops.h"
#include "wasm/walk.h"

enum entry_kind { ENTRY_SLOT, ENTRY_LOCAL, ENTRY_CONST, ENTRY_ACC };
enum acc { ACC_INT, ACC_FLOAT, ACC_COUNT };

struct entry {
    uint8_t kind;  /* enum entry_kind */
    uint8_t type;  /* code of the value type */
    uint32_t slot; /* home */
    uint32_t local;
    uint32_t next; /* entry below that stands for the same local, plus one; 0: none */
    uint64_t value;
};

/* A block. A branch to it carries `label_slots` slots to `base`. */
struct block {
    uint16_t op;
    uint32_t height;  /* entries below its params */
    uint32_t base;    /* slot of the first param or result */
    uint32_t label_count, label_slots;
    uint32_t start;   /* of a loop */
    uint32_t patches; /* branches to its end, list of struct patch; 0: none */
    uint32_t else_patch;
    uint32_t moves_epoch, moves_at; /* br_table's code that carries values here */
    uint32_t handler, handler_count; /* of a try_table */
};

/* A target to fill in: units[at] gets (target - from); of a handler its target, at PATCH_HANDLER
 * plus its index. */
#define PATCH_HANDLER (1u << 31)
struct patch {
    uint32_t at, from, next;
};

/* The op emitted last, for fusing with what follows; `end` is where it ended. */
enum last_kind { LAST_NONE, LAST_RESULT, LAST_ADD, LAST_CMP, LAST_GLOBAL };
struct last_op {
    uint8_t kind;
    uint8_t mode; /* enum source of a LAST_CMP or LAST_ADD */
    uint32_t start, end;
    uint32_t slot; /* home of its result */
    uint16_t a, b;
    uint64_t value;
    const struct lower_rule *rule;
    uint32_t global;    /* of a LAST_GLOBAL, or that a LAST_CMP compares with a constant */
    uint32_t global_at; /* the op that reads it, plus one; 0: none */
};

/* An addition of a constant that was just redirected to a local: it may join a branch. */
struct increment {
    uint32_t start, end;
    uint8_t type;
};

struct lower {
    struct walk_sink sink;
    const struct code_module *module;
    const struct allocator *allocator;
    nacre_status status; /* the first failure; emission goes on into nothing */
    const char *failure;
    uint32_t func;
    const struct walk *walk;

    uint16_t *units;
    uint32_t count, capacity;
    uint64_t *starts; /* a bit a unit: an op begins there */
    uint32_t start_capacity;
    struct entry *entries;
    uint32_t entry_count, entry_capacity;
    uint32_t home_count; /* this many of the lowest entries are at home */
    struct block *blocks;
    uint32_t depth, block_capacity;
    struct patch *patches; /* [0] is not used */
    uint32_t patch_count, patch_capacity;
    uint32_t free_patch;
    struct code_handler *handlers;
    uint32_t handler_count, handler_capacity;
    struct func_roots *roots; /* being found, or NULL */
    struct code_loops *loops; /* the same */

    uint32_t *local_slots;
    uint32_t local_capacity;
    uint32_t *aliases; /* by local: topmost entry that stands for it, plus one; 0: none */
    uint32_t alias_capacity;
    uint32_t next_slot, max_slot;
    uint32_t header;
    struct {
        uint32_t entry; /* that it holds, plus one; 0: none */
        uint32_t at;    /* the op that left it there */
        uint32_t local; /* whose value it holds as well, right behind ... */
        uint32_t end;   /* ... this, the end of the op that set it; 0: none */
    } accs[ACC_COUNT];
    struct last_op last;
    struct increment increment;
    uint32_t epoch;

    uint32_t meter_at; /* where the running segment's cost goes, plus one; 0: none */
    uint32_t cost;
    uint32_t entry_cost; /* of clearing the frame's locals, to be paid with the first segment */
    bool is_entry;     /* the next segment is the function's first */

    uint32_t wanted;      /* unit whose instruction is looked for, or UINT32_MAX */
    uint32_t wasm_offset; /* of the instruction being lowered */
    uint32_t found;
};

struct lower_rule {
    void (*lower)(struct lower *l, const struct walk_op *op, const struct lower_rule *rule);
    uint16_t iop;              /* first of its family */
    uint16_t swapped, inverse; /* WebAssembly instructions of a comparison's relatives */
    uint8_t out, in;           /* types of a numeric instruction */
};
extern const struct lower_rule lower_rules[WASM_OP_COUNT];

/* Sources of two operands, in the order of iops.def. */
enum source { SOURCE_SS, SOURCE_AS, SOURCE_SI, SOURCE_AI, SOURCE_SA, SOURCE_IS, SOURCE_IA };

/* --- lower_emit.c: units, entries, accumulators --- */
void lower_fail(struct lower *l, nacre_status status, const char *text);
void emit(struct lower *l, uint32_t unit);
void emit_op(struct lower *l, uint32_t iop); /* an op's first unit */
void emit_u32(struct lower *l, uint32_t value);
void emit_u64(struct lower *l, uint64_t value);
void emit_constant(struct lower *l, uint8_t type, uint64_t value); /* as an operand */
/* Takes back everything from `at` on. */
void emit_rewind(struct lower *l, uint32_t at);
bool is_last(const struct lower *l, enum last_kind kind);

/* A type as entries have it: WASM_REF for references that may be to the heap, which are roots of
 * the collector; for those to functions, WASM_I32. */
uint8_t lower_type(const struct lower *l, wasm_valtype type);
uint32_t slots_of(uint8_t type);
enum acc acc_of(uint8_t type);
/* Is the value in its accumulator: put there to stay, or also there as the local that was set by
 * the op right before? */
bool is_in_acc(const struct lower *l, const struct entry *e);
/* Control joins here: nothing is known of the op before. */
void forget_last(struct lower *l);
/* Is the value all of its accumulator? An f32 is the lower half of it, the rest is not zero. */
bool is_whole_acc(const struct lower *l, const struct entry *e);
struct entry *push_entry(struct lower *l, enum entry_kind kind, uint8_t type);
struct entry pop_entry(struct lower *l);
void drop_to(struct lower *l, uint32_t height);
/* Ends the accumulator's hold: its op writes to the value's home instead. */
void settle(struct lower *l, enum acc acc);
void set_slot_result(struct lower *l, uint32_t at);
void settle_all(struct lower *l);
/* The slot where a popped value is; puts it there if need be. */
uint32_t slot_of(struct lower *l, const struct entry *e);
/* Brings the topmost `count` values, or all above the innermost block's height, home. */
void bring_home(struct lower *l, uint32_t count);
void bring_all_home(struct lower *l);
/* Writes a popped value to a slot. */
void copy_to(struct lower *l, const struct entry *e, uint32_t slot);
/* Pushes the result of the op that began at `start` with an accumulator as destination, or of one
 * that always writes to the slot in its second unit. */
void push_acc(struct lower *l, uint8_t type, uint32_t start);
void push_result(struct lower *l, uint8_t type, uint32_t start);
/* Begins an op with a result of the type: number, destination. Returns where it starts. */
uint32_t begin_result(struct lower *l, uint32_t iop, uint8_t type);

/* --- lower_far.c: accesses of another memory than 0, or by a 64-bit address --- */
bool is_far(const struct lower *l, const struct walk_op *op);
/* Before the access, with its address popped: where the address is, and what offset remains. */
struct far_address {
    struct entry entry;
    uint64_t offset;
};
struct far_address begin_far(struct lower *l, const struct walk_op *op, struct entry address);
/* After it. */
void end_far(struct lower *l);

/* --- lower_pairs.c --- */
void thread_branches(struct lower *l, uint32_t end);
void join_pairs(struct lower *l, uint32_t end);

/* --- lower_canonical.c --- */
/* If the instruction may have made a NaN, has its result made canonical. */
void lower_canonical(struct lower *l, const struct walk_op *op);

/* --- lower_roots.c --- */
void note_local_roots(struct lower *l, const struct walk *walk);
/* A collection may happen in the op that a unit at `offset` belongs to: every reference on the
 * stack that must outlive it is in a slot now. */
void note_roots(struct lower *l, uint32_t offset);
void free_roots(struct code_module *module, struct func_roots *roots);
/* Lowers a function once more to find them (lower.c). */
nacre_status lower_for_roots(struct code_module *module, uint32_t func, struct func_roots *roots);

/* --- lower_exception.c --- */
void end_try(struct lower *l, const struct block *block);
void emit_handlers(struct lower *l);

/* --- lower_control.c --- */
void push_block(struct lower *l, const struct walk_op *op);
/* Has a handler lead to a label; returns the slot where the label takes its values. */
uint32_t handler_label(struct lower *l, uint32_t label, uint32_t handler, uint32_t *target);
/* Branches to a label if what is in the slot is not (or is) 0; ends the segment. */
void branch_if_slot(struct lower *l, uint32_t label, uint32_t slot, bool if_true);
nacre_status lower_begin(struct walk_sink *sink, const struct walk *walk);
void begin_segment(struct lower *l);
void end_segment(struct lower *l);
#define LOWER(name) \
    void lower_##name(struct lower *l, const struct walk_op *op, const struct lower_rule *rule)
LOWER(nothing);
LOWER(unreachable);
LOWER(block);
LOWER(loop);
LOWER(if);
LOWER(else);
LOWER(end);
LOWER(br);
LOWER(br_if);
LOWER(br_table);
LOWER(return);
LOWER(br_on_null);
LOWER(br_on_non_null);
LOWER(call);
LOWER(call_ref);
LOWER(call_indirect);
LOWER(return_call);
LOWER(return_call_indirect);
LOWER(return_call_ref);

/* --- lower_data.c: variables, tables, memories, references --- */
LOWER(drop);
LOWER(select);
LOWER(local_get);
LOWER(local_set);
LOWER(local_tee);
LOWER(global_get);
LOWER(global_set);
LOWER(const);
LOWER(ref_null);
LOWER(ref_is_null);
LOWER(ref_func);
LOWER(slots); /* any instruction whose operands and result are slots, immediates after them */
LOWER(wait);

/* --- lower_object.c, lower_exception.c --- */
LOWER(struct_new);
LOWER(struct_get);
LOWER(struct_set);
LOWER(array_new);
LOWER(array_new_fixed);
LOWER(array_new_segment);
LOWER(array_get);
LOWER(array_set);
LOWER(array_range);
LOWER(ref_test);
LOWER(ref_cast);
LOWER(br_on_cast);
LOWER(try_table);
LOWER(throw);
LOWER(throw_ref);

/* --- lower_numeric.c --- */
LOWER(binary);
LOWER(commutative);
LOWER(compare);
LOWER(eqz);
LOWER(unary);
LOWER(retype);
LOWER(load);
LOWER(store);

#endif
