/* utf8.c - see utf8.h */
#include "base/utf8.h"

/* Bytes of the sequence that `lead` starts, and the range of the byte after it; 0 if none does. */
static unsigned sequence(uint8_t lead, uint8_t *low, uint8_t *high) {
    *low = 0x80;
    *high = 0xBF;
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (lead == 0xE0) *low = 0xA0;  /* no overlong forms */
        if (lead == 0xED) *high = 0x9F; /* no surrogates */
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (lead == 0xF0) *low = 0x90;
        if (lead == 0xF4) *high = 0x8F; /* nothing above U+10FFFF */
        return 4;
    }
    return 0;
}

bool utf8_valid(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size;) {
        uint8_t low, high;
        unsigned n = sequence(bytes[i], &low, &high);
        if (n == 0 || n > size - i) return false;
        if (n > 1 && (bytes[i + 1] < low || bytes[i + 1] > high)) return false;
        for (unsigned k = 2; k < n; k++)
            if ((bytes[i + k] & 0xC0) != 0x80) return false;
        i += n;
    }
    return true;
}
