/*
 * frames.h - walking a thread's stack from the inside out: for backtraces, exceptions, and the
 * collector.
 */
#ifndef EXEC_FRAMES_H
#define EXEC_FRAMES_H

#include "exec/store.h"

/* A place in a running function. */
struct frame {
    struct instance *instance;
    uint32_t func;
    uint32_t offset; /* of a unit of the op that runs */
    uint64_t *fp;
    uint64_t record; /* of its caller */
    /* Compiled code: the run that this is in, or that the next frame outwards may be in, ... */
    const struct native_run *run;
    const uint8_t *run_fp; /* ... the frame whose caller is the next one in it, ... */
    const uint8_t *pc;     /* ... and the place, or NULL if the function is interpreted ... */
    bool is_call;          /* ... which is behind a call */
};

/* A host function that runs: where it was called from, and its arguments. */
struct host_frame {
    struct host_frame *outer;
    struct host_call *call;
    const struct wasm_type *type;
    const uint64_t *slots;
    struct instance *instance; /* of the caller, as in struct frame */
    uint64_t *fp;
    uint64_t record;
    const struct native_run *run;
    const uint8_t *run_fp;
};

/* Where the run ended, or stopped for a moment; false when no function was running. */
bool frame_innermost(const struct thread *thread, struct frame *frame);

/* On to the caller in the same run of the interpreter; false when there is none. Of a function
 * that is not in the frame yet, or not anymore, `fp`, `record` and the instance are enough. */
bool frame_to_caller(const struct store *store, struct frame *frame);

/* The same, and on through compiled code and runs of the interpreter that it called; false when
 * the caller is the host. */
bool frame_next(const struct store *store, struct frame *frame);

/* Of a place in compiled code: is it in a function, and not in a thunk or another part of the
 * image? The frame is that function then; else frame_next goes on from here. */
bool frame_settle(struct frame *frame);

/* Compiled code that called a helper: frame_next gives its innermost function. */
struct frame frame_of_native(const struct thread *thread);

#endif
