/* rsa.c - see rsa.h */
#include "crypto/rsa.h"

#include <mbedtls/bignum.h>
#include <mbedtls/pem.h>
#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/rsa.h>

#include "crypto/config.h"

enum { BITS = 8 * RSA_BYTES, EXPONENT = 3 };

struct rsa_key {
    mbedtls_pk_context pk;
};

/* What a failure means where only memory and random bytes can be missing. Mbed TLS adds up two
 * numbers: why, in the last seven bits, and where. */
static nacre_status failure(int number) {
    const int why = 0x7F;
    return number == MBEDTLS_ERR_PK_ALLOC_FAILED || number == MBEDTLS_ERR_PEM_ALLOC_FAILED ||
                   (-number & why) == -MBEDTLS_ERR_MPI_ALLOC_FAILED
               ? NACRE_NO_MEMORY : NACRE_IO;
}

static void reverse(const uint8_t from[RSA_BYTES], uint8_t to[RSA_BYTES]) {
    for (size_t i = 0; i < RSA_BYTES; i++) to[i] = from[RSA_BYTES - 1 - i];
}

/* --- Keys --- */

static struct rsa_key *create(void) {
    struct rsa_key *key = mbedtls_calloc(1, sizeof *key);
    if (key) mbedtls_pk_init(&key->pk);
    return key;
}

void rsa_destroy(struct rsa_key *key) {
    if (!key) return;
    mbedtls_pk_free(&key->pk); /* clears it */
    mbedtls_free(key);
}

nacre_status rsa_generate(rsa_random random, void *env, struct rsa_key **key) {
    struct rsa_key *made = create();
    if (!made) return NACRE_NO_MEMORY;
    int failed = mbedtls_pk_setup(&made->pk, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA));
    if (!failed)
        failed = mbedtls_rsa_gen_key(mbedtls_pk_rsa(made->pk), random, env, BITS, EXPONENT);
    if (!failed) {
        *key = made;
        return NACRE_OK;
    }
    rsa_destroy(made);
    return failure(failed);
}

/* Is it of the kind that this file is for? */
static nacre_status check_kind(const mbedtls_pk_context *pk) {
    mbedtls_mpi exponent;
    if (!mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA) || mbedtls_pk_get_bitlen(pk) != BITS)
        return NACRE_UNSUPPORTED;
    mbedtls_mpi_init(&exponent);
    int failed = mbedtls_rsa_export(mbedtls_pk_rsa(*pk), NULL, NULL, NULL, NULL, &exponent);
    bool fits = !failed && mbedtls_mpi_cmp_int(&exponent, EXPONENT) == 0;
    mbedtls_mpi_free(&exponent);
    if (failed) return NACRE_NO_MEMORY;
    return fits ? NACRE_OK : NACRE_UNSUPPORTED;
}

nacre_status rsa_read(const char *pem, size_t size, rsa_random random, void *env,
                      struct rsa_key **key) {
    struct rsa_key *made = create();
    if (!made) return NACRE_NO_MEMORY;
    nacre_status status = NACRE_MALFORMED;
    int failed = CONFIG_PARSE_KEY(&made->pk, (const unsigned char *)pem, size, random, env);
    if (!failed) status = check_kind(&made->pk);
    else if (failure(failed) == NACRE_NO_MEMORY) status = NACRE_NO_MEMORY;
    if (status == NACRE_OK && mbedtls_rsa_check_privkey(mbedtls_pk_rsa(made->pk)) != 0)
        status = NACRE_MALFORMED; /* its numbers do not belong together */
    if (status == NACRE_OK) *key = made;
    else rsa_destroy(made);
    return status;
}

nacre_status rsa_write(const struct rsa_key *key, char pem[RSA_PEM_BYTES]) {
    mbedtls_pk_context pk = key->pk; /* 2.28 wants one that it could change, and does not */
    return mbedtls_pk_write_key_pem(&pk, (unsigned char *)pem, RSA_PEM_BYTES) == 0
               ? NACRE_OK : NACRE_NO_MEMORY;
}

nacre_status rsa_modulus(const struct rsa_key *key, uint8_t modulus[RSA_BYTES]) {
    uint8_t bytes[RSA_BYTES];
    if (mbedtls_rsa_export_raw(mbedtls_pk_rsa(key->pk), bytes, sizeof bytes, NULL, 0, NULL, 0,
                               NULL, 0, NULL, 0) != 0)
        return NACRE_NO_MEMORY;
    reverse(bytes, modulus);
    return NACRE_OK;
}

/* --- Signatures --- */

/* EMSA-PKCS1-v1_5 (RFC 8017, section 9.2): there is one encoding, so that who verifies makes it
 * too, and compares. */
static void encode(const uint8_t digest[32], uint8_t message[RSA_BYTES]) {
    static const uint8_t sha256[] = {0x00, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
                                     0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    memset(message, 0xFF, RSA_BYTES);
    message[0] = 0;
    message[1] = 1;
    memcpy(message + RSA_BYTES - 32 - sizeof sha256, sha256, sizeof sha256);
    memcpy(message + RSA_BYTES - 32, digest, 32);
}

nacre_status rsa_sign(struct rsa_key *key, const uint8_t digest[32], rsa_random random, void *env,
                      uint8_t signature[RSA_BYTES]) {
    uint8_t message[RSA_BYTES], made[RSA_BYTES];
    encode(digest, message);
    int failed = mbedtls_rsa_private(mbedtls_pk_rsa(key->pk), random, env, message, made);
    if (!failed) reverse(made, signature);
    return failed ? failure(failed) : NACRE_OK;
}

/* signature^3 mod modulus; false when they are no numbers for that. */
static bool open_signature(const uint8_t modulus[RSA_BYTES], const uint8_t signature[RSA_BYTES],
                           uint8_t message[RSA_BYTES]) {
    static const uint8_t exponent = EXPONENT;
    uint8_t n[RSA_BYTES], s[RSA_BYTES];
    mbedtls_pk_context pk;
    reverse(modulus, n);
    reverse(signature, s);
    mbedtls_pk_init(&pk);
    bool done =
        mbedtls_pk_setup(&pk, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)) == 0 &&
        mbedtls_rsa_import_raw(mbedtls_pk_rsa(pk), n, sizeof n, NULL, 0, NULL, 0, NULL, 0,
                               &exponent, sizeof exponent) == 0 &&
        mbedtls_rsa_complete(mbedtls_pk_rsa(pk)) == 0 && mbedtls_pk_get_bitlen(&pk) == BITS &&
        mbedtls_rsa_public(mbedtls_pk_rsa(pk), s, message) == 0;
    mbedtls_pk_free(&pk);
    return done;
}

bool rsa_verify(const uint8_t modulus[RSA_BYTES], const uint8_t digest[32],
                const uint8_t signature[RSA_BYTES]) {
    uint8_t found[RSA_BYTES], wanted[RSA_BYTES];
    encode(digest, wanted);
    return open_signature(modulus, signature, found) && memcmp(found, wanted, RSA_BYTES) == 0;
}

/* Of s^2 = q1 m + r, the second quotient is that of s r. */
static int divide(const uint8_t modulus[RSA_BYTES], const uint8_t signature[RSA_BYTES],
                  mbedtls_mpi n[4]) {
    mbedtls_mpi *m = &n[0], *s = &n[1], *r = &n[2], *q = &n[3];
    int failed = mbedtls_mpi_read_binary_le(m, modulus, RSA_BYTES);
    if (!failed) failed = mbedtls_mpi_read_binary_le(s, signature, RSA_BYTES);
    if (!failed && mbedtls_mpi_cmp_mpi(s, m) >= 0) failed = MBEDTLS_ERR_MPI_BAD_INPUT_DATA;
    if (!failed) failed = mbedtls_mpi_mul_mpi(r, s, s);
    if (!failed) failed = mbedtls_mpi_div_mpi(q, r, r, m);
    return failed;
}

nacre_status rsa_quotients(const uint8_t modulus[RSA_BYTES], const uint8_t signature[RSA_BYTES],
                           uint8_t q1[RSA_BYTES], uint8_t q2[RSA_BYTES]) {
    mbedtls_mpi n[4];
    uint8_t first[RSA_BYTES];
    mbedtls_mpi *m = &n[0], *s = &n[1], *r = &n[2], *q = &n[3];
    for (size_t i = 0; i < ARRAY_COUNT(n); i++) mbedtls_mpi_init(&n[i]);
    int failed = divide(modulus, signature, n);
    if (!failed) failed = mbedtls_mpi_write_binary_le(q, first, RSA_BYTES);
    if (!failed) failed = mbedtls_mpi_mul_mpi(r, r, s);
    if (!failed) failed = mbedtls_mpi_div_mpi(q, NULL, r, m);
    if (!failed) failed = mbedtls_mpi_write_binary_le(q, q2, RSA_BYTES);
    if (!failed) memcpy(q1, first, RSA_BYTES);
    for (size_t i = 0; i < ARRAY_COUNT(n); i++) mbedtls_mpi_free(&n[i]);
    if (!failed) return NACRE_OK;
    return failure(failed) == NACRE_NO_MEMORY ? NACRE_NO_MEMORY : NACRE_MALFORMED;
}
