/* test_keys.c - who opens a volume: kinds of keys, and headers that others had a hand in. */
#include "rig.h"

#include "crypto/crypto.h"
#include "pfs/keys.h"

/* --- Headers alone --- */

static const uint8_t file_bytes[32] = {1, 2, 3}, other_bytes[32] = {4, 5, 6};
static const struct pfs_key file_key = {PFS_KEY_FILE, file_bytes, sizeof file_bytes};
static const struct pfs_key other_key = {PFS_KEY_FILE, other_bytes, sizeof other_bytes};
static const uint8_t words[] = "correct horse", wrong_words[] = "correct house";
static const struct pfs_key passphrase = {PFS_KEY_PASSPHRASE, words, 13};
static const struct pfs_key typo = {PFS_KEY_PASSPHRASE, wrong_words, 13};

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
    accept(fake, keys.header, keys.header, &passphrase, &keys);
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

/* What can't be a key is told before anything is made. */
static void test_no_keys(void **state) {
    static const struct pfs_key none[] = {
        {PFS_KEY_NONE, file_bytes, 32},
        {PFS_KEY_FILE, file_bytes, 31},
        {PFS_KEY_FILE, file_bytes, 0},
        {PFS_KEY_PASSPHRASE, file_bytes, 0},
    };
    struct fake *fake = fake_create();
    struct keys keys, made;
    (void)state;
    make(fake, &made, &file_key);
    for (size_t i = 0; i < ARRAY_COUNT(none); i++) {
        nacre_error error = {0};
        assert_int_equal(keys_create(&keys, fake_port(fake), &none[i], &error), NACRE_ARGUMENT);
        assert_non_null(strstr(error.text, "a key that can't be one"));
        assert_int_equal(open_two(&keys, fake, made.header, NULL, &none[i], &error),
                         NACRE_ARGUMENT);
    }
    fake_destroy(fake);
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
    store_u32(made.header + SLOT + 4, UINT32_MAX);
    store_u32(made.header + SLOT + 8, UINT32_MAX);
    refuse(fake, made.header, made.header, &passphrase, "the key does not open it");
    store_u32(made.header + SLOT + 4, 0);
    store_u32(made.header + SLOT + 8, (1 << 20) + 1);
    refuse(fake, made.header, made.header, &passphrase, "the key does not open it");
    fake_destroy(fake);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passphrase),
        cmocka_unit_test(test_no_keys),
        cmocka_unit_test(test_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
