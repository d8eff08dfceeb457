/* interp_exception.c - throwing, and finding who catches: frame by frame outwards, by the rows
 * behind each function's code. Nothing is paid until something is thrown. */
#include "exec/bulk.h"
#include "exec/frames.h"
#include "exec/interp/interp.h"
#include "exec/native.h"
#include "exec/run.h"
#include "wasm/walk.h"

/* A function may have many handlers, and be on the stack often: what is looked through is paid
 * for. As in compiled code, that is done where the exception came to, and not where from. */
static bool pay(struct thread *th, struct frame *f) {
    enum { ROWS_FOR_ONE = 8 };
    const struct func_code *code = &f->instance->module->codes[f->func];
    th->image.slice -= 1 + code->units[code->count - 1] / ROWS_FOR_ONE;
    if (thread_may_go_on(th)) return true;
    th->exception = 0;
    trace_note(th, f, 0, UINT32_MAX);
    return false;
}

/* The handler for an exception with this tag that comes out of the unit at `offset`. */
static bool find_handler(const struct frame *f, uint32_t tag, struct code_handler *h) {
    const struct func_code *code = &f->instance->module->codes[f->func];
    uint32_t count = code->units[code->count - 1];
    const uint16_t *row = code->units + code->count - 1;
    while (count-- > 0) {
        row -= CODE_HANDLER_UNITS;
        *h = (struct code_handler){unit_u32(row), unit_u32(row + 2), unit_u32(row + 4),
                                   unit_u32(row + 6), row[8], row[9]};
        if (f->offset < h->start || f->offset >= h->end) continue;
        bool has_tag = h->kind == WALK_CATCH || h->kind == WALK_CATCH_REF;
        if (!has_tag || f->instance->tags[h->tag]->number == tag) return true;
    }
    return false;
}

/* Puts what the clause gives its label where that takes it. */
static void deliver(const struct thread *th, const struct frame *f, const struct code_handler *h) {
    const struct object *exception = heap_object(&th->store->heap, th->exception);
    uint64_t *to = f->fp + h->base;
    if (h->kind == WALK_CATCH || h->kind == WALK_CATCH_REF) {
        uint32_t slots =
            wasm_type_get(&th->store->engine->types, exception->type)->param_slots;
        memcpy(to, exception->bytes, slots * sizeof *to);
        to += slots;
    }
    if (h->kind == WALK_CATCH_REF || h->kind == WALK_CATCH_ALL_REF) *to = th->exception;
}

bool interp_unwind(struct thread *th, struct frame *f, struct way *way) {
    uint32_t tag = heap_object(&th->store->heap, th->exception)->length;
    struct code_handler h;
    do {
        if (!pay(th, f)) return false;
        if (!find_handler(f, tag, &h)) continue;
        deliver(th, f, &h);
        if (f->instance != th->instance) thread_enter(th, f->instance);
        th->exception = 0;
        th->trace.is_set = false;
        *way = (struct way){f->instance->module->codes[f->func].units + h.target, f->fp, 0};
        return true;
    } while (frame_to_caller(th->store, f));
    th->status = NACRE_EXCEPTION;
    th->trap = NACRE_TRAP_NONE;
    return false;
}

/* pc is at an op whose first operand is the function. */
static HANDLER(unwind) {
    const struct func_code *code = &th->codes[unit_u32(pc + 1)];
    struct frame f = {.instance = th->instance, .func = unit_u32(pc + 1), .fp = fp,
                      .offset = (uint32_t)(pc - code->units), .record = fp[code->header]};
    struct way way;
    th->trace.is_set = false; /* of an exception that had this number before */
    if (!interp_unwind(th, &f, &way)) JUMP(op_stop);
    FOLLOW(way);
}

HANDLER(THROW) {
    th->pc = pc;
    th->fp = fp;
    th->trap = bulk_exception_new(th, ASKED_BY_INTERPRETER, unit_u32(pc + 3), fp + pc[5],
                                  &th->made);
    if (UNLIKELY(th->trap != NACRE_TRAP_NONE)) JUMP(op_trap_why);
    th->exception = th->made;
    JUMP(op_unwind);
}

HANDLER(THROW_REF) {
    uint32_t ref = (uint32_t)fp[pc[3]];
    if (UNLIKELY(ref == 0)) TRAP(NULL_REFERENCE);
    th->exception = ref;
    JUMP(op_unwind);
}
