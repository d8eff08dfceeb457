/* cmac.c - see crypto.h; over Mbed TLS */
#include "crypto/crypto.h"

#include <mbedtls/cipher.h>
#include <mbedtls/cmac.h>

nacre_status crypto_cmac(const uint8_t key[16], const uint8_t *bytes, size_t size,
                         uint8_t mac[16]) {
    const mbedtls_cipher_info_t *aes = mbedtls_cipher_info_from_type(MBEDTLS_CIPHER_AES_128_ECB);
    return mbedtls_cipher_cmac(aes, key, 128, bytes, size, mac) ? NACRE_NO_MEMORY : NACRE_OK;
}
