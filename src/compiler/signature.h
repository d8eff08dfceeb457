/*
 * signature.h - the signatures of a module's functions: what a call needs to know of a type. Types
 * that differ only in what references they take have the same.
 */
#ifndef COMPILER_SIGNATURE_H
#define COMPILER_SIGNATURE_H

#include "wasm/module.h"

/* Registers for params by the calling convention (abi.h): what does not fit goes by way of
 * thread->values. */
enum { SIGNATURE_INTS = 6, SIGNATURE_FLOATS = 8 };

struct signature {
    const struct wasm_type *type; /* one that has it */
};

struct signatures {
    const struct allocator *allocator;
    struct signature *list;
    uint32_t count, capacity;
    uint32_t *of_type; /* by type index; UINT32_MAX: not a function's */
    uint32_t *of_func; /* by function index */
    uint32_t type_count, func_count;
};

nacre_status signatures_init(struct signatures *s, const struct allocator *allocator,
                             const struct wasm_module *module);
void signatures_deinit(struct signatures *s);

#endif
