/* test_hpke.c - HPKE against vectors: of RFC 9180, which has other ciphers beside this KEM and
 * KDF, and of another implementation for AES-256-GCM. */
#include "portable.h"

#include "crypto/hpke.h"

static const char urn[] = "Ode on a Grecian Urn", beauty[] = "Beauty is truth, truth beauty";
static const struct hpke_purpose gcm_purpose = {
    HPKE_AES_256_GCM, (const uint8_t *)urn, sizeof urn - 1};

/* RFC 9180, A.2.1: ChaCha20-Poly1305, whose keys are as long. */
static void test_rfc(void **state) {
    const struct hpke_purpose purpose = {3, (const uint8_t *)urn, sizeof urn - 1};
    uint8_t secret[32], ephemeral[32], public_key[32], wanted_public[32], enc[32], wanted_enc[32];
    uint8_t key[32], nonce[12];
    struct hpke_message sent, received;
    (void)state;
    (void)from_hex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb", secret, 32);
    (void)from_hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
                   wanted_public, 32);
    (void)from_hex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600", ephemeral,
                   32);
    (void)from_hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a", wanted_enc,
                   32);
    (void)from_hex("ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91", key, 32);
    (void)from_hex("5c4d98150661b848853b547f", nonce, 12);
    hpke_public_key(secret, public_key);
    assert_memory_equal(public_key, wanted_public, 32);
    assert_int_equal(hpke_send(public_key, ephemeral, &purpose, enc, &sent), NACRE_OK);
    assert_memory_equal(enc, wanted_enc, 32);
    assert_memory_equal(sent.key, key, 32);
    assert_memory_equal(sent.nonce, nonce, 12);
    assert_int_equal(hpke_receive(secret, enc, &purpose, &received), NACRE_OK);
    assert_memory_equal(&received, &sent, sizeof sent);
}

/* Sealed by pyca/cryptography 48. */
static void test_other(void **state) {
    uint8_t secret[32], enc[32], sealed[64], plain[64];
    struct hpke_message message;
    struct crypto_gcm gcm;
    (void)state;
    (void)from_hex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8", secret, 32);
    (void)from_hex("74823f638edac1c70793cea0d7c6d9b7f44c361826a37db60bf74a264952b844", enc, 32);
    size_t size = from_hex("de75c46f13ec206fca17e2a4d1f2f368df185297a46abc0686126108d2a77af333bb"
                           "b3488baa024b4e2ef3f091", sealed, sizeof sealed) - 16;
    assert_int_equal(size, sizeof beauty - 1);
    assert_int_equal(hpke_receive(secret, enc, &gcm_purpose, &message), NACRE_OK);
    assert_int_equal(crypto_gcm_begin(&gcm, message.key), NACRE_OK);
    assert_int_equal(crypto_gcm_open(&gcm, message.nonce, (const uint8_t *)"Count-0", 7, sealed,
                                     size, sealed + size, plain), NACRE_OK);
    crypto_gcm_end(&gcm);
    assert_memory_equal(plain, beauty, size);
}

/* Points of small order, as libsodium and RFC 7748 have them: the result would be known to all. */
static void test_small(void **state) {
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    };
    static const uint8_t secret[32] = {1, 2, 3};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(points); i++) {
        struct hpke_message message;
        uint8_t point[32], enc[32];
        (void)from_hex(points[i], point, sizeof point);
        assert_int_equal(hpke_send(point, secret, &gcm_purpose, enc, &message), NACRE_ARGUMENT);
        assert_int_equal(hpke_receive(secret, point, &gcm_purpose, &message), NACRE_INTEGRITY);
    }
}

/* All that goes in matters. */
static void test_differs(void **state) {
    const struct hpke_purpose others[] = {
        {1, gcm_purpose.info, gcm_purpose.info_size},
        {2, gcm_purpose.info, gcm_purpose.info_size - 1},
        {2, gcm_purpose.info, 0},
    };
    uint8_t secret[32] = {0, 5}, other[32] = {0, 6}, ephemeral[32] = {0, 7};
    uint8_t public_key[32], enc[32];
    struct hpke_message sent, received;
    (void)state;
    hpke_public_key(secret, public_key);
    assert_int_equal(hpke_send(public_key, ephemeral, &gcm_purpose, enc, &sent), NACRE_OK);
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        assert_int_equal(hpke_receive(secret, enc, &others[i], &received), NACRE_OK);
        assert_memory_not_equal(received.key, sent.key, 32);
        assert_memory_not_equal(received.nonce, sent.nonce, 12);
    }
    assert_int_equal(hpke_receive(other, enc, &gcm_purpose, &received), NACRE_OK);
    assert_memory_not_equal(received.key, sent.key, 32);
    enc[0] ^= 1;
    assert_int_equal(hpke_receive(secret, enc, &gcm_purpose, &received), NACRE_OK);
    assert_memory_not_equal(received.key, sent.key, 32);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc),
        cmocka_unit_test(test_other),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
