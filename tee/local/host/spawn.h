/* spawn.h - the process of a core. */
#ifndef LOCAL_SPAWN_H
#define LOCAL_SPAWN_H

#include <sys/types.h>

/* Starts the program with descriptors `ring` and `image` (-1: none), as port/local/local.h
 * numbers them, no others, and no environment; in namespaces of its own where the system lets us.
 * Returns 0 or an errno. */
int spawn_core(const char *program, int ring, int image, pid_t *pid);

#endif
