/* frames.c - see frames.h; interp_call.c has what SWITCH leaves on the stack. */
#include "exec/frames.h"

#include "exec/instance.h"
#include "exec/native.h"

bool frame_to_caller(const struct store *store, struct frame *f) {
    int32_t func = (int32_t)(uint32_t)f->record;
    uint32_t offset = (uint32_t)(f->record >> 32);
    if (func == CODE_EXIT || func == CODE_NATIVE) return false;
    if (func == CODE_SWITCH) {
        f->instance = store->instances[(uint32_t)f->fp[-2]];
        func = (int32_t)(uint32_t)(f->fp[-2] >> 32);
        offset = (uint32_t)f->fp[-1];
        f->fp -= 2;
    }
    const struct func_code *code = &f->instance->module->codes[func];
    f->func = (uint32_t)func;
    f->fp -= code->units[offset - 1];
    f->offset = offset - 1;
    f->record = f->fp[code->header];
    return true;
}

bool frame_innermost(const struct thread *thread, struct frame *f) {
    *f = (struct frame){.instance = thread->instance, .fp = thread->fp, .record = thread->record,
                        .run = thread->native, .run_fp = thread->native_fp};
    if (!thread->pc || !thread->instance) return false;
    struct code_module *module = thread->instance->module;
    f->func = code_find(module, thread->pc);
    if (f->func == UINT32_MAX) return false;
    f->offset = (uint32_t)(thread->pc - module->codes[f->func].units);
    if (f->offset == 0) return frame_to_caller(thread->store, f); /* at ENTER: not in it yet */
    f->record = thread->fp[module->codes[f->func].header];
    return true;
}

/* --- Compiled code: each frame holds its caller's, and above that the place to return to --- */

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
