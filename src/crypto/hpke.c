/* hpke.c - see hpke.h; over libsodium's X25519. Names are those of RFC 9180. */
#include "crypto/hpke.h"

#include <sodium.h>

#include "crypto/crypto.h"

_Static_assert(crypto_scalarmult_curve25519_BYTES == HPKE_KEY_BYTES, "X25519");

enum { HASH_BYTES = 32, MODE_BASE = 0 };
static const char version[] = "HPKE-v1";

/* Of the suite: what goes into each hash. The last two bytes of HPKE's are the AEAD's number. */
enum { SUITE_MAX = 10 };
struct suite {
    uint8_t id[SUITE_MAX];
    size_t size;
};
static const struct suite kem_suite = {{'K', 'E', 'M', 0, 0x20}, 5};

static struct suite hpke_suite(uint16_t aead) {
    return (struct suite){{'H', 'P', 'K', 'E', 0, 0x20, 0, 1, (uint8_t)(aead >> 8),
                           (uint8_t)aead}, SUITE_MAX};
}

/* --- HKDF with labels, section 4 --- */

/* Bytes one behind the other, to be hashed. The longest are those for a key: two bytes of length,
 * version, suite, label, the key schedule's context, and one that counts. */
struct joined {
    uint8_t bytes[128];
    size_t size;
};
_Static_assert(2 + sizeof version - 1 + SUITE_MAX + sizeof "shared_secret" - 1 + 1 + 2 * HASH_BYTES
               + 1 <= 128 && sizeof version - 1 + SUITE_MAX + sizeof "info_hash" - 1 +
               HPKE_INFO_MAX <= 128, "it fits");

static void join(struct joined *j, const void *bytes, size_t size) {
    memcpy(j->bytes + j->size, bytes, size);
    j->size += size;
}

static void join_label(struct joined *j, const struct suite *suite, const char *label) {
    join(j, version, sizeof version - 1);
    join(j, suite->id, suite->size);
    join(j, label, strlen(label));
}

/* Of what is secret nothing stays. */
static nacre_status hash(const uint8_t *key, size_t key_size, struct joined *j,
                         uint8_t result[HASH_BYTES]) {
    nacre_status status = crypto_hmac(key, key_size, j->bytes, j->size, result);
    crypto_clear(j, sizeof *j);
    return status;
}

/* An empty salt is as good as none. */
static nacre_status extract(const uint8_t *salt, size_t salt_size, const struct suite *suite,
                            const char *label, const uint8_t *ikm, size_t size,
                            uint8_t prk[HASH_BYTES]) {
    struct joined j = {.size = 0};
    join_label(&j, suite, label);
    join(&j, ikm, size);
    return hash(salt, salt_size, &j, prk);
}

/* At most one hash of bytes. */
static nacre_status expand(const uint8_t prk[HASH_BYTES], const struct suite *suite,
                           const char *label, const uint8_t *info, size_t info_size,
                           uint8_t *result, size_t size) {
    const uint8_t length[2] = {0, (uint8_t)size}, first = 1;
    uint8_t all[HASH_BYTES];
    struct joined j = {.size = 0};
    join(&j, length, sizeof length);
    join_label(&j, suite, label);
    join(&j, info, info_size);
    join(&j, &first, 1);
    nacre_status status = hash(prk, HASH_BYTES, &j, all);
    if (!status) memcpy(result, all, size);
    crypto_clear(all, sizeof all);
    return status;
}

/* --- DHKEM, section 4.1 --- */

void hpke_public_key(const uint8_t *secret_key, uint8_t *public_key) {
    (void)crypto_scalarmult_curve25519_base(public_key, secret_key);
}

/* False: the result does not depend on the secret key, as the point is of a small order. */
static bool multiply(const uint8_t *secret_key, const uint8_t *public_key, uint8_t *dh) {
    return crypto_scalarmult_curve25519(dh, secret_key, public_key) == 0;
}

static nacre_status shared_secret(const uint8_t dh[HPKE_KEY_BYTES], const uint8_t *enc,
                                  const uint8_t *public_key, uint8_t shared[HASH_BYTES]) {
    uint8_t context[2 * HPKE_KEY_BYTES], prk[HASH_BYTES];
    static const uint8_t none[1];
    memcpy(context, enc, HPKE_KEY_BYTES);
    memcpy(context + HPKE_KEY_BYTES, public_key, HPKE_KEY_BYTES);
    nacre_status status = extract(none, 0, &kem_suite, "eae_prk", dh, HPKE_KEY_BYTES, prk);
    if (!status)
        status = expand(prk, &kem_suite, "shared_secret", context, sizeof context, shared,
                        HASH_BYTES);
    crypto_clear(prk, sizeof prk);
    return status;
}

/* --- The key schedule, section 5.1 --- */

static nacre_status schedule(const uint8_t shared[HASH_BYTES], const struct hpke_purpose *purpose,
                             struct hpke_message *message) {
    static const uint8_t none[1];
    const struct suite suite = hpke_suite(purpose->aead);
    uint8_t context[1 + 2 * HASH_BYTES] = {MODE_BASE}, secret[HASH_BYTES];
    TRY(extract(none, 0, &suite, "psk_id_hash", none, 0, context + 1));
    TRY(extract(none, 0, &suite, "info_hash", purpose->info, purpose->info_size,
                context + 1 + HASH_BYTES));
    nacre_status status = extract(shared, HASH_BYTES, &suite, "secret", none, 0, secret);
    if (!status)
        status = expand(secret, &suite, "key", context, sizeof context, message->key,
                        sizeof message->key);
    if (!status)
        status = expand(secret, &suite, "base_nonce", context, sizeof context, message->nonce,
                        sizeof message->nonce);
    crypto_clear(secret, sizeof secret);
    return status;
}

static nacre_status derive(uint8_t dh[HPKE_KEY_BYTES], const uint8_t *enc,
                           const uint8_t *public_key, const struct hpke_purpose *purpose,
                           struct hpke_message *message) {
    uint8_t shared[HASH_BYTES];
    nacre_status status = shared_secret(dh, enc, public_key, shared);
    crypto_clear(dh, HPKE_KEY_BYTES);
    if (!status) status = schedule(shared, purpose, message);
    crypto_clear(shared, sizeof shared);
    return status;
}

nacre_status hpke_send(const uint8_t *public_key, const uint8_t *ephemeral,
                       const struct hpke_purpose *purpose, uint8_t *enc,
                       struct hpke_message *message) {
    uint8_t dh[HPKE_KEY_BYTES];
    if (!multiply(ephemeral, public_key, dh)) return NACRE_ARGUMENT;
    hpke_public_key(ephemeral, enc);
    return derive(dh, enc, public_key, purpose, message);
}

nacre_status hpke_receive(const uint8_t *secret_key, const uint8_t *enc,
                          const struct hpke_purpose *purpose, struct hpke_message *message) {
    uint8_t dh[HPKE_KEY_BYTES], public_key[HPKE_KEY_BYTES];
    if (!multiply(secret_key, enc, dh)) return NACRE_INTEGRITY;
    hpke_public_key(secret_key, public_key);
    return derive(dh, enc, public_key, purpose, message);
}
