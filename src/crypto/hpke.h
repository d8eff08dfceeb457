/*
 * hpke.h - encryption for whoever has the secret key of a public one: HPKE (RFC 9180) in base
 * mode, by DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256. It gives the key and the nonce of a
 * context's first message, which is the only one: the caller encrypts. Anybody can have sent it.
 */
#ifndef CRYPTO_HPKE_H
#define CRYPTO_HPKE_H

#include "base/base.h"

enum { HPKE_KEY_BYTES = 32, HPKE_INFO_MAX = 64 };

/* What a context is for. */
struct hpke_purpose {
    uint16_t aead; /* HPKE_AES_256_GCM; its key has 32 bytes, and its nonce 12 */
    const uint8_t *info;
    size_t info_size; /* at most HPKE_INFO_MAX */
};
enum { HPKE_AES_256_GCM = 2 };

struct hpke_message {
    uint8_t key[32], nonce[12];
};

/* A secret key is 32 random bytes. */
void hpke_public_key(const uint8_t secret_key[HPKE_KEY_BYTES],
                     uint8_t public_key[HPKE_KEY_BYTES]);

/* ephemeral: a secret key for this time only. `enc` goes to the receiver. NACRE_ARGUMENT: it is no
 * public key; NACRE_NO_MEMORY. */
nacre_status hpke_send(const uint8_t public_key[HPKE_KEY_BYTES],
                       const uint8_t ephemeral[HPKE_KEY_BYTES],
                       const struct hpke_purpose *purpose, uint8_t enc[HPKE_KEY_BYTES],
                       struct hpke_message *message);

/* NACRE_INTEGRITY: `enc` can't be one. Others give a key that opens nothing. NACRE_NO_MEMORY. */
nacre_status hpke_receive(const uint8_t secret_key[HPKE_KEY_BYTES],
                          const uint8_t enc[HPKE_KEY_BYTES], const struct hpke_purpose *purpose,
                          struct hpke_message *message);

#endif
