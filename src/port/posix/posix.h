/* posix.h - the port for Linux processes: one for all of a process, usable from every thread. */
#ifndef PORT_POSIX_POSIX_H
#define PORT_POSIX_POSIX_H

#include "base/alloc.h"
#include "port/files.h"
#include "port/port.h"

const struct port *port_posix(void);

/* PAGEMAP_SCAN, an ioctl of Linux 6.7 that it uses where it can. */
#define POSIX_PAGEMAP_SCAN 0xc0606610u

/* malloc and realloc as an allocator; aligned to 16. */
const struct allocator *port_posix_allocator(void);

#endif
