/* frames.h - how much of the stack the functions of an object take. */
#ifndef COMPILER_FRAMES_H
#define COMPILER_FRAMES_H

#include "compiler/object.h"

/* The most that one does, by what the compiler noted in .stack_sizes; 0: it noted nothing. False:
 * that is malformed. */
bool frames_most(const struct object *object, uint64_t *bytes);

#endif
