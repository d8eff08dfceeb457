/*
 * loops.h - going on in compiled code from the head of a loop, where a function that is
 * interpreted would stay for long: an image that came late is entered with calls only
 * (code_use_image).
 *
 * When one comes, the first op of every loop that was lowered becomes LOOK, which counts. The
 * first loop that is seen often is the one that is stuck: all get their ops back, and it waits for
 * its continuation (IMAGE_CONTINUATION in image.h), which somebody compiles. When that is there,
 * LOOK is there again, and a frame that comes by goes on in it. Another loop may be stuck then.
 */
#ifndef EXEC_LOOPS_H
#define EXEC_LOOPS_H

#include "exec/code.h"

enum { LOOPS_VISITS = 500 }; /* of one that is seen often */

struct code_loop {
    const uint16_t *at; /* its first op; the units are ours to change by this one */
    uint32_t func, offset; /* in the module */
    uint16_t op;           /* what stood there */
    uint16_t top;          /* slots of the frame that are in use */
    uint32_t visits;       /* atomic */
    const struct image *image; /* its continuation; atomic */
};

struct code_continuation {
    struct code_continuation *next;
    struct image image;
};

/* Looks for loops that are stuck from now on, in functions that have code by now. Once, by the
 * thread that brought the image. Without memory for it they stay so. */
void loops_watch(struct code_module *module);
/* The loop that LOOK stands at. */
struct code_loop *loops_find(struct code_module *module, const uint16_t *at);
/* LOOK came by. */
void loops_count(struct code_module *module, struct code_loop *loop);
/* The loop that is stuck, or NULL. */
static inline struct code_loop *loops_wanted(struct code_module *module) {
    return __atomic_load_n(&module->loops.wanted, __ATOMIC_ACQUIRE);
}
/* Its continuation is there, which lives as long as the module. */
void loops_continue(struct code_module *module, struct code_loop *loop,
                    struct code_continuation *continuation);
void loops_deinit(struct code_module *module);

/* While lowering a function for its loops (lower.c). */
void loops_note(struct code_loops *loops, const struct allocator *allocator,
                const struct code_loop *loop);
nacre_status lower_for_loops(struct code_module *module, uint32_t func);

#endif
