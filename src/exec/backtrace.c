/* backtrace.c - what a failed run looked like: the reason, and the frames from the inside out. */
#include "base/status.h"
#include "exec/frames.h"
#include "exec/run.h"

static void describe_frame(const struct frame *p, nacre_frame *frame) {
    const struct wasm_module *m = &p->instance->module->wasm;
    struct wasm_name name = wasm_func_name(m, p->func);
    struct text t;
    frame->instance = (struct nacre_instance *)p->instance;
    frame->function = p->func;
    frame->offset = code_wasm_offset(p->instance->module, p->func, p->offset);
    text_init(&t, frame->name, sizeof frame->name);
    text_add_bytes(&t, name.bytes, name.size);
}

static void describe_frames(const struct thread *thread, nacre_error *error) {
    struct frame p;
    if (!frame_innermost(thread, &p)) return;
    do {
        if (error->frame_count < NACRE_FRAME_COUNT)
            describe_frame(&p, &error->frames[error->frame_count++]);
        error->frames_total++;
    } while (frame_to_caller(thread->store, &p));
    error->offset = error->frames[0].offset;
}

void run_explain(struct thread *thread, nacre_error *error) {
    const char *text = thread->text          ? thread->text
                     : thread->status == NACRE_TRAP ? nacre_trap_text(thread->trap)
                                                    : nacre_status_text(thread->status);
    if (!error) return;
    if (thread->was_ended) {
        *error = thread->store->group->end;
        for (uint32_t i = 0; i < error->frame_count; i++) error->frames[i].instance = NULL;
        return;
    }
    error_set(error, thread->status, NACRE_NO_OFFSET, text);
    error->trap = thread->trap;
    error->exit_code = thread->exit_code;
    if (thread->status != NACRE_EXIT) describe_frames(thread, error);
}
