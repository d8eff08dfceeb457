/* frames.c - see frames.h; exec/interp has what belongs to the interpreter. */
#include "exec/frames.h"

#include "exec/instance.h"
#include "exec/native.h"

/* In compiled code, each frame holds its caller's, and above that the place to return to. */

struct frame frame_of_native(const struct thread *thread) {
    return (struct frame){.instance = thread->native->instance,
                          .record = CODE_RECORD(CODE_NATIVE, CODE_STUB_START),
                          .run = thread->native, .run_fp = thread->native_fp};
}

bool frame_settle(struct frame *f) {
    const uint8_t *pc = f->pc - f->is_call;
    const struct image *image = code_image_at(f->run->instance->module, pc);
    uint32_t func = image ? image_func_find(image, (uint64_t)(pc - image->bytes)) : UINT32_MAX;
    if (func == UINT32_MAX) return false;
    f->instance = f->run->instance;
    f->func = f->instance->module->wasm.imported[WASM_EXTERN_FUNC] + func;
    return true;
}

/* On to the next function of the run. */
static bool next_in_run(struct frame *f) {
    while (f->run_fp) {
        f->pc = *(const uint8_t *const *)(const void *)(f->run_fp + sizeof(void *));
        f->run_fp = *(const uint8_t *const *)(const void *)f->run_fp;
        f->is_call = true;
        if (frame_settle(f)) return true;
    }
    return false;
}

bool frame_next(const struct store *store, struct frame *f) {
    for (;;) {
        if (!f->pc) {
            if (frame_to_caller(store, f)) return true;
            if ((int32_t)(uint32_t)f->record != CODE_NATIVE) return false;
        }
        if (next_in_run(f)) return true;
        const struct native_run *run = f->run;
        if (!run->caller) return false;
        *f = *run->caller;
        f->run = run->outer;
        f->run_fp = run->outer_fp;
    }
}
