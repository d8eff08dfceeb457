/*
 * key_text.h - keys as people have them in files: a line that says what it is, and one with 64
 * hexadecimal digits. So no kind is taken for another:
 *
 *     nacre pfs key 1
 *     nacre recipient secret key 1
 *     nacre recipient public key 1
 */
#ifndef PFS_KEY_TEXT_H
#define PFS_KEY_TEXT_H

#include "pfs/pfs.h"

enum { KEY_TEXT_MAX = 128 };

/* Of FILE, SECRET and RECIPIENT. Returns the text's size; no NUL is at its end. */
size_t key_text_write(char text[KEY_TEXT_MAX], enum pfs_key_kind kind, const uint8_t key[32]);

/* Lines may end as those of DOS do, and the last one not at all. NACRE_MALFORMED: it is none. */
nacre_status key_text_read(const char *text, size_t size, enum pfs_key_kind *kind,
                           uint8_t key[32]);

#endif
