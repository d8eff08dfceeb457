/* default.c - the default port of hosted programs is the one for Linux processes. */
#include "port/default.h"
#include "port/posix/posix.h"

const struct port *port_default(void) { return port_posix(); }

struct allocator port_default_allocator(void) { return *port_posix_allocator(); }
