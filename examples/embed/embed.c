/* embed.c - an embedder of Nacre, in C or C++: `embed [NUMBER]` runs a module that doubles the
 * number with a host function and adds 2, and reads the result in the module's memory. */
#include <nacre/engine.h>
#include <nacre/instance.h>
#include <nacre/module.h>
#include <nacre/status.h>
#include <nacre/value.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* (module
 *   (import "host" "twice" (func (param i32) (result i32)))
 *   (memory (export "memory") 1)
 *   (func (export "f") (param i32 i32) (result i32)      ;; where in memory the sum is
 *     (i32.store (i32.const 16) (i32.add (call 0 (local.get 0)) (local.get 1)))
 *     (i32.const 16))) */
static const uint8_t module_bytes[] = {
    0x00, 'a',  's',  'm',  0x01, 0x00, 0x00, 0x00,                         /* preamble */
    0x01, 0x0C, 0x02, 0x60, 0x01, 0x7F, 0x01, 0x7F, 0x60, 0x02, 0x7F, 0x7F, 0x01, 0x7F,
    0x02, 0x0E, 0x01, 0x04, 'h',  'o',  's',  't',  0x05, 't',  'w',  'i',  'c',  'e',
    0x00, 0x00,                                                             /* import */
    0x03, 0x02, 0x01, 0x01,                                                 /* function */
    0x05, 0x03, 0x01, 0x00, 0x01,                                           /* memory */
    0x07, 0x0E, 0x02, 0x06, 'm',  'e',  'm',  'o',  'r',  'y',  0x02, 0x00, /* exports */
    0x01, 'f',  0x00, 0x01,
    0x0A, 0x12, 0x01, 0x10, 0x00, 0x41, 0x10, 0x20, 0x00, 0x10, 0x00, 0x20, 0x01, 0x6A,
    0x36, 0x02, 0x00, 0x41, 0x10, 0x0B,
};

/* The host function. The guest traps when the result does not fit. */
static nacre_status twice(void *env, nacre_caller *caller, const nacre_value *args,
                          nacre_value *results) {
    int32_t number = args[0].of.i32;
    (void)env;
    if (number > INT32_MAX / 2 || number < INT32_MIN / 2)
        return nacre_caller_fail(caller, "twice: the number is too large");
    results[0].of.i32 = number * 2;
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

static nacre_status find(nacre_instance *instance, const char *name, nacre_extern_kind kind,
                         nacre_extern *item) {
    nacre_status status = nacre_instance_export(instance, name, strlen(name), item);
    return status == NACRE_OK && item->kind != kind ? NACRE_TYPE : status;
}

static nacre_status call_f(nacre_store *store, nacre_instance *instance, int32_t number,
                           int32_t *address, nacre_error *error) {
    nacre_extern item;
    nacre_status status = find(instance, "f", NACRE_EXTERN_FUNC, &item);
    if (status != NACRE_OK) return status;
    nacre_value args[2], value;
    args[0].kind = args[1].kind = NACRE_I32;
    args[0].of.i32 = number;
    args[1].of.i32 = 2;
    status = nacre_call(store, item.of.func, args, 2, &value, 1, error);
    if (status == NACRE_OK) *address = value.of.i32;
    return status;
}

/* The address is the guest's word: nacre_memory_read checks it. Memory is little-endian. */
static nacre_status read_i32(nacre_instance *instance, int32_t address, int32_t *number) {
    nacre_extern item;
    nacre_status status = find(instance, "memory", NACRE_EXTERN_MEMORY, &item);
    if (status != NACRE_OK) return status;
    uint8_t bytes[4];
    status = nacre_memory_read(item.of.memory, (uint32_t)address, bytes, sizeof bytes);
    if (status != NACRE_OK) return status;
    uint32_t bits = 0;
    for (int i = 3; i >= 0; i--) bits = bits << 8 | bytes[i];
    *number = (int32_t)bits;
    return NACRE_OK;
}

int main(int argc, char **argv) {
    nacre_engine *engine = NULL;
    nacre_module *module = NULL;
    nacre_store *store = NULL;
    nacre_instance *instance = NULL;
    nacre_error error;
    int32_t number = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : 20, address = 0;
    error.text[0] = 0; /* some failures are a status only */

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
    status = call_f(store, instance, number, &address, &error);
    if (status != NACRE_OK) goto out;
    status = read_i32(instance, address, &number);
out:
    nacre_store_destroy(store);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    printf("nacre %s: %s, ", nacre_version(), nacre_status_text(status));
    if (status == NACRE_OK) printf("%d\n", (int)number);
    else printf("%s\n", error.text);
    return status == NACRE_OK ? 0 : 1;
}
