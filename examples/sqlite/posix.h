/*
 * posix.h - what SQLite's unix layer and shell expect of POSIX, and WASI does not have.
 *
 * Included before each of SQLite's own files (-include). Everything here is either refused the
 * way a small system would refuse it, or has only one sensible answer in a sandbox: there is one
 * user, and no file has an owner. Files are not locked: SQLite runs with its VFS "unix-none",
 * see posix.c.
 */
#ifndef EXAMPLES_SQLITE_POSIX_H
#define EXAMPLES_SQLITE_POSIX_H

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef F_WRLCK
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#define F_GETLK 12
#define F_SETLK 13
#define F_SETLKW 14
#endif

int fchmod(int file, mode_t mode);
int chmod(const char *path, mode_t mode);
int fchown(int file, uid_t user, gid_t group);
uid_t geteuid(void);
uid_t getuid(void);

#endif
