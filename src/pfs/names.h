/* names.h - what is done to names in directories. */
#ifndef PFS_NAMES_H
#define PFS_NAMES_H

#include "pfs/dir.h"
#include "pfs/volume.h"

/* The inode that a name ("." the directory itself) stands for, open. */
enum port_errno names_find(struct pfs *pfs, struct inode *dir, const char *name,
                           struct inode **inode);

/* A new one, open; links have a target. EEXIST. */
enum port_errno names_create(struct pfs *pfs, struct inode *dir, const char *name,
                             enum port_file_type type, const char *target, struct inode **inode);

enum port_errno names_remove(struct pfs *pfs, struct inode *dir, const char *name, bool is_dir);

enum port_errno names_move(struct pfs *pfs, struct inode *dir, const char *name,
                           struct inode *to_dir, const char *to_name);

#endif
