/*
 * thread.h - a thread of execution: the stack of frames, and why it stopped.
 *
 * The stack holds 64-bit slots and nothing else: values, and one record a call. A record is the
 * caller's function index and the offset in its code to return to. No pointers, so that a stack
 * can be read on another machine.
 */
#ifndef EXEC_THREAD_H
#define EXEC_THREAD_H

#include "base/base.h"

struct func_code;
struct host_frame;
struct global;
struct instance;
struct memory;
struct store;

struct thread {
    /* Of the instance whose code runs. */
    struct instance *instance;
    const struct func_code *codes;
    struct global **globals;
    struct memory *memory; /* memory 0, or an empty one */

    uint64_t *stack_end;
    int64_t slice;  /* instructions until fuel and deadline are looked at */
    uint64_t *top;  /* where the host may put the arguments of its next call */
    struct store *store;

    uint32_t callee;        /* function that is not lowered yet */
    uint64_t *stack;
    uint64_t stack_slots;
    uint64_t deadline_ns;   /* of the running outermost call; UINT64_MAX: none */
    struct host_frame *hosts; /* host functions that run, the innermost first */
    uint32_t exception;     /* being thrown, or what ended the last run; a reference */
    bool in_expr;           /* a constant expression is evaluated */
    uint32_t depth;         /* calls from the host that are running, one inside the other */

    /* Why the last run ended. */
    bool was_ended; /* by another thread: see the group */
    const uint16_t *pc;
    uint64_t *fp;
    uint64_t record; /* when it ended on entering a function: the caller's */
    nacre_status status;
    nacre_trap trap;
    int32_t exit_code;
    const char *text; /* of a host function's failure, or NULL */
};

#endif
