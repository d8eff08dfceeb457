/* crypto.h - cryptography for the trusted core, over Mbed TLS and libsodium. */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include "base/base.h"

/* SHA-256 (FIPS 180-4). */
void crypto_sha256(const uint8_t *bytes, size_t size, uint8_t digest[32]);

/* The same of bytes that come one after the other. What begin succeeded with has to be ended,
 * which gives the digest and releases what it took. NACRE_NO_MEMORY. */
struct crypto_sha256_stream {
    void *state[4];
};
nacre_status crypto_sha256_begin(struct crypto_sha256_stream *stream);
void crypto_sha256_add(struct crypto_sha256_stream *stream, const uint8_t *bytes, size_t size);
void crypto_sha256_end(struct crypto_sha256_stream *stream, uint8_t digest[32]);

/* Ed25519 (RFC 8032). A secret key is 32 random bytes. Signatures are the same every time, and
 * the verification takes no points of small order nor numbers that are not reduced. */
void crypto_ed25519_public_key(const uint8_t secret_key[32], uint8_t public_key[32]);
void crypto_ed25519_sign(const uint8_t secret_key[32], const uint8_t *bytes, size_t size,
                         uint8_t signature[64]);
bool crypto_ed25519_verify(const uint8_t public_key[32], const uint8_t *bytes, size_t size,
                           const uint8_t signature[64]);

/* AES-256-GCM (NIST SP 800-38D) with a nonce of 96 bits, which a key may meet but once, and a tag
 * of 128. What begin succeeded with has to be ended, stays where it is, and is for one thread at
 * a time. NACRE_NO_MEMORY; opening: NACRE_INTEGRITY, and nothing in `plain`, if anything was
 * changed. In place is allowed. */
struct crypto_gcm {
    _Alignas(16) uint8_t state[512];
    bool is_fast; /* and looks at the tag before anything is in `plain`, not afterwards */
};
nacre_status crypto_gcm_begin(struct crypto_gcm *gcm, const uint8_t key[32]);
nacre_status crypto_gcm_seal(struct crypto_gcm *gcm, const uint8_t nonce[12],
                             const uint8_t *extra, size_t extra_size, const uint8_t *plain,
                             size_t size, uint8_t *sealed, uint8_t tag[16]);
nacre_status crypto_gcm_open(struct crypto_gcm *gcm, const uint8_t nonce[12],
                             const uint8_t *extra, size_t extra_size, const uint8_t *sealed,
                             size_t size, const uint8_t tag[16], uint8_t *plain);
void crypto_gcm_end(struct crypto_gcm *gcm);

/* HMAC-SHA-256 (RFC 2104). NACRE_NO_MEMORY. */
nacre_status crypto_hmac(const uint8_t *key, size_t key_size, const uint8_t *bytes, size_t size,
                         uint8_t mac[32]);

/* SipHash-2-4 (Aumasson and Bernstein, 2012). */
uint64_t crypto_siphash(const uint8_t key[16], const uint8_t *bytes, size_t size);

/* Argon2id (RFC 9106) in one lane: a key from a passphrase, at a price of time and of memory, of
 * which there are at least 8 KiB. NACRE_NO_MEMORY; NACRE_UNSUPPORTED in enclaves, which are too
 * small for it. */
nacre_status crypto_argon2id(const uint8_t *passphrase, size_t size, const uint8_t salt[16],
                             uint32_t passes, uint32_t kibibytes, uint8_t key[32]);

/* AES-128-CMAC (RFC 4493). NACRE_NO_MEMORY. */
nacre_status crypto_cmac(const uint8_t key[16], const uint8_t *bytes, size_t size,
                         uint8_t mac[16]);

/* Clears what nobody may find later. */
void crypto_clear(void *bytes, size_t size);

/* Are they the same? In the same time wherever they differ. */
bool crypto_equal(const uint8_t *a, const uint8_t *b, size_t size);

#endif
