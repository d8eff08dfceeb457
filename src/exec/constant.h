/* constant.h - evaluating constant expressions: no code is made, and no interpreter needed. */
#ifndef EXEC_CONSTANT_H
#define EXEC_CONSTANT_H

#include "exec/instance.h"

/* Evaluates one of an instance, which is the thread's, and which others may follow within its
 * size; *size (may be NULL) gets its own. A failure is the thread's status: NACRE_TRAP when memory
 * for an object is used up, NACRE_NO_MEMORY. */
nacre_status constant_evaluate(struct instance *instance, const struct wasm_expr *expr,
                               uint64_t value[2], uint32_t *size);

#endif
