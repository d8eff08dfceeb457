/* keys.h - files with keys: 32 bytes, or 64 hexadecimal digits and maybe a line's end. */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include <stdbool.h>
#include <stdint.h>

enum { KEY_SIZE = 32 };

/* Reads a key. On failure says why, and returns false. */
bool key_read(const char *path, uint8_t key[KEY_SIZE]);

/* Makes an Ed25519 key: the secret one in a new file `path` that only its owner can read, the
 * public one in `path`.pub. On failure says why, and returns false. */
bool key_make(const char *path);

/* The same, of a key that has no public half. */
bool key_make_secret(const char *path);

#endif
