/* spec.c - the verb `spec`: runs conformance scripts and counts what passes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "flags.h"
#include "json.h"
#include "report.h"
#include "spec_script.h"

struct spec_flags {
    bool json;
    bool list;
    bool verbose;
    const char *expect_fail;
};

static const struct flag flags[] = {
    {"expect-fail", 0, FLAG_TEXT, "FILE",
     "Names of scripts that are known to fail, one a line, # starts a comment. Their failures "
     "are counted apart; one of them that passes is an error.",
     offsetof(struct spec_flags, expect_fail)},
    {"json", 0, FLAG_BOOL, NULL, "Print an object with the counts, and each script's failures.",
     offsetof(struct spec_flags, json)},
    {"list", 0, FLAG_BOOL, NULL, "Print a line a script.", offsetof(struct spec_flags, list)},
    {"verbose", 'v', FLAG_BOOL, NULL,
     "Print a line a failed command; with --list also for scripts that are expected to fail.",
     offsetof(struct spec_flags, verbose)},
    {0},
};

struct totals {
    unsigned passed;
    unsigned failed;  /* not expected */
    unsigned skipped;
    unsigned text;
    unsigned expected; /* failures of scripts that are listed */
    unsigned expected_scripts;
    unsigned surprises; /* listed scripts that passed */
};

struct spec {
    struct spec_flags flags;
    nacre_engine *engine;
    struct module_file known; /* the file of --expect-fail: words in it */
    struct totals totals;
    json_t *scripts; /* for --json */
};

/* A script is known by its file's name without the folder and .json. */
static size_t script_name(const char *path, const char **name) {
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    size_t size = strlen(*name);
    return size > 5 && strcmp(*name + size - 5, ".json") == 0 ? size - 5 : size;
}

/* Is the name on a line of its own in the file of --expect-fail? */
static bool is_known(const struct spec *spec, const char *name, size_t size) {
    const char *at = (const char *)spec->known.bytes;
    const char *end = at + spec->known.size;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end) line_end = end;
        const char *stop = at;
        while (stop < line_end && !strchr("# \t\r", *stop)) stop++;
        if ((size_t)(stop - at) == size && memcmp(at, name, size) == 0) return true;
        at = line_end + (line_end < end);
    }
    return false;
}

static void add(struct totals *totals, const struct script_result *result, bool known) {
    totals->passed += result->passed;
    totals->skipped += result->skipped;
    totals->text += result->text;
    if (!known) {
        totals->failed += result->failed;
    } else if (result->failed) {
        totals->expected += result->failed;
        totals->expected_scripts++;
    } else {
        totals->surprises++;
    }
}

static void print_script(const struct spec *spec, const struct script_result *result,
                         bool known) {
    const char *name;
    int size = (int)script_name(result->path, &name);
    if (known && !result->failed) {
        printf("%.*s: passed, but is expected to fail: take it off the list\n", size, name);
    } else if (result->failed && !known && !spec->flags.verbose) {
        printf("%.*s: ", size, name);
        print_text(stdout, result->first, strlen(result->first));
        putchar('\n');
    }
    if (!spec->flags.list) return;
    printf("%.*s: %u passed, %u failed%s, %u skipped\n", size, name, result->passed,
           result->failed, known ? " as expected" : "", result->skipped);
}

static json_t *script_json(struct script_result *result, bool known) {
    const char *name;
    size_t size = script_name(result->path, &name);
    return json_pack("{s:s%, s:i, s:i, s:i, s:i, s:b, s:O}", "name", name, size, "passed",
                     (int)result->passed, "failed", (int)result->failed, "skipped",
                     (int)result->skipped, "text", (int)result->text, "expected_to_fail",
                     (int)known, "failures", result->failures);
}

static void run_one(struct spec *spec, const char *path) {
    const char *name;
    size_t size = script_name(path, &name);
    bool known = is_known(spec, name, size);
    bool json = spec->flags.json;
    struct script_result result = {.path = path, .failures = json ? json_array() : NULL};
    /* Failures that are expected are shown only to who asks for every script. */
    bool verbose = spec->flags.verbose && !json && (!known || spec->flags.list);
    script_run(spec->engine, &result, verbose);
    add(&spec->totals, &result, known);
    if (json) json_array_append_new(spec->scripts, script_json(&result, known));
    else print_script(spec, &result, known);
    json_decref(result.failures);
}

static void print_totals(const struct totals *totals) {
    if (totals->expected_scripts)
        printf("%u failed as expected, in %u listed scripts\n", totals->expected,
               totals->expected_scripts);
    if (totals->surprises)
        printf("%u listed scripts passed, but are expected to fail\n", totals->surprises);
    if (totals->text) printf("of the skipped, %u hold text\n", totals->text);
    printf("%u passed, %u failed, %u skipped\n", totals->passed, totals->failed,
           totals->skipped);
}

static int print_json(struct spec *spec) {
    const struct totals *totals = &spec->totals;
    json_t *scripts = spec->scripts;
    spec->scripts = NULL;
    return json_print(json_pack(
        "{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o}", "passed", (int)totals->passed, "failed",
        (int)totals->failed, "skipped", (int)totals->skipped, "text", (int)totals->text,
        "expected_failures", (int)totals->expected, "expected_scripts",
        (int)totals->expected_scripts, "unexpected_passes", (int)totals->surprises, "scripts",
        scripts));
}

static int run_all(struct spec *spec, const struct arguments *args) {
    nacre_error error;
    if (spec->flags.expect_fail &&
        !file_read(&spec->known, spec->flags.expect_fail, &error)) {
        report_error(spec->flags.expect_fail, &error);
        return CLI_FAILED;
    }
    if (nacre_engine_create(NULL, &spec->engine) != NACRE_OK) return report_no_memory();
    if (spec->flags.json) spec->scripts = json_array();
    for (size_t i = 0; i < args->count; i++) run_one(spec, args->items[i]);
    int status = CLI_OK;
    if (spec->flags.json) status = print_json(spec);
    else print_totals(&spec->totals);
    return spec->totals.failed || spec->totals.surprises ? CLI_FAILED : status;
}

static int spec_main(const struct verb *verb, int argc, char **argv) {
    struct spec spec = {0};
    struct arguments args;
    int status = flags_parse(verb, argc, argv, &spec.flags, &args);
    if (status >= 0) return status;
    if (args.count == 0) return flags_misused(verb, "which scripts?");
    status = run_all(&spec, &args);
    nacre_engine_destroy(spec.engine);
    file_release(&spec.known);
    return status;
}

static const char *const text[] = {
    "Runs scripts of the WebAssembly core test suite, in the JSON format of wasm-tools "
    "json-from-wast, and counts the commands that pass. The modules are looked for beside their "
    "script.",
    "Modules that a script holds as text are skipped, and counted apart. A module that does not "
    "load makes the commands that need it fail.",
    NULL,
};

static const struct cli_example examples[] = {
    {"nacre spec -v --expect-fail later.txt core/*/*.json", "the whole suite"},
    {0},
};

const struct verb verb_spec = {
    .name = "spec",
    .summary = "Run conformance scripts",
    .arguments = "[FLAG...] SCRIPT...",
    .text = text,
    .flags = flags,
    .examples = examples,
    .run = spec_main,
};
