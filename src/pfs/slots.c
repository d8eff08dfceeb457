/*
 * slots.c - see slots.h. A slot:
 *
 *   0    its kind; 0: it is free, and all of it zero
 *   1    passphrase: 1, for Argon2id      sealed: enum port_seal_to
 *   2    sealed: enum pfs_identity
 *   4    passphrase: passes, KiB of memory: 32 bits each
 *   16   passphrase: 16 random bytes     recipient: half of the SHA-256 of the key
 *   32   recipient: what HPKE sends
 *   64   nonce, 16 bytes of which 12 are in use; recipient: 0, as HPKE gives one
 *   80   tag
 *   96   the keys, encrypted; sealed: with PORT_SEAL_BYTES more, and neither nonce nor tag
 *
 * What is not in use is zero. The first 64 bytes, and where the slot is, are part of what the tag
 * is about. What is sealed is bound to the volume, and to an identity that stands nowhere: who
 * opens it knows its own. Nothing of a slot is authenticated before it is opened: its numbers have
 * limits.
 */
#include "pfs/slots.h"

#include "crypto/crypto.h"
#include "crypto/hpke.h"

enum {
    AT_KIND = 0,
    AT_ALGORITHM = 1,
    AT_SEAL_TO = 1,
    AT_IDENTITY = 2,
    AT_PASSES = 4,
    AT_KIBIBYTES = 8,
    AT_SALT = 16,
    AT_RECIPIENT = 16,
    AT_ENC = 32,
    AT_NONCE = 64,
    AT_TAG = 80,
    AT_KEYS = 96
};

/* Argon2id: the second choice of RFC 9106, and what a file may ask for. */
enum {
    SALT_BYTES = 16,
    ARGON2ID = 1,
    PASSES = 3,
    PASSES_MAX = 16,
    KIBIBYTES = 64 << 10,
    KIBIBYTES_MIN = 8 << 10,
    KIBIBYTES_MAX = 1 << 20
};

enum pfs_key_kind slot_kind(const uint8_t *slot) { return slot[AT_KIND]; }

/* --- What encrypts the keys --- */

struct wrapping {
    uint8_t key[KEY_BYTES], nonce[12];
};

static nacre_status file_find(const uint8_t *slot, const struct pfs_key *key,
                              struct wrapping *wrapping) {
    memcpy(wrapping->key, key->bytes, KEY_BYTES);
    memcpy(wrapping->nonce, slot + AT_NONCE, sizeof wrapping->nonce);
    return NACRE_OK;
}

static nacre_status file_make(uint8_t *slot, const struct port *port, const struct pfs_key *key,
                              struct wrapping *wrapping) {
    TRY(port->random(port->context, slot + AT_NONCE, sizeof wrapping->nonce));
    return file_find(slot, key, wrapping);
}

static nacre_status passphrase_find(const uint8_t *slot, const struct pfs_key *key,
                                    struct wrapping *wrapping) {
    uint32_t passes = load_u32(slot + AT_PASSES), kibibytes = load_u32(slot + AT_KIBIBYTES);
    if (slot[AT_ALGORITHM] != ARGON2ID || passes < 1 || passes > PASSES_MAX ||
        kibibytes < KIBIBYTES_MIN || kibibytes > KIBIBYTES_MAX)
        return NACRE_INTEGRITY;
    memcpy(wrapping->nonce, slot + AT_NONCE, sizeof wrapping->nonce);
    return crypto_argon2id(key->bytes, key->size, slot + AT_SALT, passes, kibibytes,
                           wrapping->key);
}

static nacre_status passphrase_make(uint8_t *slot, const struct port *port,
                                    const struct pfs_key *key, struct wrapping *wrapping) {
    slot[AT_ALGORITHM] = ARGON2ID;
    store_u32(slot + AT_PASSES, PASSES);
    store_u32(slot + AT_KIBIBYTES, KIBIBYTES);
    TRY(port->random(port->context, slot + AT_SALT, SALT_BYTES));
    TRY(port->random(port->context, slot + AT_NONCE, sizeof wrapping->nonce));
    return passphrase_find(slot, key, wrapping);
}

/* Whose slot it is, so that others need not try. */
enum { RECIPIENT_BYTES = 16 };
static void recipient_name(const uint8_t *public_key, uint8_t name[RECIPIENT_BYTES]) {
    uint8_t digest[32];
    crypto_sha256(public_key, HPKE_KEY_BYTES, digest);
    memcpy(name, digest, RECIPIENT_BYTES);
}

static const char hpke_info[] = "nacre pfs 1 recipient";
static const struct hpke_purpose hpke_purpose = {
    HPKE_AES_256_GCM, (const uint8_t *)hpke_info, sizeof hpke_info - 1};

static void take_message(struct wrapping *wrapping, struct hpke_message *message) {
    memcpy(wrapping->key, message->key, sizeof wrapping->key);
    memcpy(wrapping->nonce, message->nonce, sizeof wrapping->nonce);
    crypto_clear(message, sizeof *message);
}

static nacre_status recipient_make(uint8_t *slot, const struct port *port,
                                   const struct pfs_key *key, struct wrapping *wrapping) {
    uint8_t ephemeral[HPKE_KEY_BYTES];
    struct hpke_message message;
    recipient_name(key->bytes, slot + AT_RECIPIENT);
    nacre_status status = port->random(port->context, ephemeral, sizeof ephemeral);
    if (!status)
        status = hpke_send(key->bytes, ephemeral, &hpke_purpose, slot + AT_ENC, &message);
    crypto_clear(ephemeral, sizeof ephemeral);
    if (!status) take_message(wrapping, &message);
    return status;
}

static nacre_status secret_make(uint8_t *slot, const struct port *port, const struct pfs_key *key,
                                struct wrapping *wrapping) {
    uint8_t public_key[HPKE_KEY_BYTES];
    const struct pfs_key recipient = {.kind = PFS_KEY_RECIPIENT, .bytes = public_key};
    hpke_public_key(key->bytes, public_key);
    return recipient_make(slot, port, &recipient, wrapping);
}

static nacre_status secret_find(const uint8_t *slot, const struct pfs_key *key,
                                struct wrapping *wrapping) {
    uint8_t public_key[HPKE_KEY_BYTES], name[RECIPIENT_BYTES];
    struct hpke_message message;
    hpke_public_key(key->bytes, public_key);
    recipient_name(public_key, name);
    if (memcmp(name, slot + AT_RECIPIENT, sizeof name) != 0) return NACRE_INTEGRITY;
    TRY(hpke_receive(key->bytes, slot + AT_ENC, &hpke_purpose, &message));
    take_message(wrapping, &message);
    return NACRE_OK;
}

/* It opens nothing. */
static nacre_status recipient_find(const uint8_t *slot, const struct pfs_key *key,
                                   struct wrapping *wrapping) {
    (void)slot, (void)key, (void)wrapping;
    return NACRE_ARGUMENT;
}

/* How a slot for a kind of key is made, which is zero before but for its kind, and found again. */
static const struct way {
    nacre_status (*make)(uint8_t *slot, const struct port *port, const struct pfs_key *key,
                         struct wrapping *wrapping);
    nacre_status (*find)(const uint8_t *slot, const struct pfs_key *key,
                         struct wrapping *wrapping);
} ways[PFS_KEY_COUNT] = {
    [PFS_KEY_FILE] = {file_make, file_find},
    [PFS_KEY_PASSPHRASE] = {passphrase_make, passphrase_find},
    [PFS_KEY_RECIPIENT] = {recipient_make, recipient_find},
    [PFS_KEY_SECRET] = {secret_make, secret_find},
};

enum { BOUND_BYTES = SLOT_CONTEXT_BYTES + 4 + AT_NONCE };

static void bind(uint8_t bound[BOUND_BYTES], const uint8_t *slot, const struct slot_place *place) {
    memcpy(bound, place->volume, SLOT_CONTEXT_BYTES);
    store_u32(bound + SLOT_CONTEXT_BYTES, place->number);
    memcpy(bound + SLOT_CONTEXT_BYTES + 4, slot, AT_NONCE);
}

static nacre_status wrapped_fill(uint8_t *slot, const struct slot_place *place,
                                 const struct pfs_key *key, const uint8_t *keys) {
    uint8_t bound[BOUND_BYTES];
    struct wrapping wrapping;
    struct crypto_gcm gcm;
    nacre_status status = ways[key->kind].make(slot, place->port, key, &wrapping);
    if (!status) status = crypto_gcm_begin(&gcm, wrapping.key);
    if (!status) {
        bind(bound, slot, place);
        status = crypto_gcm_seal(&gcm, wrapping.nonce, bound, sizeof bound, keys, SLOT_KEYS_BYTES,
                                 slot + AT_KEYS, slot + AT_TAG);
        crypto_gcm_end(&gcm);
    }
    crypto_clear(&wrapping, sizeof wrapping);
    return status;
}

static nacre_status wrapped_open(const uint8_t *slot, const struct slot_place *place,
                                 const struct pfs_key *key, uint8_t *keys) {
    uint8_t bound[BOUND_BYTES];
    struct wrapping wrapping;
    struct crypto_gcm gcm;
    nacre_status status = ways[key->kind].find(slot, key, &wrapping);
    if (!status) status = crypto_gcm_begin(&gcm, wrapping.key);
    if (!status) {
        bind(bound, slot, place);
        status = crypto_gcm_open(&gcm, wrapping.nonce, bound, sizeof bound, slot + AT_KEYS,
                                 SLOT_KEYS_BYTES, slot + AT_TAG, keys);
        crypto_gcm_end(&gcm);
    }
    crypto_clear(&wrapping, sizeof wrapping);
    return status;
}

/* --- Sealed --- */

enum { IDENTITY_BYTES = 32 };
static const char seal_use[] = "nacre pfs 1";
enum { EXTRA_BYTES = sizeof seal_use - 1 + ID_BYTES + 1 + IDENTITY_BYTES };

_Static_assert(AT_KEYS + PORT_SEAL_BYTES + SLOT_KEYS_BYTES <= SLOT_BYTES, "it fits");

/* What is sealed is bound to. False: there is no such identity here. */
static bool seal_extra(uint8_t extra[EXTRA_BYTES], const struct slot_place *place,
                       const struct pfs_key *key, uint32_t identity) {
    uint8_t *at = extra + sizeof seal_use - 1;
    memset(extra, 0, EXTRA_BYTES);
    memcpy(extra, seal_use, sizeof seal_use - 1);
    memcpy(at, place->volume + SLOT_CONTEXT_BYTES - ID_BYTES, ID_BYTES);
    at[ID_BYTES] = (uint8_t)identity;
    if (identity == PFS_IDENTITY_NONE || identity >= PFS_IDENTITY_COUNT ||
        !key->identities[identity])
        return false;
    memcpy(at + ID_BYTES + 1, key->identities[identity], IDENTITY_BYTES);
    return true;
}

static nacre_status sealed_fill(uint8_t *slot, const struct slot_place *place,
                                const struct pfs_key *key, const uint8_t *keys) {
    const struct port *port = place->port;
    uint8_t extra[EXTRA_BYTES];
    if (!port->seal) return NACRE_UNSUPPORTED;
    if (!seal_extra(extra, place, key, key->seal_for)) return NACRE_ARGUMENT;
    slot[AT_SEAL_TO] = (uint8_t)key->seal_to;
    slot[AT_IDENTITY] = (uint8_t)key->seal_for;
    return port->seal->seal(port->context, key->seal_to, extra, sizeof extra, keys,
                            SLOT_KEYS_BYTES, slot + AT_KEYS);
}

static nacre_status sealed_open(const uint8_t *slot, const struct slot_place *place,
                                const struct pfs_key *key, uint8_t *keys) {
    const struct port *port = place->port;
    uint8_t extra[EXTRA_BYTES];
    if (!port->seal) return NACRE_UNSUPPORTED;
    if (!seal_extra(extra, place, key, slot[AT_IDENTITY])) return NACRE_INTEGRITY;
    return port->seal->unseal(port->context, extra, sizeof extra, slot + AT_KEYS,
                              PORT_SEAL_BYTES + SLOT_KEYS_BYTES, keys);
}

/* --- Any --- */

static bool key_valid(const struct pfs_key *key) {
    switch (key->kind) {
    case PFS_KEY_FILE:
    case PFS_KEY_RECIPIENT:
    case PFS_KEY_SECRET: return key->size == KEY_BYTES;
    case PFS_KEY_PASSPHRASE: return key->size > 0;
    case PFS_KEY_SEALED:
        return key->seal_for < PFS_IDENTITY_COUNT && key->seal_to < PORT_SEAL_TO_COUNT;
    default: return false;
    }
}

/* A slot is for a recipient, whoever made it. */
static enum pfs_key_kind kind_for(const struct pfs_key *key) {
    return key->kind == PFS_KEY_SECRET ? PFS_KEY_RECIPIENT : key->kind;
}

nacre_status slot_fill(uint8_t *slot, const struct slot_place *place, const struct pfs_key *key,
                       const uint8_t *keys) {
    if (!key_valid(key)) return NACRE_ARGUMENT;
    memset(slot, 0, SLOT_BYTES);
    slot[AT_KIND] = (uint8_t)kind_for(key);
    return key->kind == PFS_KEY_SEALED ? sealed_fill(slot, place, key, keys)
                                       : wrapped_fill(slot, place, key, keys);
}

nacre_status slot_open(const uint8_t *slot, const struct slot_place *place,
                       const struct pfs_key *key, uint8_t *keys) {
    if (!key_valid(key)) return NACRE_ARGUMENT;
    if (slot[AT_KIND] != kind_for(key)) return NACRE_INTEGRITY;
    return key->kind == PFS_KEY_SEALED ? sealed_open(slot, place, key, keys)
                                       : wrapped_open(slot, place, key, keys);
}
