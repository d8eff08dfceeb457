/* native_helpers.c - what compiled code asks for: see image/helpers.def. Each is called through
 * the gate, on the host's stack, and may leave by native_end. */
#include "exec/bulk.h"
#include "exec/context.h"
#include "exec/interpreter.h"
#include "exec/native.h"
#include "exec/run.h"

static struct thread *thread_of(uint8_t *context) {
    return (struct thread *)(void *)context_head(context)->thread;
}

/* Ends the run if there is a reason. */
static void check(struct thread *th, nacre_trap why) {
    if (UNLIKELY(why != NACRE_TRAP_NONE)) native_trap(th, why);
}

/* --- Control --- */

/* Code that finds the stack used up is on the way into a function: as in the interpreter, the
 * backtrace begins with the caller. */
static void helper_TRAP(uint8_t *context, uint32_t reason) {
    struct thread *th = thread_of(context);
    native_trap_in(th, (nacre_trap)reason, reason == NACRE_TRAP_STACK_EXHAUSTED);
}

static void helper_METER(uint8_t *context) {
    struct thread *th = thread_of(context);
    if (thread_may_go_on(th)) return;
    th->trace.is_set = false;
    native_end(th);
}

static bool knows_exceptions(const struct thread *th) {
    return th->instance->image->note->flags & IMAGE_EXCEPTIONS;
}

/* An interpreted function: its frame is on the interpreter's stack. */
static nacre_status call_interpreted(struct thread *th, const struct func *func,
                                     uint64_t *slots) {
    const struct wasm_type *type = wasm_type_get(&th->store->engine->types, func->type);
    uint32_t room = u32_max(type->param_slots, type->result_slots);
    if ((uint64_t)(th->stack_end - th->top) < room || th->native_depth >= NATIVE_DEPTH_MAX) {
        th->trap = NACRE_TRAP_STACK_EXHAUSTED;
        return th->status = NACRE_TRAP;
    }
    TRY(thread_prepare(th, func->instance->module, func->index));
    memcpy(th->top, slots, type->param_slots * sizeof *slots);
    thread_enter(th, func->instance);
    TRY(interp_run(th, func->index, CODE_NATIVE));
    memcpy(slots, th->top, type->result_slots * sizeof *slots);
    return NACRE_OK;
}

/* Notes where an interpreted function failed, which is forgotten once the run has ended. */
static void note_interpreted(struct thread *th) {
    struct frame f;
    uint32_t exception = th->status == NACRE_EXCEPTION ? th->exception : 0;
    bool is_noted = th->trace.is_set && th->trace.exception == exception;
    if (th->status != NACRE_EXIT && !is_noted && frame_innermost(th, &f))
        trace_note(th, &f, exception, UINT32_MAX);
}

/* The frames are noted when something is thrown: they return one by one. Only those that a
 * backtrace shows, because a program may throw often and deep. */
static void note_thrown(struct thread *th, uint32_t ref) {
    struct frame f = frame_of_native(th);
    if (frame_next(th->store, &f)) trace_note(th, &f, ref, NACRE_FRAME_COUNT);
}

static void helper_CALL_OUT(uint8_t *context, uint64_t *slots) {
    struct thread *th = thread_of(context);
    struct instance *instance = th->instance;
    context_look(th->store->funcs[th->image.callee].instance);
    const struct func func = th->store->funcs[th->image.callee]; /* the list may move */
    nacre_status status;
    th->text = NULL;
    if (!func.instance) {
        status = run_host_native(th, &func, slots);
    } else if (func.code) {
        const struct frame caller = frame_of_native(th);
        status = native_run(th, &func, slots, &caller);
    } else {
        th->pc = NULL;
        status = call_interpreted(th, &func, slots);
        if (status != NACRE_OK) note_interpreted(th);
    }
    thread_enter(th, instance);
    if (status == NACRE_OK) return;
    if (status != NACRE_EXCEPTION || !knows_exceptions(th)) native_end(th);
    if (!func.instance) note_thrown(th, th->exception);
    th->image.exception = th->exception;
    th->exception = 0;
}

/* The code to call for a function, from code that has the context. */
static const void *code_of(uint8_t *context, uint32_t ref, uint32_t type_index) {
    struct thread *th = thread_of(context);
    const struct instance *instance = th->instance;
    const struct func *func = &th->store->funcs[ref];
    if (func->instance == instance) return func->code;
    th->image.callee = ref;
    return native_leave_thunk(instance, instance->image->type_signatures[type_index]);
}

static const void *helper_RESOLVE(uint8_t *context, uint64_t index, uint32_t table,
                                  uint32_t type_index) {
    struct thread *th = thread_of(context);
    const struct table *list = th->instance->tables[table];
    uint32_t type = th->instance->module->wasm.types[type_index];
    if (index >= list->size) native_trap(th, NACRE_TRAP_UNDEFINED_ELEMENT);
    uint32_t ref = list->refs[index];
    if (ref == 0) native_trap(th, NACRE_TRAP_UNINITIALIZED_ELEMENT);
    if (!wasm_type_below(&th->store->engine->types, th->store->funcs[ref].type, type))
        native_trap(th, NACRE_TRAP_INDIRECT_TYPE);
    return code_of(context, ref, type_index);
}

static const void *helper_RESOLVE_REF(uint8_t *context, uint32_t ref, uint32_t type_index) {
    if (ref == 0) native_trap(thread_of(context), NACRE_TRAP_NULL_REFERENCE);
    return code_of(context, ref, type_index);
}

/* --- Memories --- */

static uint64_t helper_MEMORY_SIZE(uint8_t *context, uint32_t memory) {
    return memory_pages(thread_of(context)->instance->memories[memory]);
}

static uint64_t helper_MEMORY_GROW(uint8_t *context, uint32_t memory, uint64_t pages) {
    return bulk_memory_grow(thread_of(context), memory, pages);
}

static void helper_MEMORY_FILL(uint8_t *context, uint32_t memory, uint64_t to, uint32_t byte,
                               uint64_t size) {
    struct thread *th = thread_of(context);
    check(th, bulk_memory_fill(th, memory, to, (uint8_t)byte, size));
}

static void helper_MEMORY_COPY(uint8_t *context, uint32_t to_memory, uint32_t from_memory,
                               uint64_t to, uint64_t from, uint64_t size) {
    struct thread *th = thread_of(context);
    check(th, bulk_memory_copy(th, to_memory, from_memory, to, from, size));
}

static void helper_MEMORY_INIT(uint8_t *context, uint32_t memory, uint32_t data, uint64_t to,
                               uint32_t from, uint32_t size) {
    struct thread *th = thread_of(context);
    check(th, bulk_memory_init(th, memory, data, to, from, size));
}

static void helper_DATA_DROP(uint8_t *context, uint32_t data) {
    thread_of(context)->instance->dropped_datas[data] = true;
}

static uint32_t helper_MEMORY_NOTIFY(uint8_t *context, uint32_t memory, uint64_t address,
                                     uint32_t count) {
    struct thread *th = thread_of(context);
    uint32_t woken;
    check(th, bulk_atomic_notify(th, memory, address, count, &woken));
    return woken;
}

static uint32_t wait_for(uint8_t *context, uint32_t memory, uint64_t address, uint32_t size,
                         uint64_t expected, uint64_t timeout_ns) {
    struct thread *th = thread_of(context);
    enum group_wait how;
    check(th, bulk_atomic_wait(th, memory, address, size, expected, (int64_t)timeout_ns, &how));
    if (how == GROUP_ENDED && thread_must_end(th)) native_end(th);
    return how;
}

static uint32_t helper_MEMORY_WAIT32(uint8_t *context, uint32_t memory, uint64_t address,
                                     uint32_t expected, uint64_t timeout_ns) {
    return wait_for(context, memory, address, sizeof expected, expected, timeout_ns);
}

static uint32_t helper_MEMORY_WAIT64(uint8_t *context, uint32_t memory, uint64_t address,
                                     uint64_t expected, uint64_t timeout_ns) {
    return wait_for(context, memory, address, sizeof expected, expected, timeout_ns);
}

/* --- Tables --- */

static uint64_t helper_TABLE_GROW(uint8_t *context, uint32_t table, uint32_t ref,
                                  uint64_t count) {
    return bulk_table_grow(thread_of(context), table, ref, count);
}

static void helper_TABLE_FILL(uint8_t *context, uint32_t table, uint64_t to, uint32_t ref,
                              uint64_t count) {
    struct thread *th = thread_of(context);
    check(th, bulk_table_fill(th, table, to, ref, count));
}

static void helper_TABLE_COPY(uint8_t *context, uint32_t to_table, uint32_t from_table,
                              uint64_t to, uint64_t from, uint64_t count) {
    struct thread *th = thread_of(context);
    check(th, bulk_table_copy(th, to_table, from_table, to, from, count));
}

static void helper_TABLE_INIT(uint8_t *context, uint32_t table, uint32_t elem, uint64_t to,
                              uint32_t from, uint32_t count) {
    struct thread *th = thread_of(context);
    check(th, bulk_table_init(th, table, elem, to, from, count));
}

static void helper_ELEM_DROP(uint8_t *context, uint32_t elem) {
    thread_of(context)->instance->elems[elem].count = 0;
}

/* --- Objects --- */

static uint32_t type_of(const struct thread *th, uint32_t type_index) {
    return th->instance->module->wasm.types[type_index];
}

static uint32_t element_size(const struct thread *th, uint32_t ref) {
    if (ref == 0) return 0; /* traps anyway */
    const struct object *array = heap_object(&th->store->heap, ref);
    return wasm_type_get(&th->store->engine->types, array->type)->bytes;
}

static uint32_t helper_STRUCT_NEW(uint8_t *context, uint32_t type_index) {
    struct thread *th = thread_of(context);
    uint32_t ref;
    check(th, bulk_struct_new(th, ASKED_BY_CODE, type_of(th, type_index), &ref));
    return ref;
}

static uint32_t helper_ARRAY_NEW(uint8_t *context, uint32_t type_index, uint32_t count) {
    struct thread *th = thread_of(context);
    uint32_t ref;
    check(th, bulk_array_new(th, ASKED_BY_CODE, type_of(th, type_index), count, &ref));
    return ref;
}

static uint32_t helper_ARRAY_NEW_FILL(uint8_t *context, uint32_t type_index, uint32_t count,
                                      uint64_t low, uint64_t high) {
    struct thread *th = thread_of(context);
    const uint64_t value[2] = {low, high};
    uint32_t ref;
    check(th, bulk_array_new_fill(th, ASKED_BY_CODE, type_of(th, type_index), value, count, &ref));
    return ref;
}

static uint32_t helper_ARRAY_NEW_DATA(uint8_t *context, uint32_t type_index, uint32_t data,
                                      uint32_t from, uint32_t count) {
    struct thread *th = thread_of(context);
    uint32_t ref;
    check(th, bulk_array_new_data(th, ASKED_BY_CODE, type_of(th, type_index), data, from, count,
                                  &ref));
    return ref;
}

static uint32_t helper_ARRAY_NEW_ELEM(uint8_t *context, uint32_t type_index, uint32_t elem,
                                      uint32_t from, uint32_t count) {
    struct thread *th = thread_of(context);
    uint32_t ref;
    check(th, bulk_array_new_elem(th, ASKED_BY_CODE, type_of(th, type_index), elem, from, count,
                                  &ref));
    return ref;
}

static void helper_ARRAY_FILL(uint8_t *context, uint32_t ref, uint32_t at, uint32_t count,
                              uint64_t low, uint64_t high) {
    struct thread *th = thread_of(context);
    const uint64_t value[2] = {low, high};
    check(th, bulk_array_fill(th, ref, at, value, count, element_size(th, ref)));
}

static void helper_ARRAY_COPY(uint8_t *context, uint32_t to, uint32_t at, uint32_t from,
                              uint32_t start, uint32_t count) {
    struct thread *th = thread_of(context);
    check(th, bulk_array_copy(th, to, at, from, start, count, element_size(th, to)));
}

static void helper_ARRAY_INIT_DATA(uint8_t *context, uint32_t ref, uint32_t data, uint32_t at,
                                   uint32_t from, uint32_t count) {
    struct thread *th = thread_of(context);
    check(th, bulk_array_init_data(th, ref, data, at, from, count, element_size(th, ref)));
}

static void helper_ARRAY_INIT_ELEM(uint8_t *context, uint32_t ref, uint32_t elem, uint32_t at,
                                   uint32_t from, uint32_t count) {
    struct thread *th = thread_of(context);
    check(th, bulk_array_init_elem(th, ref, elem, at, from, count));
}

static uint32_t helper_REF_TEST(uint8_t *context, uint32_t ref, uint32_t heap,
                                uint32_t takes_null) {
    const struct thread *th = thread_of(context);
    if (ref == 0) return takes_null;
    return object_matches(th->store, ref, wasm_heap_is_concrete(heap) ? type_of(th, heap) : heap);
}

/* --- Exceptions --- */

static void throw(struct thread *th, uint32_t ref) {
    note_thrown(th, ref);
    if (knows_exceptions(th)) {
        th->image.exception = ref;
        return;
    }
    th->exception = ref;
    th->status = NACRE_EXCEPTION;
    th->trap = NACRE_TRAP_NONE;
    native_end(th);
}

static void helper_THROW(uint8_t *context, uint32_t tag, uint64_t *slots) {
    struct thread *th = thread_of(context);
    uint32_t ref;
    check(th, bulk_exception_new(th, ASKED_BY_CODE, tag, slots, &ref));
    throw(th, ref);
}

static void helper_THROW_REF(uint8_t *context, uint32_t ref) {
    struct thread *th = thread_of(context);
    if (ref == 0) native_trap(th, NACRE_TRAP_NULL_REFERENCE);
    throw(th, ref);
}

static uint32_t helper_EXCEPTION_IS(uint8_t *context, uint32_t ref, uint32_t tag) {
    const struct thread *th = thread_of(context);
    return heap_object(&th->store->heap, ref)->length == th->instance->tags[tag]->number;
}

const void *const native_helpers[IMAGE_HELPER_COUNT] = {
#define IMAGE_HELPER(name, result, params) [IMAGE_HELPER_##name] = (const void *)helper_##name,
#include "image/helpers.def"
#undef IMAGE_HELPER
};
