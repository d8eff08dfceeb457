/* sign.h - what implements nacre/enclave.h; hosted code for Linux, outside of the trusted core. */
#ifndef SGX_SIGN_SIGN_H
#define SGX_SIGN_SIGN_H

#include <sys/types.h>

#include <nacre/enclave.h>

#include "crypto/rsa.h"
#include "sgx/image.h"

/* --- Files (file.c) --- */

/* A whole file in memory, with a NUL behind it that the size does not count. */
struct file_bytes {
    uint8_t *bytes; /* malloc's */
    uint64_t size;
    mode_t mode;
};
/* NACRE_NOT_FOUND, NACRE_IO, NACRE_NO_MEMORY. */
nacre_status file_bytes_load(const char *path, struct file_bytes *file, nacre_error *error);
/* Leaves them at `path`, whole or not at all. NACRE_IO, NACRE_ARGUMENT. */
nacre_status file_bytes_replace(const char *path, const struct file_bytes *file,
                                nacre_error *error);
/* Clears them, too. */
void file_bytes_free(struct file_bytes *file);

/* --- Keys (key.c) --- */

int enclave_random(void *env, unsigned char *bytes, size_t size);
nacre_status enclave_key_load(const char *path, struct rsa_key **key, nacre_error *error);

/* --- Programs in it (bake.c) --- */

/* Puts images in the place of those that are in the enclave, which has to be laid out after that.
 * The file's bytes move, and the image with them. */
nacre_status enclave_bake(struct file_bytes *file, struct enclave_image *image,
                          const nacre_enclave_options *options, nacre_error *error);

#endif
