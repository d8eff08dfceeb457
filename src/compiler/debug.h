/*
 * debug.h - what debuggers read of an image: a line table from its code to source files, and the
 * unit that it belongs to (DWARF 4). Functions they know from the symbols.
 */
#ifndef COMPILER_DEBUG_H
#define COMPILER_DEBUG_H

#include "compiler/link.h"

/* Nothing, if the module does not tell of its sources. False: no memory. */
bool debug_make(struct image_debug *debug, const struct allocator *allocator,
                const struct linked *linked, const struct wasm_module *module);
void debug_free(struct image_debug *debug, const struct allocator *allocator);

#endif
