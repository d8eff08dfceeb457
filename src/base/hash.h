/* hash.h - SipHash-1-3 (Aumasson and Bernstein, 2012): a keyed hash for tables whose keys an
 * attacker chooses. Not for evidence or files: those have crypto/. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/base.h"

struct hash_key {
    uint64_t words[2]; /* secret, random */
};

struct hash {
    uint64_t v[4];
};

void hash_start(struct hash *h, const struct hash_key *key);
/* Adds one number, or one string with its size: "a", "bc" hashes unlike "ab", "c". */
void hash_add_u64(struct hash *h, uint64_t value);
void hash_add(struct hash *h, const void *bytes, size_t size);
uint64_t hash_end(struct hash *h);

#endif
