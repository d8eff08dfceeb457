/* slots.h - one of the places in a volume's header that hold its keys, encrypted for somebody. */
#ifndef PFS_SLOTS_H
#define PFS_SLOTS_H

#include "pfs/layout.h"
#include "pfs/pfs.h"

enum {
    SLOT_BYTES = 448,
    SLOT_KEYS_BYTES = 2 * KEY_BYTES, /* a volume's key, and the one that is to replace it */
    SLOT_CONTEXT_BYTES = 28          /* which volume it is: see keys_bound */
};

/* Where a slot is: no other volume takes it, nor another place in this one. */
struct slot_place {
    const struct port *port;
    uint8_t volume[SLOT_CONTEXT_BYTES];
    uint32_t number;
};

/* Makes a slot for a key. NACRE_ARGUMENT: a key can't be like that; NACRE_UNSUPPORTED: there are
 * none of the kind here. */
nacre_status slot_fill(uint8_t slot[SLOT_BYTES], const struct slot_place *place,
                       const struct pfs_key *key, const uint8_t keys[SLOT_KEYS_BYTES]);

/* Opens one, whose bytes may be anybody's. NACRE_INTEGRITY: it is not for this key, or was
 * changed. */
nacre_status slot_open(const uint8_t slot[SLOT_BYTES], const struct slot_place *place,
                       const struct pfs_key *key, uint8_t keys[SLOT_KEYS_BYTES]);

/* What a slot is for, of an authenticated header. */
enum pfs_key_kind slot_kind(const uint8_t slot[SLOT_BYTES]);

#endif
