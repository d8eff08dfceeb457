/*
 * interpreter.h - what the rest of exec asks of the interpreter.
 *
 * exec/interp answers it. A core that runs compiled code only is linked with exec/no_interp
 * instead, which accepts no instance without an image, so that nothing else is asked of it.
 */
#ifndef EXEC_INTERPRETER_H
#define EXEC_INTERPRETER_H

#include "exec/frames.h"
#include "exec/instance.h"

/* What the module needs to be interpreted: NACRE_NO_MEMORY. */
nacre_status interp_take(struct code_module *module);
void interp_release(struct code_module *module);
/* The module got an image: whoever is interpreted looks for it from now on. */
void interp_use_image(struct code_module *module);

/* May an instance of the module run without compiled code? NACRE_UNSUPPORTED. */
nacre_status interp_accept(const struct code_module *module, nacre_error *error);

/* Lowers a function unless it is done. NACRE_NO_MEMORY, NACRE_LIMIT (its frame is too large). */
nacre_status interp_prepare(struct code_module *module, uint32_t func, nacre_error *error);
/* Runs a function that is prepared, in the thread's instance, with its arguments at thread->top;
 * returns why it ended. `stub` says who called: CODE_EXIT or CODE_NATIVE. */
nacre_status interp_run(struct thread *thread, uint32_t func, int32_t stub);

/* The module offset of the instruction that the unit at `offset` of a function's code came from,
 * or NACRE_NO_OFFSET for lack of memory. Lowers the function again to find out. */
uint64_t interp_wasm_offset(const struct code_module *module, uint32_t func, uint32_t offset);

/* Slots of a frame that hold references to the heap while the op at an offset runs. */
struct frame_roots {
    const uint16_t *locals, *operands;
    uint32_t local_count, operand_count;
};
/* False for lack of memory or budget. */
bool interp_roots(struct code_module *module, uint32_t func, uint32_t offset,
                  struct frame_roots *roots);

/* And of frames.h: frame_innermost, frame_to_caller; of loops.h: loops_continue. */

#endif
