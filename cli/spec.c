/* spec.c - the verb `spec`: runs conformance scripts and counts what passes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flags.h"
#include "json.h"
#include "place.h"
#include "report.h"
#include "spec_script.h"

struct spec_flags {
    bool json;
    bool list;
    bool verbose;
    bool gc_stress;
    bool compiled;
    bool explicit_bounds;
    bool fuel;
    uint64_t level;
    const char *target;
    uint64_t reserve;
    const char *tee;
};

static const struct flag flags[] = {
    {"compiled", 0, FLAG_BOOL, NULL,
     "Run compiled code; what is not in the cache is compiled first, which takes minutes.",
     offsetof(struct spec_flags, compiled)},
    {"explicit", 0, FLAG_BOOL, NULL, "With --compiled: code that checks bounds itself.",
     offsetof(struct spec_flags, explicit_bounds)},
    {"fuel", 0, FLAG_BOOL, NULL, "Count instructions, of which there are enough.",
     offsetof(struct spec_flags, fuel)},
    {"gc-stress", 0, FLAG_BOOL, NULL,
     "Collect garbage before every object that is made, to test the collector.",
     offsetof(struct spec_flags, gc_stress)},
    {"json", 0, FLAG_BOOL, NULL, "Print an object with the counts, and each script's failures.",
     offsetof(struct spec_flags, json)},
    {"list", 0, FLAG_BOOL, NULL, "Print a line a script.", offsetof(struct spec_flags, list)},
    {"optimize", 'O', FLAG_COUNT, "LEVEL",
     "With --compiled: how much to optimise, 0 to 3 (default: 2).",
     offsetof(struct spec_flags, level)},
    {"reserve", 0, FLAG_SIZE, "SIZE",
     "Address space for each memory: below 9G there are no guard pages, so that compiled code "
     "needs --explicit.", offsetof(struct spec_flags, reserve)},
    {"target", 0, FLAG_TEXT, "NAME",
     "With --compiled: processor to compile for, as of nacre compile (default: native).",
     offsetof(struct spec_flags, target)},
    {"tee", 0, FLAG_TEXT, "KIND",
     "Run each script in a core of its own, as of nacre run --tee.",
     offsetof(struct spec_flags, tee)},
    {"verbose", 'v', FLAG_BOOL, NULL,
     "Print a line a failed command.", offsetof(struct spec_flags, verbose)},
    {0},
};

struct totals {
    unsigned passed;
    unsigned failed;
    unsigned skipped;
    unsigned text;
};

struct spec {
    struct spec_flags flags;
    struct script_ways ways;
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

static void add(struct totals *totals, const struct script_result *result) {
    totals->passed += result->passed;
    totals->failed += result->failed;
    totals->skipped += result->skipped;
    totals->text += result->text;
}

static void print_script(const struct spec *spec, const struct script_result *result) {
    const char *name;
    int size = (int)script_name(result->path, &name);
    if (result->failed && !spec->flags.verbose) {
        printf("%.*s: ", size, name);
        print_text(stdout, result->first, strlen(result->first));
        putchar('\n');
    }
    if (!spec->flags.list) return;
    printf("%.*s: %u passed, %u failed, %u skipped\n", size, name, result->passed,
           result->failed, result->skipped);
}

static json_t *script_json(struct script_result *result) {
    const char *name;
    size_t size = script_name(result->path, &name);
    return json_pack("{s:s%, s:i, s:i, s:i, s:i, s:O}", "name", name, size, "passed",
                     (int)result->passed, "failed", (int)result->failed, "skipped",
                     (int)result->skipped, "text", (int)result->text, "failures",
                     result->failures);
}

static void run_one(struct spec *spec, const char *path) {
    bool json = spec->flags.json;
    struct script_result result = {.path = path, .failures = json ? json_array() : NULL};
    script_run(&spec->ways, &result);
    add(&spec->totals, &result);
    if (json) json_array_append_new(spec->scripts, script_json(&result));
    else print_script(spec, &result);
    json_decref(result.failures);
}

static void print_totals(const struct totals *totals) {
    if (totals->text) printf("of the skipped, %u hold text\n", totals->text);
    printf("%u passed, %u failed, %u skipped\n", totals->passed, totals->failed,
           totals->skipped);
}

static int print_json(struct spec *spec) {
    const struct totals *totals = &spec->totals;
    json_t *scripts = spec->scripts;
    spec->scripts = NULL;
    return json_print(json_pack("{s:i, s:i, s:i, s:i, s:o}", "passed", (int)totals->passed,
                                "failed", (int)totals->failed, "skipped", (int)totals->skipped,
                                "text", (int)totals->text, "scripts", scripts));
}

/* How the scripts are run; CLI_OK, or what to exit with. */
static int choose_ways(struct spec *spec) {
    struct script_ways *ways = &spec->ways;
    nacre_error error;
    nacre_config_init(&ways->config);
    ways->config.gc_stress = spec->flags.gc_stress;
    ways->config.metering = spec->flags.fuel;
    ways->has_tee = spec->flags.tee;
    ways->verbose = spec->flags.verbose && !spec->flags.json;
    nacre_compile_options_init(&ways->options);
    ways->options.explicit_bounds = spec->flags.explicit_bounds;
    ways->options.metering = spec->flags.fuel;
    ways->options.target = spec->flags.target;
    ways->options.level = (uint32_t)spec->flags.level;
    ways->reserve_bytes = spec->flags.reserve;
    if (nacre_engine_create(&ways->config, &ways->engine) != NACRE_OK) return report_no_memory();
    if (!spec->flags.compiled || nacre_cache_open(NULL, 0, &ways->cache, &error) == NACRE_OK)
        return CLI_OK;
    report_error("cache", &error);
    return CLI_FAILED;
}

static int run_all(struct spec *spec, const struct arguments *args) {
    int unusable = choose_ways(spec);
    if (unusable != CLI_OK) return unusable;
    if (spec->flags.json) spec->scripts = json_array();
    for (size_t i = 0; i < args->count; i++) run_one(spec, args->items[i]);
    int status = CLI_OK;
    if (spec->flags.json) status = print_json(spec);
    else print_totals(&spec->totals);
    return spec->totals.failed ? CLI_FAILED : status;
}

static int spec_main(const struct verb *verb, int argc, char **argv) {
    struct spec spec = {.flags = {.level = 2, .reserve = NACRE_UNLIMITED}};
    struct arguments args;
    int status = flags_parse(verb, argc, argv, &spec.flags, &args);
    if (status >= 0) return status;
    if (spec.flags.level > 3) return flags_misused(verb, "--optimize takes 0 to 3");
    if (args.count == 0) return flags_misused(verb, "which scripts?");
    if (spec.flags.tee && !place_kind(spec.flags.tee, &spec.ways.tee))
        return flags_misused(verb, "--tee wants " PLACE_KINDS ", not '%s'", spec.flags.tee);
    status = run_all(&spec, &args);
    nacre_cache_close(spec.ways.cache);
    nacre_engine_destroy(spec.ways.engine);
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
    {"nacre spec -v core/*/*.json", "the whole suite"},
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
