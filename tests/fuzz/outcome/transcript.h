/*
 * transcript.h - runs a module, and writes down what happened, so that another engine or another
 * way of running can do the same and be compared.
 *
 * A transcript has lines of words. What another engine has to know, because JavaScript does not
 * tell it the types of things, is in it:
 *
 *   module PATH
 *   load ok | load invalid
 *   import INDEX func PARAMS RESULTS            types as in type_word; -: none
 *   import INDEX tag PARAMS
 *   import INDEX global TYPE const|mut
 *   import INDEX memory MIN MAX|- 32|64 [shared]
 *   import INDEX table MIN MAX|- 32|64 TYPE
 *   start OUTCOME                               ok, trap KIND, exception, link
 *   log INDEX VALUE...                          an imported function was called
 *   call INDEX VALUE... = OUTCOME [VALUE...]    of each exported function
 *   memory INDEX BYTES HASH                     of everything else that is exported
 *   global INDEX VALUE
 *   table INDEX SIZE VALUE...
 *
 * `stop` instead of an outcome, or `skip` alone, ends a module early: limits of the engine came
 * in, or it needs what JavaScript can't give.
 *
 * A full one is for Nacre alone. It has everything that the module defines, the bits of NaNs, what
 * is in objects; where and why things failed, with all frames; and the fuel that is left. What
 * fails there does not end the module, unless it may differ: for lack of stack or memory.
 */
#ifndef TESTS_FUZZ_OUTCOME_TRANSCRIPT_H
#define TESTS_FUZZ_OUTCOME_TRANSCRIPT_H

#include "api/api.h"

enum { TRANSCRIPT_EXPORTS_MAX = 1000 };

struct transcript_way {
    bool is_full;
    uint64_t fuel;       /* of each call; NACRE_UNLIMITED for an engine that does not count it */
    const bool *skipped; /* by export, TRANSCRIPT_EXPORTS_MAX: functions not to call; or NULL */
    /* Called before each call of an export, in each call of an import, and when all is over: the
     * same times whatever runs the functions. Or NULL. */
    void (*moment)(void *env, const struct thread *thread);
    void *env;
};

struct transcript {
    char *text;      /* to be freed */
    size_t size;
    size_t same;     /* how much of it must be the same every time: less if a limit came in */
    bool is_interpreted; /* the instance has no image in the end */
    bool is_stopped; /* by that, or before it began */
    uint64_t fuel_most; /* that a call needed */
    bool is_out_of_fuel; /* somewhere */
    bool was_out_of_fuel[TRANSCRIPT_EXPORTS_MAX]; /* calls of these exports were */
};

/* Runs the module (NULL: it was not loaded, with this status) in a store of its own. */
void transcript_run(nacre_engine *engine, nacre_module *module, nacre_status loaded,
                    const char *path, const struct transcript_way *way, struct transcript *t);
/* Two ways of running that must not differ: do they? With `any_place` it does not matter where in
 * its function an access was that is out of bounds. */
bool transcript_same(const struct transcript *a, const struct transcript *b, bool any_place);

#endif
