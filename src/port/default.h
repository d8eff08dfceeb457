/* default.h - the port and the allocator of the platform that the library was built for. */
#ifndef PORT_DEFAULT_H
#define PORT_DEFAULT_H

#include "base/alloc.h"
#include "port/port.h"

const struct port *port_default(void);
struct allocator port_default_allocator(void);

#endif
