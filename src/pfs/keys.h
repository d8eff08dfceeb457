/* keys.h - a volume's header: which keys open it, and the key that they open. */
#ifndef PFS_KEYS_H
#define PFS_KEYS_H

#include "pfs/layout.h"
#include "pfs/pfs.h"

enum { KEY_SLOTS = 8 };

struct keys {
    uint8_t header[BLOCK_BYTES];
    uint8_t volume_key[KEY_BYTES];
    uint8_t next_key[KEY_BYTES]; /* while the first is replaced; else zeros */
};

/* A new header and volume key, which `key` opens. */
nacre_status keys_create(struct keys *keys, const struct port *port, const struct pfs_key *key,
                         nacre_error *error);

/* Of the two copies of a header (NULL: it can't be read), the newer one that is whole and that
 * the key opens. NACRE_INTEGRITY. */
nacre_status keys_open(struct keys *keys, const uint8_t *const copies[2], const struct port *port,
                       const struct pfs_key *key, nacre_error *error);

/* The volume's number, which is random. */
const uint8_t *keys_id(const struct keys *keys);

/* Keys for parts of a volume. */
enum key_use { KEY_HEADER, KEY_ROOT, KEY_META };
nacre_status keys_derive(const uint8_t volume_key[KEY_BYTES], enum key_use use,
                         uint8_t key[KEY_BYTES]);

/* What roots are bound to: the header, without what changes in it. */
enum { KEYS_BOUND_BYTES = 28 };
void keys_bound(const struct keys *keys, uint8_t bound[KEYS_BOUND_BYTES]);

#endif
