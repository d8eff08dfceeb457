/* hmac.c - see crypto.h; over Mbed TLS, and libsodium for SipHash */
#include "crypto/crypto.h"

#include <mbedtls/md.h>
#include <sodium.h>

_Static_assert(crypto_shorthash_BYTES == 8 && crypto_shorthash_KEYBYTES == 16, "SipHash-2-4");

nacre_status crypto_hmac(const uint8_t *key, size_t key_size, const uint8_t *bytes, size_t size,
                         uint8_t mac[32]) {
    int failed = mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), key, key_size,
                                 bytes, size, mac);
    return failed ? NACRE_NO_MEMORY : NACRE_OK;
}

uint64_t crypto_siphash(const uint8_t key[16], const uint8_t *bytes, size_t size) {
    uint8_t hash[8];
    (void)crypto_shorthash(hash, bytes, size, key);
    return load_u64(hash);
}
