/* backtrace.c - what a failed run looked like: the reason, and the frames from the inside out. */
#include "base/status.h"
#include "exec/run.h"

/* A place in a running function. */
struct position {
    struct instance *instance;
    uint32_t func;   /* UINT32_MAX: a constant expression */
    uint32_t offset; /* of a unit of the op that runs */
    uint64_t *fp;
    uint64_t record; /* of its caller */
};

/* The caller's position from the record in `p`; false when the host called. */
static bool to_caller(const struct store *store, struct position *p) {
    int32_t func = (int32_t)(uint32_t)p->record;
    uint32_t offset = (uint32_t)(p->record >> 32);
    if (func == CODE_EXIT) return false;
    if (func == CODE_SWITCH) {
        p->instance = store->instances[(uint32_t)p->fp[-2]];
        func = (int32_t)(uint32_t)(p->fp[-2] >> 32);
        offset = (uint32_t)p->fp[-1];
        p->fp -= 2;
    }
    const struct func_code *code = &p->instance->module->codes[func];
    p->func = (uint32_t)func;
    p->fp -= code->units[offset - 1];
    p->offset = offset - 1;
    p->record = p->fp[code->header];
    return true;
}

/* Where the run ended; false when no function was running. */
static bool innermost(const struct thread *thread, struct position *p) {
    *p = (struct position){.instance = thread->instance, .fp = thread->fp,
                           .record = thread->record};
    if (!thread->pc || !thread->instance) return false;
    struct code_module *module = thread->instance->module;
    p->func = code_find(module, thread->pc);
    if (*thread->pc == IOP_ENTER) return to_caller(thread->store, p);
    if (p->func == UINT32_MAX) return false;
    p->offset = (uint32_t)(thread->pc - module->codes[p->func].units);
    p->record = thread->fp[module->codes[p->func].header];
    return true;
}

static void describe_frame(const struct position *p, nacre_frame *frame) {
    const struct wasm_module *m = &p->instance->module->wasm;
    struct wasm_name name = wasm_func_name(m, p->func);
    struct text t;
    frame->function = p->func;
    frame->offset = code_wasm_offset(p->instance->module, p->func, p->offset);
    text_init(&t, frame->name, sizeof frame->name);
    text_add_bytes(&t, name.bytes, name.size);
}

static void describe_frames(const struct thread *thread, nacre_error *error) {
    struct position p;
    if (!innermost(thread, &p)) return;
    do {
        if (error->frame_count < NACRE_FRAME_COUNT)
            describe_frame(&p, &error->frames[error->frame_count++]);
        error->frames_total++;
    } while (to_caller(thread->store, &p));
    error->offset = error->frames[0].offset;
}

void run_explain(struct thread *thread, nacre_error *error) {
    const char *text = thread->text          ? thread->text
                     : thread->status == NACRE_TRAP ? nacre_trap_text(thread->trap)
                                                    : nacre_status_text(thread->status);
    if (!error) return;
    error_set(error, thread->status, NACRE_NO_OFFSET, text);
    error->trap = thread->trap;
    error->exit_code = thread->exit_code;
    if (thread->status != NACRE_EXIT) describe_frames(thread, error);
}
