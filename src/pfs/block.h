/* block.h - one block: encrypted on its way to the disk, and decrypted where it is what its
 * pointer says. */
#ifndef PFS_BLOCK_H
#define PFS_BLOCK_H

#include "pfs/volume.h"

/* Puts a block into the place `at`, and tells the pointer to it. */
enum port_errno block_seal(struct pfs *pfs, struct object *object, uint8_t level, uint64_t index,
                           const uint8_t *plain, uint32_t at, struct pointer *pointer);

/* Of bytes that were read from where the pointer says. On failure `plain` holds nothing of it. */
enum port_errno block_open(struct pfs *pfs, struct object *object, uint8_t level, uint64_t index,
                           const struct pointer *pointer, const uint8_t *sealed, uint8_t *plain);

/* Reads and opens one. */
enum port_errno block_read(struct pfs *pfs, struct object *object, uint8_t level, uint64_t index,
                           const struct pointer *pointer, uint8_t *plain);

#endif
