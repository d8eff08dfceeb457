/* text.h - building one line of text in a caller's buffer: cut when full, always NUL-ended. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/base.h"

struct text {
    char *at;  /* where the NUL is */
    char *end; /* one past the buffer; at == end: no buffer, adding does nothing */
};

void text_init(struct text *t, char *buffer, size_t size); /* size of at least 1 */
void text_add(struct text *t, const char *s);
void text_add_bytes(struct text *t, const char *s, size_t size);
void text_add_u64(struct text *t, uint64_t value);
void text_add_i64(struct text *t, int64_t value);
void text_add_hex(struct text *t, uint64_t value); /* with 0x */
/* In double quotes; bytes that are not printable ASCII or UTF-8 as \xx; cut at 64 bytes. */
void text_add_name(struct text *t, const char *name, size_t size);

#endif
