/* outcome.c - prints transcripts of modules (transcript.h), for outcome.mjs to do the same in
 * another engine and for run.sh to compare: MODULE... */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/outcome/transcript.h"

enum { FUEL = 200000 };

static void show(const char *path) {
    static uint8_t bytes[1 << 20];
    static const struct transcript_way way = {.fuel = FUEL};
    struct transcript t;
    nacre_config config;
    nacre_engine *engine;
    nacre_module *module = NULL;
    nacre_error error;
    FILE *file = fopen(path, "rb");
    if (!file) return;
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    nacre_config_init(&config);
    config.metering = true;
    if (nacre_engine_create(&config, &engine) != NACRE_OK) exit(1);
    nacre_status status = nacre_module_create(engine, bytes, size, &module, &error);
    transcript_run(engine, module, status, path, &way, &t);
    fwrite(t.text, 1, t.size, stdout);
    free(t.text);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) show(argv[i]);
    return 0;
}
