/*
 * reader.h - a cursor over bytes that nobody vouches for, and the LEB128 integers of the binary
 * format (core specification 5.2.2).
 *
 * A read past the end, or a number that is too long or too large, returns false and says why in
 * reader->why; the position then is where the item began.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/base.h"

struct reader {
    const uint8_t *start; /* offset 0 */
    const uint8_t *at;
    const uint8_t *end;
    const char *why; /* text of the last failure */
};

static inline size_t reader_offset(const struct reader *r) { return (size_t)(r->at - r->start); }
static inline size_t reader_left(const struct reader *r) { return (size_t)(r->end - r->at); }

bool reader_u32_fixed(struct reader *r, uint32_t *out); /* four bytes, little-endian */
bool reader_bytes(struct reader *r, size_t size, const uint8_t **out);

bool reader_fail_at_end(struct reader *r);
bool reader_leb_u32_slow(struct reader *r, uint32_t *out);
bool reader_leb_u64(struct reader *r, uint64_t *out);
bool reader_leb_i32_slow(struct reader *r, int32_t *out);
bool reader_leb_i33(struct reader *r, int64_t *out);
bool reader_leb_i64(struct reader *r, int64_t *out);

static inline bool reader_u8(struct reader *r, uint8_t *out) {
    if (UNLIKELY(r->at == r->end)) return reader_fail_at_end(r);
    *out = *r->at++;
    return true;
}

/* Most numbers take one byte. */
static inline bool reader_leb_u32(struct reader *r, uint32_t *out) {
    if (LIKELY(r->at < r->end && *r->at < 0x80)) {
        *out = *r->at++;
        return true;
    }
    return reader_leb_u32_slow(r, out);
}
static inline bool reader_leb_i32(struct reader *r, int32_t *out) {
    if (LIKELY(r->at < r->end && *r->at < 0x80)) {
        *out = (int32_t)((uint32_t)*r->at++ << 25) >> 25;
        return true;
    }
    return reader_leb_i32_slow(r, out);
}

/* A name: a size in bytes and that much valid UTF-8 (5.2.4). */
bool reader_name(struct reader *r, const char **name, uint32_t *size);

#endif
