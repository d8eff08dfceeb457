/*
 * main.c - the nacre command: finds the verb and runs it.
 *
 * To add a verb: a file of its own that defines its row, and its name in the list below.
 */
#include <stdio.h>
#include <string.h>

#include <nacre/engine.h>

#include "cli.h"
#include "help.h"
#include "report.h"
#include "suggest.h"

const struct verb *const cli_verbs[] = {
    &verb_run,   &verb_compile, &verb_validate, &verb_inspect,
    &verb_cache, &verb_tee,     &verb_pfs,     &verb_spec,     &verb_help, NULL,
};

const char cli_summary[] =
    "Nacre runs WebAssembly programs. A program can use what it is granted on the command line "
    "and reaches nothing else of the machine.";

const struct cli_exit cli_exits[] = {
    {"0", "success", false},
    {"1",
     "a file that can't be read, is no valid module, or can't be linked or compiled; a check that "
     "failed", false},
    {"2", "a verb, flag or argument that Nacre doesn't know", false},
    {"134", "nacre run: the guest trapped", true},
    {"other",
     "nacre run: the guest's own exit status, modulo 256; it may be one of the above too, then "
     "without a message of Nacre's", true},
    {0},
};

const struct verb *cli_find_verb(const char *name) {
    struct suggestion near = suggest_for(name, strlen(name));
    for (const struct verb *const *verb = cli_verbs; *verb; verb++) {
        if (strcmp((*verb)->name, name) == 0) return *verb;
        suggest_name(&near, (*verb)->name, strlen((*verb)->name));
    }
    size_t size = strlen(name);
    report(NULL, "unknown verb '%s'", name);
    if (near.best) report_hint("did you mean nacre %s?", near.best);
    else if (size > 5 && strcmp(name + size - 5, ".wasm") == 0) report_hint("nacre run %s", name);
    else report_hint("nacre --help lists the verbs");
    return NULL;
}

static bool is_any(const char *word, const char *a, const char *b) {
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static int dispatch(int argc, char **argv) {
    if (argc < 2) {
        help_all(stderr);
        return CLI_USAGE;
    }
    if (is_any(argv[1], "--help", "-h")) {
        help_all(stdout);
        return CLI_OK;
    }
    if (is_any(argv[1], "--version", "-V")) {
        printf("nacre %s\n", nacre_version());
        return CLI_OK;
    }
    if (argv[1][0] == '-') {
        report(NULL, "unknown flag %s", argv[1]);
        report_hint("flags come after the verb; nacre --help lists the verbs");
        return CLI_USAGE;
    }
    const struct verb *verb = cli_find_verb(argv[1]);
    return verb ? verb->run(verb, argc - 1, argv + 1) : CLI_USAGE;
}

int main(int argc, char **argv) {
    int status = dispatch(argc, argv);
    /* What was printed may still be in a buffer, and the disk full. */
    if (fflush(stdout) != 0 && status == CLI_OK) {
        report(NULL, "can't write standard output");
        status = CLI_FAILED;
    }
    return status;
}
