/*
 * pfs_header.c - fuzz target: of the two copies of a volume's header, which anybody may have
 * changed, one that was made by who has a key is opened, or none. The input's first byte says by
 * which key, and what the copies are: whole, missing, or the rest of the input. Else what follows
 * are changes: offset (two bytes, the highest bit says of which copy), and eight bytes for that
 * place.
 */
#include <stdlib.h>

#include "crypto/crypto.h"
#include "pfs/keys.h"
#include "port/fake/fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEYS = 4, HEADERS = 2 };

/* Seals for one core, with a tag that is none to an attacker. */
static const uint8_t core_key[32] = {1};

static nacre_status seal(void *context, enum port_seal_to to, const uint8_t *extra,
                         size_t extra_size, const uint8_t *plain, size_t size, uint8_t *sealed) {
    static const uint8_t nonce[12];
    struct crypto_gcm gcm;
    (void)context, (void)to;
    memset(sealed, 0, PORT_SEAL_BYTES);
    if (crypto_gcm_begin(&gcm, core_key)) abort();
    if (crypto_gcm_seal(&gcm, nonce, extra, extra_size, plain, size, sealed + PORT_SEAL_BYTES,
                        sealed)) abort();
    crypto_gcm_end(&gcm);
    return NACRE_OK;
}

static nacre_status unseal(void *context, const uint8_t *extra, size_t extra_size,
                           const uint8_t *sealed, size_t size, uint8_t *plain) {
    static const uint8_t nonce[12];
    struct crypto_gcm gcm;
    (void)context;
    if (size != PORT_SEAL_BYTES + SLOT_KEYS_BYTES) abort();
    if (crypto_gcm_begin(&gcm, core_key)) abort();
    nacre_status status = crypto_gcm_open(&gcm, nonce, extra, extra_size, sealed + PORT_SEAL_BYTES,
                                          size - PORT_SEAL_BYTES, sealed, plain);
    crypto_gcm_end(&gcm);
    return status;
}

/* Two generations of a header, which the first three keys open. The fourth opens nothing, and is a
 * passphrase: no header may have it worked out at the price that it asks for. */
static struct {
    bool is_ready;
    struct port port;
    uint8_t bytes[32];
    struct pfs_key keys[KEYS];
    struct keys made[HEADERS];
} setting;

static void set_up(void) {
    static const struct port_seal seals = {seal, unseal};
    static struct fake *fake;
    nacre_error error;
    fake = fake_create();
    setting.port = *fake_port(fake);
    setting.port.seal = &seals;
    memset(setting.bytes, 5, sizeof setting.bytes);
    setting.keys[0] =
        (struct pfs_key){.kind = PFS_KEY_FILE, .bytes = setting.bytes, .size = 32};
    setting.keys[1] =
        (struct pfs_key){.kind = PFS_KEY_SECRET, .bytes = setting.bytes, .size = 32};
    setting.keys[2] = (struct pfs_key){.kind = PFS_KEY_SEALED, .seal_for = PFS_IDENTITY_MODULE};
    setting.keys[2].identities[PFS_IDENTITY_MODULE] = setting.bytes;
    setting.keys[3] =
        (struct pfs_key){.kind = PFS_KEY_PASSPHRASE, .bytes = setting.bytes, .size = 32};
    if (keys_create(&setting.made[0], &setting.port, &setting.keys[0], &error)) abort();
    if (keys_renew(&setting.made[0], &setting.port, UINT32_MAX, &setting.keys[1], 2, &error))
        abort();
    setting.made[1] = setting.made[0];
    if (keys_renew(&setting.made[1], &setting.port, UINT32_MAX, &setting.keys[0], 1, &error))
        abort();
    setting.is_ready = true;
}

/* Would it be tried with a passphrase? That takes too long for a fuzzer. */
static bool is_slow(const uint8_t *header) {
    for (uint32_t i = 0; i < PFS_SLOTS; i++) {
        const uint8_t *slot = header + 64 + i * SLOT_BYTES;
        uint32_t passes = load_u32(slot + 4), kibibytes = load_u32(slot + 8);
        if (slot_kind(slot) == PFS_KEY_PASSPHRASE && slot[1] == 1 && passes >= 1 && passes <= 16 &&
            kibibytes >= 8192 && kibibytes <= 1 << 20)
            return true;
    }
    return false;
}

/* What was opened is what was made. */
static void check(const uint8_t *const copies[2], const struct pfs_key *key) {
    static const struct keys nothing;
    struct keys keys;
    nacre_error error = {0};
    nacre_status status = keys_open(&keys, copies, &setting.port, key, &error);
    if (status) {
        if (status != NACRE_INTEGRITY || error.status != status || !error.text[0]) abort();
        if (memcmp(&keys, &nothing, sizeof keys) != 0) abort();
        return;
    }
    for (uint32_t i = 0; i < HEADERS; i++) {
        const struct keys *made = &setting.made[i];
        if (memcmp(keys.header, made->header, BLOCK_BYTES) != 0) continue;
        if (memcmp(keys.volume_key, made->volume_key, KEY_BYTES) != 0) abort();
        if (memcmp(keys.next_key, made->next_key, KEY_BYTES) != 0) abort();
        if (keys.copy > 1 || memcmp(copies[keys.copy], made->header, BLOCK_BYTES) != 0) abort();
        return;
    }
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t bytes[2][BLOCK_BYTES];
    const uint8_t *copies[2] = {bytes[0], bytes[1]};
    if (!setting.is_ready) set_up();
    if (size == 0) return 0;
    const uint8_t how = data[0];
    data++, size--;
    for (uint32_t i = 0; i < 2; i++) {
        memcpy(bytes[i], setting.made[i ^ (how >> 6 & 1)].header, BLOCK_BYTES);
        if (how >> (2 + i) & 1) copies[i] = NULL;
    }
    if (how & 0x10) {
        if (size) memcpy(bytes[0], data, size < BLOCK_BYTES ? size : BLOCK_BYTES);
    } else {
        for (; size >= 10; data += 10, size -= 10) {
            uint32_t at = (uint32_t)data[0] | (uint32_t)data[1] << 8, copy = at >> 15;
            at &= 0x7FFF;
            if (at <= BLOCK_BYTES - 8) memcpy(bytes[copy] + at, data + 2, 8);
        }
    }
    const struct pfs_key *key = &setting.keys[how % KEYS];
    if (key->kind == PFS_KEY_PASSPHRASE && (is_slow(bytes[0]) || is_slow(bytes[1]))) return 0;
    check(copies, key);
    return 0;
}
