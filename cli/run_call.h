/* run_call.h - calling what a module exports, for the verb `run`. */
#ifndef CLI_RUN_CALL_H
#define CLI_RUN_CALL_H

#include "place.h"

struct call {
    struct place *place;
    struct placed placed;
    const char *path; /* for messages */
    char **args;
    size_t arg_count;
};

/* The exit status after a call or an instantiation that did not return NACRE_OK; reports it
 * unless the guest chose to exit. */
int call_failed(const char *path, nacre_status status, const nacre_error *error);

/* Of an instance that others import from: calls _initialize if there is one, and registers it.
 * Returns -1 to go on, else the exit status. */
int call_linked(struct place *place, const struct placed *placed, const char *path,
                const char *name, size_t name_size);

/* Runs a program: _start, or _initialize when that is all there is. Returns the exit status. */
int call_program(const struct call *call);

/* Calls an export with the arguments and prints the results. Returns the exit status. */
int call_export(const struct call *call, const char *name);

#endif
