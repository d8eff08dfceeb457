/* spec_script.h - running one conformance script. */
#ifndef CLI_SPEC_SCRIPT_H
#define CLI_SPEC_SCRIPT_H

#include <stdbool.h>

#include <jansson.h>

#include <nacre/compiler.h>
#include <nacre/tee.h>

struct script_result {
    const char *path; /* as given */
    unsigned passed;
    unsigned failed;
    unsigned skipped;
    unsigned text;     /* of the skipped: modules in the text format, which no engine reads */
    json_t *failures;  /* an array of {line, command, text}, for --json; else NULL */
    char first[256];   /* what the first failure was, or "" */
};

/* How scripts are run. */
struct script_ways {
    nacre_config config;
    nacre_engine *engine; /* of that, in this process */
    bool has_tee;         /* a core of this kind has the modules, one core a script */
    nacre_tee_kind tee;
    nacre_cache *cache; /* what is instantiated runs as its images; NULL: interpreted */
    nacre_compile_options options;
    uint64_t reserve_bytes; /* as in nacre_limits */
    bool verbose; /* print a line a failed command */
};

/* The file of a command's module; NULL: it has none. */
const char *spec_module_name(const json_t *command);

/* Runs the script at result->path and counts its commands. A script that can't be read counts as
 * one failure, and a module that can't be compiled as one that did not load. */
void script_run(const struct script_ways *ways, struct script_result *result);

#endif
