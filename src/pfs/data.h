/* data.h - what is in files and links: bytes at offsets. */
#ifndef PFS_DATA_H
#define PFS_DATA_H

#include "pfs/volume.h"

enum port_errno data_read(struct pfs *pfs, struct inode *file, const struct port_span *spans,
                          uint32_t count, uint64_t offset, size_t *size);

/* Some of it is written when it fails with *size > 0, which then is PORT_OK. EFBIG, ENOSPC. */
enum port_errno data_write(struct pfs *pfs, struct inode *file, const struct port_span *spans,
                           uint32_t count, uint64_t offset, size_t *size);

enum port_errno data_resize(struct pfs *pfs, struct inode *file, uint64_t size);

#endif
