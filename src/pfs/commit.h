/* commit.h - all that was changed becomes the volume's state, at once. */
#ifndef PFS_COMMIT_H
#define PFS_COMMIT_H

#include "pfs/volume.h"

/* More blocks than that are on the disk before a root that needs them is written; fewer are looked
 * at when the volume is opened. */
enum { COMMIT_CHECKED = 256 };

/* When it returns PORT_OK, what was changed is on the disk. A failure is for good: nobody knows
 * what is there, and the volume has to be opened again. */
enum port_errno commit_all(struct pfs *pfs);

/* A root in a slot, and on the disk, which becomes the last one. */
enum port_errno commit_root(struct pfs *pfs, uint32_t slot, uint64_t sequence);

/* Writes dirty blocks to their places, until few are left. */
enum port_errno commit_some(struct pfs *pfs);

/* Writes the files' dirty blocks, and all inodes into the table. */
enum port_errno commit_inodes(struct pfs *pfs);

#endif
