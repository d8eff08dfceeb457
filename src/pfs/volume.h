/*
 * volume.h - an open volume, for the files of this folder.
 *
 * Everything in a volume is an object: an array of blocks below a tree of pointers, each of which
 * holds what its block has to be. The table of inodes and the map of the space are objects, too.
 * What is changed gets another place (space.h), first in memory (cache.h), and all at once becomes
 * the volume's state when a root is written that points to it (commit.h).
 *
 * Whoever calls holds the volume's mutex. Functions give an error of port/files.h: EBADMSG for
 * what was changed behind the volume's back, which `broken` has the text of.
 */
#ifndef PFS_VOLUME_H
#define PFS_VOLUME_H

#include "crypto/crypto.h"
#include "pfs/keys.h"
#include "pfs/layout.h"
#include "pfs/pfs.h"
#include "pfs/store.h"
#include "port/mutex.h"

struct object {
    uint32_t number; /* of its inode, or OBJECT_* */
    uint8_t height;
    struct pointer pointer;
    struct crypto_gcm key;
};

/* An inode in memory: as long as it is open, or differs from the table. */
struct inode {
    struct object object;
    struct inode_fields fields; /* height and pointer: when it was read */
    struct inode *next;         /* of those with such a number */
    uint32_t handles;
    uint64_t next_block; /* the one behind that which was read last */
    bool is_changed; /* and the table's block has a place */
};

/* A block in memory; see cache.h. */
struct frame {
    struct frame *next;           /* of those with the same hash */
    struct frame *newer, *older;  /* of those that are dirty, or of those that are not */
    struct object *object;        /* while it is dirty */
    uint64_t index;
    uint32_t number, block;       /* of the object; where it is */
    uint8_t level;
    bool is_dirty, is_used;
    uint8_t *bytes;
};

struct frames {
    struct frame *oldest, *newest;
};

struct cache {
    struct frame *frames, **heads;
    uint8_t *bytes;
    uint32_t *order; /* room to sort dirty ones in */
    uint32_t capacity, head_count, dirty_count;
    uint32_t touched; /* of the frames: the first ones, which were used */
    struct frames clean, dirty;
};

struct run {
    uint32_t block, count;
};

struct space {
    uint32_t zone, cursor;     /* where the search for free blocks goes on */
    struct run *freed;         /* by this commit, for the next one */
    uint32_t freed_count, freed_capacity, freed_blocks;
    bool is_releasing;         /* it may take blocks that are kept for that */
};

struct handle {
    struct inode *inode; /* NULL: free */
    uint32_t how;
    uint64_t position;
};

enum { INODE_HEADS = 256 };

struct pfs {
    struct allocator allocator;
    const struct port *port;
    struct mutex mutex;
    struct store store;
    struct keys keys;
    bool uses_next; /* the volume is under the key that is to replace the other */
    struct crypto_gcm root_key;
    /* While a key is replaced: of those blocks of the inodes' table and the map that are not of
     * the commit that is being made. */
    struct crypto_gcm old_key;
    bool has_old_key;
    struct root root;    /* of the commit that is being made; its sequence: of the last one */
    uint32_t slot;       /* that the last one is in, 0 or 1 */
    nonce next_nonce;
    bool is_read_only;
    bool is_begun;   /* changes are made: see recover_begin */
    bool is_changed; /* and not all of them are committed */
    uint64_t counter;    /* of the port: no root below it is valid; 0: there is none */
    bool is_counted;     /* it is what was read, or set, last */
    uint64_t changed_ns; /* when the first change behind the last commit was */
    enum port_errno failed; /* of a commit: there are no more changes */
    struct object inodes, space_map;
    struct cache cache;
    struct space space;
    struct inode *heads[INODE_HEADS];
    uint32_t changed_count; /* of them differ from the table */
    struct handle *handles;
    uint32_t handle_count;
    uint8_t *buffer; /* STORE_RUN blocks */
    uint32_t seen[1024]; /* blocks that were read past the cache, by their last bits */
    uint32_t recent[256], recent_count; /* blocks of the last commit, which may not be safe */
    char broken[160]; /* what was changed behind its back; "": nothing */
};

/* A number that nothing was sealed with. */
nonce volume_nonce(struct pfs *pfs);

/* Is what the pointer is at of the commit that is being made, so that nothing else needs it? */
static inline bool pointer_is_fresh(const struct pfs *pfs, const struct pointer *pointer) {
    return pointer->block && (pointer->nonce == 0 || (pointer->nonce >= pfs->root.first &&
                                                      pointer->nonce < pfs->next_nonce));
}

/* Notes what was found wrong (the first time), and gives EBADMSG; but EIO where a failure explains
 * it. */
enum port_errno volume_broken(struct pfs *pfs, const char *what, uint32_t inode, uint64_t index);

/* The port's counter for this volume: its value is read, or becomes that of the last root.
 * NACRE_INTEGRITY (it is not what it was left at), NACRE_IO. */
nacre_status volume_read_counter(struct pfs *pfs);
nacre_status volume_start_counter(struct pfs *pfs, nacre_error *error); /* if there is none */
enum port_errno volume_count(struct pfs *pfs);

/* Nothing is changed any more, as nobody knows what memory holds. */
enum port_errno volume_fail(struct pfs *pfs, enum port_errno error);

/* Before a change: is it allowed? Commits what was changed long ago, and makes room. */
enum port_errno volume_breathe(struct pfs *pfs);

/* Between the steps of a long change: room in memory and on the disk. */
enum port_errno volume_make_room(struct pfs *pfs);

/* The time for inodes; 0: the platform has none. */
uint64_t volume_now(struct pfs *pfs);

/* Roots, the inodes' table and the map are under the header's key from now on, or its next one. */
nacre_status volume_use_key(struct pfs *pfs, bool next);

/* One of the header's two copies goes to its place. */
enum port_errno volume_put_header(struct pfs *pfs, uint32_t copy);

/* What a failure means to who called pfs.h, with its text. */
nacre_status volume_tell(const struct pfs *pfs, enum port_errno failed, nacre_error *error);

#endif
