/* inside.h - the state of the generator; see generate.h. */
#ifndef TESTS_FUZZ_GENERATOR_INSIDE_H
#define TESTS_FUZZ_GENERATOR_INSIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "fuzz/generator/generate.h"

enum {
    TYPES_MAX = 60,
    FIELDS_MAX = 10,
    FUNCS_MAX = 12,
    GLOBALS_MAX = 12,
    LOCALS_MAX = 16,
    STACK_MAX = 200,
    DEPTH_MAX = 10,
    LABEL_MAX = 8,
    CODE_MAX = 3000, /* bytes of a function, about */
    LOOP_DEPTH_MAX = 3,
    IMPORTS = 3
};

/* Globals that there are for loops: one that is 0, and two that sums are added to. */
enum { GLOBAL_ZERO = 1, GLOBAL_SUM = 2 };

/* Heap types: a type index, or the number of an abstract one as the binary format has it. */
enum {
    HEAP_NOEXN = -0x0C,
    HEAP_NOFUNC = -0x0D,
    HEAP_NOEXTERN = -0x0E,
    HEAP_NONE = -0x0F,
    HEAP_FUNC = -0x10,
    HEAP_EXTERN = -0x11,
    HEAP_ANY = -0x12,
    HEAP_EQ = -0x13,
    HEAP_I31 = -0x14,
    HEAP_STRUCT = -0x15,
    HEAP_ARRAY = -0x16,
    HEAP_EXN = -0x17
};

/* kind: i I f F v as in opcodes.def, r a reference, n one that may be null; in fields 8 and 6 for
 * the packed types. */
struct vt {
    char kind;
    int32_t heap;
};

/* A list of types, of a label for example. */
struct vts {
    struct vt list[LABEL_MAX];
    uint32_t count;
};

struct deftype {
    char kind; /* f s a */
    bool is_final;
    int32_t super;                 /* -1: none */
    uint32_t group, group_size;    /* its first type; of the first: how many */
    uint32_t count, param_count;   /* fields; of a function params, then results */
    struct vt fields[FIELDS_MAX];
    bool is_mutable[FIELDS_MAX];
};

struct frame {
    struct vts label, results;
    uint32_t height;
    bool is_dead;
    uint32_t set; /* bits: locals that may be read */
};

struct gen {
    const uint8_t *at, *end;
    const struct generate_options *options;
    struct builder *b;

    struct deftype types[TYPES_MAX];
    uint32_t type_count;
    uint32_t funcs[FUNCS_MAX]; /* their types, imports first */
    uint32_t func_count;
    struct { struct vt type; bool is_mutable; } globals[GLOBALS_MAX];
    uint32_t global_count;
    struct { struct vt type; bool is64; } tables[2];
    uint32_t table_count;
    bool memory_is64[2];
    uint32_t memory_count;
    uint32_t tags[3]; /* their types */
    uint32_t tag_count;
    struct vt elems[3];
    uint32_t elem_count;

    /* The function being made. */
    struct bytes code;
    struct vt stack[STACK_MAX];
    uint32_t count;
    struct frame frames[DEPTH_MAX];
    uint32_t depth;
    struct vt locals[LOCALS_MAX + 8];
    uint32_t local_count;
    uint32_t set;
    uint32_t loops, loop_depth; /* the first local that loops have for themselves */
    uint32_t counter, canon; /* locals: rounds of loops; the first of f, F, v for NaNs */
};

enum { DATAS = 2 };

/* --- generate.c --- */
/* A number below n; 0 when the bytes are used up. */
uint32_t pick(struct gen *g, uint32_t n);
bool is_over(const struct gen *g);

/* --- types.c --- */
void make_types(struct gen *g);
void put_vt(struct bytes *b, struct vt t);
struct vt random_vt(struct gen *g, uint32_t type_limit);
bool is_ref(struct vt t);
bool same_vt(struct vt a, struct vt b);
bool heap_fits(const struct gen *g, int32_t heap, int32_t above);
bool fits(const struct gen *g, struct vt t, struct vt above);
int32_t heap_top(const struct gen *g, int32_t heap);
struct vt unpacked(struct vt field);
/* Some type of the kind, from a random one on; -1: there is none. */
int32_t find_type(struct gen *g, char kind);
/* The function type, which is made unless it is there; -1: there is no room. */
int32_t func_type(struct gen *g, const struct vts *params, const struct vts *results);
struct vts params_of(const struct gen *g, uint32_t type);
struct vts results_of(const struct gen *g, uint32_t type);

/* --- values.c --- */
/* Appends a constant expression; false, and nothing appended, when there is none of the type. */
bool put_constant(struct gen *g, struct bytes *b, struct vt t, int depth);
/* Code for one value of the type; what follows is dead if there can be none. */
void make_value(struct gen *g, struct vt t, int depth);
/* Has values of the types on top of the stack: those that are there, or new ones. */
void need(struct gen *g, const struct vts *types);
/* An index or address, mostly a small one. */
void make_index(struct gen *g, bool is64, uint32_t small);

/* --- code.c: the model of the stack, instructions --- */
void op(struct gen *g, uint8_t byte);
void op_fb(struct gen *g, uint32_t code);
void op_fc(struct gen *g, uint32_t code);
void push(struct gen *g, struct vt t);
void push_all(struct gen *g, const struct vts *types);
void pop(struct gen *g, uint32_t count);
void set_dead(struct gen *g);
struct frame *top_frame(struct gen *g);
/* Values on the stack above the innermost block's height. */
uint32_t there(struct gen *g);
void make_statement(struct gen *g);
void make_body(struct gen *g, uint32_t type);
/* A numeric, vector or memory instruction by its signature: any, or one with this result. */
bool make_plain(struct gen *g, char result, int depth);

/* --- control.c, objects.c, loops.c: some statement of theirs --- */
void make_control(struct gen *g);
void make_object(struct gen *g);
void make_loop(struct gen *g);
bool begin_block(struct gen *g, uint8_t opcode, const struct vts *params,
                 const struct vts *results);
void end_block(struct gen *g);

#endif
