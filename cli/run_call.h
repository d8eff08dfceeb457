/* run_call.h - calling what a module exports, for the verb `run`. */
#ifndef CLI_RUN_CALL_H
#define CLI_RUN_CALL_H

#include <nacre/instance.h>

struct call {
    nacre_store *store;
    const nacre_module *module;
    nacre_instance *instance;
    const char *path; /* for messages */
    char **args;
    size_t arg_count;
};

/* The exit status after a call or an instantiation that did not return NACRE_OK; reports it
 * unless the guest chose to exit. */
int call_failed(const char *path, nacre_status status, const nacre_error *error);

/* Calls _initialize if there is one. Returns -1 to go on, else the exit status. */
int call_initialize(nacre_store *store, const nacre_instance *instance, const char *path);

/* Runs a program: _start, or _initialize when that is all there is. Returns the exit status. */
int call_program(const struct call *call);

/* Calls an export with the arguments and prints the results. Returns the exit status. */
int call_export(const struct call *call, const char *name);

#endif
