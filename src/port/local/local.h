/*
 * local.h - the port of a core in a Linux process without privileges: memory, clocks, threads and
 * random bytes are the system's own, files and sockets the host's, across the boundary.
 */
#ifndef PORT_LOCAL_LOCAL_H
#define PORT_LOCAL_LOCAL_H

#include "port/port.h"

struct calls;
struct ring;

enum {
    LOCAL_RING_FILE = 3,  /* descriptors that the core is started with: the ring, ... */
    LOCAL_IMAGE_FILE = 4, /* ... and the images, from this one on */
    LOCAL_IMAGES_MAX = 512,
};

/* Before anything else: from now on calls go through the ring. Maps the images, as nothing can be
 * made executable later. NACRE_IO, NACRE_NO_MEMORY. */
nacre_status local_open(struct ring *ring);
struct calls *local_calls(void);

#endif
