/*
 * keys.h - a volume's header: which keys open it, and the key that they open.
 *
 * There are two copies of it, and what is not finished in one is whole in the other. Whoever has
 * one of the keys finds the volume's own, by which all of the header is authenticated.
 */
#ifndef PFS_KEYS_H
#define PFS_KEYS_H

#include "pfs/slots.h"

struct keys {
    uint8_t header[BLOCK_BYTES];
    uint8_t volume_key[KEY_BYTES];
    uint8_t next_key[KEY_BYTES]; /* while the first is replaced; else zeros */
    uint32_t copy;               /* where it was read from: 0 or 1 */
    uint32_t slot;               /* that was opened; PFS_SLOTS: it is there no more */
};

/* A new header and volume key, which `key` opens. */
nacre_status keys_create(struct keys *keys, const struct port *port, const struct pfs_key *key,
                         nacre_error *error);

/* Of the two copies of a header (NULL: it can't be read), the newer one that is whole and that
 * the key opens. NACRE_INTEGRITY. */
nacre_status keys_open(struct keys *keys, const uint8_t *const copies[2], const struct port *port,
                       const struct pfs_key *key, nacre_error *error);

/* The header's next generation, with the keys that are there now: of the slots those whose bit is
 * in `kept`, and new ones for `count` keys. NACRE_LIMIT: there are no more slots; NACRE_ARGUMENT:
 * nobody could open it. Then nothing has changed. */
nacre_status keys_renew(struct keys *keys, const struct port *port, uint32_t kept,
                        const struct pfs_key *added, uint32_t count, nacre_error *error);

/* The volume's number, which is random. */
const uint8_t *keys_id(const struct keys *keys);

/* Is a key being replaced? */
bool keys_has_next(const struct keys *keys);

/* What a slot is for. */
enum pfs_key_kind keys_kind(const struct keys *keys, uint32_t slot);

/* Keys for parts of a volume. */
enum key_use { KEY_HEADER, KEY_ROOT, KEY_META };
nacre_status keys_derive(const uint8_t volume_key[KEY_BYTES], enum key_use use,
                         uint8_t key[KEY_BYTES]);

/* What roots are bound to: the header, without what changes in it. */
enum { KEYS_BOUND_BYTES = SLOT_CONTEXT_BYTES };
void keys_bound(const struct keys *keys, uint8_t bound[KEYS_BOUND_BYTES]);

#endif
