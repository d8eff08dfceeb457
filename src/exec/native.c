/* native.c - see native.h: running, ending, faults. */
#include "exec/native.h"

#include "exec/context.h"
#include "exec/native_layout.h"
#include "exec/run.h"

_Static_assert(HEAD_THREAD == IMAGE_GAP + sizeof(struct image_head) -
                                  offsetof(struct image_head, thread) &&
                   THREAD_HOST_SP == offsetof(struct thread, host_sp) &&
                   THREAD_NATIVE_FP == offsetof(struct thread, native_fp) &&
                   offsetof(struct thread, image) == 0,
               "the assembly knows where things are");

/* --- The guest's stack ---
 *
 *     GUARD_BYTES     never accessible: wider than what code skips without touching it. Where
 *                     nobody hears of faults, it may be written by a function that finds, on its
 *                     way in, that it has no place
 *     limits.stack_bytes    the stack, downwards
 *     VALUES_BYTES    thread->image.values
 *     limits.stack_bytes    thread->image.roots */
enum {
    GUARD_BYTES = IMAGE_FRAME_MAX + IMAGE_SKIP_MAX,
    VALUES_BYTES = WASM_PAGE_SIZE,
    ENTRY_BYTES = 1024, /* that native_enter, a thunk and the gate need of it at least */
    STACK_ALIGNMENT = 16
};
_Static_assert(VALUES_BYTES >= WASM_RESULTS_MAX * 2 * sizeof(uint64_t) &&
                   VALUES_BYTES >= WASM_PARAMS_MAX * 2 * sizeof(uint64_t),
               "all params or results fit");

static nacre_status make_stack(struct thread *thread) {
    const struct port *port = store_port(thread->store);
    uint64_t stack = thread->stack_slots * sizeof *thread->stack;
    uint64_t in_use = stack + VALUES_BYTES + stack;
    uint8_t *base;
    TRY(port->pages_reserve(port->context, GUARD_BYTES + in_use, &base));
    const uint64_t guard = port->faults ? GUARD_BYTES : 0;
    nacre_status status = port->pages_commit_any(port->context, base + guard,
                                                 GUARD_BYTES - guard + in_use);
    if (status != NACRE_OK) {
        port->pages_release(port->context, base, GUARD_BYTES + in_use);
        return status;
    }
    thread->native_base = base;
    thread->native_bytes = GUARD_BYTES + in_use;
    native_restart(thread);
    return NACRE_OK;
}

void native_restart(struct thread *thread) {
    if (!thread->native_base) return;
    thread->native_stack = thread->native_base + GUARD_BYTES;
    thread->native_top = thread->native_stack + thread->stack_slots * sizeof *thread->stack;
    thread->image.stack_low = thread->native_stack + IMAGE_STACK_SPARE;
    thread->image.values = (uint64_t *)(void *)thread->native_top;
    thread->roots_base = thread->image.values + VALUES_BYTES / sizeof *thread->image.values;
    thread->image.roots = thread->roots_base;
    thread->image.roots_end = thread->roots_base + thread->stack_slots;
}

void native_deinit(struct thread *thread) {
    if (!thread->native_base) return;
    const struct port *port = store_port(thread->store);
    port->pages_release(port->context, thread->native_base, thread->native_bytes);
}

/* --- Faults --- */

static bool is_between(const void *at, const void *start, uint64_t size) {
    return (uintptr_t)at - (uintptr_t)start < size;
}

static bool is_in_gate(const uint8_t *pc) {
    uintptr_t start = (uintptr_t)native_gate;
    return is_between(pc, (const void *)start, (uintptr_t)native_gate_end - start);
}

/* Where an access that is out of bounds may lead, but no other. */
static bool is_guarded(const struct store *store, const uint8_t *address) {
    for (uint32_t i = 0; i < store->memory_count; i++) {
        const struct memory *m = store->memories[i];
        if (m->is_guarded && is_between(address, m->base - IMAGE_GAP, IMAGE_GAP + m->reserved))
            return true;
    }
    return false;
}

/* Goes on after a fault, on the host's stack. */
static _Noreturn void native_fault(void *argument) {
    struct thread *thread = argument;
    const struct native_fault *fault = &thread->fault;
    struct frame f = frame_of_native(thread);
    bool is_in_function = fault->trap == NACRE_TRAP_MEMORY_BOUNDS;
    f.run_fp = (const uint8_t *)fault->fp;
    f.pc = fault->pc;
    if (!is_in_function) {
        /* As in the interpreter, the stack is used up on the way into a function, not in it. */
        enum native_place place = native_place_of(fault->pc, fault->start);
        if (place == NATIVE_BEFORE_FRAME) f.pc = (const uint8_t *)fault->link;
        f.is_call = place == NATIVE_BEFORE_FRAME;
        is_in_function = place != NATIVE_IN_PROLOGUE;
    }
    thread->trace.is_set = false;
    thread->status = NACRE_TRAP;
    thread->trap = fault->trap;
    thread->text = NULL;
    if ((is_in_function && frame_settle(&f)) || frame_next(thread->store, &f))
        trace_note(thread, &f, 0, UINT32_MAX);
    native_leave(thread, NACRE_TRAP);
}

/* Is it a trap? In a signal handler: looks, and touches nothing but the thread. */
static bool on_fault(struct port_watch *watch, struct port_fault *fault) {
    struct native_run *run = (struct native_run *)(void *)watch;
    struct thread *thread = &run->instance->store->thread;
    const struct image *image = code_image_at(run->instance->module, fault->pc);
    bool in_text = image != NULL;
    if (!in_text && !is_in_gate(fault->pc)) return false;
    nacre_trap trap = NACRE_TRAP_NONE;
    if (is_between(fault->address, thread->native_base, GUARD_BYTES))
        trap = NACRE_TRAP_STACK_EXHAUSTED;
    else if (in_text && is_guarded(thread->store, fault->address))
        trap = NACRE_TRAP_MEMORY_BOUNDS;
    if (trap == NACRE_TRAP_NONE) return false;
    thread->fault = (struct native_fault){.pc = fault->pc, .start = fault->pc, .fp = fault->fp,
                                          .link = native_link(fault), .trap = trap};
    uint32_t func =
        in_text ? image_func_find(image, (uint64_t)(fault->pc - image->bytes)) : UINT32_MAX;
    if (func != UINT32_MAX) thread->fault.start = image_func_code(image, func);
    fault->resume = native_fault;
    fault->argument = thread;
    fault->sp = (uintptr_t)thread->host_sp;
    return true;
}

/* --- Running --- */

static nacre_status cannot_run(struct thread *thread, nacre_trap why) {
    thread->trap = why;
    thread->text = NULL;
    return thread->status = NACRE_TRAP;
}

static nacre_status run_watched(struct thread *thread, struct native_run *run, const void *code,
                                uint64_t *slots, image_enter enter, uint8_t *stack) {
    const struct port *port = store_port(thread->store);
    struct port_watch *outer = NULL;
    if (port->faults &&
        port->faults->watch(port->context, &run->watch, &outer) != NACRE_OK)
        return cannot_run(thread, NACRE_TRAP_OUT_OF_MEMORY);
    thread->native = run;
    thread->native_depth++;
    nacre_status status =
        native_enter(thread, run->instance->context, code, slots, enter, stack);
    thread->native_depth--;
    thread->native = run->outer;
    thread->native_fp = run->outer_fp;
    thread->host_sp = run->outer_sp;
    thread->image.roots = run->roots;
    if (port->faults) port->faults->unwatch(port->context, outer);
    return status;
}

bool native_ready(struct thread *thread) {
    if (thread->native_base || make_stack(thread) == NACRE_OK) return true;
    (void)cannot_run(thread, NACRE_TRAP_OUT_OF_MEMORY);
    return false;
}

nacre_status native_run(struct thread *thread, const struct func *func, uint64_t *slots,
                        const struct frame *caller) {
    struct instance *instance = func->instance;
    const struct image *image = instance->image;
    const struct image_signature *signature =
        &image->signatures[image->func_signatures[func->index]];
    if (!native_ready(thread)) return thread->status;
    uint8_t *stack = thread->native ? thread->native_fp : thread->native_top;
    stack -= (uintptr_t)stack % STACK_ALIGNMENT;
    if (thread->native_depth >= NATIVE_DEPTH_MAX || stack < thread->native_stack + ENTRY_BYTES)
        return cannot_run(thread, NACRE_TRAP_STACK_EXHAUSTED);
    struct native_run run = {.watch = {on_fault}, .instance = instance, .outer = thread->native,
                             .outer_fp = thread->native_fp, .outer_sp = thread->host_sp,
                             .roots = thread->image.roots, .caller = caller};
    thread_enter(thread, instance);
    thread->status = NACRE_OK;
    thread->trap = NACRE_TRAP_NONE;
    thread->exit_code = 0;
    thread->text = NULL;
    nacre_status status = run_watched(thread, &run, func->code, slots,
                                      (image_enter)(uintptr_t)(image->bytes + signature->enter),
                                      stack);
    if (status == NACRE_OK && thread->image.exception) {
        thread->exception = thread->image.exception;
        status = NACRE_EXCEPTION;
    }
    thread->image.exception = 0;
    return thread->status = status;
}

void native_end(struct thread *thread) {
    struct frame f = frame_of_native(thread);
    uint32_t exception = thread->status == NACRE_EXCEPTION ? thread->exception : 0;
    bool is_noted = thread->trace.is_set && thread->trace.exception == exception;
    if (thread->status != NACRE_EXIT && !is_noted && frame_next(thread->store, &f))
        trace_note(thread, &f, exception, UINT32_MAX);
    native_leave(thread, thread->status);
}

void native_trap_in(struct thread *thread, nacre_trap trap, bool in_caller) {
    struct frame f = frame_of_native(thread);
    thread->trace.is_set = false;
    thread->status = NACRE_TRAP;
    thread->trap = trap;
    thread->text = NULL;
    bool has_function = frame_next(thread->store, &f);
    if (has_function && (!in_caller || frame_next(thread->store, &f)))
        trace_note(thread, &f, 0, UINT32_MAX);
    native_leave(thread, NACRE_TRAP);
}

const void *native_leave_thunk(const struct instance *instance, uint32_t signature) {
    return instance->image->bytes + instance->image->signatures[signature].leave;
}
