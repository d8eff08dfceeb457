/* validate.c - the verb `validate`: are these files valid modules? */
#include <inttypes.h>
#include <stdio.h>

#include "features.h"
#include "file.h"
#include "flags.h"
#include "json.h"
#include "report.h"

struct validate_flags {
    bool json;
    struct text_list features;
};

static const struct flag flags[] = {
    {"json", 0, FLAG_BOOL, NULL,
     "Print an array with an object a file: file, valid, and if it is not, status, offset, text.",
     offsetof(struct validate_flags, json)},
    FLAG_WASM(offsetof(struct validate_flags, features)),
    {0},
};

static json_t *to_json(const char *path, const nacre_error *error) {
    if (!error) return json_pack("{s:s, s:b}", "file", path, "valid", 1);
    json_t *row = json_pack("{s:s, s:b, s:i, s:s}", "file", path, "valid", 0, "status",
                            (int)error->status, "text", "");
    char line[NACRE_ERROR_TEXT + 80];
    report_line(error, line, sizeof line);
    json_t *text = json_string(line);
    /* Other bytes than UTF-8 in a name are no reason to say nothing. */
    if (!text) text = json_string(nacre_status_text(error->status));
    json_object_set_new(row, "text", text);
    if (error->offset != NACRE_NO_OFFSET)
        json_object_set_new(row, "offset", json_integer((json_int_t)error->offset));
    return row;
}

/* Returns whether the file is valid; says so on standard output, or adds it to `rows`. */
static bool validate(nacre_engine *engine, const char *path, json_t *rows) {
    struct module_file file = {0};
    nacre_error error;
    bool valid = file_load(&file, engine, path, &error);
    if (rows) json_array_append_new(rows, to_json(path, valid ? NULL : &error));
    else if (valid) printf("%s: ok\n", path);
    else file_report(&file, &error);
    file_release(&file);
    return valid;
}

static int validate_all(const struct verb *verb, const struct validate_flags *set,
                        const struct arguments *args) {
    nacre_engine *engine;
    nacre_config config;
    nacre_config_init(&config);
    int misused = features_switch(verb, &set->features, &config);
    if (misused >= 0) return misused;
    if (nacre_engine_create(&config, &engine) != NACRE_OK) return report_no_memory();
    json_t *rows = set->json ? json_array() : NULL;
    int status = CLI_OK;
    for (size_t i = 0; i < args->count; i++)
        if (!validate(engine, args->items[i], rows)) status = CLI_FAILED;
    nacre_engine_destroy(engine);
    if (set->json && json_print(rows) != CLI_OK) status = CLI_FAILED;
    return status;
}

static int validate_main(const struct verb *verb, int argc, char **argv) {
    struct validate_flags set = {0};
    struct arguments args;
    int status = flags_parse(verb, argc, argv, &set, &args);
    if (status < 0 && args.count == 0) status = flags_misused(verb, "which modules?");
    if (status < 0) status = validate_all(verb, &set, &args);
    flags_free(verb, &set);
    return status;
}

static const char *const text[] = {
    "Says of each file whether it is a valid WebAssembly module, and if not, why, and at which "
    "byte.",
    NULL,
};

static const struct cli_example examples[] = {
    {"nacre validate a.wasm b.wasm", "check two modules"},
    {0},
};

const struct verb verb_validate = {
    .name = "validate",
    .summary = "Check modules without running them",
    .arguments = "[FLAG...] MODULE...",
    .text = text,
    .flags = flags,
    .examples = examples,
    .run = validate_main,
};
