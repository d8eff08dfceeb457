/* gcm.c - what AES-256-GCM takes for a block of 4,096 bytes in memory, as protected files use it:
 * lines `seal NANOSECONDS` and `open NANOSECONDS`, the least of some rounds. */
#include <stdio.h>
#include <time.h>

#include "crypto/crypto.h"

enum { BLOCK = 4096, BLOCKS = 32, TIMES = 200, ROUNDS = 20 };

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void) {
    static uint8_t plain[BLOCKS][BLOCK], sealed[BLOCKS][BLOCK], tags[BLOCKS][16];
    const uint8_t key[32] = {1}, bound[16] = {2};
    double seal = 1e9, open = 1e9;
    struct crypto_gcm gcm;
    bool failed = crypto_gcm_begin(&gcm, key) != NACRE_OK;
    for (uint32_t round = 0; round < ROUNDS && !failed; round++) {
        double begin = now_ns();
        for (uint32_t i = 0; i < TIMES * BLOCKS; i++) {
            const uint8_t nonce[12] = {(uint8_t)(i % BLOCKS)};
            failed |= crypto_gcm_seal(&gcm, nonce, bound, sizeof bound, plain[i % BLOCKS], BLOCK,
                                      sealed[i % BLOCKS], tags[i % BLOCKS]) != NACRE_OK;
        }
        double half = now_ns();
        for (uint32_t i = 0; i < TIMES * BLOCKS; i++) {
            const uint8_t nonce[12] = {(uint8_t)(i % BLOCKS)};
            failed |= crypto_gcm_open(&gcm, nonce, bound, sizeof bound, sealed[i % BLOCKS], BLOCK,
                                      tags[i % BLOCKS], plain[i % BLOCKS]) != NACRE_OK;
        }
        double end = now_ns();
        if (half - begin < seal) seal = half - begin;
        if (end - half < open) open = end - half;
    }
    const double count = (double)TIMES * (double)BLOCKS;
    printf("seal %.0f\nopen %.0f\n", seal / count, open / count);
    return failed;
}
