/*
 * dir.h - directories: names in the order of their hashes, in a tree of blocks of the directory's
 * object. Whoever changes one has touched its inode and let the volume breathe before.
 */
#ifndef PFS_DIR_H
#define PFS_DIR_H

#include "pfs/volume.h"

struct dir_name {
    const char *bytes;
    uint32_t size;
};

struct dir_found {
    uint32_t inode;
    enum port_file_type type;
};

/* ENOENT. */
enum port_errno dir_find(struct pfs *pfs, struct inode *dir, struct dir_name name,
                         struct dir_found *found);

/* A name that is not there. ENOSPC. */
enum port_errno dir_add(struct pfs *pfs, struct inode *dir, struct dir_name name,
                        struct dir_found what);

/* One that is there, for something else, or no more. */
enum port_errno dir_replace(struct pfs *pfs, struct inode *dir, struct dir_name name,
                            struct dir_found what);
enum port_errno dir_remove(struct pfs *pfs, struct inode *dir, struct dir_name name);

/* As read_dir of port/files.h. */
enum port_errno dir_list(struct pfs *pfs, struct inode *dir, uint64_t cookie,
                         struct port_entry *entries, uint32_t capacity, uint32_t *count);

#endif
