/* bake.c - images of programs behind an enclave's ELF file; see sign.h */
#include <stdlib.h>

#include "client/client.h"
#include "image/image.h"
#include "sgx/sign/sign.h"

static uint64_t pages_up(uint64_t bytes) {
    return (bytes + SGX_PAGE - 1) / SGX_PAGE * SGX_PAGE;
}

/* Can an enclave run it? The enclave will look at it as closely as at any other. */
static nacre_status check(const char *path, const struct file_bytes *program,
                          struct image_note *note, nacre_error *error) {
    nacre_error inner;
    nacre_status status = image_look(program->bytes, program->size, note, &inner);
    if (status != NACRE_OK) return client_fail(error, status, "%s: %s", path, inner.text);
    if (note->machine != IMAGE_X86_64)
        return client_fail(error, NACRE_UNSUPPORTED,
                           "%s: compiled for another processor; compile with --target x86-64",
                           path);
    if (!(note->flags & IMAGE_EXPLICIT_BOUNDS))
        return client_fail(error, NACRE_UNSUPPORTED,
                           "%s: relies on guard pages, which enclaves don't have; compile with "
                           "--bounds explicit", path);
    if (note->flags & IMAGE_CONTINUATION)
        return client_fail(error, NACRE_UNSUPPORTED, "%s: one loop, and no program", path);
    return NACRE_OK;
}

/* Makes the file whole pages with room for so many bytes more, which are zeros. */
static nacre_status grow(struct file_bytes *file, uint64_t more, nacre_error *error) {
    uint64_t size = pages_up(file->size), whole = size + pages_up(more);
    uint8_t *bytes = realloc(file->bytes, (size_t)whole + 1);
    if (!bytes) return client_fail(error, NACRE_NO_MEMORY, "no memory for the enclave");
    memset(bytes + file->size, 0, (size_t)(whole + 1 - file->size));
    file->bytes = bytes;
    file->size = whole;
    return NACRE_OK;
}

static nacre_status append(struct file_bytes *file, const char *path, struct enclave_baked *baked,
                           nacre_error *error) {
    struct file_bytes program = {0};
    struct image_note note;
    TRY(file_bytes_load(path, &program, error));
    nacre_status status = check(path, &program, &note, error);
    const uint64_t at = file->size;
    if (status == NACRE_OK) status = grow(file, program.size, error);
    if (status == NACRE_OK) {
        memcpy(file->bytes + at, program.bytes, (size_t)program.size);
        *baked = (struct enclave_baked){.size = program.size, .code_offset = note.text.offset,
                                        .code_size = pages_up(note.text.count)};
    }
    file_bytes_free(&program);
    return status;
}

static nacre_status reopen(struct file_bytes *file, struct enclave_image *image,
                           nacre_error *error) {
    const char *text;
    nacre_status status = enclave_image_open(image, file->bytes, file->size, &text);
    return status == NACRE_OK ? status : client_fail(error, status, "%s", text);
}

nacre_status enclave_bake(struct file_bytes *file, struct enclave_image *image,
                          const nacre_enclave_options *options, nacre_error *error) {
    struct enclave_baked baked[ENCLAVE_BAKED_MAX];
    if (options->image_count > ENCLAVE_BAKED_MAX)
        return client_fail(error, NACRE_LIMIT, "an enclave has at most %d images",
                           (int)ENCLAVE_BAKED_MAX);
    if (image->config->baked_count > 0) file->size = image->signature->baked_file_offset;
    image->config->baked_count = 0;
    memset(image->config->baked, 0, sizeof image->config->baked);
    TRY(grow(file, 0, error));
    const uint64_t from = file->size;
    for (size_t i = 0; i < options->image_count; i++)
        TRY(append(file, options->images[i], &baked[i], error));
    TRY(reopen(file, image, error)); /* without images: where everything is now */
    image->signature->baked_file_offset = from;
    image->config->baked_count = (uint32_t)options->image_count;
    memcpy(image->config->baked, baked, options->image_count * sizeof baked[0]);
    return reopen(file, image, error);
}
