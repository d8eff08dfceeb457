/* text.c - see text.h */
#include "base/text.h"

enum { NAME_SHOWN_MAX = 64 };

void text_init(struct text *t, char *buffer, size_t size) {
    t->at = buffer;
    t->end = buffer + size;
    *t->at = 0;
}

void text_add_bytes(struct text *t, const char *s, size_t size) {
    if (t->at == t->end) return;
    size_t room = (size_t)(t->end - t->at) - 1;
    if (size > room) size = room;
    memcpy(t->at, s, size);
    t->at += size;
    *t->at = 0;
}

void text_add(struct text *t, const char *s) { text_add_bytes(t, s, strlen(s)); }

static void add_number(struct text *t, uint64_t value, unsigned base) {
    char digits[20];
    size_t n = 0;
    do {
        digits[sizeof digits - ++n] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    text_add_bytes(t, digits + sizeof digits - n, n);
}

void text_add_u64(struct text *t, uint64_t value) { add_number(t, value, 10); }

void text_add_i64(struct text *t, int64_t value) {
    if (value < 0) text_add(t, "-");
    add_number(t, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

void text_add_hex(struct text *t, uint64_t value) {
    text_add(t, "0x");
    add_number(t, value, 16);
}

void text_add_name(struct text *t, const char *name, size_t size) {
    text_add(t, "\"");
    for (size_t i = 0; i < size && i < NAME_SHOWN_MAX; i++) {
        uint8_t c = (uint8_t)name[i];
        if (c >= 0x20 && c != 0x7F && c != '"' && c != '\\') {
            text_add_bytes(t, name + i, 1);
        } else {
            const char escape[3] = {'\\', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
            text_add_bytes(t, escape, sizeof escape);
        }
    }
    text_add(t, size > NAME_SHOWN_MAX ? "...\"" : "\"");
}
