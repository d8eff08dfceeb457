/* module.c - makes modules that do the same on every engine: of each FILE, FILE.wasm. If the name
 * has .free. in it, they do so only when they run deterministic; with .loops. they have loops. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/generator/generate.h"

static bool make(const char *path) {
    static uint8_t seed[1 << 16];
    static char out_path[4096];
    const struct generate_options options = {.is_portable = !strstr(path, ".free."),
                                             .has_loops = strstr(path, ".loops."),
                                             .tells_host = true};
    struct builder b = {0};
    const uint8_t *bytes;
    FILE *in = fopen(path, "rb");
    if (!in) return false;
    size_t size = fread(seed, 1, sizeof seed, in);
    fclose(in);
    generate(seed, size, &options, &b);
    build_module(&b, &bytes, &size);
    snprintf(out_path, sizeof out_path, "%s.wasm", path);
    FILE *out = fopen(out_path, "wb");
    bool ok = out && fwrite(bytes, 1, size, out) == size;
    if (out) ok = fclose(out) == 0 && ok;
    build_free(&b);
    return ok;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (!make(argv[i])) return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
