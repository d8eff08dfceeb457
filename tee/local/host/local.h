/* local.h - running an order in a core that is a process without privileges. */
#ifndef LOCAL_HOST_LOCAL_H
#define LOCAL_HOST_LOCAL_H

#include "proto/host.h"

/* What is to be run: an order that ends where the module's bytes begin. */
struct local_job {
    const struct order_writer *order;
    const void *module;
    size_t module_size;
    const char *image; /* file; NULL: none */
    struct served_grants grants;
    uint32_t files_max;
    uint64_t limit_ms; /* how long the core may take in all; UINT64_MAX: as long as it likes */
};

/* Runs it to its end. Status and error are those of the outcome, or tell why there is none. */
nacre_status local_run(const struct local_job *job, nacre_error *error);

#endif
