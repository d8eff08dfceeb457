/* volume_key.h - files with what opens volumes of protected files, or makes slots of them. */
#ifndef CLI_VOLUME_KEY_H
#define CLI_VOLUME_KEY_H

#include <nacre/pfs.h>

enum { VOLUME_KEY_MAX = 4096 }; /* bytes of a passphrase */

struct volume_key {
    nacre_pfs_key key;
    unsigned char bytes[VOLUME_KEY_MAX + 2];
};

/* Reads a key file; or a passphrase, which is all but the last line's end. On failure says why,
 * and returns false. */
bool volume_key_read(const char *path, struct volume_key *key);
bool volume_passphrase_read(const char *path, struct volume_key *key);
void volume_key_clear(struct volume_key *key);

/* Makes a key for volumes in a new file, which only its owner can read; or one whose public half
 * goes to `path`.pub. On failure says why, and returns false. */
bool volume_key_make(const char *path);
bool volume_recipient_make(const char *path);

#endif
