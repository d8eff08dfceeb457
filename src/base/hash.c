/* hash.c - see hash.h */
#include "base/hash.h"

static uint64_t rotate(uint64_t x, unsigned by) { return x << by | x >> (64 - by); }

static void sip_round(uint64_t *v) {
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

void hash_start(struct hash *h, const struct hash_key *key) {
    uint64_t k0 = key->words[0], k1 = key->words[1];
    h->v[0] = k0 ^ UINT64_C(0x736f6d6570736575); /* "somepseudorandomlygeneratedbytes" */
    h->v[1] = k1 ^ UINT64_C(0x646f72616e646f6d);
    h->v[2] = k0 ^ UINT64_C(0x6c7967656e657261);
    h->v[3] = k1 ^ UINT64_C(0x7465646279746573);
}

void hash_add_u64(struct hash *h, uint64_t value) {
    h->v[3] ^= value;
    sip_round(h->v);
    h->v[0] ^= value;
}

static uint64_t little_endian(const uint8_t *bytes, size_t size) {
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++) word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

void hash_add(struct hash *h, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    uint64_t last = (uint64_t)size << 56;
    for (; size >= 8; size -= 8, at += 8) hash_add_u64(h, little_endian(at, 8));
    hash_add_u64(h, last | little_endian(at, size));
}

uint64_t hash_end(struct hash *h) {
    h->v[2] ^= 0xFF;
    for (int i = 0; i < 3; i++) sip_round(h->v);
    return h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
}
