/* standard.c - the program of embed.c for the standard interface, in C or C++, which any engine
 * that has wasm.h can run: `standard [NUMBER]` doubles it with a host function and adds 2. */
#include <stdio.h>
#include <stdlib.h>
#include <wasm.h>

/* (module
 *   (import "host" "twice" (func (param i32) (result i32)))
 *   (func (export "f") (param i32) (result i32)
 *     (i32.add (call 0 (local.get 0)) (i32.const 2)))) */
static const char module_bytes[] = {
    0x00, 'a',  's',  'm',  0x01, 0x00, 0x00, 0x00,                         /* preamble */
    0x01, 0x06, 0x01, 0x60, 0x01, 0x7F, 0x01, 0x7F,                         /* type */
    0x02, 0x0E, 0x01, 0x04, 'h',  'o',  's',  't',  0x05, 't',  'w',  'i',  'c',  'e',
    0x00, 0x00,                                                             /* import */
    0x03, 0x02, 0x01, 0x00,                                                 /* function */
    0x07, 0x05, 0x01, 0x01, 'f',  0x00, 0x01,                               /* export */
    0x0A, 0x0B, 0x01, 0x09, 0x00, 0x20, 0x00, 0x10, 0x00, 0x41, 0x02, 0x6A, 0x0B,
};

/* The host function. The guest traps when the result does not fit. */
static wasm_trap_t *twice(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results) {
    int32_t number = args->data[0].of.i32;
    if (number > INT32_MAX / 2 || number < INT32_MIN / 2) {
        wasm_message_t message;
        wasm_name_new_from_string_nt(&message, "twice: the number is too large");
        wasm_trap_t *trap = wasm_trap_new((wasm_store_t *)env, &message);
        wasm_name_delete(&message);
        return trap;
    }
    results->data[0].kind = WASM_I32;
    results->data[0].of.i32 = number * 2;
    return NULL;
}

static wasm_instance_t *make_instance(wasm_store_t *store, const wasm_module_t *module) {
    wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
    wasm_func_t *func = wasm_func_new_with_env(store, type, twice, store, NULL);
    wasm_functype_delete(type);
    if (!func) return NULL;
    wasm_extern_t *list[] = {wasm_func_as_extern(func)};
    wasm_extern_vec_t imports = WASM_ARRAY_VEC(list);
    wasm_instance_t *instance = wasm_instance_new(store, module, &imports, NULL);
    wasm_func_delete(func);
    return instance;
}

/* Prints the result, or why there is none and where that was. */
static int call_f(const wasm_instance_t *instance, int32_t number) {
    wasm_extern_vec_t exports;
    wasm_val_t value;
    value.kind = WASM_I32;
    value.of.i32 = number;
    wasm_val_vec_t args = {1, &value}, results = {1, &value};
    wasm_instance_exports(instance, &exports);
    wasm_trap_t *trap = wasm_func_call(wasm_extern_as_func(exports.data[0]), &args, &results);
    wasm_extern_vec_delete(&exports);
    if (!trap) {
        printf("%d\n", (int)value.of.i32);
        return 0;
    }
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    wasm_frame_t *origin = wasm_trap_origin(trap);
    printf("%s (function %u, offset 0x%zx)\n", message.data,
           (unsigned)wasm_frame_func_index(origin), wasm_frame_module_offset(origin));
    wasm_frame_delete(origin);
    wasm_name_delete(&message);
    wasm_trap_delete(trap);
    return 1;
}

int main(int argc, char **argv) {
    int32_t number = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : 20;
    wasm_engine_t *engine = wasm_engine_new();
    wasm_store_t *store = wasm_store_new(engine);
    wasm_byte_vec_t bytes;
    wasm_byte_vec_new(&bytes, sizeof module_bytes, module_bytes);
    wasm_module_t *module = wasm_module_new(store, &bytes);
    wasm_byte_vec_delete(&bytes);
    wasm_instance_t *instance = module ? make_instance(store, module) : NULL;
    int status = instance ? call_f(instance, number) : 2;
    wasm_instance_delete(instance);
    wasm_module_delete(module);
    wasm_store_delete(store);
    wasm_engine_delete(engine);
    return status;
}
