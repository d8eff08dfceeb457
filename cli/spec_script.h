/* spec_script.h - running one conformance script. */
#ifndef CLI_SPEC_SCRIPT_H
#define CLI_SPEC_SCRIPT_H

#include <stdbool.h>

#include <jansson.h>

#include <nacre/engine.h>

struct script_result {
    const char *path; /* as given */
    unsigned passed;
    unsigned failed;
    unsigned skipped;
    unsigned text;     /* of the skipped: modules in the text format, which no engine reads */
    json_t *failures;  /* an array of {line, command, text}, for --json; else NULL */
    char first[256];   /* what the first failure was, or "" */
};

/* Runs the script at result->path and counts its commands. With `verbose` prints a line a failed
 * command. A script that can't be read counts as one failure. */
void script_run(nacre_engine *engine, struct script_result *result, bool verbose);

#endif
