/*
 * interp.h - the interpreter's handlers: how they are called and what they may touch.
 *
 * Every internal op (iops.def) has one handler. A handler does its work and jumps to the next
 * one; the whole state travels in machine registers (preserve_none has twelve for arguments on
 * x86-64). Handlers live in several files, by subject; interp.c has the table and the way in.
 *
 *   pc     the op: pc[0] is its number, operands follow in 16-bit units
 *   fp     the frame: 64-bit slots; operands name them by index
 *   th     the thread of execution: all that is not hot
 *   mem    first byte of memory 0, size mem_size bytes
 *   table  handlers by op number
 *   ia fa  accumulators: the last result of an op whose destination is "acc"
 *
 * A handler that fails leaves by TRAP, which saves pc and fp and returns to interp_run.
 */
#ifndef EXEC_INTERP_H
#define EXEC_INTERP_H

#include "exec/code.h"
#include "exec/interp/iops.h"
#include "exec/memory.h"
#include "exec/thread.h"

typedef double v2f64 __attribute__((vector_size(16)));
typedef float v4f32 __attribute__((vector_size(16)));

struct interp_table;

/* The order puts what is rarely a base address into those registers of the x86-64 convention
 * (r12, r13) that make for longer instructions. */
#define INTERP_PARAMS                                                                         \
    struct thread *th, uint64_t mem_size, uint8_t *mem, const struct interp_table *table,      \
        const uint16_t *pc, uint64_t *fp, uint64_t ia, v2f64 fa
#define INTERP_ARGS th, mem_size, mem, table, pc, fp, ia, fa

typedef __attribute__((preserve_none)) void (*interp_handler)(INTERP_PARAMS);

struct interp_table {
    interp_handler handlers[IOP_COUNT];
};

#define HANDLER(name) __attribute__((preserve_none)) void op_##name(INTERP_PARAMS)
#define JUMP(function) __attribute__((musttail)) return (function)(INTERP_ARGS)

/* On to the op that is `units` further. */
#define NEXT(units)                       \
    do {                                  \
        pc += (units);                    \
        JUMP(table->handlers[*pc]);       \
    } while (0)

/* Ends the run with a trap at the op pc is at; one function per reason keeps handlers short. */
HANDLER(stop); /* th->status and th->trap are set */
HANDLER(trap_why); /* th->trap is set */
#define NACRE_TRAP(name, number, text) HANDLER(trap_##name);
#include <nacre/trap.def>
#undef NACRE_TRAP
#define TRAP(name) JUMP(op_trap_##name)

#define IOP(name) HANDLER(name);
#include "exec/interp/iops.def"
#undef IOP

/* Operands. */
static inline uint32_t unit_u32(const uint16_t *at) { return load_u32(at); }
static inline uint64_t unit_u64(const uint16_t *at) { return load_u64(at); }

/* Effective address of an access of `size` bytes in memory 0 by a 32-bit index: in bounds iff
 * ea + size <= mem_size. Neither sum can wrap: both parts are below 2^32. */
static inline uint64_t address32(uint64_t index, const uint16_t *offset) {
    return (uint64_t)(uint32_t)index + unit_u32(offset);
}
#define IN_BOUNDS(ea, size) LIKELY((ea) + (size) <= mem_size)

/* Out of bounds, unless another thread made memory 0 grow: then the op runs again. */
HANDLER(look_again);
#define OUT_OF_BOUNDS() JUMP(op_look_again)

/* The memory may have grown or be another one: after host functions, between instances. */
#define RELOAD_MEMORY()               \
    do {                              \
        mem = th->memory->base;       \
        mem_size = memory_look(th->memory); \
    } while (0)

/* Where control goes on after it left the instance, or an exception was caught. */
struct way {
    const uint16_t *pc;
    uint64_t *fp;
    uint64_t record; /* for ENTER */
};

#define FOLLOW(way)          \
    do {                     \
        RELOAD_MEMORY();     \
        pc = (way).pc;       \
        fp = (way).fp;       \
        ia = (way).record;   \
        NEXT(0);             \
    } while (0)

/* Goes from a frame outwards to who catches th->exception; false when nobody does in this run, or
 * fuel or time ran out: th->status says which. (interp_exception.c) */
struct frame;
bool interp_unwind(struct thread *th, struct frame *frame, struct way *way);

#endif
