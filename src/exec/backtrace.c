/* backtrace.c - what a failed run looked like: the reason, and the frames from the inside out. */
#include "base/status.h"
#include "exec/interpreter.h"
#include "exec/native.h"
#include "exec/run.h"

/* --- Noting --- */

static struct trace_frame note_of(const struct frame *f) {
    struct trace_frame note = {.instance = f->instance, .func = f->func, .offset = f->offset};
    if (f->pc) {
        note.kind = f->is_call ? TRACE_CALL : TRACE_COMPILED;
        note.pc = f->pc;
    }
    return note;
}

void trace_note(struct thread *thread, struct frame *f, uint32_t exception, uint32_t most) {
    struct trace *trace = &thread->trace;
    trace->is_set = true;
    trace->exception = exception;
    trace->total = trace->count = 0;
    do {
        if (trace->count < NACRE_FRAME_COUNT) trace->frames[trace->count++] = note_of(f);
        trace->total++;
    } while (trace->total < most && frame_next(thread->store, f));
}

/* --- Describing --- */

static uint64_t wasm_offset(const struct trace_frame *note) {
    const struct code_module *module = note->instance->module;
    if (note->kind == TRACE_INTERPRETED)
        return interp_wasm_offset(module, note->func, note->offset);
    bool is_call = note->kind == TRACE_CALL;
    const struct image *image = code_image_at(module, note->pc - is_call);
    if (!image) return NACRE_NO_OFFSET;
    return image_line_find(image, (uint64_t)(note->pc - image->bytes), is_call);
}

static void describe_frame(const struct trace_frame *note, nacre_frame *frame) {
    const struct wasm_module *m = &note->instance->module->wasm;
    struct wasm_name name = wasm_func_name(m, note->func);
    struct text t;
    frame->instance = (struct nacre_instance *)note->instance;
    frame->function = note->func;
    frame->offset = wasm_offset(note);
    text_init(&t, frame->name, sizeof frame->name);
    text_add_bytes(&t, name.bytes, name.size);
}

static void describe_frames(struct thread *thread, nacre_error *error) {
    struct trace *trace = &thread->trace;
    struct frame f;
    bool fits = trace->exception == (thread->status == NACRE_EXCEPTION ? thread->exception : 0);
    if (!trace->is_set || !fits) {
        if (!frame_innermost(thread, &f)) return;
        trace_note(thread, &f, 0, UINT32_MAX);
    }
    for (uint32_t i = 0; i < trace->count; i++)
        describe_frame(&trace->frames[i], &error->frames[i]);
    error->frame_count = trace->count;
    error->frames_total = trace->total;
    if (trace->count) error->offset = error->frames[0].offset;
}

static void explain(struct thread *thread, nacre_error *error) {
    const char *text = thread->text          ? thread->text
                     : thread->status == NACRE_TRAP ? nacre_trap_text(thread->trap)
                                                    : nacre_status_text(thread->status);
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

void run_explain(struct thread *thread, nacre_error *error) {
    if (error) explain(thread, error);
    thread->trace.is_set = false;
}
