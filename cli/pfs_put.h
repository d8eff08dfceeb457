/* pfs_put.h - bringing files into a volume. */
#ifndef CLI_PFS_PUT_H
#define CLI_PFS_PUT_H

#include <nacre/pfs.h>

/* Copies a file, link or directory with all that is in it; NULL: standard input. On failure says
 * why. Returns the exit status. */
int put_tree(nacre_pfs *pfs, const char *from, const char *to);

#endif
