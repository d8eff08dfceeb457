/* keys.h - files with Ed25519 keys: 32 bytes, or 64 hexadecimal digits and maybe a line's end. */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { KEY_SIZE = 32 };

/* Reads a key. On failure says why, and returns false. */
bool key_read(const char *path, uint8_t key[KEY_SIZE]);

/* Makes a key: the secret one in a new file `path` that only its owner can read, the
 * public one in `path`.pub. On failure says why, and returns false. */
bool key_make(const char *path);

/* Writes any key's text to a new file, and clears it. On failure says why, and returns false. */
bool key_write(const char *path, mode_t mode, char *text, size_t size);

#endif
