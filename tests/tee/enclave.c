/* enclave.c - writes the small enclave of the tests into a file: tee_enclave FILE. */
#include <stdio.h>

#include "support/enclave.h"

int main(int argc, char **argv) {
    static struct enclave_sample sample;
    FILE *file = argc == 2 ? fopen(argv[1], "wb") : NULL;
    if (!file) return 1;
    enclave_sample_fill(&sample);
    bool done = fwrite(&sample, sizeof sample, 1, file) == 1;
    return fclose(file) == 0 && done ? 0 : 1;
}
