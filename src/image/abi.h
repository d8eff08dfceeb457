/*
 * abi.h - what compiled code and the engine that runs it agree on. A change here is a new
 * IMAGE_ABI: an image of another number is refused.
 *
 * Compiled code keeps one pointer in a register, its instance's context. Where the instance has a
 * memory 0 of its own, that is also the memory's first byte, so that one register serves both; all
 * that the code needs to know of the instance lies before it:
 *
 *     context - IMAGE_GAP - ...     struct image_head, and before it, downwards:
 *                                   globals, tables, memories, imported functions, keys
 *     context - IMAGE_GAP           IMAGE_GAP bytes that are never accessible
 *     context                       memory 0, up to 4 GiB, then addresses that are not accessible
 *
 * An item of the instance's own stands in its place itself; of an imported one, a pointer to it.
 *
 * Calling convention of a WebAssembly function: C's, or LLVM's tailcc where the module has tail
 * calls; the context first as `swiftself` (r13 on x86-64, x20 on aarch64), then the params: i32,
 * i64, float, double, <2 x i64>; references are i32. Six integers and eight others are in
 * registers, what is beyond those in the thread's `values`. The first result is returned; the
 * others are in `values`, each in the slot (two for a v128) that it has among all results. Every
 * function keeps a frame pointer.
 */
#ifndef IMAGE_ABI_H
#define IMAGE_ABI_H

#include "wasm/module.h"

enum {
    IMAGE_ABI = 5,
    IMAGE_FUEL_SHIFT = 6, /* bulk instructions cost one for so many bytes, as a power of two */
    IMAGE_GAP = 65536,
    IMAGE_SKIP_MAX = 65536,   /* bytes of the stack that code may skip without touching them: a
                                 larger frame is probed so often on the way in */
    IMAGE_FRAME_MAX = 262144, /* bytes of a frame, with explicit bounds: what does not optimise
                                 makes large ones */
    IMAGE_STACK_SPARE = 8192, /* bytes below stack_low, for thunks and the gate */
    IMAGE_GLOBAL_BYTES = 64,
    IMAGE_TABLE_BYTES = 96,
    IMAGE_MEMORY_BYTES = 128,
    IMAGE_IMPORT_BYTES = 8,
    IMAGE_KEY_BYTES = 8
};

/* Beginnings of things that belong to the engine: what compiled code may know of them. */
struct image_thread {
    int64_t slice;       /* fuel: what is left until the helper METER is to be asked */
    uint8_t *stack_low;  /* explicit bounds: a function whose frame goes below it traps; there is
                            room for the largest frame below the stack */
    uint64_t *values;    /* results after the first; room for WASM_RESULTS_MAX, two slots each */
    uint64_t *roots;     /* where the next frame's references go, a slot each: a function that
                            holds some while objects may be made moves it up on the way in, and
                            back on the way out; what lies below is 0 or a reference always */
    uint64_t *roots_end; /* traps as exhausted stack does rather than go beyond */
    uint32_t callee;     /* function whose code is called, for the thunks that leave */
    uint32_t exception;  /* being thrown, a reference; 0: none. Looked at behind every call in an
                            image with IMAGE_EXCEPTIONS; who catches it sets it to 0 */
};
struct image_global {
    uint64_t value[2];
};
struct image_table {
    uint32_t *refs;
    uint64_t size;
};
struct image_memory {
    uint8_t *base;
    uint64_t size; /* bytes; of a shared memory it may be more by now */
};
/* A function of the store; references count them, number 0 is null. */
struct image_func {
    uint64_t key;     /* canonical type | number of its instance << 32 */
    const void *code; /* compiled code that is called with the context of its instance; or NULL */
    void *instance;
    uint32_t index, unused;
};
/* Code is called with the caller's own context always: a run of compiled code is one instance's.
 * What a call of an imported function finds leaves the run (see `leave` below), whatever the
 * function is; so does what RESOLVE gives for a function that is not this instance's. Which one is
 * meant is in thread->callee: code sets it before it calls an import, RESOLVE for its callee. */
struct image_import {
    const void *code;
};
/* An object of the heap: a structure's fields where their types' offsets say, an array's elements,
 * an exception's values in slots. */
struct image_object {
    uint32_t type;   /* canonical id: the low half of the type's key */
    uint32_t length; /* of an array */
    uint8_t bytes[];
};

/* What stands right before the gap. */
struct image_head {
    struct image_thread *thread;
    struct image_func *funcs;    /* the store's; may move during any call */
    const uint32_t *refs;        /* references by function index */
    const void *gate;            /* calls a helper on the host's stack */
    const void *const *helpers;  /* by enum image_helper */
    uint8_t *memory;             /* memory 0's first byte */
    uint8_t *heap;               /* objects: references are offsets from here */
    void *instance;              /* for the engine */
    const uint8_t *image;        /* whose code runs, and where in it the own functions are: ... */
    const uint32_t *codes;       /* ... for continuations, which know the place of none */
};

/* A continuation is a function of the same type as the one that it continues, from the head of a
 * loop on. It ignores its arguments: all locals, then all operands, are in thread->values from
 * this slot on, each in one or two slots, and there is room for so many. */
enum { IMAGE_STATE_SLOT = 2048, IMAGE_STATE_SLOTS_MAX = 6144 };

/* Helpers: functions of the engine that compiled code calls through the gate, as C functions whose
 * first argument is the context; helpers.def has them. */
enum image_helper {
#define IMAGE_HELPER(name, result, params) IMAGE_HELPER_##name,
#include "image/helpers.def"
#undef IMAGE_HELPER
    IMAGE_HELPER_COUNT
};

/* Thunks between compiled code and slots, one of each for every signature in use. A signature is
 * the kinds of params and results: i I f F v, and r for references.
 *   enter(context, code, slots)   calls `code` with the slots' values, and puts its results there
 *   leave                         is called as a WebAssembly function of that signature: puts its
 *                                 arguments in slots, and asks the helper CALL_OUT for
 *                                 thread->callee
 */
typedef void (*image_enter)(void *context, const void *code, uint64_t *slots);

/* Distances from the context downwards to an instance's items. */
static inline uint64_t image_at_head(size_t offset) {
    return IMAGE_GAP + sizeof(struct image_head) - offset;
}
static inline uint64_t image_at_global(uint32_t index) {
    return image_at_head(0) + (uint64_t)(index + 1) * IMAGE_GLOBAL_BYTES;
}
static inline uint64_t image_at_table(const struct wasm_module *m, uint32_t index) {
    return image_at_global(m->global_count - 1) + (uint64_t)(index + 1) * IMAGE_TABLE_BYTES;
}
static inline uint64_t image_at_memory(const struct wasm_module *m, uint32_t index) {
    return image_at_table(m, m->table_count - 1) + (uint64_t)(index + 1) * IMAGE_MEMORY_BYTES;
}
static inline uint64_t image_at_import(const struct wasm_module *m, uint32_t index) {
    return image_at_memory(m, m->memory_count - 1) + (uint64_t)(index + 1) * IMAGE_IMPORT_BYTES;
}
/* The key that a call of a function of the module's type at an index compares with; of any type it
 * is the canonical id, and the number of the instance << 32. */
static inline uint64_t image_at_key(const struct wasm_module *m, uint32_t type_index) {
    return image_at_import(m, m->imported[WASM_EXTERN_FUNC] - 1) +
           (uint64_t)(type_index + 1) * IMAGE_KEY_BYTES;
}
/* All of it: how far the context's first byte is before it. */
static inline uint64_t image_context_bytes(const struct wasm_module *m) {
    return image_at_key(m, m->type_count - 1);
}

/* Address space that memory 0 and others need so that guard pages catch every access: an index of
 * 32 bits, an offset of 32 bits, and the access itself. */
#define IMAGE_GUARDED_BYTES (((uint64_t)1 << 33) + IMAGE_GAP)

#endif
