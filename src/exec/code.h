/*
 * code.h - a module made ready to run: its functions' internal code.
 *
 * A function is lowered when it is first called. Code is the same for all instances of a module
 * (it holds indices, never pointers), and the same on every machine for the same module and
 * settings, so that a position in it can be carried elsewhere.
 */
#ifndef EXEC_CODE_H
#define EXEC_CODE_H

#include "base/lock.h"
#include "base/spares.h"
#include "exec/start.h"
#include "image/image.h"
#include "port/port.h"

/* What stores and modules share (the embedding API's engine). */
struct engine {
    struct allocator allocator;
    const struct port *port;
    struct wasm_types types;
    uint32_t features; /* that modules may use: bits 1 << enum wasm_feature */
    bool metering, profile;
    bool deterministic; /* every NaN that an operation makes is the canonical one */
    bool gc_stress; /* before every object that is made: to test the collector */
    uint32_t spare_count;  /* of each module's memories, and of stores */
    struct spares stores;  /* cleared, for the embedder's next */
    struct host_types *host_types; /* of sets of host functions; atomic */
};

/* Where an exception goes that comes out of the units [start, end). */
struct code_handler {
    uint32_t start, end, target;
    uint32_t tag;  /* index in the module */
    uint16_t kind; /* enum walk_catch_kind */
    uint16_t base; /* slot where the tag's values, then the reference, go */
};
/* These stand behind a function's code, 10 units each; the last unit of all is their count. */
enum { CODE_HANDLER_UNITS = 10 };

/* A function's internal code; units is NULL until it was lowered, then never changes. */
struct func_code {
    const uint16_t *units;
    const uint16_t *entry; /* the same, where calls go on; NULL: see code_entry */
    uint32_t count;        /* units, with the handlers */
    uint16_t header;       /* slot of the frame that holds the caller's record */
    uint16_t frame_slots;
};

/* The function's code, or NULL when it was not lowered yet: another thread may be at it. */
static inline const uint16_t *code_units(const struct func_code *code) {
    return __atomic_load_n(&code->units, __ATOMIC_ACQUIRE);
}
/* The same for calls within an instance; NULL also when the module got an image after the function
 * was lowered: the instance may run that. */
static inline const uint16_t *code_entry(const struct func_code *code) {
    return __atomic_load_n(&code->entry, __ATOMIC_ACQUIRE);
}

/* Codes that are no functions stand before the first: they end the outermost function, one that
 * was called from another instance, and one that compiled code called. */
enum { CODE_EXIT = -1, CODE_SWITCH = -2, CODE_NATIVE = -3, CODE_STUBS = 3 };
/* Where the stubs begin: the unit before is what a return takes for its caller's `base`. */
enum { CODE_STUB_START = 1 };

/* A record: the caller's function, or stub, and the offset in its code to return to. */
#define CODE_RECORD(func, offset) ((uint32_t)(func) | (uint64_t)(offset) << 32)

struct code_loop;
struct code_continuation;

/* See loops.h. */
struct code_loops {
    struct code_loop *list; /* made once */
    uint32_t count, capacity;
    uint32_t *order;        /* of their ops */
    struct code_loop *wanted; /* that is stuck; atomic */
    struct code_continuation *continuations; /* atomic */
};

struct code_module {
    struct wasm_module wasm;
    struct engine *engine;
    struct func_code *codes; /* by function index, stubs before */
    bool has_code;           /* a function was lowered; under the lock */
    const uint32_t *referable; /* own functions that references may be to, by index */
    uint32_t referable_count;
    struct lock lock;        /* held while a function is lowered, or its roots are looked for */
    struct func_roots **roots; /* by function index, for the collector; NULL until asked for */
    uint64_t roots_budget;     /* what finding more of them may cost: see interp/lower_roots.c */
    const struct image *image; /* compiled code, for instances that it fits; or NULL. Atomic */
    struct code_loops loops;
    bool has_instances;        /* atomic */
    bool has_no_entries;       /* the image came after an instance; under the lock */
    struct start start;        /* what their first memory begins with */
    struct spares memories;    /* pages of first memories, with contexts: see memory.h */
};

/* The image, of the module or of a continuation, whose code `pc` is in, or NULL. */
const struct image *code_image_at(const struct code_module *module, const uint8_t *pc);

/* Decodes and validates; the bytes are borrowed. Who has an image for them leaves functions to the
 * compiler, which validated them, and to lowering, which does it again. See wasm_module_decode for
 * statuses. */
nacre_status code_module_init(struct code_module *module, struct engine *engine, bool has_image,
                              const uint8_t *bytes, size_t size, nacre_error *error);
void code_module_deinit(struct code_module *module);

/* Gives it compiled code. Instances that run already go on in that with the next function that
 * they call. */
void code_use_image(struct code_module *module, const struct image *image);
static inline const struct image *code_image(const struct code_module *module) {
    return __atomic_load_n(&module->image, __ATOMIC_ACQUIRE);
}

#endif
