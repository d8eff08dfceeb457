/* spec_script.c - see spec_script.h. A script is a list of commands. */
#include "spec_script.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "spec_place.h"
#include "spec_values.h"
#include "values.h"

enum outcome { PASSED, FAILED, SKIPPED_TEXT };

/* What a script calls by a name: an instance, or a module that is not instantiated. What failed to
 * load has neither, so that what needs it fails too. */
struct named {
    const char *name; /* in the JSON */
    struct placed placed;
    bool has_instance;
    const struct spec_module *module;
};

struct script {
    struct spec_place place;
    struct named *names;
    size_t name_count;
    struct named current; /* the last instance and the last definition, whatever their names */
    char why[256];        /* the failed command */
};

__attribute__((format(printf, 2, 3))) static enum outcome fail(struct script *script,
                                                               const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(script->why, sizeof script->why, format, args);
    va_end(args);
    return FAILED;
}

static enum outcome fail_with(struct script *script, const char *what, const nacre_error *error) {
    char line[NACRE_ERROR_TEXT + 80];
    report_line(error, line, sizeof line);
    return fail(script, "%s: %s", what, line);
}

static const char *member(const json_t *json, const char *name) {
    return json_string_value(json_object_get(json, name));
}

/* --- modules and instances --- */

static struct named *find_name(struct script *script, const char *name) {
    if (!name) return &script->current;
    for (size_t i = 0; i < script->name_count; i++)
        if (strcmp(script->names[i].name, name) == 0) return &script->names[i];
    return NULL;
}

/* Gives the last instance or definition a name; a name that is used again changes its meaning. */
static enum outcome set_name(struct script *script, const char *name, const struct named *what) {
    if (!name) return PASSED;
    struct named *old = find_name(script, name);
    if (!old) {
        struct named *names =
            realloc(script->names, (script->name_count + 1) * sizeof *script->names);
        if (!names) return fail(script, "out of memory");
        script->names = names;
        old = &names[script->name_count++];
    }
    *old = *what;
    old->name = name;
    return PASSED;
}

const char *spec_module_name(const json_t *command) {
    const char *name = member(command, "binary_filename");
    return name ? name : member(command, "filename");
}

/* To be instantiated; NULL, and it says why. */
static const struct spec_module *load_module(struct script *script, const json_t *command) {
    nacre_error error;
    const char *name = spec_module_name(command);
    struct spec_module *module = name ? spec_place_load(&script->place, name, true, &error) : NULL;
    if (!module) {
        fail(script, "no module file");
    } else if (!module->is_loaded) {
        fail_with(script, error.status == NACRE_COMPILER ? "the module was not compiled"
                                                         : "the module did not load", &error);
        return NULL;
    }
    return module;
}

static nacre_status make_instance(struct script *script, const struct spec_module *module,
                                  struct placed *placed, bool *is_compiled, nacre_error *error) {
    *is_compiled = false;
    return spec_place_instantiate(&script->place, module, placed, is_compiled, error);
}

static enum outcome instantiate(struct script *script, const struct spec_module *module,
                                const char *name) {
    nacre_error error;
    struct named what = {.module = module};
    bool is_compiled;
    enum outcome outcome = PASSED;
    if (!module) outcome = FAILED;
    else if (make_instance(script, module, &what.placed, &is_compiled, &error) != NACRE_OK)
        outcome = fail_with(script, "instantiation failed", &error);
    else {
        what.has_instance = true;
        if (script->place.ways->cache && !is_compiled)
            outcome = fail(script, "its image was not used");
    }
    script->current.placed = what.placed;
    script->current.has_instance = what.has_instance;
    enum outcome named = set_name(script, name, &what);
    return outcome == PASSED ? named : outcome;
}

static enum outcome run_module(struct script *script, const json_t *command) {
    return instantiate(script, load_module(script, command), member(command, "name"));
}

static enum outcome run_definition(struct script *script, const json_t *command) {
    const struct spec_module *module = load_module(script, command);
    script->current.module = module;
    struct named what = {.module = module};
    enum outcome named = set_name(script, member(command, "name"), &what);
    return module ? named : FAILED;
}

static enum outcome run_instance(struct script *script, const json_t *command) {
    struct named *definition = find_name(script, member(command, "module"));
    if (!definition || !definition->module) fail(script, "its module did not load");
    return instantiate(script, definition ? definition->module : NULL,
                       member(command, "instance"));
}

static enum outcome run_register(struct script *script, const json_t *command) {
    const json_t *as = json_object_get(command, "as");
    struct named *named = find_name(script, member(command, "name"));
    if (!json_is_string(as)) return fail(script, "no name");
    if (!named || !named->has_instance) return fail(script, "its module did not load");
    nacre_error error;
    nacre_status status =
        place_register(&script->place.place, &named->placed, json_string_value(as),
                       json_string_length(as), &error);
    return status == NACRE_OK ? PASSED : fail_with(script, "it can't be registered", &error);
}

/* --- actions --- */

/* What an action did: its status and, when that is NACRE_OK, its results, which are valid until
 * the next one. */
struct effect {
    nacre_status status;
    nacre_error error;
    const nacre_value *results;
    uint32_t result_count;
    nacre_value value; /* of a global */
};

static enum outcome invoke(struct script *script, const json_t *action, const struct named *named,
                           struct effect *effect) {
    const json_t *json = json_object_get(action, "args");
    const json_t *field = json_object_get(action, "field");
    uint32_t count = (uint32_t)json_array_size(json);
    nacre_value *args = calloc(count + 1u, sizeof *args);
    enum outcome outcome = PASSED;
    if (!args) outcome = fail(script, "out of memory");
    for (uint32_t i = 0; outcome == PASSED && i < count; i++)
        if (!spec_value_parse(json_array_get(json, i), &args[i]))
            outcome = fail(script, "argument %u is unknown", i);
    if (outcome == PASSED)
        effect->status = place_call(&script->place.place, &named->placed,
                                    json_string_value(field), json_string_length(field), args,
                                    count, &effect->results, &effect->result_count,
                                    &effect->error);
    free(args);
    return outcome;
}

/* Does what the command's action says. */
static enum outcome act(struct script *script, const json_t *command, struct effect *effect) {
    const json_t *action = json_object_get(command, "action");
    const char *type = member(action, "type");
    const json_t *field = json_object_get(action, "field");
    struct named *named = find_name(script, member(action, "module"));
    *effect = (struct effect){0};
    if (!type || !json_is_string(field)) return fail(script, "an unknown action");
    if (!named || !named->has_instance) return fail(script, "its module did not load");
    if (strcmp(type, "invoke") == 0) return invoke(script, action, named, effect);
    if (strcmp(type, "get") != 0) return fail(script, "an unknown action");
    effect->results = &effect->value;
    effect->result_count = 1;
    effect->status = place_global(&script->place.place, &named->placed, json_string_value(field),
                                  json_string_length(field), &effect->value, &effect->error);
    return PASSED;
}

static enum outcome check_returned(struct script *script, const struct effect *effect) {
    if (effect->status == NACRE_OK) return PASSED;
    return fail_with(script, "it should have returned", &effect->error);
}

static enum outcome run_action(struct script *script, const json_t *command) {
    struct effect effect;
    enum outcome outcome = act(script, command, &effect);
    return outcome == PASSED ? check_returned(script, &effect) : outcome;
}

static enum outcome check_results(struct script *script, const json_t *expected,
                                  const struct effect *effect) {
    size_t count = json_array_size(expected);
    if (count != effect->result_count)
        return fail(script, "%u results instead of %zu", effect->result_count, count);
    for (uint32_t i = 0; i < effect->result_count; i++) {
        const json_t *wanted = json_array_get(expected, i);
        if (spec_value_matches(&script->place.place, wanted, &effect->results[i])) continue;
        char got[VALUE_TEXT];
        value_format(&effect->results[i], got);
        char *text = json_dumps(wanted, JSON_COMPACT | JSON_SORT_KEYS);
        fail(script, "result %u is %s %s instead of %s", i,
             value_kind_name(effect->results[i].kind), got, text ? text : "?");
        free(text);
        return FAILED;
    }
    return PASSED;
}

static enum outcome assert_return(struct script *script, const json_t *command) {
    struct effect effect;
    enum outcome outcome = act(script, command, &effect);
    if (outcome == PASSED) outcome = check_returned(script, &effect);
    if (outcome == PASSED)
        outcome = check_results(script, json_object_get(command, "expected"), &effect);
    return outcome;
}

/* --- what must fail --- */

/* The script's text begins with the reference interpreter's; ours may say less ("null
 * reference" for "null array reference", no element's number), but nothing else. */
static bool trap_matches(const char *expected, nacre_trap trap) {
    const char *text = nacre_trap_text(trap);
    size_t size = strlen(expected);
    static const char end[] = " reference";
    if (trap == NACRE_TRAP_NONE) return false;
    if (trap == NACRE_TRAP_NULL_REFERENCE)
        return strncmp(expected, "null ", 5) == 0 && size >= sizeof end &&
               strcmp(expected + size - (sizeof end - 1), end) == 0;
    return strncmp(expected, text, strlen(text)) == 0 || strncmp(text, expected, size) == 0;
}

static enum outcome check_trap(struct script *script, const json_t *command,
                               nacre_status status, const nacre_error *error) {
    const char *expected = member(command, "text");
    if (status == NACRE_OK) return fail(script, "no trap: %s", expected ? expected : "?");
    if (status == NACRE_TRAP && expected && trap_matches(expected, error->trap)) return PASSED;
    return fail_with(script, expected ? expected : "a trap", error);
}

static enum outcome assert_trap(struct script *script, const json_t *command) {
    struct effect effect;
    enum outcome outcome = act(script, command, &effect);
    if (outcome == PASSED) outcome = check_trap(script, command, effect.status, &effect.error);
    return outcome;
}

static enum outcome assert_exhaustion(struct script *script, const json_t *command) {
    struct effect effect;
    enum outcome outcome = act(script, command, &effect);
    bool exhausted =
        effect.status == NACRE_TRAP && effect.error.trap == NACRE_TRAP_STACK_EXHAUSTED;
    if (outcome == PASSED && effect.status == NACRE_OK) outcome = fail(script, "no trap");
    else if (outcome == PASSED && !exhausted)
        outcome = fail_with(script, "the stack should have been exhausted", &effect.error);
    return outcome;
}

static enum outcome assert_exception(struct script *script, const json_t *command) {
    struct effect effect;
    enum outcome outcome = act(script, command, &effect);
    if (outcome == PASSED && effect.status == NACRE_OK) outcome = fail(script, "no exception");
    else if (outcome == PASSED && effect.status != NACRE_EXCEPTION)
        outcome = fail_with(script, "it should have thrown", &effect.error);
    return outcome;
}

static bool is_text(const json_t *command) {
    const char *type = member(command, "module_type");
    return type && strcmp(type, "text") == 0 && !member(command, "binary_filename");
}

/* A module that must be refused, with one of two statuses. */
static enum outcome refuse(struct script *script, const json_t *command, nacre_status one,
                           nacre_status other) {
    nacre_error error;
    if (is_text(command)) return SKIPPED_TEXT;
    const char *name = spec_module_name(command);
    struct spec_module *module =
        name ? spec_place_load(&script->place, name, false, &error) : NULL;
    const char *text = member(command, "text");
    if (!module) return fail(script, "no module file");
    if (module->is_loaded) return fail(script, "the module loads: %s", text ? text : "?");
    if (error.status == one || error.status == other) return PASSED;
    return fail_with(script, text ? text : "?", &error);
}

static enum outcome assert_malformed(struct script *script, const json_t *command) {
    return refuse(script, command, NACRE_MALFORMED, NACRE_NOT_WASM);
}

static enum outcome assert_invalid(struct script *script, const json_t *command) {
    return refuse(script, command, NACRE_INVALID, NACRE_INVALID);
}

static enum outcome assert_unlinkable(struct script *script, const json_t *command) {
    nacre_error error;
    struct placed placed;
    bool is_compiled;
    const struct spec_module *module = load_module(script, command);
    if (!module) return FAILED;
    nacre_status status = make_instance(script, module, &placed, &is_compiled, &error);
    if (status == NACRE_UNKNOWN_IMPORT || status == NACRE_IMPORT_TYPE) return PASSED;
    if (status == NACRE_OK) return fail(script, "the module links");
    return fail_with(script, "it should not have linked", &error);
}

static enum outcome assert_uninstantiable(struct script *script, const json_t *command) {
    nacre_error error;
    struct placed placed;
    bool is_compiled;
    const struct spec_module *module = load_module(script, command);
    if (!module) return FAILED;
    nacre_status status = make_instance(script, module, &placed, &is_compiled, &error);
    return check_trap(script, command, status, &error);
}

/* --- the script --- */

static const struct {
    const char *type;
    enum outcome (*run)(struct script *script, const json_t *command);
} commands[] = {
    {"assert_return", assert_return},
    {"assert_trap", assert_trap},
    {"assert_invalid", assert_invalid},
    {"assert_malformed", assert_malformed},
    {"assert_unlinkable", assert_unlinkable},
    {"assert_uninstantiable", assert_uninstantiable},
    {"assert_exhaustion", assert_exhaustion},
    {"assert_exception", assert_exception},
    {"action", run_action},
    {"module", run_module},
    {"module_definition", run_definition},
    {"module_instance", run_instance},
    {"register", run_register},
};

static enum outcome run_command(struct script *script, const json_t *command) {
    const char *type = member(command, "type");
    for (size_t i = 0; type && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].type, type) == 0) return commands[i].run(script, command);
    return fail(script, "an unknown command");
}

/* line 0: the script as a whole is what failed. */
static void count_failure(struct script_result *result, const char *type, int line,
                          const char *why, bool verbose) {
    char where[16] = "";
    result->failed++;
    if (line > 0) snprintf(where, sizeof where, "line %d: ", line);
    if (!result->first[0])
        snprintf(result->first, sizeof result->first, "%s%s: %s", where, type, why);
    if (verbose) {
        char text[400];
        if (line > 0) snprintf(where, sizeof where, "%d:", line);
        int size = snprintf(text, sizeof text, "%s:%s %s: %s", result->path, where, type, why);
        print_text(stdout, text, size < (int)sizeof text ? (size_t)size : sizeof text - 1);
        putchar('\n');
    }
    if (!result->failures) return;
    json_t *row = json_pack("{s:i, s:s}", "line", line, "command", type);
    json_t *text = json_string(why); /* NULL when it was cut inside a character */
    json_object_set_new(row, "text", text ? text : json_string("?"));
    json_array_append_new(result->failures, row);
}

static void run_commands(struct script *script, const json_t *list, struct script_result *result,
                         bool verbose) {
    size_t i;
    json_t *command;
    json_array_foreach(list, i, command) {
        const char *type = member(command, "type");
        int line = (int)json_integer_value(json_object_get(command, "line"));
        switch (run_command(script, command)) {
        case PASSED: result->passed++; break;
        case SKIPPED_TEXT:
            result->skipped++;
            result->text++;
            break;
        case FAILED: count_failure(result, type ? type : "?", line, script->why, verbose); break;
        }
    }
}

static void run_in_place(const struct script_ways *ways, const json_t *list,
                         struct script_result *result) {
    struct script script = {0};
    nacre_error error;
    if (spec_place_open(&script.place, ways, result->path, list, &error)) {
        run_commands(&script, list, result, ways->verbose);
    } else {
        fail_with(&script, "there is no place for its modules", &error);
        count_failure(result, "script", 0, script.why, ways->verbose);
    }
    spec_place_close(&script.place);
    free(script.names);
}

void script_run(const struct script_ways *ways, struct script_result *result) {
    bool verbose = ways->verbose;
    json_error_t problem;
    json_t *json = json_load_file(result->path, JSON_ALLOW_NUL, &problem);
    const json_t *list = json_object_get(json, "commands");
    /* A file that can't be opened has failed at line -1, says jansson. */
    int line = json || problem.line < 0 ? 0 : problem.line;
    if (!json) count_failure(result, "script", line, problem.text, verbose);
    else if (!json_is_array(list))
        count_failure(result, "script", 0, "the file holds no commands", verbose);
    else run_in_place(ways, list, result);
    json_decref(json);
}
