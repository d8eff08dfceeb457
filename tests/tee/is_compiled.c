/* is_compiled.c - whether a module runs compiled code in a simulated enclave (NACRE_ENCLAVE) that
 * is given no image: tee_is_compiled MODULE prints `compiled` or `interpreted`. */
#include <stdio.h>
#include <stdlib.h>

#include <nacre/tee.h>

static char module[1 << 20];

int main(int argc, char **argv) {
    nacre_tee_program granted;
    nacre_tee *tee = NULL;
    nacre_tee_module loaded;
    nacre_tee_instance instance;
    nacre_error error = {0};
    bool is_compiled = false;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file) return 2;
    const size_t size = fread(module, 1, sizeof module, file);
    fclose(file);
    nacre_tee_program_init(&granted);
    nacre_status status =
        nacre_tee_open(NACRE_TEE_SGX_SIMULATED, &granted, NULL, 0, &tee, &error);
    if (status == NACRE_OK)
        status = nacre_tee_load(tee, module, size, NACRE_TEE_NO_IMAGE, NULL, &loaded, &error);
    if (status == NACRE_OK)
        status = nacre_tee_instantiate(tee, loaded, &instance, &is_compiled, &error);
    nacre_tee_close(tee);
    if (status != NACRE_OK) return fprintf(stderr, "is_compiled: %s\n", error.text), 1;
    puts(is_compiled ? "compiled" : "interpreted");
    return 0;
}
