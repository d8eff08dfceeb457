/*
 * start.h - what a module's first memory begins with, made once: where there is much of it, its
 * instances share the pages that they do not write.
 */
#ifndef EXEC_START_H
#define EXEC_START_H

#include "port/port.h"

struct code_module;
struct image;
struct instance;

/* Of a module. */
struct start {
    uint32_t state;      /* atomic; 0 at first */
    uint64_t contents, offset; /* of the port; where in them */
    uint64_t from, size; /* where they go */
};

/* Has the instance's first memory hold what active data segments put there, unless it does from
 * its last life; they are dropped. Not *is_filled: nothing was done, and they have to be copied.
 * NACRE_NO_MEMORY. */
nacre_status start_fill(struct instance *instance, bool *is_filled);
/* From an image that the module has from now on: contents of the port's, which the module takes
 * over. What another start was made of stays. */
void start_use_image(struct code_module *module, const struct image *image, uint64_t contents);
/* Maps it, whatever was there before. NACRE_NO_MEMORY. */
nacre_status start_map(const struct start *start, const struct port *port, uint8_t *memory);
void start_deinit(struct code_module *module);

#endif
