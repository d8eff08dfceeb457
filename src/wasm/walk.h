/*
 * walk.h - one pass over a function: decodes and validates every instruction (core specification
 * appendix A.3), and tells a sink what it found.
 *
 * This is the only place that knows WebAssembly's typing. The interpreter's lowering and the
 * compiler are sinks; they are told of nothing that can't be reached, and of nothing invalid.
 *
 * A sink is called once an instruction, after it was checked and the type stack was updated.
 * In unreachable code it is not called, nor for blocks that begin there. `else` and `end` of a
 * block that began in reachable code are always told; walk_op.is_live says whether control falls
 * into them.
 */
#ifndef WASM_WALK_H
#define WASM_WALK_H

#include "base/reader.h"
#include "wasm/module.h"

/* The type of a block, or of what a branch to a label takes. The types are in the registry, or a
 * lone result is `single` and results is NULL. */
struct walk_blocktype {
    const wasm_valtype *params, *results;
    uint32_t param_count, result_count;
    wasm_valtype single;
};

static inline const wasm_valtype *walk_results(const struct walk_blocktype *type) {
    return type->results ? type->results : &type->single;
}

/* What a branch takes: a loop's params, any other block's results. */
struct walk_types {
    const wasm_valtype *types;
    uint32_t count;
};

/* A clause of try_table: where an exception goes. */
enum walk_catch_kind { WALK_CATCH, WALK_CATCH_REF, WALK_CATCH_ALL, WALK_CATCH_ALL_REF };
struct walk_catch {
    uint8_t kind;   /* enum walk_catch_kind */
    uint32_t tag;   /* of the first two */
    uint32_t label; /* counted from outside of the try_table */
};
static inline bool walk_catch_has_tag(const struct walk_catch *c) {
    return c->kind == WALK_CATCH || c->kind == WALK_CATCH_REF;
}
static inline bool walk_catch_has_ref(const struct walk_catch *c) {
    return c->kind == WALK_CATCH_REF || c->kind == WALK_CATCH_ALL_REF;
}

struct walk_op {
    uint16_t op;       /* enum wasm_op */
    bool is_live;      /* else, end: control falls in */
    bool is_told;      /* else, end: the sink knows the block */
    uint32_t offset;   /* of the instruction in the module */
    uint32_t index;    /* function, local, global, table, memory, segment, label, field, lane... */
    uint32_t index2;   /* the second one: table of call_indirect, table.init; source of copies */
    uint32_t memory;   /* of a memory access */
    uint64_t value;    /* bits of a constant; offset of a memory access */
    uint8_t bytes[16]; /* v128.const, i8x16.shuffle */
    wasm_valtype type; /* operand of drop, select; global, table element; ref.null's; wanted by
                          ref.test, ref.cast */
    const struct wasm_type *functype; /* of a call, throw */
    const struct wasm_type *object;   /* structure or array, of the target in array.copy */
    const struct wasm_type *source;   /* array.copy: of the source */
    wasm_valtype cast[2];             /* br_on_cast, br_on_cast_fail: from, to */
    const struct walk_catch *catches; /* try_table: index of them */
    struct walk_blocktype block;      /* of block, loop, if, try_table */
    const uint32_t *labels;           /* br_table: index of them, then the default */
};

struct walk;

struct walk_sink {
    nacre_status (*op)(struct walk_sink *sink, const struct walk *walk, const struct walk_op *op);
};

struct walk_frame {
    uint16_t op;       /* block, loop, if, else; WASM_OP_NONE for the function itself */
    bool is_dead;      /* the rest of the block can't be reached */
    bool is_told;      /* the sink knows this block */
    uint32_t height;   /* of the type stack below the block's params */
    uint32_t inits;    /* of the stack of initialised locals */
    uint32_t offset;
    uint32_t checked;  /* offset of the last br_table that was found to fit the label */
    struct walk_blocktype type;
};

/* Everything that a pass needs; kept between functions so that its arrays are made once. */
struct walk {
    struct wasm_module *module; /* only read; features are gathered below */
    const struct allocator *allocator;
    nacre_error *error;
    struct walk_sink *sink; /* or NULL: only validate */
    uint32_t features;      /* used so far */
    uint32_t allowed;       /* features */
    bool is_const;          /* a constant expression, where few instructions are allowed */
    bool changes_tables;    /* an instruction so far writes to one */

    struct reader r;
    uint32_t offset; /* of the current instruction */
    wasm_valtype *stack;
    uint32_t count, capacity;
    struct walk_frame *frames;
    uint32_t depth, frame_capacity; /* frames[depth - 1] is the innermost */
    wasm_valtype *locals;           /* params first */
    uint32_t local_count, local_capacity;
    uint32_t *inits;                /* locals without a default that were set, in order */
    uint32_t init_count, init_capacity;
    uint8_t *is_set;                /* by local, for those without a default */
    uint32_t is_set_capacity;
    uint32_t *labels;
    uint32_t label_capacity;
    struct walk_catch *catches;
    uint32_t catch_capacity;
    struct walk_blocktype function; /* the current function's params and results */
};

void walk_init(struct walk *walk, struct wasm_module *module, const struct allocator *allocator,
               struct walk_sink *sink, nacre_error *error);
void walk_deinit(struct walk *walk);

/* Called when the function's locals are known, before the sink hears of anything. */
typedef nacre_status (*walk_begun)(struct walk_sink *sink, const struct walk *walk);

/* Walks a function with a body. `begin` may be NULL. NACRE_MALFORMED, NACRE_INVALID,
 * NACRE_UNSUPPORTED, NACRE_LIMIT, NACRE_NO_MEMORY, and what the sink returns. */
nacre_status walk_function(struct walk *walk, uint32_t func, walk_begun begin);

/* Walks a constant expression that starts at `at` in the module and ends before `limit`; *size
 * gets its length. `begin` may be NULL. */
nacre_status walk_expr(struct walk *walk, uint32_t at, uint32_t limit, wasm_valtype type,
                       uint32_t *size, walk_begun begin);

/* Validates every function of a decoded module; adds what they use to module->features,
 * and notes module->changes_tables. */
nacre_status wasm_validate(struct wasm_module *module, const struct allocator *allocator,
                           nacre_error *error);

/* --- For the rules (validate*.c) --- */

static inline struct walk_frame *walk_top(struct walk *w) { return &w->frames[w->depth - 1]; }

nacre_status walk_fail(struct walk *w, nacre_status status, const char *text);
nacre_status walk_malformed(struct walk *w);
nacre_status walk_use(struct walk *w, enum wasm_feature feature);

#define WALK_READ(w, call)                           \
    do {                                             \
        if (!(call)) return walk_malformed(w);       \
    } while (0)

/* In dead code, with nothing left on the stack: whatever is popped is there. */
static inline bool walk_has_all(const struct walk *w) {
    const struct walk_frame *frame = &w->frames[w->depth - 1];
    return frame->is_dead && w->count == frame->height;
}

nacre_status walk_push(struct walk *w, wasm_valtype type);
nacre_status walk_push_all(struct walk *w, const wasm_valtype *types, uint32_t count);
nacre_status walk_pop(struct walk *w, wasm_valtype expected);
nacre_status walk_pop_any(struct walk *w, wasm_valtype *type);
nacre_status walk_pop_ref(struct walk *w, wasm_valtype *type); /* any reference, or bottom */
/* Like walk_pop, of a reference of the heap type, null or not; *found as it was on the stack. */
nacre_status walk_pop_heap(struct walk *w, uint32_t heap, wasm_valtype *found);
nacre_status walk_pop_all(struct walk *w, const wasm_valtype *types, uint32_t count);
/* Pops and pushes back: what a branch that may not be taken does. */
nacre_status walk_check_all(struct walk *w, const wasm_valtype *types, uint32_t count);
/* The rest of the block can't be reached. */
void walk_set_dead(struct walk *w);

/* Reads the immediates of op->op into *op and checks every index in them (walk_immediates.c). */
nacre_status walk_immediates(struct walk *w, struct walk_op *op);

nacre_status walk_read_valtype(struct walk *w, wasm_valtype *type);

/* A rule, for instructions whose signature is "*": checks and updates the type stack. */
typedef nacre_status (*walk_rule)(struct walk *w, struct walk_op *op);
extern const walk_rule walk_rules[WASM_OP_COUNT]; /* NULL: the signature says it all */

/* What a branch to the label `depth` blocks out takes; depth was checked. */
static inline struct walk_types walk_label(const struct walk *w, uint32_t depth) {
    const struct walk_frame *f = &w->frames[w->depth - 1 - depth];
    if (f->op == WASM_OP_LOOP) return (struct walk_types){f->type.params, f->type.param_count};
    return (struct walk_types){walk_results(&f->type), f->type.result_count};
}

/* Rules of control instructions (validate_control.c). */
nacre_status walk_rule_block(struct walk *w, struct walk_op *op);
nacre_status walk_rule_else(struct walk *w, struct walk_op *op);
nacre_status walk_rule_end(struct walk *w, struct walk_op *op);
nacre_status walk_rule_br(struct walk *w, struct walk_op *op);
nacre_status walk_rule_br_if(struct walk *w, struct walk_op *op);
nacre_status walk_rule_br_table(struct walk *w, struct walk_op *op);
nacre_status walk_rule_return(struct walk *w, struct walk_op *op);
nacre_status walk_rule_unreachable(struct walk *w, struct walk_op *op);
nacre_status walk_rule_nop(struct walk *w, struct walk_op *op);
nacre_status walk_rule_call(struct walk *w, struct walk_op *op);
nacre_status walk_rule_call_indirect(struct walk *w, struct walk_op *op);

nacre_status walk_rule_call_ref(struct walk *w, struct walk_op *op);
nacre_status walk_rule_br_on_null(struct walk *w, struct walk_op *op);
nacre_status walk_rule_br_on_non_null(struct walk *w, struct walk_op *op);

/* Begins the function's own block. */
nacre_status walk_begin(struct walk *w, struct walk_blocktype type);

nacre_status walk_rule_br_on_cast(struct walk *w, struct walk_op *op);
nacre_status walk_rule_br_on_cast_fail(struct walk *w, struct walk_op *op);
nacre_status walk_rule_throw(struct walk *w, struct walk_op *op);
nacre_status walk_rule_throw_ref(struct walk *w, struct walk_op *op);
nacre_status walk_rule_try_table(struct walk *w, struct walk_op *op);

/* Rules of structures, arrays, casts (validate_object.c). */
nacre_status walk_rule_struct_new(struct walk *w, struct walk_op *op);
nacre_status walk_rule_struct_new_default(struct walk *w, struct walk_op *op);
nacre_status walk_rule_struct_get(struct walk *w, struct walk_op *op);
nacre_status walk_rule_struct_set(struct walk *w, struct walk_op *op);
nacre_status walk_rule_array_new(struct walk *w, struct walk_op *op);
nacre_status walk_rule_array_new_fixed(struct walk *w, struct walk_op *op);
nacre_status walk_rule_array_new_data(struct walk *w, struct walk_op *op);
nacre_status walk_rule_array_new_elem(struct walk *w, struct walk_op *op);
nacre_status walk_rule_array_get(struct walk *w, struct walk_op *op);
nacre_status walk_rule_array_set(struct walk *w, struct walk_op *op);
nacre_status walk_rule_array_len(struct walk *w, struct walk_op *op);
nacre_status walk_rule_array_fill(struct walk *w, struct walk_op *op);
nacre_status walk_rule_array_copy(struct walk *w, struct walk_op *op);
nacre_status walk_rule_array_init_data(struct walk *w, struct walk_op *op);
nacre_status walk_rule_array_init_elem(struct walk *w, struct walk_op *op);
nacre_status walk_rule_ref_test(struct walk *w, struct walk_op *op);
nacre_status walk_rule_ref_cast(struct walk *w, struct walk_op *op);
nacre_status walk_rule_ref_eq(struct walk *w, struct walk_op *op);
nacre_status walk_rule_ref_i31(struct walk *w, struct walk_op *op);
nacre_status walk_rule_i31_get(struct walk *w, struct walk_op *op);
nacre_status walk_rule_convert(struct walk *w, struct walk_op *op);

/* Rules of variables, tables, memories, references (validate_data.c). */
nacre_status walk_rule_drop(struct walk *w, struct walk_op *op);
nacre_status walk_rule_select(struct walk *w, struct walk_op *op);
nacre_status walk_rule_select_t(struct walk *w, struct walk_op *op);
nacre_status walk_rule_local_get(struct walk *w, struct walk_op *op);
nacre_status walk_rule_local_set(struct walk *w, struct walk_op *op);
nacre_status walk_rule_local_tee(struct walk *w, struct walk_op *op);
nacre_status walk_rule_global_get(struct walk *w, struct walk_op *op);
nacre_status walk_rule_global_set(struct walk *w, struct walk_op *op);
nacre_status walk_rule_table_get(struct walk *w, struct walk_op *op);
nacre_status walk_rule_table_set(struct walk *w, struct walk_op *op);
nacre_status walk_rule_table_size(struct walk *w, struct walk_op *op);
nacre_status walk_rule_table_grow(struct walk *w, struct walk_op *op);
nacre_status walk_rule_table_fill(struct walk *w, struct walk_op *op);
nacre_status walk_rule_table_copy(struct walk *w, struct walk_op *op);
nacre_status walk_rule_table_init(struct walk *w, struct walk_op *op);
nacre_status walk_rule_memory_copy(struct walk *w, struct walk_op *op);
nacre_status walk_rule_ref_null(struct walk *w, struct walk_op *op);
nacre_status walk_rule_ref_is_null(struct walk *w, struct walk_op *op);
nacre_status walk_rule_ref_as_non_null(struct walk *w, struct walk_op *op);
nacre_status walk_rule_ref_func(struct walk *w, struct walk_op *op);

/* The address type of a memory or table: WASM_I64 or WASM_I32. */
static inline wasm_valtype walk_address(const struct wasm_limits *limits) {
    return limits->is64 ? WASM_I64 : WASM_I32;
}
#endif
