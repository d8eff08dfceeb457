/* clear.c - see crypto.h */
#include "crypto/crypto.h"

/* No compiler may leave it out, as nobody reads what it writes. */
void crypto_clear(void *bytes, size_t size) {
    memset(bytes, 0, size);
    __asm__ volatile("" : : "r"(bytes) : "memory");
}
