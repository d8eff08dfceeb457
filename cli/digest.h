/* digest.h - SHA-256 as text. */
#ifndef CLI_DIGEST_H
#define CLI_DIGEST_H

#include <stdint.h>
#include <stdio.h>

enum { DIGEST_TEXT = 65 };

static inline void digest_format(const uint8_t digest[32], char text[DIGEST_TEXT]) {
    for (int i = 0; i < 32; i++) snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

#endif
