/* run_call.c - see run_call.h */
#include "run_call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nacre/wasi.h>

#include "cli.h"
#include "report.h"
#include "suggest.h"
#include "values.h"

int call_failed(const char *path, nacre_status status, const nacre_error *error) {
    if (status == NACRE_EXIT) return error->exit_code & 0xFF;
    report_error(path, error);
    return status == NACRE_TRAP || status == NACRE_EXCEPTION ? CLI_TRAPPED : CLI_FAILED;
}

static bool find_function(const nacre_instance *instance, const char *name, nacre_ref *func) {
    nacre_extern item;
    if (nacre_instance_export(instance, name, strlen(name), &item) != NACRE_OK) return false;
    if (item.kind != NACRE_EXTERN_FUNC) return false;
    *func = item.of.func;
    return true;
}

/* Calls a function that takes and gives nothing. */
static int call_plain(nacre_store *store, nacre_ref func, const char *path) {
    nacre_error error;
    nacre_status status = nacre_call(store, func, NULL, 0, NULL, 0, &error);
    return status == NACRE_OK ? -1 : call_failed(path, status, &error);
}

int call_initialize(nacre_store *store, const nacre_instance *instance, const char *path) {
    nacre_ref func;
    return find_function(instance, "_initialize", &func) ? call_plain(store, func, path) : -1;
}

/* "hint: it has fib, add" for the first few functions. */
static void hint_functions(const nacre_module *module) {
    char line[200];
    size_t at = 0;
    nacre_item item;
    for (uint32_t i = 0; nacre_module_export(module, i, &item) == NACRE_OK; i++) {
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
    nacre_status status = nacre_wasi_run(call->store, call->instance, &error);
    if (status == NACRE_OK) return CLI_OK;
    if (status != NACRE_NOT_FOUND) return call_failed(call->path, status, &error);
    report(call->path, "nothing to run: no _start function; call one with --invoke NAME");
    hint_functions(call->module);
    return CLI_FAILED;
}

static int unknown_export(const struct call *call, const char *name) {
    struct suggestion near = suggest_for(name, strlen(name));
    nacre_item item;
    for (uint32_t i = 0; nacre_module_export(call->module, i, &item) == NACRE_OK; i++) {
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
    else hint_functions(call->module);
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

static int call_typed(const struct call *call, const char *name, nacre_ref func,
                      const nacre_functype *type, nacre_value *args, nacre_value *results) {
    int status = parse_args(call, name, type, args);
    if (status < 0 && strcmp(name, "_initialize") != 0)
        status = call_initialize(call->store, call->instance, call->path);
    if (status >= 0) return status;
    nacre_error error;
    nacre_status done = nacre_call(call->store, func, args, type->param_count, results,
                                   type->result_count, &error);
    if (done != NACRE_OK) return call_failed(call->path, done, &error);
    for (uint32_t i = 0; i < type->result_count; i++) {
        char line[VALUE_TEXT];
        value_format(&results[i], line);
        puts(line);
    }
    return CLI_OK;
}

int call_export(const struct call *call, const char *name) {
    nacre_ref func;
    nacre_functype type;
    if (!find_function(call->instance, name, &func)) return unknown_export(call, name);
    if (nacre_func_type(call->store, func, &type) != NACRE_OK) return unknown_export(call, name);
    nacre_value *args = calloc(type.param_count + 1u, sizeof *args);
    nacre_value *results = calloc(type.result_count + 1u, sizeof *results);
    int status = args && results ? call_typed(call, name, func, &type, args, results)
                                 : report_no_memory();
    free(args);
    free(results);
    return status;
}
