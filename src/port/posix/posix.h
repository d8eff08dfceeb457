/* posix.h - the port for Linux processes: one for all of a process, usable from every thread. */
#ifndef PORT_POSIX_POSIX_H
#define PORT_POSIX_POSIX_H

#include "base/alloc.h"
#include "port/files.h"
#include "port/port.h"

const struct port *port_posix(void);

/* malloc and realloc as an allocator; aligned to 16. */
const struct allocator *port_posix_allocator(void);

#endif
