/*
 * native.h - running compiled code: on a stack of its own, which belongs to the guest, so that
 * the engine and the host have theirs whatever the guest does with it.
 *
 * A run begins with native_enter, which remembers where the host's stack is, and ends when the
 * code returns or somebody calls native_leave. Helpers are called through the gate, on the host's
 * stack. What they call may run compiled code again: that goes on below the innermost frame of the
 * guest's stack. One run is one instance's code; calls of others go out through a helper.
 *
 *     host's stack                        guest's stack
 *     native_run, native_enter      ->    enter thunk, function, function, gate
 *     helper, native_run            ->    enter thunk, function ...
 *
 * With guard pages, faults tell what is out of bounds: of a memory, or of the guest's stack. Their
 * handler has the thread go on in native_fault, on the host's stack.
 */
#ifndef EXEC_NATIVE_H
#define EXEC_NATIVE_H

#include "exec/frames.h"
#include "exec/instance.h"

/* Runs may be inside of each other this deep, as each takes some of the host's stack. */
enum { NATIVE_DEPTH_MAX = 500 };

/* A run, on the host's stack. */
struct native_run {
    struct port_watch watch; /* of its faults; the first member */
    struct instance *instance;
    struct native_run *outer;
    uint8_t *outer_sp, *outer_fp; /* what the thread knew of it */
    uint64_t *roots;
    const struct frame *caller; /* of the guest: as frame_to_caller wants it; NULL: the host */
};

/* Calls a compiled function with its arguments in `slots`, where its results come to; there is
 * room for both. The thread is in its instance afterwards. Returns the thread's status. */
nacre_status native_run(struct thread *thread, const struct func *func, uint64_t *slots,
                        const struct frame *caller);

/* Ends the innermost run, where a helper was called from, with the thread's status, and notes the
 * frames for a backtrace unless somebody did. */
_Noreturn void native_end(struct thread *thread);
/* The same with a trap; `in_caller`: the innermost function has not begun. */
_Noreturn void native_trap_in(struct thread *thread, nacre_trap trap, bool in_caller);
static inline _Noreturn void native_trap(struct thread *thread, nacre_trap trap) {
    native_trap_in(thread, trap, false);
}

/* The signature's thunk that calls thread->image.callee, of an instance that has an image. */
const void *native_leave_thunk(const struct instance *instance, uint32_t signature);

/* Has the thread a stack for compiled code, now? False: thread->status says why not. */
bool native_ready(struct thread *thread);
void native_deinit(struct thread *thread);
/* Of a thread that begins anew on the stack that it has. */
void native_restart(struct thread *thread);

/* The helpers, by enum image_helper. */
extern const void *const native_helpers[IMAGE_HELPER_COUNT];

/* Notes the frames that run, from `frame` outwards, for a backtrace of the thread's trap or of an
 * exception (0: a trap). `most`: how many are looked at. (backtrace.c) */
void trace_note(struct thread *thread, struct frame *frame, uint32_t exception, uint32_t most);

/* --- A machine's own part: gate.S, prologue.c --- */

nacre_status native_enter(struct thread *thread, void *context, const void *code, uint64_t *slots,
                          image_enter enter, uint8_t *stack);
_Noreturn void native_leave(struct thread *thread, nacre_status status);
/* Not a C function: compiled code calls it with the helper in a register of its own. */
void native_gate(void);
extern const uint8_t native_gate_end[];

/* Where in a function `pc` is, which faulted because it touched the stack's guard. */
enum native_place {
    NATIVE_BEFORE_FRAME, /* the frame pointer is still the caller's */
    NATIVE_IN_PROLOGUE,
    NATIVE_IN_BODY
};
enum native_place native_place_of(const uint8_t *pc, const uint8_t *start);
/* Where it returns to, if it has no frame yet. */
uintptr_t native_link(const struct port_fault *fault);

#endif
