/*
 * rsa.h - RSA with 3072 bits and the public exponent 3, PKCS #1 v1.5 and SHA-256: what Intel's
 * processors want enclaves to be signed with, and nothing else. Over Mbed TLS.
 *
 * Numbers are little-endian, as those processors have them. A key is used by one thread at a time.
 */
#ifndef CRYPTO_RSA_H
#define CRYPTO_RSA_H

#include "base/base.h"

enum { RSA_BYTES = 384, RSA_PEM_BYTES = 4096 };

/* A secret key. */
struct rsa_key;

/* Fills in random bytes, fit for keys; returns 0, or anything else when there are none. */
typedef int (*rsa_random)(void *env, unsigned char *bytes, size_t size);

/* NACRE_NO_MEMORY, NACRE_IO (no random bytes). Takes about a second. */
nacre_status rsa_generate(rsa_random random, void *env, struct rsa_key **key);

/* Reads a key as PEM, PKCS #1 or #8, without a password. The text's end is a NUL, which size
 * counts. NACRE_MALFORMED (no key in it), NACRE_UNSUPPORTED (of another kind), NACRE_NO_MEMORY. */
nacre_status rsa_read(const char *pem, size_t size, rsa_random random, void *env,
                      struct rsa_key **key);
/* As PEM, PKCS #1, with a NUL. NACRE_NO_MEMORY. */
nacre_status rsa_write(const struct rsa_key *key, char pem[RSA_PEM_BYTES]);
/* NULL is allowed. */
void rsa_destroy(struct rsa_key *key);

nacre_status rsa_modulus(const struct rsa_key *key, uint8_t modulus[RSA_BYTES]);

/* Signs a SHA-256 digest. Signatures are the same every time; random numbers hide the key from who
 * measures times. NACRE_NO_MEMORY, NACRE_IO (no random bytes). */
nacre_status rsa_sign(struct rsa_key *key, const uint8_t digest[32], rsa_random random, void *env,
                      uint8_t signature[RSA_BYTES]);

/* Is it the digest's signature by the modulus's owner? False also when there is no memory. */
bool rsa_verify(const uint8_t modulus[RSA_BYTES], const uint8_t digest[32],
                const uint8_t signature[RSA_BYTES]);

/* What spares a verifier divisions: q1 = floor(s^2 / m), q2 = floor((s^3 - q1 s m) / m).
 * NACRE_MALFORMED (not s < m), NACRE_NO_MEMORY. */
nacre_status rsa_quotients(const uint8_t modulus[RSA_BYTES], const uint8_t signature[RSA_BYTES],
                           uint8_t q1[RSA_BYTES], uint8_t q2[RSA_BYTES]);

#endif
