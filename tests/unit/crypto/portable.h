/* portable.h - see portable.c; and the test vectors' hexadecimal digits. */
#ifndef TESTS_CRYPTO_PORTABLE_H
#define TESTS_CRYPTO_PORTABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

nacre_status portable_begin(struct crypto_gcm *gcm, const uint8_t key[32]);
nacre_status portable_seal(struct crypto_gcm *gcm, const uint8_t nonce[12], const uint8_t *extra,
                           size_t extra_size, const uint8_t *plain, size_t size, uint8_t *sealed,
                           uint8_t tag[16]);
nacre_status portable_open(struct crypto_gcm *gcm, const uint8_t nonce[12], const uint8_t *extra,
                           size_t extra_size, const uint8_t *sealed, size_t size,
                           const uint8_t tag[16], uint8_t *plain);
void portable_end(struct crypto_gcm *gcm);

/* The bytes, of which there is room for `room`; returns how many. */
size_t from_hex(const char *digits, uint8_t *bytes, size_t room);

#endif
