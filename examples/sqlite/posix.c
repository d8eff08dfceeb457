/* posix.c - see posix.h. */
#include "posix.h"

#include <stddef.h>

#include "sqlite3.h"

/* Newer C libraries of WASI have some of these: theirs win. */
#pragma weak fchmod
#pragma weak chmod
#pragma weak fchown
#pragma weak geteuid
#pragma weak getuid

int fchmod(int file, mode_t mode) {
    (void)file, (void)mode;
    return 0;
}

int chmod(const char *path, mode_t mode) {
    (void)path, (void)mode;
    return 0;
}

int fchown(int file, uid_t user, gid_t group) {
    (void)file, (void)user, (void)group;
    return 0;
}

uid_t geteuid(void) { return 1; }

uid_t getuid(void) { return 1; }

/* SQLite calls this once (SQLITE_EXTRA_INIT): WASI 0.1 cannot lock files, so the VFS that does
 * not try becomes the default. One process at a time may write a database. */
int sqlite_without_locks(const char *unused) {
    (void)unused;
    sqlite3_vfs *vfs = sqlite3_vfs_find("unix-none");
    return vfs == NULL ? SQLITE_ERROR : sqlite3_vfs_register(vfs, 1);
}
