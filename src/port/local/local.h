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
    LOCAL_IMAGE_FILE = 4, /* ... and the module's image, if there is one */
};

/* The name under which the image is asked for. */
#define LOCAL_IMAGE "image"

/* Before anything else: from now on calls go through the ring. Maps the image, as nothing can be
 * made executable later. NACRE_IO, NACRE_NO_MEMORY. */
nacre_status local_open(struct ring *ring);
struct calls *local_calls(void);

#endif
