/* code_size.c - lowers every function of the modules named, and prints how many bytes of internal
 * code there are for a byte of WebAssembly. */
#include <stdio.h>
#include <stdlib.h>

#include "exec/interpreter.h"
#include "port/default.h"

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) return NULL;
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size);
    if (bytes && fread(bytes, 1, *size, file) != *size) return NULL;
    fclose(file);
    return bytes;
}

static bool measure(const char *path) {
    struct engine engine = {.allocator = port_default_allocator(), .port = port_default(),
                            .features = UINT32_MAX};
    struct hash_key key = {{1, 2}};
    struct code_module module;
    nacre_error error;
    size_t size, wasm = 0, code = 0;
    uint8_t *bytes = read_file(path, &size);
    if (!bytes || !wasm_types_init(&engine.types, &engine.allocator, &key) ||
        code_module_init(&module, &engine, false, bytes, size, &error) != NACRE_OK)
        return false;
    for (uint32_t f = module.wasm.imported[WASM_EXTERN_FUNC]; f < module.wasm.func_count; f++) {
        if (interp_prepare(&module, f, &error) != NACRE_OK) return false;
        wasm += module.wasm.funcs[f].size;
        code += module.codes[f].count * sizeof *module.codes[f].units;
    }
    printf("%s: %zu bytes of code for %zu, ratio %.2f\n", path, code, wasm,
           (double)code / (double)wasm);
    code_module_deinit(&module);
    wasm_types_deinit(&engine.types);
    free(bytes);
    return code <= 3 * wasm;
}

int main(int argc, char **argv) {
    int status = 0;
    for (int i = 1; i < argc; i++) status |= !measure(argv[i]);
    return status;
}
