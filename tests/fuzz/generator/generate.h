/* generate.h - valid modules made of any bytes: of types with subtypes and recursive groups, of
 * functions of every instruction, with what these need. Each byte is a choice; without bytes the
 * choices are the simplest, so that modules come to an end. */
#ifndef TESTS_FUZZ_GENERATOR_GENERATE_H
#define TESTS_FUZZ_GENERATOR_GENERATE_H

#include <stdbool.h>

#include "support/builder.h"

struct generate_options {
    bool is_portable; /* does the same on every engine: NaNs are canonical, no relaxed vectors */
    bool has_loops;   /* over memory, mostly; the memory may be imported, as m of "h" */
    bool tells_host;  /* of loops' rounds: many call it */
};

/* Fills *b, whose module is to be taken with build_module. The module exports everything, and
 * imports functions of module "h" only, named 0 (i32 -> i32), 1 (nothing) and 2 (i64 f64 -> i32
 * f32), in this order. */
void generate(const uint8_t *seed, size_t size, const struct generate_options *options,
              struct builder *b);

#endif
