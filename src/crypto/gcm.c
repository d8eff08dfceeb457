/* gcm.c - see crypto.h; over libsodium where the processor has instructions for AES that it uses,
 * else over Mbed TLS, which is eight times slower for blocks of 4 KiB */
#include "crypto/config.h"
#include "crypto/crypto.h"

#include <mbedtls/gcm.h>
#include <sodium.h>

enum { KEY_BITS = 256, NONCE_BYTES = 12, TAG_BYTES = 16 };

_Static_assert(sizeof(mbedtls_gcm_context) <= sizeof(((struct crypto_gcm *)0)->state) &&
               sizeof(crypto_aead_aes256gcm_state) <= sizeof(((struct crypto_gcm *)0)->state),
               "it fits");

static mbedtls_gcm_context *portable(struct crypto_gcm *gcm) { return (void *)gcm->state; }
static crypto_aead_aes256gcm_state *fast(struct crypto_gcm *gcm) { return (void *)gcm->state; }

nacre_status crypto_gcm_begin(struct crypto_gcm *gcm, const uint8_t key[32]) {
    gcm->is_fast = CONFIG_HAS_AES;
    if (gcm->is_fast) {
        (void)crypto_aead_aes256gcm_beforenm(fast(gcm), key);
        return NACRE_OK;
    }
    mbedtls_gcm_init(portable(gcm));
    if (!mbedtls_gcm_setkey(portable(gcm), MBEDTLS_CIPHER_ID_AES, key, KEY_BITS)) return NACRE_OK;
    mbedtls_gcm_free(portable(gcm));
    return NACRE_NO_MEMORY;
}

nacre_status crypto_gcm_seal(struct crypto_gcm *gcm, const uint8_t nonce[12],
                             const uint8_t *extra, size_t extra_size, const uint8_t *plain,
                             size_t size, uint8_t *sealed, uint8_t tag[16]) {
    int failed = gcm->is_fast
                     ? crypto_aead_aes256gcm_encrypt_detached_afternm(
                           sealed, tag, NULL, plain, size, extra, extra_size, NULL, nonce,
                           fast(gcm))
                     : mbedtls_gcm_crypt_and_tag(portable(gcm), MBEDTLS_GCM_ENCRYPT, size, nonce,
                                                 NONCE_BYTES, extra, extra_size, plain, sealed,
                                                 TAG_BYTES, tag);
    return failed ? NACRE_NO_MEMORY : NACRE_OK;
}

nacre_status crypto_gcm_open(struct crypto_gcm *gcm, const uint8_t nonce[12],
                             const uint8_t *extra, size_t extra_size, const uint8_t *sealed,
                             size_t size, const uint8_t tag[16], uint8_t *plain) {
    int failed = gcm->is_fast
                     ? crypto_aead_aes256gcm_decrypt_detached_afternm(
                           plain, NULL, sealed, size, tag, extra, extra_size, nonce, fast(gcm))
                     : mbedtls_gcm_auth_decrypt(portable(gcm), size, nonce, NONCE_BYTES, extra,
                                                extra_size, tag, TAG_BYTES, sealed, plain);
    return failed ? NACRE_INTEGRITY : NACRE_OK;
}

void crypto_gcm_end(struct crypto_gcm *gcm) {
    if (!gcm->is_fast) mbedtls_gcm_free(portable(gcm));
    crypto_clear(gcm, sizeof *gcm);
}
