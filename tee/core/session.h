/*
 * session.h - what a core does inside of a TEE, whichever it is: takes orders of its host, and
 * runs them.
 */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "proto/core.h"

/* Until there are no more. False: the host was caught, or memory was short. */
bool session_run(struct calls *calls, const struct allocator *allocator);

#endif
