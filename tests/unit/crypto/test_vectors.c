/* test_vectors.c - published vectors, and AES-GCM by instructions against AES-GCM without. */
#include "portable.h"

enum { BLOCK = 4096 };

/* --- AES-256-GCM --- */

struct way {
    nacre_status (*begin)(struct crypto_gcm *, const uint8_t *);
    nacre_status (*seal)(struct crypto_gcm *, const uint8_t *, const uint8_t *, size_t,
                         const uint8_t *, size_t, uint8_t *, uint8_t *);
    nacre_status (*open)(struct crypto_gcm *, const uint8_t *, const uint8_t *, size_t,
                         const uint8_t *, size_t, const uint8_t *, uint8_t *);
    void (*end)(struct crypto_gcm *);
};

static const struct way ways[] = {
    {crypto_gcm_begin, crypto_gcm_seal, crypto_gcm_open, crypto_gcm_end},
    {portable_begin, portable_seal, portable_open, portable_end},
};

/* NIST CAVP, gcmEncryptExtIV256.rsp; the last is test case 16 of McGrew and Viega, "The
 * Galois/Counter Mode of Operation". */
static const struct gcm_vector {
    const char *key, *nonce, *plain, *extra, *sealed, *tag;
} gcm_vectors[] = {
    {"b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4",
     "516c33929df5a3284ff463d7", "", "", "", "bdc1ac884d332457a1d2664f168c76f0"},
    {"78dc4e0aaf52d935c3c01eea57428f00ca1fd475f5da86a49c8dd73d68c8e223",
     "d79cf22d504cc793c3fb6c8a", "", "b96baa8c1c75a671bfb2d08d06be5f36", "",
     "3e5d486aa2e30b22e040b85723a06e76"},
    {"31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22",
     "0d18e06c7c725ac9e362e1ce", "2db5168e932556f8089a0622981d017d", "",
     "fa4362189661d163fcd6a56d8bf0405a", "d636ac1bbedd5cc3ee727dc2ab4a9489"},
    {"92e11dcdaa866f5ce790fd24501f92509aacf4cb8b1339d50c9c1240935dd08b",
     "ac93a1a6145299bde902f21a", "2d71bcfa914e4ac045b2aa60955fad24",
     "1e0889016f67601c8ebea4943bc23ad6", "8995ae2e6df3dbf96fac7b7137bae67f",
     "eca5aa77d51d4a0a14d9c51e1da474ab"},
    {"e5a0eb92cc2b064e1bc80891faf1fab5e9a17a9c3a984e25416720e30e6c2b21",
     "4742357c335913153ff0eb0f", "8499893e16b0ba8b007d54665a", "",
     "eb8e6175f1fe38eb1acf95fd51", "88a8b74bb74fda553e91020a23deed45"},
    {"595f259c55abe00ae07535ca5d9b09d6efb9f7e9abb64605c337acbd6b14fc7e",
     "92f258071d79af3e63672285",
     "a6fee33eb110a2d769bbc52b0f36969c287874f665681477a25fc4c48015c541fbe2394133ba490a34ee2dd67b"
     "898177849a91",
     "",
     "bbca4a9e09ae9690c0f6f8d405e53dccd666aa9c5fa13c8758bc30abe1ddd1bcce0d36a1eaaaaffef20cd3c597"
     "0b9673f8a65c",
     "26ccecb9976fd6ac9c2c0f372c52c821"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449"
     "a6b525b16aedf5aa0de657ba637b39",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056"
     "828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static void check_vector(const struct way *way, const struct gcm_vector *v) {
    uint8_t key[32], nonce[12], plain[64], extra[64], sealed[64], tag[16], out[64], out_tag[16];
    struct crypto_gcm gcm;
    size_t size = from_hex(v->plain, plain, sizeof plain);
    size_t extra_size = from_hex(v->extra, extra, sizeof extra);
    (void)from_hex(v->key, key, sizeof key);
    (void)from_hex(v->nonce, nonce, sizeof nonce);
    (void)from_hex(v->tag, tag, sizeof tag);
    assert_int_equal(from_hex(v->sealed, sealed, sizeof sealed), size);
    assert_int_equal(way->begin(&gcm, key), NACRE_OK);
    assert_int_equal(way->seal(&gcm, nonce, extra, extra_size, plain, size, out, out_tag),
                     NACRE_OK);
    assert_memory_equal(out, sealed, size);
    assert_memory_equal(out_tag, tag, sizeof tag);
    memset(out, 0, sizeof out);
    assert_int_equal(way->open(&gcm, nonce, extra, extra_size, sealed, size, tag, out), NACRE_OK);
    assert_memory_equal(out, plain, size);
    way->end(&gcm);
}

static void test_gcm_vectors(void **state) {
    (void)state;
    for (size_t w = 0; w < ARRAY_COUNT(ways); w++)
        for (size_t i = 0; i < ARRAY_COUNT(gcm_vectors); i++)
            check_vector(&ways[w], &gcm_vectors[i]);
}

static uint8_t next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint8_t)(*state >> 56);
}

static void fill(uint64_t *random, uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) bytes[i] = next_random(random);
}

/* Sizes around blocks of AES, those that are computed several at once, and a volume's. */
static const size_t sizes[] = {0,   1,   15,  16,  17,   31,   32,   33,   63,   64,  65,
                               127, 128, 129, 255, 1000, 4064, 4095, 4096, 4097, 8192};

static struct {
    uint8_t plain[2 * BLOCK], sealed[2 * BLOCK], again[2 * BLOCK], opened[2 * BLOCK];
} big;

/* One opens what the other sealed, also in place. */
static void check_both(uint64_t *random, size_t size, size_t extra_size) {
    uint8_t key[32], nonce[12], extra[64], tag[16], tag_again[16];
    struct crypto_gcm a, b;
    fill(random, key, sizeof key);
    fill(random, nonce, sizeof nonce);
    fill(random, extra, extra_size);
    fill(random, big.plain, size);
    assert_int_equal(crypto_gcm_begin(&a, key), NACRE_OK);
    assert_int_equal(portable_begin(&b, key), NACRE_OK);
    assert_false(b.is_fast);
    assert_int_equal(
        crypto_gcm_seal(&a, nonce, extra, extra_size, big.plain, size, big.sealed, tag), NACRE_OK);
    memcpy(big.again, big.plain, size);
    assert_int_equal(
        portable_seal(&b, nonce, extra, extra_size, big.again, size, big.again, tag_again),
        NACRE_OK);
    assert_memory_equal(big.again, big.sealed, size);
    assert_memory_equal(tag, tag_again, sizeof tag);
    assert_int_equal(
        portable_open(&b, nonce, extra, extra_size, big.sealed, size, tag, big.opened), NACRE_OK);
    assert_memory_equal(big.opened, big.plain, size);
    assert_int_equal(
        crypto_gcm_open(&a, nonce, extra, extra_size, big.again, size, tag, big.again), NACRE_OK);
    assert_memory_equal(big.again, big.plain, size);
    crypto_gcm_end(&a);
    portable_end(&b);
}

static void test_gcm_both(void **state) {
    uint64_t random = 1;
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++)
        for (size_t extra = 0; extra <= 64; extra += 16) check_both(&random, sizes[i], extra);
}

/* Whatever is changed, it is not opened, and no byte of it is told. */
static void check_refused(const struct way *way) {
    static const uint8_t key[32] = {1};
    uint8_t nonce[12] = {2}, extra[16] = {3}, tag[16], none[BLOCK];
    uint8_t *const parts[] = {nonce, extra, tag, big.sealed};
    static const size_t part_sizes[] = {12, 16, 16, BLOCK};
    struct crypto_gcm gcm;
    memset(none, 0, sizeof none);
    assert_int_equal(way->begin(&gcm, key), NACRE_OK);
    assert_int_equal(way->seal(&gcm, nonce, extra, sizeof extra, big.plain, BLOCK, big.sealed,
                               tag), NACRE_OK);
    for (size_t p = 0; p < ARRAY_COUNT(parts); p++)
        for (size_t i = 0; i < part_sizes[p]; i += p == 3 ? 37 : 1) {
            parts[p][i] ^= (uint8_t)(1 << i % 8);
            memset(big.opened, 0, BLOCK);
            assert_int_equal(way->open(&gcm, nonce, extra, sizeof extra, big.sealed, BLOCK, tag,
                                       big.opened), NACRE_INTEGRITY);
            assert_memory_equal(big.opened, none, BLOCK);
            parts[p][i] ^= (uint8_t)(1 << i % 8);
        }
    assert_int_equal(way->open(&gcm, nonce, extra, sizeof extra, big.sealed, BLOCK - 1, tag,
                               big.opened), NACRE_INTEGRITY);
    assert_int_equal(way->open(&gcm, nonce, extra, sizeof extra, big.sealed, BLOCK, tag,
                               big.opened), NACRE_OK);
    way->end(&gcm);
}

static void test_gcm_refused(void **state) {
    uint64_t random = 2;
    (void)state;
    fill(&random, big.plain, BLOCK);
    for (size_t w = 0; w < ARRAY_COUNT(ways); w++) check_refused(&ways[w]);
}

/* --- HMAC-SHA-256, RFC 4231 --- */

static void check_hmac(const void *key, size_t key_size, const void *bytes, size_t size,
                       const char *expected) {
    uint8_t mac[32], wanted[32];
    (void)from_hex(expected, wanted, sizeof wanted);
    assert_int_equal(crypto_hmac(key, key_size, bytes, size, mac), NACRE_OK);
    assert_memory_equal(mac, wanted, sizeof mac);
}

static void test_hmac(void **state) {
    static const char large_key[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    static const char large_both[] =
        "This is a test using a larger than block-size key and a larger than block-size data. The "
        "key needs to be hashed before being used by the HMAC algorithm.";
    uint8_t key[131], bytes[50];
    (void)state;
    memset(key, 0x0b, 20);
    check_hmac(key, 20, "Hi There", 8,
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check_hmac("Jefe", 4, "what do ya want for nothing?", 28,
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(bytes, 0xdd, sizeof bytes);
    check_hmac(key, 20, bytes, sizeof bytes,
               "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    check_hmac(key, sizeof key, large_key, strlen(large_key),
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    check_hmac(key, sizeof key, large_both, strlen(large_both),
               "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
    for (uint8_t i = 0; i < 25; i++) key[i] = (uint8_t)(i + 1);
    memset(bytes, 0xcd, sizeof bytes);
    check_hmac(key, 25, bytes, sizeof bytes,
               "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

/* --- SipHash-2-4: the paper's (15 bytes), and some of its authors' reference --- */

static void test_siphash(void **state) {
    static const struct {
        size_t size;
        uint64_t hash;
    } vectors[] = {
        {0, 0x726fdb47dd0e0e31},  {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
        {8, 0x93f5f5799a932462},  {15, 0xa129ca6149be45e5}, {16, 0x3f2acc7f57c29bdb},
        {63, 0x958a324ceb064572},
    };
    uint8_t key[16], bytes[64];
    (void)state;
    for (uint8_t i = 0; i < sizeof bytes; i++) bytes[i] = i;
    memcpy(key, bytes, sizeof key);
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++)
        assert_true(crypto_siphash(key, bytes, vectors[i].size) == vectors[i].hash);
}

/* --- Argon2id --- */

/* RFC 9106's vector has a secret and four lanes, which libsodium does not offer: these are what
 * OpenSSL's implementation gives. */
static void test_argon(void **state) {
    static const struct {
        const char *passphrase, *salt;
        uint32_t passes, kibibytes;
        const char *key;
    } vectors[] = {
        {"70617373776f7264", "000102030405060708090a0b0c0d0e0f", 1, 8192,
         "6708f1faf7314dfc009386f5258b181f70f6190926363475fadec630a1bde67a"},
        {"", "000102030405060708090a0b0c0d0e0f", 3, 8192,
         "f58cb5cd03e8c6ffcca951d916843cfb306171cbd2e846975dc38d77bf6ad073"},
        {"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
         "736f6d6573616c74736f6d6573616c74", 2, 16384,
         "72d335b5b219d15a442b21ad3d9a2567467bcd66b96f1c88e899d76818df5366"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        uint8_t passphrase[32], salt[16], wanted[32], key[32];
        size_t size = from_hex(vectors[i].passphrase, passphrase, sizeof passphrase);
        (void)from_hex(vectors[i].salt, salt, sizeof salt);
        (void)from_hex(vectors[i].key, wanted, sizeof wanted);
        assert_int_equal(crypto_argon2id(passphrase, size, salt, vectors[i].passes,
                                         vectors[i].kibibytes, key), NACRE_OK);
        assert_memory_equal(key, wanted, sizeof key);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gcm_vectors), cmocka_unit_test(test_gcm_both),
        cmocka_unit_test(test_gcm_refused), cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_siphash),     cmocka_unit_test(test_argon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
