/* inodes.h - the table of inodes, and those of it that are in memory. */
#ifndef PFS_INODES_H
#define PFS_INODES_H

#include "pfs/volume.h"

/* An inode in memory, to be given back by inode_close. */
enum port_errno inode_open(struct pfs *pfs, uint32_t number, struct inode **inode);
/* The same, but NULL for one that is free. */
enum port_errno inode_open_any(struct pfs *pfs, uint32_t number, struct inode **inode);

/* A new one, open. ENOSPC. */
enum port_errno inode_new(struct pfs *pfs, enum port_file_type type, struct inode **inode);

/* The last one closes it: what is an orphan goes with all that it holds, unless nothing may be
 * changed yet, or any more. */
enum port_errno inode_close(struct pfs *pfs, struct inode *inode);

/* It is going to be changed, and the table has a place for that. Before anything else of it is. */
enum port_errno inode_touch(struct pfs *pfs, struct inode *inode);

/* Its contents have just been changed. */
void inode_set_modified(struct pfs *pfs, struct inode *inode);

/* It has lost its name: it is gone when nobody has it open. */
enum port_errno inode_orphan(struct pfs *pfs, struct inode *inode);

/* Frees what was an orphan when the volume was used last. */
enum port_errno inodes_free_orphans(struct pfs *pfs);

/* Writes those that were changed into the table. */
enum port_errno inodes_store(struct pfs *pfs);

/* Forgets them, whatever they are. */
void inodes_destroy(struct pfs *pfs);

static inline struct inode *inode_of(struct object *object) { return (struct inode *)object; }

#endif
