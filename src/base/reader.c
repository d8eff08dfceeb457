/* reader.c - see reader.h */
#include "base/reader.h"

#include "base/utf8.h"

static const char unexpected_end[] = "unexpected end";
static const char too_long[] = "integer representation too long";
static const char too_large[] = "integer too large";

static bool fail(struct reader *r, const char *why) {
    r->why = why;
    return false;
}

bool reader_fail_at_end(struct reader *r) { return fail(r, unexpected_end); }

bool reader_u32_fixed(struct reader *r, uint32_t *out) {
    if (reader_left(r) < 4) return fail(r, unexpected_end);
    *out = load_u32(r->at);
    r->at += 4;
    return true;
}

bool reader_bytes(struct reader *r, size_t size, const uint8_t **out) {
    if (reader_left(r) < size) return fail(r, unexpected_end);
    *out = r->at;
    r->at += size;
    return true;
}

/* A LEB128 number of at most `bits` bits holds ceil(bits / 7) bytes. The bits of the last byte
 * that lie above `bits` must be copies of the sign (or zero when unsigned). */
static bool read_leb(struct reader *r, unsigned bits, bool is_signed, uint64_t *out) {
    const uint8_t *at = r->at;
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        if (shift >= bits) return fail(r, too_long);
        if (at == r->end) return fail(r, unexpected_end);
        byte = *at++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (shift > bits) {
        unsigned used = 7 - (shift - bits); /* bits of the last byte that count */
        uint8_t unused = (uint8_t)(0x7F << used) & 0x7F;
        bool negative = is_signed && (byte >> (used - 1) & 1);
        if ((byte & unused) != (negative ? unused : 0)) return fail(r, too_large);
    }
    if (is_signed && (byte & 0x40) && shift < 64) value |= ~UINT64_C(0) << shift;
    *out = value;
    r->at = at;
    return true;
}

bool reader_leb_u32_slow(struct reader *r, uint32_t *out) {
    uint64_t v;
    if (!read_leb(r, 32, false, &v)) return false;
    *out = (uint32_t)v;
    return true;
}

bool reader_leb_u64(struct reader *r, uint64_t *out) { return read_leb(r, 64, false, out); }

bool reader_leb_i32_slow(struct reader *r, int32_t *out) {
    uint64_t v;
    if (!read_leb(r, 32, true, &v)) return false;
    *out = (int32_t)(uint32_t)v;
    return true;
}

bool reader_leb_i33(struct reader *r, int64_t *out) {
    uint64_t v;
    if (!read_leb(r, 33, true, &v)) return false;
    *out = (int64_t)v;
    return true;
}

bool reader_leb_i64(struct reader *r, int64_t *out) {
    uint64_t v;
    if (!read_leb(r, 64, true, &v)) return false;
    *out = (int64_t)v;
    return true;
}

bool reader_name(struct reader *r, const char **name, uint32_t *size) {
    const uint8_t *begin = r->at, *bytes;
    uint32_t n;
    if (!reader_leb_u32(r, &n)) return false;
    if (!reader_bytes(r, n, &bytes)) {
        r->at = begin;
        return false;
    }
    if (!utf8_valid(bytes, n)) {
        r->at = begin;
        return fail(r, "malformed UTF-8 encoding");
    }
    *name = (const char *)bytes;
    *size = n;
    return true;
}
