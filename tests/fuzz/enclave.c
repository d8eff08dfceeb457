/*
 * enclave.c - fuzz target: a hostile file of an enclave is refused, or its pages lie in the file
 * and follow each other. The input's first byte says what the file is: with 0 the rest of the
 * input, else one that is whole but for changes: offset (two bytes), and what becomes of the eight
 * bytes there. With 2 it is laid out again, as a signer does; else it may be laid out anyhow.
 */
#include <stdlib.h>

#include "support/enclave.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    uint64_t end, count;
    uint8_t sum;
};

/* Reads every byte, of as many pages as there is time for. */
static nacre_status look(void *env, const struct enclave_pages *pages) {
    struct seen *seen = env;
    if (pages->offset < seen->end || pages->count == 0 || pages->offset % SGX_PAGE) abort();
    if (pages->bytes)
        for (uint64_t i = 0; i < pages->count * SGX_PAGE; i++) seen->sum ^= pages->bytes[i];
    seen->end = pages->offset + pages->count * SGX_PAGE;
    return seen->count++ < 1000 ? NACRE_OK : NACRE_LIMIT;
}

static void ask(struct enclave_image *image, bool again) {
    struct seen seen = {0};
    bool is_laid_out = again ? enclave_image_lay_out(image) : enclave_image_is_laid_out(image);
    if (!is_laid_out) return;
    if (!enclave_image_is_laid_out(image)) abort();
    nacre_status status = enclave_image_pages(image, look, &seen);
    if (status != NACRE_OK && status != NACRE_LIMIT) abort();
    if (seen.end > image->config->size) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct enclave_image image;
    const char *text = NULL;
    if (size == 0) return 0;
    const uint8_t how = data[0] % 4;
    data++, size--;
    size_t file_size = how ? sizeof(struct enclave_sample) : size;
    uint8_t *file = malloc(file_size + 1);
    if (!file) abort();
    if (how == 0) {
        if (size) memcpy(file, data, size);
    } else {
        enclave_sample_fill((struct enclave_sample *)(void *)file);
        for (; size >= 10; data += 10, size -= 10) {
            size_t at = (size_t)data[0] | (size_t)data[1] << 8;
            if (at <= file_size - 8) memcpy(file + at, data + 2, 8);
        }
    }
    if (enclave_image_open(&image, file, file_size, &text) == NACRE_OK) ask(&image, how == 2);
    else if (!text) abort();
    free(file);
    return 0;
}
