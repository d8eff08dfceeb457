/*
 * helper.h - the process that compiles for a run that has given up starting programs.
 *
 * The run starts it before that, with all that decides what is compiled: options and modules. What
 * the run asks later may be asked by a guest that has taken it over: which of the modules, and
 * which loop; nothing else.
 */
#ifndef CLI_HELPER_H
#define CLI_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <nacre/image.h>

#include "background.h"

struct helper {
    pid_t process;
    int socket; /* -1: there is none */
};

struct helper_request {
    uint32_t module;    /* which of its modules */
    uint32_t continues; /* not 0: a continuation, of this loop */
    nacre_loop loop;
};

/* What follows the options among its arguments are the modules' paths. */
enum { HELPER_LEVEL = 1, HELPER_METERING, HELPER_DETERMINISTIC, HELPER_MODULES };

/* Starts it for modules. False: it can't be. Call it while there is only one thread. */
bool helper_start(struct helper *helper, const nacre_compile_options *options,
                  const char *const *paths, size_t count);

/* Has something compiled, and waits. False: there is no image, or no continuation. */
bool helper_ask(const struct helper *helper, const struct helper_request *request);

/* It ends by itself. */
void helper_release(struct helper *helper);

#endif
