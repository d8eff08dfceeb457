/* collect.h - making objects, and collecting those that nothing refers to anymore. */
#ifndef EXEC_COLLECT_H
#define EXEC_COLLECT_H

#include "exec/frames.h"

/* Who wants an object. The interpreter must have its pc and fp in the thread, and what it still
 * needs in slots that the op's roots name (interp/lower_roots.c); compiled code calls by a helper,
 * and has it in the thread's list of roots. */
enum object_asker { ASKED_BY_HOST, ASKED_BY_INTERPRETER, ASKED_BY_CODE };

/* A zeroed object; 0 when memory is used up, even after a collection. */
uint32_t object_create(struct thread *thread, enum object_asker asker, uint32_t type,
                       uint32_t length, uint64_t bytes);

/* Is a reference that is not null, of the hierarchy that `heap` belongs to, of that heap type? */
bool object_matches(const struct store *store, uint32_t ref, uint32_t heap);

/* Collects now. Returns false, and leaves everything as it was, when there is no memory to find
 * the roots with, or while a constant expression is evaluated. */
bool collect(struct thread *thread, enum object_asker asker);

#endif
