/* argon.c - instead of crypto/argon.c, where nobody is asked for a passphrase. */
#include "crypto/crypto.h"

nacre_status crypto_argon2id(const uint8_t *passphrase, size_t size, const uint8_t salt[16],
                             uint32_t passes, uint32_t kibibytes, uint8_t key[32]) {
    (void)passphrase, (void)size, (void)salt, (void)passes, (void)kibibytes, (void)key;
    return NACRE_UNSUPPORTED;
}
