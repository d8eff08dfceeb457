/* gcm.c - see crypto.h; over Mbed TLS */
#include "crypto/crypto.h"

#include <mbedtls/gcm.h>

enum { KEY_BITS = 256, NONCE_BYTES = 12, TAG_BYTES = 16 };

static nacre_status begin(mbedtls_gcm_context *gcm, const uint8_t key[32]) {
    mbedtls_gcm_init(gcm);
    int failed = mbedtls_gcm_setkey(gcm, MBEDTLS_CIPHER_ID_AES, key, KEY_BITS);
    return failed ? NACRE_NO_MEMORY : NACRE_OK;
}

nacre_status crypto_gcm_seal(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *extra,
                             size_t extra_size, const uint8_t *plain, size_t size,
                             uint8_t *sealed, uint8_t tag[16]) {
    mbedtls_gcm_context gcm;
    nacre_status status = begin(&gcm, key);
    if (status == NACRE_OK &&
        mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, size, nonce, NONCE_BYTES, extra,
                                  extra_size, plain, sealed, TAG_BYTES, tag))
        status = NACRE_NO_MEMORY;
    mbedtls_gcm_free(&gcm);
    return status;
}

nacre_status crypto_gcm_open(const uint8_t key[32], const uint8_t nonce[12], const uint8_t *extra,
                             size_t extra_size, const uint8_t *sealed, size_t size,
                             const uint8_t tag[16], uint8_t *plain) {
    mbedtls_gcm_context gcm;
    nacre_status status = begin(&gcm, key);
    if (status == NACRE_OK &&
        mbedtls_gcm_auth_decrypt(&gcm, size, nonce, NONCE_BYTES, extra, extra_size, tag,
                                 TAG_BYTES, sealed, plain))
        status = NACRE_INTEGRITY;
    mbedtls_gcm_free(&gcm);
    return status;
}
