/* argon.c - see crypto.h; over libsodium. Enclaves have no_argon instead. */
#include "crypto/crypto.h"

#include <sodium.h>

_Static_assert(crypto_pwhash_argon2id_SALTBYTES == 16, "Argon2id");

nacre_status crypto_argon2id(const uint8_t *passphrase, size_t size, const uint8_t salt[16],
                             uint32_t passes, uint32_t kibibytes, uint8_t key[32]) {
    int failed = crypto_pwhash_argon2id(key, 32, (const char *)passphrase, size, salt, passes,
                                        (size_t)kibibytes * 1024,
                                        crypto_pwhash_argon2id_ALG_ARGON2ID13);
    return failed ? NACRE_NO_MEMORY : NACRE_OK;
}
