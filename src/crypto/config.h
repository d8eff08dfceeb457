/* config.h - where versions 2.28 and 3 of Mbed TLS differ, and processors. */
#ifndef CRYPTO_CONFIG_H
#define CRYPTO_CONFIG_H

#include <mbedtls/pk.h>
#include <mbedtls/version.h>

/* Reads a key that has no password; the bytes end with a NUL. 3 checks it with random numbers. */
#if MBEDTLS_VERSION_MAJOR < 3
#define CONFIG_PARSE_KEY(key, bytes, size, random, env) \
    ((void)(random), (void)(env), mbedtls_pk_parse_key(key, bytes, size, NULL, 0))
#else
#define CONFIG_PARSE_KEY(key, bytes, size, random, env) \
    mbedtls_pk_parse_key(key, bytes, size, NULL, 0, random, env)
#endif

/* Are there the instructions that libsodium's AES-GCM is made of? An enclave, which is
 * freestanding, does not start without them. */
#if !defined(__x86_64__)
#define CONFIG_HAS_AES false
#elif __STDC_HOSTED__
#define CONFIG_HAS_AES (__builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul"))
#else
#define CONFIG_HAS_AES true
#endif

#endif
