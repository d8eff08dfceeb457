/* crypto.h - cryptography for the trusted core, over Mbed TLS. */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include "base/base.h"

/* SHA-256 (FIPS 180-4). */
void crypto_sha256(const uint8_t *bytes, size_t size, uint8_t digest[32]);

#endif
