/* run.h - calling functions of a store, and saying why they failed. */
#ifndef EXEC_RUN_H
#define EXEC_RUN_H

#include "exec/instance.h"

/* Host functions may call back into the store this deep. */
enum { RUN_DEPTH_MAX = 64 };

/* Calls a function; `slots` holds its arguments, then its results (it has room for both).
 * NACRE_TRAP, NACRE_EXIT, NACRE_EXCEPTION, or what a host function returned. */
nacre_status run_func(struct store *store, uint32_t func, uint64_t *slots, nacre_error *error);

/* Evaluates a constant expression of an instance, which may be followed by others within its size;
 * *size (may be NULL) gets its own. */
nacre_status run_expr(struct instance *instance, const struct wasm_expr *expr, uint64_t value[2],
                      uint32_t *size, nacre_error *error);

/* Calls a host function whose arguments are at `slots`, on the thread's stack; `fp` and `record`
 * say where from, as of a function that was entered. What it returned is the thread's status. */
nacre_status run_host(struct thread *thread, const struct func *func, uint64_t *slots,
                      uint64_t *fp, uint64_t record);
/* The same from compiled code, with the slots on the stack of that. */
nacre_status run_host_native(struct thread *thread, const struct func *func, uint64_t *slots);

/* Instructions that may still run. */
uint64_t thread_fuel(const struct thread *thread);
/* When a slice of fuel is used up: takes another. False: the thread stops, and its status says
 * why. */
bool thread_may_go_on(struct thread *thread);
bool thread_is_late(const struct thread *thread);
/* Did another thread end the program? Then that is why this one ends, too. */
bool thread_must_end(struct thread *thread);

/* Has the interpreter prepare a module's function; a failure is the thread's status. */
nacre_status thread_prepare(struct thread *thread, struct code_module *module, uint32_t func);

/* Makes an instance the one whose code runs. */
void thread_enter(struct thread *thread, struct instance *instance);

/* Fills *error from the thread's last failure, with a backtrace. (backtrace.c) */
void run_explain(struct thread *thread, nacre_error *error);

#endif
