/* volume_key.h - flags that say what opens a volume of protected files. */
#ifndef CLI_VOLUME_KEY_H
#define CLI_VOLUME_KEY_H

#include <nacre/pfs.h>

enum { VOLUME_KEY_MAX = 4096 }; /* bytes of a passphrase */

struct volume_key {
    nacre_pfs_key key;
    unsigned char bytes[VOLUME_KEY_MAX + 2];
};

/* Reads the one of the two files that is given: a key, or a passphrase without its line's end. On
 * failure says why, and returns false. */
bool volume_key_read(const char *key_path, const char *passphrase_path, struct volume_key *key);
void volume_key_clear(struct volume_key *key);

#endif
