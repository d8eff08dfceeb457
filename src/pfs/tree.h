/*
 * tree.h - the blocks of an object.
 *
 * A frame is good until the next call that may add one to the cache, and one that can be changed
 * until volume_breathe. An object has to be marked as changed before (inodes.h).
 */
#ifndef PFS_TREE_H
#define PFS_TREE_H

#include "pfs/volume.h"

/* A block for reading; *frame NULL: it is a hole. */
enum port_errno tree_get(struct pfs *pfs, struct object *object, uint64_t index,
                         struct frame **frame);

/* A block for changing, which is one of this commit from now on. */
enum tree_edit {
    TREE_KEEP, /* what it holds stays */
    TREE_WHOLE /* it is going to be written over, and need not be read: zeros, or what was there */
};
enum port_errno tree_edit(struct pfs *pfs, struct object *object, uint64_t index,
                          enum tree_edit how, struct frame **frame);

/* A whole block, past the cache if it is not there. */
enum port_errno tree_put(struct pfs *pfs, struct object *object, uint64_t index,
                         const uint8_t *plain);

/* The pointer to a block that is not in the cache (of block 0: a hole). */
enum port_errno tree_pointer(struct pfs *pfs, struct object *object, uint8_t level,
                             uint64_t index, struct pointer *pointer);

/* The block that such a pointer is at, in a frame. */
enum port_errno tree_fetch(struct pfs *pfs, struct object *object, uint8_t level, uint64_t index,
                           const struct pointer *pointer, struct frame **frame);

/* Shows every block from `from` on that the visitor wants (NULL: all) and whose parents it wants:
 * first what is below, then the block of pointers. Those are looked at, data is not. */
struct tree_visitor {
    uint64_t from;
    bool (*wants)(struct tree_visitor *visitor, const struct pointer *pointer);
    enum port_errno (*visit)(struct tree_visitor *visitor, struct pfs *pfs,
                             struct object *object, uint8_t level, uint64_t index,
                             const struct pointer *pointer);
};
enum port_errno tree_walk(struct pfs *pfs, struct object *object, struct tree_visitor *visitor);

/* Gives back all blocks from `blocks` on. */
enum port_errno tree_cut(struct pfs *pfs, struct object *object, uint64_t blocks);

/* Writes a dirty frame to its place, and tells the pointer to it. */
enum port_errno tree_flush(struct pfs *pfs, struct frame *frame);

#endif
