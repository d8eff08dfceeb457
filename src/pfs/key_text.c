/* key_text.c - see key_text.h */
#include "pfs/key_text.h"

#include "pfs/layout.h"

static const char *const firsts[PFS_KEY_COUNT] = {
    [PFS_KEY_FILE] = "nacre pfs key 1",
    [PFS_KEY_SECRET] = "nacre recipient secret key 1",
    [PFS_KEY_RECIPIENT] = "nacre recipient public key 1",
};

size_t key_text_write(char *text, enum pfs_key_kind kind, const uint8_t *key) {
    static const char digits[] = "0123456789abcdef";
    size_t size = strlen(firsts[kind]);
    memcpy(text, firsts[kind], size);
    text[size++] = '\n';
    for (size_t i = 0; i < KEY_BYTES; i++) {
        text[size++] = digits[key[i] >> 4];
        text[size++] = digits[key[i] & 15];
    }
    text[size++] = '\n';
    return size;
}

/* Goes behind the end of a line, if there is one. */
static bool skip_end(const char **at, const char *end) {
    const char *p = *at;
    if (p < end && *p == '\r') p++;
    if (p == end || *p != '\n') return false;
    *at = p + 1;
    return true;
}

static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_key(const char *at, const char *end, uint8_t *key) {
    if ((size_t)(end - at) < 2 * KEY_BYTES) return false;
    for (size_t i = 0; i < KEY_BYTES; i++, at += 2) {
        int high = digit(at[0]), low = digit(at[1]);
        if (high < 0 || low < 0) return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return at == end || (skip_end(&at, end) && at == end);
}

nacre_status key_text_read(const char *text, size_t size, enum pfs_key_kind *kind, uint8_t *key) {
    const char *end = text + size;
    uint8_t bytes[KEY_BYTES];
    for (uint32_t i = 0; i < PFS_KEY_COUNT; i++) {
        size_t first = firsts[i] ? strlen(firsts[i]) : 0;
        const char *at = text + first;
        if (!first || size < first || memcmp(text, firsts[i], first) != 0) continue;
        if (!skip_end(&at, end) || !read_key(at, end, bytes)) continue;
        *kind = i;
        memcpy(key, bytes, KEY_BYTES);
        return NACRE_OK;
    }
    return NACRE_MALFORMED;
}
