/* clear.c - see crypto.h */
#include "crypto/crypto.h"

/* No compiler may leave it out, as nobody reads what it writes. */
void crypto_clear(void *bytes, size_t size) {
    memset(bytes, 0, size);
    __asm__ volatile("" : : "r"(bytes) : "memory");
}

bool crypto_equal(const uint8_t *a, const uint8_t *b, size_t size) {
    uint8_t differ = 0;
    for (size_t i = 0; i < size; i++) differ |= a[i] ^ b[i];
    return differ == 0;
}
