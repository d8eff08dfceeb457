/* random.c - random bytes of the processor: RDRAND, which the host can't look at. */
#include "port/sgx/handles.h"

/* Ten times in a row it fails only if it is broken (Intel's "Digital Random Number Generator
 * Software Implementation Guide", 5.2.1). */
bool sgx_random_word(uint64_t *word) {
    for (int i = 0; i < 10; i++) {
        unsigned char ok;
        __asm__ volatile("rdrand %0; setc %1" : "=r"(*word), "=qm"(ok) : : "cc");
        if (ok) return true;
    }
    return false;
}

nacre_status sgx_random(void *context, uint8_t *bytes, size_t size) {
    (void)context;
    while (size) {
        uint64_t word;
        if (!sgx_random_word(&word)) return NACRE_IO;
        size_t part = size < sizeof word ? size : sizeof word;
        memcpy(bytes, &word, part);
        bytes += part;
        size -= part;
    }
    return NACRE_OK;
}
