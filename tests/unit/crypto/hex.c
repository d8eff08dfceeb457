/* hex.c - see portable.h */
#include "portable.h"

size_t from_hex(const char *digits, uint8_t *bytes, size_t room) {
    size_t size = strlen(digits) / 2;
    assert_true(strlen(digits) % 2 == 0 && size <= room);
    for (size_t i = 0; i < size; i++) {
        char *end, pair[3] = {digits[2 * i], digits[2 * i + 1], 0};
        bytes[i] = (uint8_t)strtoul(pair, &end, 16);
        assert_true(end == pair + 2);
    }
    return size;
}
