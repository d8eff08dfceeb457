/* collect.h - making objects, and collecting those that nothing refers to anymore. */
#ifndef EXEC_COLLECT_H
#define EXEC_COLLECT_H

#include "exec/frames.h"

/* A zeroed object; 0 when memory is used up, even after a collection. Guest code that asks must
 * have its pc and fp in the thread, and what it still needs in slots that the op's roots name
 * (lower_roots.c). `in_guest` is false when the host asks. */
uint32_t object_create(struct thread *thread, bool in_guest, uint32_t type, uint32_t length,
                       uint64_t bytes);

/* Is a reference that is not null, of the hierarchy that `heap` belongs to, of that heap type? */
bool object_matches(const struct store *store, uint32_t ref, uint32_t heap);

/* Collects now. Returns false, and leaves everything as it was, when there is no memory to find
 * the roots with, or while a constant expression is evaluated. */
bool collect(struct thread *thread, bool in_guest);

#endif
