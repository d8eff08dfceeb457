/*
 * fixed.h - tables whose contents are known when compiling: nobody else can reach them, no
 * instruction writes to them, and their element segments say it all. That is what compilers of C,
 * C++ and Rust make of function pointers. A call through one needs no reference, no record of the
 * store, and no helper.
 */
#ifndef COMPILER_FIXED_H
#define COMPILER_FIXED_H

#include "wasm/module.h"

enum { FIXED_NULL = UINT32_MAX };

struct fixed_table {
    uint32_t *funcs; /* by element: a function index, or FIXED_NULL; NULL: it is not fixed */
    uint32_t size;
    bool has_imports; /* among its functions: what these are is known to the instance alone */
};

/* A list of all tables of a validated module, or NULL if it has none; false for lack of memory. */
bool fixed_find(const struct wasm_module *module, const struct allocator *allocator,
                struct fixed_table **list);
void fixed_free(const struct wasm_module *module, const struct allocator *allocator,
                struct fixed_table *list);

/* The value of a segment's offset that is one constant; false: it is not. */
bool fixed_offset(const struct wasm_module *module, const struct wasm_expr *expr, uint64_t *value);

#endif
