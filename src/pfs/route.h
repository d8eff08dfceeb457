/*
 * route.h - a port whose directories may be volumes: what is opened below one goes to it, and all
 * else to the port's own files.
 */
#ifndef PFS_ROUTE_H
#define PFS_ROUTE_H

#include "pfs/pfs.h"

struct route;

/* The port must outlive it. NACRE_NO_MEMORY. */
nacre_status route_create(const struct allocator *allocator, const struct port *port,
                          struct route **route);

/* The port with these files. */
const struct port *route_port(const struct route *route);

/* From now on opening the root `dir` opens the volume, which the route closes. NACRE_NO_MEMORY. */
nacre_status route_add(struct route *route, const char *dir, struct pfs *pfs);

/* Commits all volumes; the first failure. */
nacre_status route_commit(struct route *route, nacre_error *error);

/* Closes all volumes; the first failure. */
nacre_status route_destroy(struct route *route, nacre_error *error);

#endif
