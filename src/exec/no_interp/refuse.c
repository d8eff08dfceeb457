/* refuse.c - an interpreter that is not there: see exec/interpreter.h. Functions are told of none
 * that is interpreted, because no instance is accepted that would have one. */
#include "base/status.h"
#include "exec/interpreter.h"
#include "exec/loops.h"

static const char why[] = "this core runs compiled code only, and the module has no image that "
                          "fits it: make one with `nacre compile`";

nacre_status interp_take(struct code_module *module) {
    (void)module;
    return NACRE_OK;
}

void interp_release(struct code_module *module) { (void)module; }

void interp_use_image(struct code_module *module) { (void)module; }

nacre_status interp_accept(const struct code_module *module, nacre_error *error) {
    const struct wasm_module *m = &module->wasm;
    if (m->func_count == m->imported[WASM_EXTERN_FUNC]) return NACRE_OK; /* nothing to run */
    return error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET, why);
}

nacre_status interp_prepare(struct code_module *module, uint32_t func, nacre_error *error) {
    (void)module;
    (void)func;
    return error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET, why);
}

nacre_status interp_run(struct thread *thread, uint32_t func, int32_t stub) {
    (void)func;
    (void)stub;
    thread->text = why;
    return thread->status = NACRE_UNSUPPORTED;
}

uint64_t interp_wasm_offset(const struct code_module *module, uint32_t func, uint32_t offset) {
    (void)module;
    (void)func;
    (void)offset;
    return NACRE_NO_OFFSET;
}

bool interp_roots(struct code_module *module, uint32_t func, uint32_t offset,
                  struct frame_roots *roots) {
    (void)module;
    (void)func;
    (void)offset;
    (void)roots;
    return false;
}

bool frame_innermost(const struct thread *thread, struct frame *frame) {
    *frame = (struct frame){.instance = thread->instance, .run = thread->native,
                            .run_fp = thread->native_fp};
    return false;
}

/* The caller is the host, or compiled code. */
bool frame_to_caller(const struct store *store, struct frame *frame) {
    (void)store;
    (void)frame;
    return false;
}

void loops_continue(struct code_module *module, struct code_loop *loop,
                    struct code_continuation *continuation) {
    (void)module;
    (void)loop;
    (void)continuation;
}
