/*
 * cli.h - what the verbs of the command share: how one is described, and how the process ends.
 *
 * A verb is a row of text and a function. Its help, the manual page and the completion script
 * are all made from that row, so that none of them can say something else than the code does.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

struct flag;

/* How the process ends; cli_exits has the texts. A guest that ran has its own status. */
enum {
    CLI_OK = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_TRAPPED = 134 /* what a shell shows of a program that aborted: 128 + SIGABRT */
};

struct cli_exit {
    const char *status; /* NULL ends the list */
    const char *text;
    bool guest; /* only a verb that runs one has it */
};

struct cli_example {
    const char *command; /* NULL ends the list */
    const char *text;
};

struct verb {
    const char *name;
    const char *summary;                /* one line without a full stop */
    const char *arguments;              /* what follows the name, for the usage line */
    const char *const *text;            /* paragraphs, ended by NULL */
    const struct flag *flags;           /* ended by a row without a name */
    const struct cli_example *examples; /* ended by a row without a command; may be NULL */
    bool guest_arguments;               /* flags end at the first word that is none */
    /* `argv[0]` is the verb's name; argv may be changed. Returns the exit status. */
    int (*run)(const struct verb *verb, int argc, char **argv);
};

extern const struct verb verb_run;
extern const struct verb verb_compile;
extern const struct verb verb_validate;
extern const struct verb verb_inspect;
extern const struct verb verb_cache;
extern const struct verb verb_tee;
extern const struct verb verb_pfs;
extern const struct verb verb_spec;
extern const struct verb verb_help;

/* Every verb, ended by NULL. */
extern const struct verb *const cli_verbs[];
extern const struct cli_exit cli_exits[];
extern const char cli_summary[];

/* The verb of that name, or NULL after a message that suggests another. */
const struct verb *cli_find_verb(const char *name);

#endif
