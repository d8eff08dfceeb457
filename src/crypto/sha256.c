/* sha256.c - see crypto.h */
#include "crypto/crypto.h"

#include <mbedtls/md.h>

/* Through mbedtls_md, which is the same in Mbed TLS 2.28 and 3: of one buffer, by software, it
 * can't fail. */
void crypto_sha256(const uint8_t *bytes, size_t size, uint8_t digest[32]) {
    static const uint8_t nothing[1];
    (void)mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), size ? bytes : nothing, size,
                     digest);
}

_Static_assert(sizeof(mbedtls_md_context_t) <= sizeof(struct crypto_sha256_stream), "it fits");

static mbedtls_md_context_t *context(struct crypto_sha256_stream *stream) {
    return (mbedtls_md_context_t *)(void *)stream->state;
}

nacre_status crypto_sha256_begin(struct crypto_sha256_stream *stream) {
    mbedtls_md_init(context(stream));
    if (mbedtls_md_setup(context(stream), mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0) != 0)
        return NACRE_NO_MEMORY;
    (void)mbedtls_md_starts(context(stream));
    return NACRE_OK;
}

void crypto_sha256_add(struct crypto_sha256_stream *stream, const uint8_t *bytes, size_t size) {
    (void)mbedtls_md_update(context(stream), bytes, size);
}

void crypto_sha256_end(struct crypto_sha256_stream *stream, uint8_t digest[32]) {
    (void)mbedtls_md_finish(context(stream), digest);
    mbedtls_md_free(context(stream));
}
