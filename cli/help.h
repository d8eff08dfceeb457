/* help.h - help, the manual page and the completion script, all made from the verbs' tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli.h"

/* What `nacre --help` and `nacre VERB --help` print. */
void help_all(FILE *out);
void help_verb(FILE *out, const struct verb *verb);

/* The manual page nacre(1) in the man macros of roff (manual.c), and a completion script for bash
 * (completion.c). */
void manual_page(FILE *out);
void manual_completion(FILE *out);

#endif
