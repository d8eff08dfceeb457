/* sha256.c - see crypto.h */
#include "crypto/crypto.h"

#include <mbedtls/sha256.h>
#include <mbedtls/version.h>

/* Software SHA-256 over one buffer can't fail: the result says only that no accelerator did. */
void crypto_sha256(const uint8_t *bytes, size_t size, uint8_t digest[32]) {
    static const uint8_t nothing[1];
    const uint8_t *from = size ? bytes : nothing;
#if MBEDTLS_VERSION_MAJOR >= 3
    (void)mbedtls_sha256(from, size, digest, 0);
#else
    (void)mbedtls_sha256_ret(from, size, digest, 0);
#endif
}
