/* run_tee.h - the verb `run` with --tee: a program or a function in a core of its own. */
#ifndef CLI_RUN_TEE_H
#define CLI_RUN_TEE_H

#include <nacre/tee.h>

#include "flags.h"
#include "images.h"

struct tee_run {
    const char *kind; /* as the flag has it */
    const struct verb *verb;
    const struct text_list *dirs, *envs, *listeners, *preloads;
    const struct arguments *args; /* the module, then the program's own */
    const char *argv0;
    const char *invoke; /* NULL: it is a program */
    bool require_sandbox;
    bool is_protected;       /* all directories are volumes */
    nacre_pfs_key key;       /* that opens them; of no kind: they are sealed */
    const char *new_volumes; /* for whom they are made; NULL: they are there */
    struct images *images;
    nacre_tee_program program; /* with its config and limits; the rest is filled in */
};

/* Returns the exit status. */
int tee_run(struct tee_run *run);

#endif
