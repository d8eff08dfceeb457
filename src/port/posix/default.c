/* default.c - on Linux the default port is the one for its processes. */
#include "port/default.h"
#include "port/posix/posix.h"

const struct port *port_default(void) { return port_posix(); }

struct allocator port_default_allocator(void) { return *port_posix_allocator(); }
