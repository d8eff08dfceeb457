/*
 * space.h - which blocks are in use. The map of it is an object like others: a bit a block.
 *
 * What a commit gives up is free for the next one only: so the state that is on the disk is never
 * written over. The map's own blocks change their places, too; these come from a few spares that
 * the root lists, which are filled up from wherever a place was found.
 */
#ifndef PFS_SPACE_H
#define PFS_SPACE_H

#include "pfs/volume.h"

/* Takes a block for an object. ENOSPC. */
enum port_errno space_take(struct pfs *pfs, const struct object *object, uint32_t *block);

/* Gives back what was taken for the commit that is being made (is_fresh), or before. */
enum port_errno space_give(struct pfs *pfs, uint32_t block, bool is_fresh);

/* Grows the volume when little is free, if the host has room. Nothing is wrong when it has not. */
enum port_errno space_grow(struct pfs *pfs);
bool space_is_low(const struct pfs *pfs);

/* The end of a commit: what was given back is free in the map. Nothing may be taken until the
 * root is written. */
enum port_errno space_settle(struct pfs *pfs);

/* Gives a zone's block of the map a place of this commit. ENOSPC. */
enum port_errno space_move(struct pfs *pfs, uint32_t zone);

/* The blocks from 0 that have to stay, as the last of them is in use. */
enum port_errno space_used_end(struct pfs *pfs, uint32_t *end);

#endif
