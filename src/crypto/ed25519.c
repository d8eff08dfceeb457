/* ed25519.c - see crypto.h; over libsodium */
#include "crypto/crypto.h"

#include <sodium.h>

_Static_assert(crypto_sign_SEEDBYTES == 32 && crypto_sign_PUBLICKEYBYTES == 32 &&
               crypto_sign_BYTES == 64, "Ed25519");

void crypto_ed25519_public_key(const uint8_t secret_key[32], uint8_t public_key[32]) {
    uint8_t pair[crypto_sign_SECRETKEYBYTES];
    (void)crypto_sign_seed_keypair(public_key, pair, secret_key);
    sodium_memzero(pair, sizeof pair);
}

void crypto_ed25519_sign(const uint8_t secret_key[32], const uint8_t *bytes, size_t size,
                         uint8_t signature[64]) {
    uint8_t pair[crypto_sign_SECRETKEYBYTES], public_key[crypto_sign_PUBLICKEYBYTES];
    (void)crypto_sign_seed_keypair(public_key, pair, secret_key);
    (void)crypto_sign_detached(signature, NULL, bytes, size, pair);
    sodium_memzero(pair, sizeof pair);
}

bool crypto_ed25519_verify(const uint8_t public_key[32], const uint8_t *bytes, size_t size,
                           const uint8_t signature[64]) {
    return crypto_sign_verify_detached(signature, bytes, size, public_key) == 0;
}
