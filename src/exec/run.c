/* run.c - calling functions and constant expressions. See run.h */
#include "exec/run.h"

#include "base/status.h"
#include "exec/constant.h"
#include "exec/context.h"
#include "exec/interpreter.h"
#include "exec/native.h"

/* Fuel is taken from the thread in slices, so that deadlines are looked at now and then. */
enum { SLICE = 1000000, NS_PER_MS = 1000000 };

/* Fuel of a slice that was not used goes back; what a bulk instruction owes is paid. */
static void give_back(struct thread *thread) {
    struct group *group = thread->store->group;
    if (thread->image.slice > 0) group_give_fuel(group, (uint64_t)thread->image.slice);
    else (void)group_take_fuel(group, 0 - (uint64_t)thread->image.slice);
    thread->image.slice = 0;
}

uint64_t thread_fuel(const struct thread *thread) {
    uint64_t fuel = group_fuel(thread->store->group);
    if (fuel == GROUP_UNLIMITED) return fuel;
    return fuel + (thread->image.slice > 0 ? (uint64_t)thread->image.slice : 0);
}

bool thread_must_end(struct thread *thread) {
    const struct group *group = thread->store->group;
    if (!group_has_ended(group)) return false;
    thread->status = group->end.status;
    thread->trap = group->end.trap;
    thread->exit_code = group->end.exit_code;
    thread->was_ended = true;
    return true;
}

bool thread_is_late(const struct thread *thread) {
    if (thread->deadline_ns == UINT64_MAX) return false;
    const struct port *port = store_port(thread->store);
    uint64_t now;
    return port->clock_now(port->context, PORT_CLOCK_MONOTONIC, &now) != NACRE_OK ||
           now >= thread->deadline_ns;
}

/* Before the outermost call. */
static void begin(struct thread *thread) {
    uint64_t ms = thread->store->limits.deadline_ms, now, ns, at;
    thread->exception = 0;
    thread->was_ended = false;
    thread->deadline_ns = UINT64_MAX;
    if (ms == UINT64_MAX) return;
    const struct port *port = store_port(thread->store);
    if (port->clock_now(port->context, PORT_CLOCK_MONOTONIC, &now) != NACRE_OK) now = 0;
    if (!__builtin_mul_overflow(ms, (uint64_t)NS_PER_MS, &ns) && u64_add(now, ns, &at))
        thread->deadline_ns = at;
}

static nacre_status ended(struct thread *thread, nacre_status status, nacre_trap trap) {
    thread->trap = trap;
    return thread->status = status;
}

bool thread_may_go_on(struct thread *thread) {
    while (thread->image.slice < 0) {
        if (thread_must_end(thread)) return false;
        bool is_late = thread_is_late(thread);
        uint64_t slice = is_late ? 0 : group_take_fuel(thread->store->group, SLICE);
        thread->image.slice += (int64_t)slice;
        if (slice > 0) continue;
        thread->text = NULL;
        (void)ended(thread, NACRE_TRAP, is_late ? NACRE_TRAP_DEADLINE : NACRE_TRAP_OUT_OF_FUEL);
        return false;
    }
    return true;
}

nacre_status thread_prepare(struct thread *thread, struct code_module *module, uint32_t func) {
    nacre_error error;
    nacre_status status = interp_prepare(module, func, &error);
    if (status == NACRE_OK) return status;
    thread->trap = status == NACRE_NO_MEMORY ? NACRE_TRAP_OUT_OF_MEMORY : NACRE_TRAP_NONE;
    thread->status = status == NACRE_NO_MEMORY ? NACRE_TRAP : status;
    thread->text = status == NACRE_NO_MEMORY ? NULL : "a function's frame is too large";
    return status;
}

void thread_enter(struct thread *thread, struct instance *instance) {
    thread->instance = instance;
    thread->codes = instance ? instance->module->codes : NULL;
    thread->globals = instance ? instance->globals : NULL;
    bool has_memory = instance && instance->module->wasm.memory_count > 0;
    thread->memory = has_memory ? instance->memories[0] : &thread->store->no_memory;
}

/* A call failed. When the guest has exited, and it was a host function that called, that may end
 * what called it with the same code. */
static void explain(struct thread *thread, nacre_error *error) {
    if (thread->status == NACRE_EXIT && thread->hosts)
        thread->hosts->call->exit_code = thread->exit_code;
    run_explain(thread, error);
}

/* What was going on before a call by the host. */
struct outside {
    struct instance *instance;
    uint64_t *top;
};

static nacre_status start(struct thread *thread, struct outside *outside, nacre_error *error) {
    *outside = (struct outside){thread->instance, thread->top};
    if (thread->depth >= RUN_DEPTH_MAX) {
        error_set(error, NACRE_TRAP, NACRE_NO_OFFSET, "host and guest call each other too deep");
        if (error) error->trap = NACRE_TRAP_STACK_EXHAUSTED;
        return NACRE_TRAP;
    }
    if (thread->depth++ == 0) begin(thread);
    return NACRE_OK;
}

/* Explains a failure, and leaves the thread to what was running before. */
static nacre_status finish(struct thread *thread, const struct outside *outside,
                           nacre_status status, nacre_error *error) {
    if (status != NACRE_OK) explain(thread, error);
    thread->depth--;
    thread->top = outside->top;
    thread_enter(thread, outside->instance);
    if (thread->depth == 0) give_back(thread);
    return status;
}

static nacre_status run_compiled(struct thread *thread, const struct func *func, uint64_t *slots,
                                 nacre_error *error) {
    struct outside outside;
    TRY(start(thread, &outside, error));
    thread->pc = NULL; /* no frame of the interpreter's, if the run can't begin */
    return finish(thread, &outside, native_run(thread, func, slots, NULL), error);
}

/* Is there room for values at the top of the stack? */
static bool has_room(const struct thread *thread, uint32_t slots) {
    return (uint64_t)(thread->stack_end - thread->top) >= slots;
}

static nacre_status no_room(nacre_error *error) {
    error_set(error, NACRE_TRAP, NACRE_NO_OFFSET, nacre_trap_text(NACRE_TRAP_STACK_EXHAUSTED));
    if (error) error->trap = NACRE_TRAP_STACK_EXHAUSTED;
    return NACRE_TRAP;
}

/* --- Functions --- */

static nacre_status call_host(struct thread *thread, const struct func *func, uint64_t *slots,
                              uint64_t *fp, uint64_t record) {
    struct store *store = thread->store;
    const struct wasm_type *type = wasm_type_get(&store->engine->types, func->type);
    struct host host = store->hosts[func->index]; /* the list may move while it runs */
    struct host_call call = {.store = store, .instance = thread->instance,
                             .memory = thread->instance ? thread->instance->exported : NULL,
                             .deadline_ns = thread->deadline_ns};
    struct host_frame frame = {.outer = thread->hosts, .call = &call, .type = type,
                               .slots = slots,
                               .instance = thread->instance, .fp = fp, .record = record,
                               .run = thread->native, .run_fp = thread->native_fp};
    thread->hosts = &frame;
    nacre_status status = host.function(host.env, &call, slots);
    thread->hosts = frame.outer;
    thread->text = call.text;
    thread->exit_code = call.exit_code;
    if (status == NACRE_EXCEPTION && !thread->exception) {
        thread->text = "a host function threw no exception";
        return ended(thread, NACRE_TRAP, NACRE_TRAP_HOST);
    }
    /* NACRE_LIMIT: it waited as long as it may. */
    if ((status == NACRE_OK || status == NACRE_LIMIT) && thread_is_late(thread)) {
        thread->text = NULL;
        return ended(thread, NACRE_TRAP, NACRE_TRAP_DEADLINE);
    }
    if (status == NACRE_OK && thread_must_end(thread)) return thread->status;
    return ended(thread, status, status == NACRE_TRAP ? NACRE_TRAP_HOST : NACRE_TRAP_NONE);
}

nacre_status run_host(struct thread *thread, const struct func *func, uint64_t *slots,
                      uint64_t *fp, uint64_t record) {
    const struct wasm_type *type = wasm_type_get(&thread->store->engine->types, func->type);
    uint64_t *top = thread->top;
    thread->top = slots;
    if (!has_room(thread, u32_max(type->param_slots, type->result_slots)))
        return ended(thread, NACRE_TRAP, NACRE_TRAP_STACK_EXHAUSTED);
    thread->top = slots + u32_max(type->param_slots, type->result_slots);
    nacre_status status = call_host(thread, func, slots, fp, record);
    thread->top = top;
    return status;
}

nacre_status run_host_native(struct thread *thread, const struct func *func, uint64_t *slots) {
    return call_host(thread, func, slots, NULL, CODE_RECORD(CODE_NATIVE, CODE_STUB_START));
}

static nacre_status run_host_alone(struct store *store, const struct func *func, uint64_t *slots,
                                   nacre_error *error) {
    struct thread *thread = &store->thread;
    struct instance *outer = thread->instance;
    const struct wasm_type *type = wasm_type_get(&store->engine->types, func->type);
    if (!has_room(thread, u32_max(type->param_slots, type->result_slots))) return no_room(error);
    uint64_t *on_stack = thread->top;
    memcpy(on_stack, slots, type->param_slots * sizeof *slots);
    if (thread->depth == 0) begin(thread);
    thread_enter(thread, NULL);
    thread->pc = NULL;
    nacre_status status =
        run_host(thread, func, on_stack, on_stack, CODE_RECORD(CODE_EXIT, CODE_STUB_START));
    if (status == NACRE_OK) memcpy(slots, on_stack, type->result_slots * sizeof *slots);
    else explain(thread, error);
    thread_enter(thread, outer);
    return status;
}

static nacre_status run_interpreted(struct thread *thread, const struct func *func,
                                    uint64_t *slots, nacre_error *error) {
    const struct wasm_type *type = wasm_type_get(&thread->store->engine->types, func->type);
    uint32_t index = func->index, result_slots = type->result_slots;
    struct instance *instance = func->instance; /* the list of functions may move */
    struct outside outside;
    if (!has_room(thread, u32_max(type->param_slots, result_slots))) return no_room(error);
    TRY(interp_prepare(instance->module, index, error));
    uint64_t *on_stack = thread->top;
    memcpy(on_stack, slots, type->param_slots * sizeof *slots);
    TRY(start(thread, &outside, error));
    thread_enter(thread, instance);
    TRY(finish(thread, &outside, interp_run(thread, index, CODE_EXIT), error));
    memcpy(slots, on_stack, result_slots * sizeof *slots);
    return NACRE_OK;
}

nacre_status run_func(struct store *store, uint32_t ref, uint64_t *slots, nacre_error *error) {
    struct thread *thread = &store->thread;
    const struct func *func = &store->funcs[ref];
    if (!func->instance) return run_host_alone(store, func, slots, error);
    context_look(func->instance);
    if (func->code) return run_compiled(thread, func, slots, error);
    return run_interpreted(thread, func, slots, error);
}

nacre_status run_expr(struct instance *instance, const struct wasm_expr *expr, uint64_t value[2],
                      uint32_t *size, nacre_error *error) {
    struct thread *thread = &instance->store->thread;
    struct outside outside;
    TRY(start(thread, &outside, error));
    thread_enter(thread, instance);
    thread->pc = NULL; /* nobody's frame */
    return finish(thread, &outside, constant_evaluate(instance, expr, value, size), error);
}
