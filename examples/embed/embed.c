/* embed.c - an embedder of Nacre, in C or C++: runs a module
 * that adds two numbers with the help of a host function. */
#include <nacre/engine.h>
#include <nacre/instance.h>
#include <nacre/module.h>
#include <nacre/status.h>
#include <nacre/value.h>
#include <nacre/wasi.h>
#include <stdio.h>

/* (module
 *   (import "host" "twice" (func (param i32) (result i32)))
 *   (func (export "f") (param i32 i32) (result i32)
 *     (i32.add (call 0 (local.get 0)) (local.get 1)))) */
static const uint8_t module_bytes[] = {
    0x00, 'a',  's',  'm',  0x01, 0x00, 0x00, 0x00,                         /* preamble */
    0x01, 0x0C, 0x02, 0x60, 0x01, 0x7F, 0x01, 0x7F, 0x60, 0x02, 0x7F, 0x7F, 0x01, 0x7F,
    0x02, 0x0E, 0x01, 0x04, 'h',  'o',  's',  't',  0x05, 't',  'w',  'i',  'c',  'e',
    0x00, 0x00,                                                             /* import */
    0x03, 0x02, 0x01, 0x01,                                                 /* function */
    0x07, 0x05, 0x01, 0x01, 'f',  0x00, 0x01,                               /* export */
    0x0A, 0x0B, 0x01, 0x09, 0x00, 0x20, 0x00, 0x10, 0x00, 0x20, 0x01, 0x6A, 0x0B,
};

static nacre_status twice(void *env, nacre_caller *caller, const nacre_value *args,
                          nacre_value *results) {
    (void)env;
    (void)caller;
    results[0].of.i32 = args[0].of.i32 * 2;
    return NACRE_OK;
}

static nacre_status define_twice(nacre_store *store) {
    static const nacre_kind i32[] = {NACRE_I32};
    nacre_functype type = {1, 1, i32, i32};
    nacre_extern item;
    item.kind = NACRE_EXTERN_FUNC;
    nacre_status status = nacre_func_create(store, &type, twice, NULL, &item.of.func);
    if (status != NACRE_OK) return status;
    return nacre_store_define(store, "host", 4, "twice", 5, &item);
}

static nacre_status call_f(nacre_store *store, nacre_instance *instance, int32_t *result,
                           nacre_error *error) {
    nacre_extern item;
    nacre_status status = nacre_instance_export(instance, "f", 1, &item);
    if (status != NACRE_OK) return status;
    nacre_value args[2], value;
    args[0].kind = args[1].kind = NACRE_I32;
    args[0].of.i32 = 20;
    args[1].of.i32 = 2;
    status = nacre_call(store, item.of.func, args, 2, &value, 1, error);
    if (status == NACRE_OK) *result = value.of.i32;
    return status;
}

int main(void) {
    nacre_engine *engine = NULL;
    nacre_module *module = NULL;
    nacre_store *store = NULL;
    nacre_instance *instance = NULL;
    nacre_error error;
    int32_t result = 0;

    nacre_status status = nacre_engine_create(NULL, &engine);
    if (status != NACRE_OK) goto out;
    status = nacre_module_create(engine, module_bytes, sizeof module_bytes, &module, &error);
    if (status != NACRE_OK) goto out;
    status = nacre_store_create(engine, NULL, &store);
    if (status != NACRE_OK) goto out;
    status = define_twice(store);
    if (status != NACRE_OK) goto out;
    status = nacre_instance_create(store, module, &instance, &error);
    if (status != NACRE_OK) goto out;
    status = call_f(store, instance, &result, &error);
out:
    nacre_store_destroy(store);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    printf("nacre %s: %s, %d\n", nacre_version(), nacre_status_text(status), (int)result);
    return status == NACRE_OK && result == 42 ? 0 : 1;
}
