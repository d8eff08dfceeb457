/* sha256.c - see crypto.h */
#include "crypto/crypto.h"

#include <mbedtls/md.h>

/* Through mbedtls_md, which is the same in Mbed TLS 2.28 and 3: of one buffer, by software, it
 * can't fail. */
void crypto_sha256(const uint8_t *bytes, size_t size, uint8_t digest[32]) {
    static const uint8_t nothing[1];
    (void)mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), size ? bytes : nothing, size,
                     digest);
}
