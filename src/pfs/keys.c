/* keys.c - see keys.h */
#include "pfs/keys.h"

#include "base/status.h"
#include "crypto/crypto.h"

/* --- The header --- */

enum { MAGIC_BYTES = 8 };
static const char magic[] = "nacrepfs";

enum {
    HEADER_VERSION = 8,
    HEADER_CIPHER = 10,
    HEADER_GENERATION = 12,
    HEADER_ID = 16,
    HEADER_ZERO = 32,
    HEADER_SLOTS = 64,
    SLOT_BYTES = 448,
    HEADER_REST = HEADER_SLOTS + KEY_SLOTS * SLOT_BYTES,
    HEADER_MAC = BLOCK_BYTES - 32
};

/* A slot: what it is for, and the keys of the volume, encrypted. */
enum {
    SLOT_KIND = 0,
    SLOT_ALGORITHM = 1,
    SLOT_PASSES = 4,
    SLOT_KIBIBYTES = 8,
    SLOT_SALT = 16,
    SLOT_NONCE = 64,
    SLOT_TAG = 80,
    SLOT_SEALED = 96,
    WRAPPED_BYTES = 2 * KEY_BYTES
};

static uint8_t *slot_of(struct keys *keys, uint32_t number) {
    return keys->header + HEADER_SLOTS + (size_t)number * SLOT_BYTES;
}

void keys_bound(const struct keys *keys, uint8_t bound[KEYS_BOUND_BYTES]) {
    memcpy(bound, keys->header, HEADER_GENERATION);
    memcpy(bound + HEADER_GENERATION, keys->header + HEADER_ID, ID_BYTES);
}

const uint8_t *keys_id(const struct keys *keys) { return keys->header + HEADER_ID; }

nacre_status keys_derive(const uint8_t volume_key[KEY_BYTES], enum key_use use,
                         uint8_t key[KEY_BYTES]) {
    static const char *const texts[] = {"nacre pfs 1 header", "nacre pfs 1 root",
                                        "nacre pfs 1 meta"};
    return crypto_hmac(volume_key, KEY_BYTES, (const uint8_t *)texts[use], strlen(texts[use]),
                       key);
}

static nacre_status header_mac(const struct keys *keys, uint8_t mac[32]) {
    uint8_t key[KEY_BYTES];
    TRY(keys_derive(keys->volume_key, KEY_HEADER, key));
    nacre_status status = crypto_hmac(key, sizeof key, keys->header, HEADER_MAC, mac);
    crypto_clear(key, sizeof key);
    return status;
}

/* --- Slots --- */

/* What encrypts the volume's keys in a slot, which holds how that is made. */
static nacre_status wrapping_key(const struct pfs_key *key, const uint8_t *slot,
                                 uint8_t wrapping[KEY_BYTES]) {
    (void)slot;
    if (key->kind != PFS_KEY_FILE || key->size != KEY_BYTES) return NACRE_ARGUMENT;
    memcpy(wrapping, key->bytes, KEY_BYTES);
    return NACRE_OK;
}

enum { SLOT_BOUND_BYTES = KEYS_BOUND_BYTES + 4 + SLOT_NONCE };

/* A slot is bound to the volume, to its number, and to all that it says of itself. */
static void slot_bound(const struct keys *keys, const uint8_t *slot, uint32_t number,
                       uint8_t bound[SLOT_BOUND_BYTES]) {
    keys_bound(keys, bound);
    store_u32(bound + KEYS_BOUND_BYTES, number);
    memcpy(bound + KEYS_BOUND_BYTES + 4, slot, SLOT_NONCE);
}

static nacre_status slot_fill(struct keys *keys, uint32_t number, const struct port *port,
                              const struct pfs_key *key) {
    uint8_t *slot = slot_of(keys, number);
    uint8_t wrapping[KEY_BYTES], bound[SLOT_BOUND_BYTES], plain[WRAPPED_BYTES];
    struct crypto_gcm gcm;
    memset(slot, 0, SLOT_BYTES);
    slot[SLOT_KIND] = (uint8_t)key->kind;
    TRY(port->random(port->context, slot + SLOT_NONCE, 12));
    TRY(wrapping_key(key, slot, wrapping));
    nacre_status status = crypto_gcm_begin(&gcm, wrapping);
    crypto_clear(wrapping, sizeof wrapping);
    if (status) return status;
    slot_bound(keys, slot, number, bound);
    memcpy(plain, keys->volume_key, KEY_BYTES);
    memcpy(plain + KEY_BYTES, keys->next_key, KEY_BYTES);
    status = crypto_gcm_seal(&gcm, slot + SLOT_NONCE, bound, sizeof bound, plain, sizeof plain,
                             slot + SLOT_SEALED, slot + SLOT_TAG);
    crypto_clear(plain, sizeof plain);
    crypto_gcm_end(&gcm);
    return status;
}

static nacre_status slot_open(struct keys *keys, uint32_t number, const struct pfs_key *key) {
    const uint8_t *slot = slot_of(keys, number);
    uint8_t wrapping[KEY_BYTES], bound[SLOT_BOUND_BYTES], plain[WRAPPED_BYTES];
    struct crypto_gcm gcm;
    if (slot[SLOT_KIND] != key->kind) return NACRE_INTEGRITY;
    TRY(wrapping_key(key, slot, wrapping));
    nacre_status status = crypto_gcm_begin(&gcm, wrapping);
    crypto_clear(wrapping, sizeof wrapping);
    if (status) return status;
    slot_bound(keys, slot, number, bound);
    status = crypto_gcm_open(&gcm, slot + SLOT_NONCE, bound, sizeof bound, slot + SLOT_SEALED,
                             sizeof plain, slot + SLOT_TAG, plain);
    crypto_gcm_end(&gcm);
    if (status) return status;
    memcpy(keys->volume_key, plain, KEY_BYTES);
    memcpy(keys->next_key, plain + KEY_BYTES, KEY_BYTES);
    crypto_clear(plain, sizeof plain);
    return NACRE_OK;
}

/* --- All of it --- */

nacre_status keys_create(struct keys *keys, const struct port *port, const struct pfs_key *key,
                         nacre_error *error) {
    memset(keys, 0, sizeof *keys);
    memcpy(keys->header, magic, MAGIC_BYTES);
    store_u16(keys->header + HEADER_VERSION, LAYOUT_VERSION);
    store_u16(keys->header + HEADER_CIPHER, LAYOUT_CIPHER);
    store_u32(keys->header + HEADER_GENERATION, 1);
    nacre_status status = port->random(port->context, keys->header + HEADER_ID, ID_BYTES);
    if (!status) status = port->random(port->context, keys->volume_key, KEY_BYTES);
    if (!status) status = slot_fill(keys, 0, port, key);
    if (!status) status = header_mac(keys, keys->header + HEADER_MAC);
    if (!status) return NACRE_OK;
    return error_set(error, status, NACRE_NO_OFFSET,
                     status == NACRE_ARGUMENT ? "a key of another size than 32 bytes"
                                              : "no key for the volume can be made");
}

static bool header_valid(const struct keys *keys) {
    static const uint8_t zeros[HEADER_MAC - HEADER_REST];
    const uint8_t *h = keys->header;
    return memcmp(h, magic, MAGIC_BYTES) == 0 && h[HEADER_VERSION] == LAYOUT_VERSION &&
           h[HEADER_VERSION + 1] == 0 && h[HEADER_CIPHER] == LAYOUT_CIPHER &&
           h[HEADER_CIPHER + 1] == 0 && memcmp(h + HEADER_ZERO, zeros, 32) == 0 &&
           memcmp(h + HEADER_REST, zeros, sizeof zeros) == 0;
}

/* One copy, by any of its slots. NACRE_INTEGRITY: none opens it, or it was changed. */
static nacre_status open_copy(struct keys *keys, const uint8_t *copy, const struct pfs_key *key) {
    uint8_t mac[32];
    memcpy(keys->header, copy, BLOCK_BYTES);
    if (!header_valid(keys)) return NACRE_MALFORMED;
    for (uint32_t i = 0; i < KEY_SLOTS; i++) {
        nacre_status status = slot_open(keys, i, key);
        if (status == NACRE_INTEGRITY) continue;
        if (status) return status;
        TRY(header_mac(keys, mac));
        return crypto_equal(mac, keys->header + HEADER_MAC, 32) ? NACRE_OK : NACRE_MALFORMED;
    }
    return NACRE_INTEGRITY;
}

nacre_status keys_open(struct keys *keys, const uint8_t *const copies[2], const struct port *port,
                       const struct pfs_key *key, nacre_error *error) {
    nacre_status status[2] = {NACRE_MALFORMED, NACRE_MALFORMED};
    struct keys other;
    (void)port;
    if (copies[0]) status[0] = open_copy(keys, copies[0], key);
    if (copies[1]) status[1] = open_copy(&other, copies[1], key);
    if (!status[1] && (status[0] || load_u32(other.header + HEADER_GENERATION) >
                                        load_u32(keys->header + HEADER_GENERATION))) {
        *keys = other;
        status[0] = NACRE_OK;
    }
    crypto_clear(&other, sizeof other);
    if (!status[0]) return NACRE_OK;
    crypto_clear(keys, sizeof *keys);
    if (status[0] != NACRE_INTEGRITY && status[1] == NACRE_INTEGRITY) status[0] = status[1];
    if (status[0] == NACRE_INTEGRITY)
        return error_set(error, NACRE_INTEGRITY, NACRE_NO_OFFSET, "the key does not open it");
    if (status[0] == NACRE_MALFORMED)
        return error_set(error, NACRE_INTEGRITY, NACRE_NO_OFFSET,
                         "no volume of protected files of this version, or a damaged one");
    return error_set(error, status[0], NACRE_NO_OFFSET,
                     status[0] == NACRE_ARGUMENT ? "a key of another size than 32 bytes" : "");
}
