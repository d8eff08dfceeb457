/*
 * thread.h - a thread of execution: the stack of frames, and why it stopped.
 *
 * The stack holds 64-bit slots and nothing else: values, and one record a call. A record is the
 * caller's function index and the offset in its code to return to. No pointers, so that a stack
 * can be read on another machine.
 */
#ifndef EXEC_THREAD_H
#define EXEC_THREAD_H

#include "image/abi.h"

struct func_code;
struct host_frame;
struct global;
struct instance;
struct memory;
struct native_run;
struct store;

/* Frames that were running when something failed, the innermost first: noted while they still
 * are there, described when the embedder is told (backtrace.c). */
struct trace_frame {
    struct instance *instance;
    uint32_t func;
    uint32_t offset; /* interpreted: of a unit */
    const uint8_t *pc; /* compiled: the instruction */
    uint8_t kind;    /* enum trace_kind */
};
enum trace_kind { TRACE_INTERPRETED, TRACE_COMPILED, TRACE_CALL /* compiled: after a call */ };

struct trace {
    bool is_set;
    uint32_t exception; /* that it is of; 0: of a trap */
    uint32_t total, count;
    struct trace_frame frames[NACRE_FRAME_COUNT];
};

struct thread {
    /* What compiled code knows. `slice` is what all code counts: instructions until fuel and
     * deadline are looked at. */
    struct image_thread image;
    /* Of the instance whose code runs. */
    struct instance *instance;
    const struct func_code *codes;
    struct global **globals;
    struct memory *memory; /* memory 0, or an empty one */

    uint64_t *stack_end;
    uint64_t *top;  /* where the host may put the arguments of its next call */
    struct store *store;
    uint8_t *host_sp;   /* where helpers run: below what is in use of the host's stack */
    uint8_t *native_fp; /* the frame of the gate that a helper was called through last */

    uint32_t callee;        /* function that is not lowered yet */
    uint64_t *stack;
    uint64_t stack_slots;
    uint64_t deadline_ns;   /* of the running outermost call; UINT64_MAX: none */
    struct host_frame *hosts; /* host functions that run, the innermost first */
    uint32_t made;          /* object that an op of the interpreter made */
    uint32_t exception;     /* being thrown, or what ended the last run; a reference */
    bool in_expr;           /* a constant expression is evaluated */
    uint32_t depth;         /* calls from the host that are running, one inside the other */

    /* Running compiled code: see native.h. */
    struct native_run *native; /* runs, one inside the other, the innermost first */
    uint32_t native_depth;     /* how many */
    uint8_t *native_base;      /* address space of stack, values, roots; NULL: none yet */
    uint64_t native_bytes;
    uint8_t *native_stack, *native_top; /* what of it is the stack */
    uint64_t *roots_base;
    struct native_fault {
        const uint8_t *pc, *start; /* of what trapped by a fault, and of its function */
        uintptr_t fp, link;
        nacre_trap trap;
    } fault;

    /* Why the last run ended. */
    bool was_ended; /* by another thread: see the group */
    const uint16_t *pc;
    uint64_t *fp;
    uint64_t record; /* when it ended on entering a function: the caller's */
    nacre_status status;
    nacre_trap trap;
    int32_t exit_code;
    const char *text; /* of a host function's failure, or NULL */
    struct trace trace;
};

#endif
