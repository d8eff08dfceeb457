/* test_keys.c - who opens a volume: kinds of keys, and headers that others had a hand in. */
#include "rig.h"

#include "crypto/crypto.h"
#include "crypto/hpke.h"
#include "pfs/key_text.h"
#include "pfs/keys.h"

/* --- Headers alone --- */

static const uint8_t file_bytes[32] = {1, 2, 3}, other_bytes[32] = {4, 5, 6};
static const struct pfs_key file_key = {
    .kind = PFS_KEY_FILE, .bytes = file_bytes, .size = sizeof file_bytes};
static const struct pfs_key other_key = {
    .kind = PFS_KEY_FILE, .bytes = other_bytes, .size = sizeof other_bytes};
static const uint8_t words[] = "correct horse", wrong_words[] = "correct house";
static const struct pfs_key passphrase = {
    .kind = PFS_KEY_PASSPHRASE, .bytes = words, .size = 13};
static const struct pfs_key typo = {
    .kind = PFS_KEY_PASSPHRASE, .bytes = wrong_words, .size = 13};

/* Argon2id is asked through here, by the linker's --wrap. */
typedef nacre_status argon_function(const uint8_t *bytes, size_t size, const uint8_t salt[16],
                                    uint32_t passes, uint32_t kibibytes, uint8_t key[32]);
argon_function no_argon2id, __real_crypto_argon2id, __wrap_crypto_argon2id;
static struct {
    bool is_missing;
    uint32_t count;
} argon;

nacre_status __wrap_crypto_argon2id(const uint8_t *bytes, size_t size, const uint8_t salt[16],
                                    uint32_t passes, uint32_t kibibytes, uint8_t key[32]) {
    argon_function *function = argon.is_missing ? no_argon2id : __real_crypto_argon2id;
    argon.count++;
    return function(bytes, size, salt, passes, kibibytes, key);
}

static nacre_status open_two(struct keys *keys, struct fake *fake, const uint8_t *a,
                             const uint8_t *b, const struct pfs_key *key, nacre_error *error) {
    const uint8_t *const copies[2] = {a, b};
    return keys_open(keys, copies, fake_port(fake), key, error);
}

/* Not opened, and nothing of the keys is told. */
static void refuse(struct fake *fake, const uint8_t *a, const uint8_t *b,
                   const struct pfs_key *key, const char *text) {
    static const struct keys nothing;
    struct keys keys;
    nacre_error error = {0};
    assert_int_equal(open_two(&keys, fake, a, b, key, &error), NACRE_INTEGRITY);
    if (!strstr(error.text, text)) fail_msg("\"%s\" does not say \"%s\"", error.text, text);
    assert_memory_equal(keys.volume_key, nothing.volume_key, KEY_BYTES);
    assert_memory_equal(keys.header, nothing.header, BLOCK_BYTES);
}

static void accept(struct fake *fake, const uint8_t *a, const uint8_t *b,
                   const struct pfs_key *key, const struct keys *as) {
    struct keys keys;
    nacre_error error = {0};
    assert_int_equal(open_two(&keys, fake, a, b, key, &error), NACRE_OK);
    assert_memory_equal(keys.header, as->header, BLOCK_BYTES);
    assert_memory_equal(keys.volume_key, as->volume_key, KEY_BYTES);
    assert_memory_equal(keys.next_key, as->next_key, KEY_BYTES);
}

static void make(struct fake *fake, struct keys *keys, const struct pfs_key *key) {
    nacre_error error = {0};
    assert_int_equal(keys_create(keys, fake_port(fake), key, &error), NACRE_OK);
}

static void add(struct fake *fake, struct keys *keys, const struct pfs_key *key) {
    nacre_error error = {0};
    assert_int_equal(keys_renew(keys, fake_port(fake), UINT32_MAX, key, 1, &error), NACRE_OK);
}

static void test_passphrase(void **state) {
    struct fake *fake = fake_create();
    struct keys keys;
    (void)state;
    make(fake, &keys, &passphrase);
    argon.count = 0;
    accept(fake, keys.header, keys.header, &passphrase, &keys);
    assert_int_equal(argon.count, 1);
    refuse(fake, keys.header, keys.header, &typo, "the key does not open it");
    refuse(fake, keys.header, keys.header, &file_key, "the key does not open it");
    add(fake, &keys, &file_key);
    refuse(fake, keys.header, NULL, &other_key, "the key does not open it");
    accept(fake, keys.header, NULL, &file_key, &keys);
    accept(fake, NULL, keys.header, &passphrase, &keys);
    assert_int_equal(keys_kind(&keys, 0), PFS_KEY_PASSPHRASE);
    assert_int_equal(keys_kind(&keys, 1), PFS_KEY_FILE);
    assert_int_equal(keys_kind(&keys, 2), PFS_KEY_NONE);
    fake_destroy(fake);
}

/* In an enclave, all other keys of a volume open it. */
static void test_no_passphrases(void **state) {
    static const char text[] = "a passphrase opens nothing in an enclave: add another key outside";
    struct fake *fake = fake_create();
    struct keys keys, again;
    nacre_error error = {0};
    (void)state;
    make(fake, &keys, &passphrase);
    add(fake, &keys, &file_key);
    argon.is_missing = true;
    accept(fake, keys.header, keys.header, &file_key, &keys);
    assert_int_equal(open_two(&again, fake, keys.header, keys.header, &passphrase, &error),
                     NACRE_UNSUPPORTED);
    assert_string_equal(error.text, text);
    error = (nacre_error){0};
    assert_int_equal(keys_create(&again, fake_port(fake), &passphrase, &error), NACRE_UNSUPPORTED);
    assert_string_equal(error.text, text);
    argon.is_missing = false;
    fake_destroy(fake);
}

/* What can't be a key is told before anything is made. */
static void test_no_keys(void **state) {
    static const struct {
        struct pfs_key key;
        nacre_status status;
        const char *text;
    } none[] = {
        {{.bytes = file_bytes, .size = 32}, NACRE_ARGUMENT, "a key is missing"},
        {{.kind = PFS_KEY_FILE, .bytes = file_bytes, .size = 31}, NACRE_ARGUMENT, "32 bytes"},
        {{.kind = PFS_KEY_FILE, .bytes = file_bytes}, NACRE_ARGUMENT, "32 bytes"},
        {{.kind = PFS_KEY_PASSPHRASE, .bytes = file_bytes}, NACRE_ARGUMENT, "some bytes"},
        {{.kind = PFS_KEY_SEALED}, NACRE_UNSUPPORTED, "that takes a TEE"},
    };
    struct fake *fake = fake_create();
    struct keys keys, made;
    (void)state;
    make(fake, &made, &file_key);
    for (size_t i = 0; i < ARRAY_COUNT(none); i++) {
        nacre_error error = {0};
        assert_int_equal(keys_create(&keys, fake_port(fake), &none[i].key, &error),
                         none[i].status);
        assert_non_null(strstr(error.text, none[i].text));
        error = (nacre_error){0};
        made.header[64] = (uint8_t)none[i].key.kind; /* so that it is tried */
        assert_int_equal(open_two(&keys, fake, made.header, NULL, &none[i].key, &error),
                         none[i].status);
        assert_non_null(strstr(error.text, none[i].text));
    }
    fake_destroy(fake);
}

/* --- Sealed --- */

/* A seal of the test's: cores are told apart by two numbers, as programs and as signers. It holds
 * whom it is for, a checksum of all, and the bytes, hardly hidden. */
static struct {
    uint8_t program, signer;
    nacre_status fails;
} core;

static uint32_t checksum(uint8_t who, const uint8_t *extra, size_t extra_size,
                         const uint8_t *plain, size_t size) {
    uint8_t all[256], digest[32];
    assert_true(1 + extra_size + size <= sizeof all);
    all[0] = who;
    memcpy(all + 1, extra, extra_size);
    memcpy(all + 1 + extra_size, plain, size);
    crypto_sha256(all, 1 + extra_size + size, digest);
    return load_u32(digest);
}

static nacre_status seal(void *context, enum port_seal_to to, const uint8_t *extra,
                         size_t extra_size, const uint8_t *plain, size_t size, uint8_t *sealed) {
    uint8_t who = to == PORT_SEAL_TO_PROGRAM ? core.program : core.signer;
    (void)context;
    if (core.fails) return core.fails;
    memset(sealed, 0, PORT_SEAL_BYTES);
    sealed[0] = (uint8_t)to;
    store_u32(sealed + PORT_SEAL_BYTES - 4, checksum(who, extra, extra_size, plain, size));
    for (size_t i = 0; i < size; i++) sealed[PORT_SEAL_BYTES + i] = plain[i] ^ who;
    return NACRE_OK;
}

static nacre_status unseal(void *context, const uint8_t *extra, size_t extra_size,
                           const uint8_t *sealed, size_t size, uint8_t *plain) {
    uint8_t who = sealed[0] == PORT_SEAL_TO_PROGRAM ? core.program : core.signer;
    uint8_t bytes[256];
    (void)context;
    if (core.fails) return core.fails;
    assert_int_equal(size, PORT_SEAL_BYTES + SLOT_KEYS_BYTES);
    size -= PORT_SEAL_BYTES;
    for (size_t i = 0; i < size; i++) bytes[i] = sealed[PORT_SEAL_BYTES + i] ^ who;
    if (load_u32(sealed + PORT_SEAL_BYTES - 4) != checksum(who, extra, extra_size, bytes, size))
        return NACRE_INTEGRITY;
    memcpy(plain, bytes, size);
    return NACRE_OK;
}

static const uint8_t module_a[32] = {1}, module_b[32] = {2};
static const uint8_t signer_a[32] = {3}, signer_b[32] = {4};

/* Who they are, and what is made for them. */
static struct pfs_key who(const uint8_t *module, const uint8_t *signer, enum pfs_identity seal_for,
                          enum port_seal_to to) {
    struct pfs_key key = {.kind = PFS_KEY_SEALED, .seal_for = seal_for, .seal_to = to};
    key.identities[PFS_IDENTITY_MODULE] = module;
    key.identities[PFS_IDENTITY_SIGNER] = signer;
    return key;
}

static bool unseals(const struct port *port, const struct keys *made, const struct pfs_key *key) {
    const uint8_t *const copies[2] = {made->header, made->header};
    struct keys keys;
    nacre_error error = {0};
    nacre_status status = keys_open(&keys, copies, port, key, &error);
    if (!status) {
        assert_memory_equal(keys.volume_key, made->volume_key, KEY_BYTES);
        return true;
    }
    assert_int_equal(status, NACRE_INTEGRITY);
    assert_string_equal(error.text, "the key does not open it");
    return false;
}

static void test_sealed(void **state) {
    static const struct port_seal seals = {seal, unseal};
    struct fake *fake = fake_create();
    struct port port = *fake_port(fake);
    (void)state;
    port.seal = &seals;
    for (uint32_t identity = 1; identity < PFS_IDENTITY_COUNT; identity++)
        for (uint32_t to = 0; to < PORT_SEAL_TO_COUNT; to++) {
            struct keys keys;
            nacre_error error = {0};
            core.program = 1, core.signer = 2;
            struct pfs_key key = who(module_a, signer_a, identity, to);
            assert_int_equal(keys_create(&keys, &port, &key, &error), NACRE_OK);
            assert_int_equal(keys_kind(&keys, 0), PFS_KEY_SEALED);
            const bool of_module = identity == PFS_IDENTITY_MODULE;
            const bool of_signer = identity == PFS_IDENTITY_SIGNER;
            const struct {
                struct pfs_key key;
                bool opens;
            } rows[] = {
                {who(module_a, signer_a, 0, 0), true},
                {who(module_a, signer_b, 0, 0), of_module},
                {who(module_a, NULL, 0, 0), of_module},
                {who(module_b, signer_a, 0, 0), of_signer},
                {who(NULL, signer_a, 0, 0), of_signer},
                {who(module_b, signer_b, 0, 0), false},
                {who(signer_a, module_a, 0, 0), false}, /* one is not the other */
                {who(NULL, NULL, 0, 0), false},
            };
            for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
                assert_int_equal(unseals(&port, &keys, &rows[i].key), rows[i].opens);
            core.program = 9; /* another version of the core */
            assert_int_equal(unseals(&port, &keys, &key), to == PORT_SEAL_TO_SIGNER);
            core.signer = 9; /* somebody else's */
            assert_false(unseals(&port, &keys, &key));
        }
    fake_destroy(fake);
}

/* A sealed slot of one volume in another's header, for the same core and program. */
static void test_sealed_elsewhere(void **state) {
    static const struct port_seal seals = {seal, unseal};
    struct fake *fake = fake_create();
    struct port port = *fake_port(fake);
    const struct pfs_key key = who(module_a, NULL, PFS_IDENTITY_MODULE, PORT_SEAL_TO_SIGNER);
    struct keys a, b;
    nacre_error error = {0};
    (void)state;
    port.seal = &seals;
    assert_int_equal(keys_create(&a, &port, &key, &error), NACRE_OK);
    assert_int_equal(keys_create(&b, &port, &key, &error), NACRE_OK);
    memcpy(b.header + 64, a.header + 64, 448);
    assert_false(unseals(&port, &b, &key));
    /* A module's digest is no signer's key, though it has the same bytes. */
    const struct pfs_key signer = who(NULL, module_a, PFS_IDENTITY_SIGNER, PORT_SEAL_TO_SIGNER);
    b = a;
    b.header[64 + 2] = PFS_IDENTITY_SIGNER;
    assert_false(unseals(&port, &b, &signer));
    core.fails = NACRE_NO_MEMORY;
    assert_int_equal(keys_create(&b, &port, &key, &error), NACRE_NO_MEMORY);
    const uint8_t *const copies[2] = {a.header, a.header};
    assert_int_equal(keys_open(&b, copies, &port, &key, &error), NACRE_NO_MEMORY);
    core.fails = NACRE_OK;
    /* For nobody, which a host could ask for; and for an identity that there is not. */
    const struct pfs_key any = who(module_a, signer_a, PFS_IDENTITY_NONE, PORT_SEAL_TO_SIGNER);
    assert_int_equal(keys_create(&b, &port, &any, &error), NACRE_ARGUMENT);
    const struct pfs_key none = who(module_a, NULL, PFS_IDENTITY_SIGNER, PORT_SEAL_TO_SIGNER);
    assert_int_equal(keys_create(&b, &port, &none, &error), NACRE_ARGUMENT);
    assert_non_null(strstr(error.text, "no such identity"));
    fake_destroy(fake);
}

/* --- Recipients --- */

static void test_recipient(void **state) {
    struct fake *fake = fake_create();
    uint8_t public_bytes[32];
    const struct pfs_key secret = {.kind = PFS_KEY_SECRET, .bytes = file_bytes, .size = 32};
    const struct pfs_key other = {.kind = PFS_KEY_SECRET, .bytes = other_bytes, .size = 32};
    const struct pfs_key public_key = {.kind = PFS_KEY_RECIPIENT, .bytes = public_bytes,
                                       .size = 32};
    struct keys keys, again;
    nacre_error error = {0};
    (void)state;
    hpke_public_key(file_bytes, public_bytes);
    make(fake, &keys, &file_key);
    add(fake, &keys, &public_key);
    assert_int_equal(keys_kind(&keys, 1), PFS_KEY_RECIPIENT);
    accept(fake, keys.header, NULL, &secret, &keys);
    refuse(fake, keys.header, NULL, &other, "the key does not open it");
    assert_int_equal(open_two(&again, fake, keys.header, NULL, &public_key, &error),
                     NACRE_ARGUMENT);
    assert_non_null(strstr(error.text, "only a secret one opens anything"));
    /* Two slots are never the same. */
    add(fake, &keys, &other);
    add(fake, &keys, &other);
    assert_int_equal(keys_kind(&keys, 2), PFS_KEY_RECIPIENT);
    assert_memory_not_equal(keys.header + 64 + 2 * 448 + 32, keys.header + 64 + 3 * 448 + 32, 32);
    accept(fake, keys.header, NULL, &other, &keys);
    /* What would make a key that everybody knows. */
    again = keys;
    memset(again.header + 64 + 448 + 32, 0, 32);
    refuse(fake, again.header, NULL, &secret, "the key does not open it");
    memset(public_bytes, 0, sizeof public_bytes);
    assert_int_equal(keys_renew(&keys, fake_port(fake), UINT32_MAX, &public_key, 1, &error),
                     NACRE_ARGUMENT);
    assert_non_null(strstr(error.text, "no public key of X25519"));
    fake_destroy(fake);
}

static void test_text(void **state) {
    static const char *const bad[] = {
        "", "\n", "nacre pfs key 1", "nacre pfs key 1\n", "nacre pfs key 2\n@", "nacre pfs key 1@",
        "nacre pfs key 1\n@ ", "nacre pfs key 1\n@\n\n", "nacre pfs key 1\n@@", "@",
        "nacre pfs key 1\n\n@", "nacre pfs key 1 \n@", "Nacre pfs key 1\n@",
        "nacre pfs key 1\n@\r", "nacre pfs key 1\r@",
    };
    static const enum pfs_key_kind kinds[] = {PFS_KEY_FILE, PFS_KEY_SECRET, PFS_KEY_RECIPIENT};
    char text[KEY_TEXT_MAX], digits[65] = {0}, changed[256];
    enum pfs_key_kind kind;
    uint8_t key[32];
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        size_t size = key_text_write(text, kinds[i], other_bytes);
        for (size_t cut = 0; cut < 2; cut++) {
            memset(key, 0, sizeof key);
            assert_int_equal(key_text_read(text, size - cut, &kind, key), NACRE_OK);
            assert_int_equal(kind, kinds[i]);
            assert_memory_equal(key, other_bytes, sizeof key);
        }
        for (size_t less = 2; less <= size; less++)
            assert_int_equal(key_text_read(text, size - less, &kind, key), NACRE_MALFORMED);
        memcpy(digits, text + size - 65, 64);
    }
    assert_int_equal(key_text_read("nacre pfs key 1\r\n0405060000000000000000000000000000000000"
                                   "00000000000000000000000A\r\n", 83, &kind, key), NACRE_OK);
    assert_int_equal(key[31], 10);
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) { /* @ stands for a key's digits */
        size_t size = 0;
        for (const char *p = bad[i]; *p; p++) {
            memcpy(changed + size, *p == '@' ? digits : p, *p == '@' ? 64 : 1);
            size += *p == '@' ? 64 : 1;
        }
        assert_int_equal(key_text_read(changed, size, &kind, key), NACRE_MALFORMED);
    }
}

/* --- As the layout says: made here by nothing but it --- */

enum { SLOT = 64, SLOT_SIZE = 448, MAC = 4064 };

/* A header whose only slot is a passphrase's, with parameters of its own. */
static void compose(uint8_t header[BLOCK_BYTES], uint8_t volume_key[32], uint32_t passes,
                    uint32_t kibibytes) {
    static const char use[] = "nacre pfs 1 header";
    uint8_t *slot = header + SLOT, key[32], keys[64] = {0}, bound[28 + 4 + 64] = {0};
    struct crypto_gcm gcm;
    memset(header, 0, BLOCK_BYTES);
    memset(volume_key, 9, 32);
    memcpy(header, "nacrepfs\1\0\1\0\1\0\0\0volume's number.", 32);
    slot[0] = 2;
    slot[1] = 1;
    store_u32(slot + 4, passes);
    store_u32(slot + 8, kibibytes);
    memcpy(slot + 16, "sixteen of salt.", 16);
    memcpy(slot + 64, "twelve bytes", 12);
    assert_int_equal(crypto_argon2id(passphrase.bytes, passphrase.size, slot + 16, passes,
                                     kibibytes, key), NACRE_OK);
    memcpy(bound, header, 12);
    memcpy(bound + 12, header + 16, 16);
    memcpy(bound + 32, slot, 64);
    memcpy(keys, volume_key, 32);
    assert_int_equal(crypto_gcm_begin(&gcm, key), NACRE_OK);
    assert_int_equal(crypto_gcm_seal(&gcm, slot + 64, bound, sizeof bound, keys, sizeof keys,
                                     slot + 96, slot + 80), NACRE_OK);
    crypto_gcm_end(&gcm);
    assert_int_equal(crypto_hmac(volume_key, 32, (const uint8_t *)use, strlen(use), key),
                     NACRE_OK);
    assert_int_equal(crypto_hmac(key, 32, header, MAC, header + MAC), NACRE_OK);
}

static void test_parameters(void **state) {
    static const struct {
        uint32_t passes, kibibytes;
        bool is_good;
    } rows[] = {{1, 8192, true}, {2, 8192, true}, {16, 8192, true}, {17, 8192, false},
                {1, 8191, false}};
    struct fake *fake = fake_create();
    struct keys made = {.slot = 0};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        compose(made.header, made.volume_key, rows[i].passes, rows[i].kibibytes);
        if (rows[i].is_good) accept(fake, made.header, NULL, &passphrase, &made);
        else refuse(fake, made.header, NULL, &passphrase, "the key does not open it");
    }
    /* These would take hours, or more memory than there is: nothing is tried. */
    static const uint32_t absurd[][2] = {
        {UINT32_MAX, 8192}, {1, UINT32_MAX}, {0, 8192}, {1, 0}, {UINT32_MAX, UINT32_MAX}};
    for (size_t i = 0; i < ARRAY_COUNT(absurd); i++) {
        store_u32(made.header + SLOT + 4, absurd[i][0]);
        store_u32(made.header + SLOT + 8, absurd[i][1]);
        argon.count = 0;
        refuse(fake, made.header, made.header, &passphrase, "the key does not open it");
        assert_int_equal(argon.count, 0);
    }
    fake_destroy(fake);
}

/* --- Headers that somebody else had a hand in --- */

/* Whichever byte of a copy is changed, the other one counts; and of both, nothing opens. */
static void test_flipped(void **state) {
    struct fake *fake = fake_create();
    struct keys keys, other;
    (void)state;
    make(fake, &keys, &file_key);
    add(fake, &keys, &other_key);
    for (uint32_t i = 0; i < BLOCK_BYTES; i++) {
        other = keys;
        other.header[i] ^= (uint8_t)(1 << i % 8);
        accept(fake, other.header, keys.header, &file_key, &keys);
        accept(fake, keys.header, other.header, &file_key, &keys);
        refuse(fake, other.header, other.header, &file_key, "");
        refuse(fake, other.header, NULL, &file_key, "");
        refuse(fake, NULL, other.header, &other_key, "");
    }
    fake_destroy(fake);
}

static void test_none(void **state) {
    static const char damaged[] =
        "no volume of protected files of this version, or a damaged one";
    static uint8_t zeros[BLOCK_BYTES], ones[BLOCK_BYTES];
    struct fake *fake = fake_create();
    struct keys keys;
    (void)state;
    memset(ones, 0xFF, sizeof ones);
    refuse(fake, NULL, NULL, &file_key, damaged);
    refuse(fake, zeros, ones, &file_key, damaged);
    make(fake, &keys, &file_key);
    accept(fake, ones, keys.header, &file_key, &keys);
    refuse(fake, ones, keys.header, &other_key, "the key does not open it");
    keys.header[4064] ^= 1; /* the key is right, and the header is not */
    refuse(fake, keys.header, NULL, &file_key, damaged);
    keys.header[4064] ^= 1;
    keys.header[8]++; /* another version */
    refuse(fake, keys.header, keys.header, &file_key, damaged);
    fake_destroy(fake);
}

/* Of two that are whole, the newer one counts, wherever it is. What says that it is newer, and is
 * not whole, does not. */
static void test_generations(void **state) {
    struct fake *fake = fake_create();
    struct keys old, new, forged;
    nacre_error error = {0};
    (void)state;
    make(fake, &old, &file_key);
    new = old;
    add(fake, &new, &other_key);
    accept(fake, old.header, new.header, &file_key, &new);
    accept(fake, new.header, old.header, &file_key, &new);
    accept(fake, old.header, NULL, &file_key, &old);
    forged = old;
    memset(forged.header + 12, 0xFF, 4);
    accept(fake, forged.header, new.header, &file_key, &new);
    accept(fake, new.header, forged.header, &file_key, &new);
    /* A key that was dropped opens what is old only. */
    assert_int_equal(keys_renew(&new, fake_port(fake), 2, NULL, 0, &error), NACRE_OK);
    refuse(fake, new.header, new.header, &file_key, "the key does not open it");
    accept(fake, new.header, old.header, &other_key, &new);
    accept(fake, new.header, old.header, &file_key, &old);
    fake_destroy(fake);
}

/* A slot belongs to one place of one volume. */
static void test_moved_slots(void **state) {
    enum { FIRST = 64, SIZE = 448 };
    struct fake *fake = fake_create();
    struct keys a, b, mixed;
    (void)state;
    make(fake, &a, &file_key);
    add(fake, &a, &other_key);
    make(fake, &b, &file_key);
    assert_memory_not_equal(a.header + 16, b.header + 16, 16);
    mixed = a; /* the two change places */
    memcpy(mixed.header + FIRST, a.header + FIRST + SIZE, SIZE);
    memcpy(mixed.header + FIRST + SIZE, a.header + FIRST, SIZE);
    refuse(fake, mixed.header, mixed.header, &file_key, "the key does not open it");
    mixed = a; /* one more, which is the first */
    memcpy(mixed.header + FIRST + 2 * SIZE, a.header + FIRST, SIZE);
    refuse(fake, mixed.header, mixed.header, &file_key, "damaged");
    mixed = a; /* one less */
    memset(mixed.header + FIRST + SIZE, 0, SIZE);
    refuse(fake, mixed.header, mixed.header, &file_key, "damaged");
    refuse(fake, mixed.header, mixed.header, &other_key, "the key does not open it");
    mixed = a; /* another volume's */
    memcpy(mixed.header + FIRST, b.header + FIRST, SIZE);
    refuse(fake, mixed.header, mixed.header, &file_key, "the key does not open it");
    mixed = a; /* another volume's number for all of it */
    memcpy(mixed.header + 16, b.header + 16, 16);
    refuse(fake, mixed.header, mixed.header, &file_key, "the key does not open it");
    mixed = a; /* an older one of the same place, with the same key */
    make(fake, &b, &file_key);
    memcpy(b.header + 16, a.header + 16, 16);
    refuse(fake, b.header, b.header, &file_key, "the key does not open it");
    fake_destroy(fake);
}

/* A header of another volume with the same key opens, and finds no root that is its own. */
static void test_other_volume(void **state) {
    static const char volume_path[] = "volume/nacre.pfs";
    struct rig *a = rig_new(), *b = rig_new();
    nacre_error error = {0};
    size_t size, other_size;
    (void)state;
    put(a, "a", "hello");
    rig_close(a);
    rig_close(b);
    /* The same fake port gives the same bytes each time: another volume is a later one. */
    fake_remove(b->fake, volume_path);
    const struct pfs_key key = {.kind = PFS_KEY_FILE, .bytes = b->key, .size = sizeof b->key};
    assert_int_equal(pfs_create(fake_allocator(b->fake), &b->port, "volume", &key, &error),
                     NACRE_OK);
    const uint8_t *of_a = fake_contents(a->fake, volume_path, &size);
    const uint8_t *of_b = fake_contents(b->fake, volume_path, &other_size);
    assert_memory_not_equal(of_a + 16, of_b + 16, 16);
    uint8_t *mixed = malloc(size);
    for (uint32_t which = 1; which < 4; which++) { /* the first copy, the other, both */
        memcpy(mixed, of_a, size);
        if (which & 1) memcpy(mixed, of_b, BLOCK_BYTES);
        if (which & 2) memcpy(mixed + 3 * BLOCK_BYTES, of_b + 3 * BLOCK_BYTES, BLOCK_BYTES);
        if (which == 2) mixed[0] ^= 1; /* and its own is damaged */
        struct fake *fake = fake_create();
        fake_dir(fake, "volume");
        fake_file(fake, volume_path, mixed, size);
        const struct pfs_options options = {.is_read_only = true, .cache_blocks = 1};
        struct pfs *pfs;
        assert_int_equal(pfs_open(fake_allocator(fake), fake_port(fake), "volume", &key, &options,
                                  &pfs, &error), NACRE_INTEGRITY);
        assert_string_equal(error.text, "it was damaged or cut short: no state of it is whole");
        fake_destroy(fake);
    }
    free(mixed);
    rig_destroy(a);
    rig_destroy(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passphrase),
        cmocka_unit_test(test_no_passphrases),
        cmocka_unit_test(test_no_keys),
        cmocka_unit_test(test_sealed),
        cmocka_unit_test(test_sealed_elsewhere),
        cmocka_unit_test(test_recipient),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_generations),
        cmocka_unit_test(test_moved_slots),
        cmocka_unit_test(test_other_volume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
