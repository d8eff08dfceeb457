/* run_call.c - see run_call.h */
#include "run_call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "report.h"
#include "suggest.h"
#include "values.h"

int call_failed(const char *path, nacre_status status, const nacre_error *error) {
    if (status == NACRE_EXIT) return error->exit_code & 0xFF;
    report_error(path, error);
    return status == NACRE_TRAP || status == NACRE_EXCEPTION ? CLI_TRAPPED : CLI_FAILED;
}

static const char initialize[] = "_initialize";

/* If there is one. Returns -1 to go on, else the exit status. */
static int call_initialize(const struct call *call) {
    const nacre_value *results;
    nacre_functype type;
    nacre_error error;
    uint32_t count;
    if (!place_function(call->place, &call->placed, initialize, &type)) return -1;
    nacre_status status = place_call(call->place, &call->placed, initialize, strlen(initialize),
                                     NULL, 0, &results, &count, &error);
    return status == NACRE_OK ? -1 : call_failed(call->path, status, &error);
}

int call_linked(struct place *place, const struct placed *placed, const char *path,
                const char *name, size_t name_size) {
    const struct call call = {.place = place, .placed = *placed, .path = path};
    nacre_error error;
    int status = call_initialize(&call);
    if (status >= 0) return status;
    nacre_status done = place_register(place, placed, name, name_size, &error);
    return done == NACRE_OK ? -1 : call_failed(path, done, &error);
}

/* "hint: it has fib, add" for the first few functions. */
static void hint_functions(const struct call *call) {
    char line[200];
    size_t at = 0;
    struct place_export item;
    for (uint32_t i = 0; place_export(call->place, &call->placed, i, &item); i++) {
        if (item.kind != NACRE_EXTERN_FUNC) continue;
        if (at + item.name_size + 8 > sizeof line) {
            at += (size_t)snprintf(line + at, sizeof line - at, ", ...");
            break;
        }
        at += (size_t)snprintf(line + at, sizeof line - at, "%s%.*s", at ? ", " : "",
                               (int)item.name_size, item.name);
    }
    if (at) report_hint("its functions are %s", line);
    else report_hint("it exports no function");
}

int call_program(const struct call *call) {
    nacre_error error;
    nacre_status status = place_start(call->place, &call->placed, &error);
    if (status == NACRE_OK) return CLI_OK;
    if (status != NACRE_NOT_FOUND) return call_failed(call->path, status, &error);
    report(call->path, "nothing to run: no _start function; call one with --invoke NAME");
    hint_functions(call);
    return CLI_FAILED;
}

static int unknown_export(const struct call *call, const char *name) {
    struct suggestion near = suggest_for(name, strlen(name));
    struct place_export item;
    for (uint32_t i = 0; place_export(call->place, &call->placed, i, &item); i++) {
        if (item.kind != NACRE_EXTERN_FUNC) {
            if (item.name_size != strlen(name) || memcmp(item.name, name, item.name_size) != 0)
                continue;
            report(call->path, "the export '%s' is no function", name);
            return CLI_FAILED;
        }
        if (memchr(item.name, 0, item.name_size)) continue; /* can't be typed */
        suggest_name(&near, item.name, item.name_size);
    }
    report(call->path, "no function '%s' is exported", name);
    if (near.best) report_hint("did you mean %s?", near.best);
    else hint_functions(call);
    return CLI_FAILED;
}

static int parse_args(const struct call *call, const char *name, const nacre_functype *type,
                      nacre_value *args) {
    char kinds[128];
    value_format_kinds(type->params, type->param_count, kinds, sizeof kinds);
    if (call->arg_count != type->param_count) {
        report(call->path, "%s takes %" PRIu32 " argument%s, not %zu", name, type->param_count,
               type->param_count == 1 ? "" : "s", call->arg_count);
        report_hint("its parameters are %s", kinds);
        return CLI_USAGE;
    }
    for (uint32_t i = 0; i < type->param_count; i++) {
        if (value_parse(type->params[i], call->args[i], &args[i])) continue;
        report(call->path, "argument %" PRIu32 " of %s is of type %s: %s, not '%s'", i + 1, name,
               value_kind_name(type->params[i]), value_wants(type->params[i]), call->args[i]);
        report_hint("its parameters are %s", kinds);
        return CLI_USAGE;
    }
    return -1;
}

static int call_typed(const struct call *call, const char *name, const nacre_value *args,
                      uint32_t arg_count) {
    const nacre_value *results;
    nacre_error error;
    uint32_t count;
    int status = strcmp(name, initialize) == 0 ? -1 : call_initialize(call);
    if (status >= 0) return status;
    nacre_status done = place_call(call->place, &call->placed, name, strlen(name), args,
                                   arg_count, &results, &count, &error);
    if (done != NACRE_OK) return call_failed(call->path, done, &error);
    for (uint32_t i = 0; i < count; i++) {
        char line[VALUE_TEXT];
        value_format(&results[i], line);
        puts(line);
    }
    return CLI_OK;
}

int call_export(const struct call *call, const char *name) {
    nacre_functype type;
    if (!place_function(call->place, &call->placed, name, &type))
        return unknown_export(call, name);
    uint32_t count = type.param_count; /* the type is gone with the next call */
    nacre_value *args = calloc(count + 1u, sizeof *args);
    if (!args) return report_no_memory();
    int status = parse_args(call, name, &type, args);
    if (status < 0) status = call_typed(call, name, args, count);
    free(args);
    return status;
}
