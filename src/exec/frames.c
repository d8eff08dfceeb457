/* frames.c - see frames.h; interp_call.c has what SWITCH leaves on the stack. */
#include "exec/frames.h"

#include "exec/instance.h"

bool frame_to_caller(const struct store *store, struct frame *f) {
    int32_t func = (int32_t)(uint32_t)f->record;
    uint32_t offset = (uint32_t)(f->record >> 32);
    if (func == CODE_EXIT) return false;
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
    *f = (struct frame){.instance = thread->instance, .fp = thread->fp, .record = thread->record};
    if (!thread->pc || !thread->instance) return false;
    struct code_module *module = thread->instance->module;
    f->func = code_find(module, thread->pc);
    if (f->func == UINT32_MAX) return false;
    f->offset = (uint32_t)(thread->pc - module->codes[f->func].units);
    if (f->offset == 0) return frame_to_caller(thread->store, f); /* at ENTER: not in it yet */
    f->record = thread->fp[module->codes[f->func].header];
    return true;
}
