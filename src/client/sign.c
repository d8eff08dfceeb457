/* sign.c - putting a signature behind an image; see image/image.h for what it is over. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/client.h"
#include "crypto/crypto.h"
#include "image/image.h"
#include "port/posix/posix.h"

void nacre_key_public(const uint8_t secret_key[32], uint8_t public_key[32]) {
    crypto_ed25519_public_key(secret_key, public_key);
}

/* What the image grew by goes behind what is in the file already. */
static nacre_status append(int fd, const uint8_t *bytes, uint64_t old, uint64_t size,
                           nacre_error *error) {
    while (old < size) {
        ssize_t put = pwrite(fd, bytes + old, size - old, (off_t)old);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return client_fail_io(error, "the image", put < 0 ? errno : EIO);
        old += (uint64_t)put;
    }
    return NACRE_OK;
}

nacre_status sign_image(int fd, const uint8_t secret_key[32], nacre_error *error) {
    const struct allocator *allocator = port_posix_allocator();
    struct stat info;
    struct image_proof proof;
    if (fstat(fd, &info) != 0) return client_fail_io(error, "the image", errno);
    uint64_t old = (uint64_t)info.st_size, size = old;
    uint8_t *bytes = malloc(old);
    if (!bytes) return client_fail(error, NACRE_NO_MEMORY, "%s", "");
    nacre_status status = NACRE_OK;
    if (pread(fd, bytes, old, 0) != (ssize_t)old)
        status = client_fail(error, NACRE_IO, "the image can't be read again");
    if (status == NACRE_OK) {
        crypto_ed25519_public_key(secret_key, proof.key);
        crypto_ed25519_sign(secret_key, bytes, old, proof.signature);
        status = image_proof_append(&proof, allocator, &bytes, &size);
    }
    if (status == NACRE_OK) status = append(fd, bytes, old, size, error);
    free(bytes); /* the allocator's memory is malloc's: see port/posix/posix.h */
    return status;
}
