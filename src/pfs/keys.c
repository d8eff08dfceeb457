/*
 * keys.c - see keys.h. A header:
 *
 *   0     "nacrepfs"
 *   8     version, cipher: 16 bits each
 *   12    generation: of two good copies, the one with the larger number counts
 *   16    the volume's number
 *   32    0
 *   64    8 slots
 *   3648  0
 *   4064  HMAC of all that
 */
#include "pfs/keys.h"

#include "base/status.h"
#include "crypto/crypto.h"

enum { MAGIC_BYTES = 8 };
static const char magic[] = "nacrepfs";

enum {
    HEADER_VERSION = 8,
    HEADER_CIPHER = 10,
    HEADER_GENERATION = 12,
    HEADER_ID = 16,
    HEADER_ZERO = 32,
    HEADER_SLOTS = 64,
    HEADER_REST = HEADER_SLOTS + PFS_SLOTS * SLOT_BYTES,
    HEADER_MAC = BLOCK_BYTES - 32
};

static uint8_t *slot_of(struct keys *keys, uint32_t number) {
    return keys->header + HEADER_SLOTS + (size_t)number * SLOT_BYTES;
}

static uint32_t generation(const uint8_t *header) { return load_u32(header + HEADER_GENERATION); }

void keys_bound(const struct keys *keys, uint8_t bound[KEYS_BOUND_BYTES]) {
    memcpy(bound, keys->header, HEADER_GENERATION);
    memcpy(bound + HEADER_GENERATION, keys->header + HEADER_ID, ID_BYTES);
}

const uint8_t *keys_id(const struct keys *keys) { return keys->header + HEADER_ID; }

bool keys_has_next(const struct keys *keys) {
    static const uint8_t none[KEY_BYTES];
    return !crypto_equal(keys->next_key, none, KEY_BYTES);
}

enum pfs_key_kind keys_kind(const struct keys *keys, uint32_t slot) {
    return slot_kind(keys->header + HEADER_SLOTS + (size_t)slot * SLOT_BYTES);
}

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

static struct slot_place place_of(const struct keys *keys, const struct port *port,
                                  uint32_t number) {
    struct slot_place place = {.port = port, .number = number};
    keys_bound(keys, place.volume);
    return place;
}

/* --- Making --- */

/* A slot for a key in the first place that is free. */
static nacre_status add(struct keys *keys, const struct port *port, const struct pfs_key *key) {
    uint8_t both[SLOT_KEYS_BYTES];
    uint32_t number = 0;
    while (number < PFS_SLOTS && keys_kind(keys, number) != PFS_KEY_NONE) number++;
    if (number == PFS_SLOTS) return NACRE_LIMIT;
    const struct slot_place place = place_of(keys, port, number);
    memcpy(both, keys->volume_key, KEY_BYTES);
    memcpy(both + KEY_BYTES, keys->next_key, KEY_BYTES);
    nacre_status status = slot_fill(slot_of(keys, number), &place, key, both);
    crypto_clear(both, sizeof both);
    return status;
}

static nacre_status fail(nacre_error *error, nacre_status status, const char *text) {
    return error_set(error, status, NACRE_NO_OFFSET, text);
}

/* What is wrong with a key of a kind, and why there are none of it. */
static const struct {
    const char *invalid, *unsupported;
} key_texts[PFS_KEY_COUNT] = {
    [PFS_KEY_NONE] = {"a key is missing", ""},
    [PFS_KEY_FILE] = {"the key of a file has 32 bytes", ""},
    [PFS_KEY_PASSPHRASE] = {"a passphrase has some bytes",
                            "a passphrase opens nothing in an enclave: add another key outside"},
    [PFS_KEY_SEALED] = {"what runs here has no such identity to seal for",
                        "nothing can be sealed here: that takes a TEE which seals"},
    [PFS_KEY_RECIPIENT] = {"no public key of X25519; and only a secret one opens anything", ""},
    [PFS_KEY_SECRET] = {"a secret key has 32 bytes", ""},
};

/* Of making or opening a slot. */
static nacre_status fail_slot(nacre_error *error, nacre_status status, enum pfs_key_kind kind) {
    switch (status) {
    case NACRE_ARGUMENT: return fail(error, status, key_texts[kind].invalid);
    case NACRE_LIMIT: return fail(error, status, "all 8 places for keys are taken: drop one");
    case NACRE_UNSUPPORTED: return fail(error, status, key_texts[kind].unsupported);
    default: return fail(error, status, "a key can't be used");
    }
}

nacre_status keys_renew(struct keys *keys, const struct port *port, uint32_t kept,
                        const struct pfs_key *added, uint32_t count, nacre_error *error) {
    struct keys made = *keys;
    uint32_t number, used = count;
    nacre_status status = NACRE_OK;
    for (uint32_t i = 0; i < PFS_SLOTS; i++)
        if (!(kept >> i & 1)) memset(slot_of(&made, i), 0, SLOT_BYTES);
        else used += keys_kind(&made, i) != PFS_KEY_NONE;
    if (!(kept >> made.slot & 1)) made.slot = PFS_SLOTS;
    if (used == 0) return fail(error, NACRE_ARGUMENT, "nobody could open it: keep a key");
    if (!u32_add(generation(keys->header), 1, &number))
        return fail(error, NACRE_LIMIT, "its keys have been changed too often");
    store_u32(made.header + HEADER_GENERATION, number);
    for (uint32_t i = 0; !status && i < count; i++) {
        status = add(&made, port, &added[i]);
        if (status) fail_slot(error, status, added[i].kind);
    }
    if (!status) {
        status = header_mac(&made, made.header + HEADER_MAC);
        if (status) fail(error, status, "");
    }
    if (!status) *keys = made;
    crypto_clear(&made, sizeof made);
    return status;
}

nacre_status keys_create(struct keys *keys, const struct port *port, const struct pfs_key *key,
                         nacre_error *error) {
    memset(keys, 0, sizeof *keys);
    memcpy(keys->header, magic, MAGIC_BYTES);
    store_u16(keys->header + HEADER_VERSION, LAYOUT_VERSION);
    store_u16(keys->header + HEADER_CIPHER, LAYOUT_CIPHER);
    if (port->random(port->context, keys->header + HEADER_ID, ID_BYTES) ||
        port->random(port->context, keys->volume_key, KEY_BYTES))
        return fail(error, NACRE_IO, "there are no random bytes for a key");
    return keys_renew(keys, port, 0, key, 1, error);
}

/* --- Opening --- */

static bool header_valid(const uint8_t *h) {
    static const uint8_t zeros[HEADER_MAC - HEADER_REST];
    return memcmp(h, magic, MAGIC_BYTES) == 0 && h[HEADER_VERSION] == LAYOUT_VERSION &&
           h[HEADER_VERSION + 1] == 0 && h[HEADER_CIPHER] == LAYOUT_CIPHER &&
           h[HEADER_CIPHER + 1] == 0 && memcmp(h + HEADER_ZERO, zeros, 32) == 0 &&
           memcmp(h + HEADER_REST, zeros, sizeof zeros) == 0;
}

static nacre_status open_slot(struct keys *keys, const struct port *port,
                              const struct pfs_key *key, uint32_t number) {
    const struct slot_place place = place_of(keys, port, number);
    uint8_t both[SLOT_KEYS_BYTES];
    nacre_status status = slot_open(slot_of(keys, number), &place, key, both);
    if (!status) {
        memcpy(keys->volume_key, both, KEY_BYTES);
        memcpy(keys->next_key, both + KEY_BYTES, KEY_BYTES);
        keys->slot = number;
    }
    crypto_clear(both, sizeof both);
    return status;
}

/* One copy, by any of its slots. NACRE_INTEGRITY: none opens it; NACRE_MALFORMED: it is none, or
 * was changed. */
static nacre_status open_copy(struct keys *keys, const uint8_t *copy, const struct port *port,
                              const struct pfs_key *key) {
    uint8_t mac[32];
    if (!copy || !header_valid(copy)) return NACRE_MALFORMED;
    memcpy(keys->header, copy, BLOCK_BYTES);
    for (uint32_t i = 0; i < PFS_SLOTS; i++) {
        nacre_status status = open_slot(keys, port, key, i);
        if (status == NACRE_INTEGRITY) continue;
        if (!status) status = header_mac(keys, mac);
        if (status) return status;
        return crypto_equal(mac, keys->header + HEADER_MAC, 32) ? NACRE_OK : NACRE_MALFORMED;
    }
    return NACRE_INTEGRITY;
}

/* Which copy says that it is the newer one. A slot may take long to open: where that is true, the
 * other copy need not be looked at. */
static uint32_t newer(const uint8_t *const copies[2]) {
    return copies[1] && (!copies[0] || generation(copies[1]) > generation(copies[0]));
}

nacre_status keys_open(struct keys *keys, const uint8_t *const copies[2], const struct port *port,
                       const struct pfs_key *key, nacre_error *error) {
    bool is_whole = false; /* a copy that another key opens, maybe */
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t copy = i ? !newer(copies) : newer(copies);
        nacre_status status = open_copy(keys, copies[copy], port, key);
        keys->copy = copy;
        if (!status) return NACRE_OK;
        crypto_clear(keys, sizeof *keys);
        if (status == NACRE_INTEGRITY) is_whole = true;
        else if (status != NACRE_MALFORMED) return fail_slot(error, status, key->kind);
    }
    if (is_whole) return fail(error, NACRE_INTEGRITY, "the key does not open it");
    return fail(error, NACRE_INTEGRITY,
                "no volume of protected files of this version, or a damaged one");
}
