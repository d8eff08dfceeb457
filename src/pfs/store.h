/* store.h - the file that a volume is in: blocks of it, in the order in which they are to reach
 * the disk. What is read is not checked here. */
#ifndef PFS_STORE_H
#define PFS_STORE_H

#include "base/alloc.h"
#include "pfs/layout.h"
#include "port/port.h"

enum { STORE_RUN = 32 }; /* blocks that are read or written by one call */

struct store {
    const struct port *port;
    uint64_t dir, file;
    uint32_t blocks;  /* that the file has room for */
    uint8_t *run;     /* what is to be written from block run_first on */
    uint32_t run_first, run_count;
    /* Of a write or a sync. Nobody knows then what is on the disk: all later ones fail, too. */
    enum port_errno failed;
};

/* The volume of a directory of the host: its file, or a new one that nobody sees before it is
 * published. ENOENT: there is none; EEXIST: there is one already; EBUSY: others
 * have it open. */
enum port_errno store_open(struct store *store, const struct allocator *allocator,
                           const struct port *port, const char *dir, bool read_only);
enum port_errno store_create(struct store *store, const struct allocator *allocator,
                             const struct port *port, const char *dir);
enum port_errno store_publish(struct store *store);
/* Gives up what was not published. */
void store_close(struct store *store, const struct allocator *allocator);

/* EBADMSG: the file ends before. */
enum port_errno store_read(struct store *store, uint32_t block, uint32_t count, uint8_t *bytes);

/* Where the caller is to put a block's bytes, at once, which are written some time before the
 * next sync. */
enum port_errno store_place(struct store *store, uint32_t block, uint8_t **bytes);
enum port_errno store_sync(struct store *store);

/* Room for so many blocks, on the disk as well, or not for more than that. */
enum port_errno store_grow(struct store *store, uint32_t blocks);
enum port_errno store_shrink(struct store *store, uint32_t blocks);

#endif
