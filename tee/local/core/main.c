/*
 * main.c - nacre-core: the trusted core in a process without privileges. The library starts it;
 * see local/host/local.h for how. Exit status: 0, or an enum local_end.
 */
#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/session.h"
#include "local/core/sandbox.h"
#include "local/end.h"
#include "local/ring.h"
#include "port/default.h"
#include "port/local/local.h"

static struct ring *map_ring(void) {
    struct stat about;
    if (fstat(LOCAL_RING_FILE, &about) || about.st_size != (off_t)sizeof(struct ring)) return NULL;
    void *at = mmap(NULL, sizeof(struct ring), PROT_READ | PROT_WRITE, MAP_SHARED,
                    LOCAL_RING_FILE, 0);
    close(LOCAL_RING_FILE);
    return at == MAP_FAILED ? NULL : at;
}

int main(void) {
    mallopt(M_ARENA_MAX, 1); /* more of them are made and trimmed by what /sys and /proc say */
    struct ring *ring = map_ring();
    if (!ring || local_open(ring) != NACRE_OK) return LOCAL_NO_RING;
    if (!sandbox_enter()) return LOCAL_NO_SANDBOX;
    const struct allocator allocator = port_default_allocator();
    return session_run(local_calls(), &allocator) ? 0 : LOCAL_NO_ORDERS;
}
