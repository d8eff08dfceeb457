/* program.h - running what an order describes: a module with WASI, and what it was granted. */
#ifndef CORE_PROGRAM_H
#define CORE_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include <nacre/status.h>

struct program;

/* *error tells how it ended: NACRE_OK too. NACRE_ARGUMENT: the bytes are no such order, and are
 * used until program_end. NULL for lack of memory. */
struct program *program_run(const uint8_t *bytes, size_t size, nacre_error *error);

/* Releases it, after waiting for its threads. NULL is allowed. */
void program_end(struct program *program);

#endif
