/* memory.h - what a module's first memory begins with, for its image. */
#ifndef COMPILER_MEMORY_H
#define COMPILER_MEMORY_H

#include "image/image.h"

struct first_memory {
    uint8_t *bytes; /* NULL: the image has none of it */
    uint64_t size, at;
};

/* NACRE_NO_MEMORY. */
nacre_status first_memory_make(struct first_memory *memory, const struct wasm_module *module,
                               const struct allocator *allocator);
void first_memory_free(struct first_memory *memory, const struct allocator *allocator);

#endif
