/* spawn.h - the process of a core. */
#ifndef LOCAL_SPAWN_H
#define LOCAL_SPAWN_H

#include <stdint.h>
#include <sys/types.h>

/* Descriptors that a core gets. */
struct spawn_files {
    int ring;
    const int *images;
    uint32_t image_count;
};

/* Starts the program with these descriptors, as port/local/local.h numbers them, no others, and no
 * environment; in namespaces of its own where the system lets us. Images must have numbers behind
 * those that they get. Returns 0 or an errno. */
int spawn_core(const char *program, const struct spawn_files *files, pid_t *pid);

#endif
