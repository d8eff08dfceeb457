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
    uint32_t func;   /* UINT32_MAX: a constant expression */
    uint32_t offset; /* of a unit of the op that runs */
    uint64_t *fp;
    uint64_t record; /* of its caller */
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
};

/* Where the run ended, or stopped for a moment; false when no function was running. */
bool frame_innermost(const struct thread *thread, struct frame *frame);

/* On to the caller; false when that is the host. Of a function that is not in the frame yet, or
 * not anymore, `fp`, `record` and the instance are enough. */
bool frame_to_caller(const struct store *store, struct frame *frame);

#endif
