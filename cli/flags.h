/*
 * flags.h - the one parser of command lines, driven by a verb's table of flags.
 *
 *   --name VALUE   --name=VALUE   -n VALUE   -nVALUE   --name (no value)   -- (no flags after)
 */
#ifndef CLI_FLAGS_H
#define CLI_FLAGS_H

#include <stdint.h>
#include <stdio.h>

#include "cli.h"

enum flag_kind {
    FLAG_BOOL,  /* bool: true when given */
    FLAG_TEXT,  /* const char *: the last one given */
    FLAG_LIST,  /* struct text_list: all of them, in order */
    FLAG_COUNT, /* uint64_t: a whole number */
    FLAG_SIZE,  /* uint64_t: bytes; the suffixes K, M, G are powers of 1,024 */
    FLAG_TIME   /* uint64_t: milliseconds; the suffixes are ms, s, m and h */
};

struct flag {
    const char *name; /* without the dashes; NULL ends the table */
    char letter;      /* or 0 */
    enum flag_kind kind;
    const char *value; /* what help calls it; HOST[ is a folder, FILE a file */
    const char *help;
    size_t offset; /* of what it sets in the verb's own struct */
};

struct text_list {
    const char **items;
    size_t count;
};

/* What is left of the command line when the flags are gone. */
struct arguments {
    char **items;
    size_t count;
};

/* Sets what the flags say in *into and finds the other arguments (they stay in argv).
 * Returns -1 to go on, else the exit status: after --help, or a message about a bad flag.
 * The lists in *into must start empty; flags_free releases them. */
int flags_parse(const struct verb *verb, int argc, char **argv, void *into,
                struct arguments *arguments);
void flags_free(const struct verb *verb, void *into);

/* A message "nacre VERB: ..." about how the verb was called; returns CLI_USAGE. */
__attribute__((format(printf, 2, 3))) int flags_misused(const struct verb *verb,
                                                        const char *format, ...);

/* Flags that every verb has, after its own. */
extern const struct flag flags_common[];
/* Flags instead of a verb. */
extern const struct flag flags_program[];

/* What a flag looks like in help: "-v, --verbose", "--fuel N". */
void flags_label(const struct flag *flag, char *text, size_t size);

#endif
