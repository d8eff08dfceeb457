/*
 * slots.c - see slots.h. A slot:
 *
 *   0    its kind; 0: it is free, and all of it zero
 *   1    passphrase: 1, for Argon2id      sealed: enum port_seal_to
 *   2    sealed: enum pfs_identity
 *   4    passphrase: passes, KiB of memory: 32 bits each
 *   16   passphrase: 16 random bytes
 *   64   nonce, 16 bytes of which 12 are in use
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

enum {
    AT_KIND = 0,
    AT_ALGORITHM = 1,
    AT_SEAL_TO = 1,
    AT_IDENTITY = 2,
    AT_PASSES = 4,
    AT_KIBIBYTES = 8,
    AT_SALT = 16,
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

/* How a slot for a kind of key is made, which is zero before but for its kind, and found again. */
static const struct way {
    nacre_status (*make)(uint8_t *slot, const struct port *port, const struct pfs_key *key,
                         struct wrapping *wrapping);
    nacre_status (*find)(const uint8_t *slot, const struct pfs_key *key,
                         struct wrapping *wrapping);
} ways[PFS_KEY_COUNT] = {
    [PFS_KEY_FILE] = {file_make, file_find},
    [PFS_KEY_PASSPHRASE] = {passphrase_make, passphrase_find},
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
    if (identity == PFS_IDENTITY_NONE) return true;
    if (identity >= PFS_IDENTITY_COUNT || !key->identities[identity]) return false;
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
    case PFS_KEY_FILE: return key->size == KEY_BYTES;
    case PFS_KEY_PASSPHRASE: return key->size > 0;
    case PFS_KEY_SEALED:
        return key->seal_for < PFS_IDENTITY_COUNT && key->seal_to < PORT_SEAL_TO_COUNT;
    default: return false;
    }
}

nacre_status slot_fill(uint8_t *slot, const struct slot_place *place, const struct pfs_key *key,
                       const uint8_t *keys) {
    if (!key_valid(key)) return NACRE_ARGUMENT;
    memset(slot, 0, SLOT_BYTES);
    slot[AT_KIND] = (uint8_t)key->kind;
    return key->kind == PFS_KEY_SEALED ? sealed_fill(slot, place, key, keys)
                                       : wrapped_fill(slot, place, key, keys);
}

nacre_status slot_open(const uint8_t *slot, const struct slot_place *place,
                       const struct pfs_key *key, uint8_t *keys) {
    if (!key_valid(key)) return NACRE_ARGUMENT;
    if (slot[AT_KIND] != key->kind) return NACRE_INTEGRITY;
    return key->kind == PFS_KEY_SEALED ? sealed_open(slot, place, key, keys)
                                       : wrapped_open(slot, place, key, keys);
}
