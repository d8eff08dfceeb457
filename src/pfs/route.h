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

/* From now on opening the root `dir` opens the volume that is there. Statuses of pfs_open;
 * NACRE_ARGUMENT: it is open already, for reading only or not. */
nacre_status route_open(struct route *route, const char *dir, const struct pfs_key *key,
                        bool read_only, nacre_error *error);

/* Closes all volumes, with what is committed by then: a failure is for nobody. */
void route_destroy(struct route *route);

#endif
