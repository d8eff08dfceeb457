/* default.h - the port and the allocator of the platform that the library was built for. */
#ifndef PORT_DEFAULT_H
#define PORT_DEFAULT_H

#include "base/alloc.h"
#include "port/port.h"

/* Inside of a TEE, the images that a core was started with are files by this name and a number:
 * "image0", ... */
#define PORT_IMAGE_NAME "image"
/* And those that are part of the core itself: "baked0", ... */
#define PORT_BAKED_NAME "baked"

const struct port *port_default(void);
struct allocator port_default_allocator(void);

#endif
