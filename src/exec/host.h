/*
 * host.h - functions of the host as the engine calls them.
 *
 * Arguments and results are raw 64-bit slots, as in an interpreter frame: an i32 or f32 is in the
 * low half (the upper half of an i32 is zero), a v128 takes two slots, a reference is 32 bits.
 * The callee finds its arguments in slots[0...] and leaves its results in slots[0...].
 */
#ifndef EXEC_HOST_H
#define EXEC_HOST_H

#include "base/base.h"

struct instance;
struct memory;
struct store;

/* What a host function may know of its caller. */
struct host_call {
    struct store *store;
    struct instance *instance; /* whose code called; NULL: the embedder itself */
    struct memory *memory;     /* the caller's export "memory", or NULL */
    int32_t exit_code;         /* to be set before returning NACRE_EXIT; a call of the guest that
                                  exited has set it to its own */
    const char *text;          /* why, before returning NACRE_TRAP or another failure; or NULL.
                                  Must live until the outermost call returned. */
    uint64_t deadline_ns;      /* of the running call on PORT_CLOCK_MONOTONIC; UINT64_MAX: none.
                                  A function that blocks must not wait past it. */
};

/* NACRE_OK, or what ends the guest's call: NACRE_TRAP, NACRE_EXIT or any other status. */
typedef nacre_status (*host_function)(void *env, struct host_call *call, uint64_t *slots);

/* The bytes [offset, offset + size) of a linear memory, or NULL when they are not all inside.
 * Valid until the guest runs again. size 0 is inside when offset <= the memory's size. */
uint8_t *memory_range(struct memory *memory, uint64_t offset, uint64_t size);

/* Functions for imports from one module. `params` and `results` are strings of "iIfF" (i32 i64 f32
 * f64), of 16 letters together at most. */
struct host_set {
    const char *module;
    const struct host_entry {
        const char *name, *params, *results;
        host_function function;
    } *entries; /* sorted by name */
    uint32_t count;
};

/* Has the store find imports in a set, which outlives the engine, as if its functions were defined
 * now, to be called with `env`. NACRE_NO_MEMORY. */
nacre_status store_define_hosts(struct store *store, const struct host_set *set, void *env);

/* Starts a thread of the caller's program, if it may have one more: another instance of its module
 * with the same imports, whose export `name` is called with the thread's number and `argument`
 * (both i32). Returns the number, 1 or more; 0: no thread was started. When that call fails or
 * exits, so does the whole program. */
uint32_t host_start_thread(const struct host_call *call, const char *name, uint32_t argument);

/* Has the store call `release(owned)` when it is destroyed. NACRE_NO_MEMORY. */
nacre_status store_own(struct store *store, void *owned, void (*release)(void *owned));

#endif
