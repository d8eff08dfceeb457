/*
 * sandbox.h - a process gives up all that it does not need to run guests.
 *
 * What remains: its memory, its threads, clocks, random bytes, and the ring. Whoever takes over
 * the process, by a hole in the engine, can't open, connect, start, trace or signal anything: the
 * system ends the process at the first call that is not in the list.
 */
#ifndef LOCAL_SANDBOX_H
#define LOCAL_SANDBOX_H

#include <stdbool.h>

/* To be called by the only thread. False: it was not possible, and nothing must be run. Not being
 * allowed namespaces of its own is no failure. */
bool sandbox_enter(void);

#endif
