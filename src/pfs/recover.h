/* recover.h - from two roots, which of them may be whole, to the state that the volume is in. */
#ifndef PFS_RECOVER_H
#define PFS_RECOVER_H

#include "pfs/volume.h"

/* Chooses the last root whose blocks are all there. Writes nothing. */
nacre_status recover(struct pfs *pfs, nacre_error *error);

/* Before the first change: what that root needs is on the disk for certain, and no root that
 * nobody was told of has its number or a later one. */
enum port_errno recover_begin(struct pfs *pfs);

#endif
