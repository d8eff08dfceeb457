/*
 * layout.h - numbers and layouts of wasi_snapshot_preview1.witx. All is little-endian.
 *
 *   iovec 8          pointer:4 size:4
 *   prestat 8        tag:1 (0: directory) .:3 name_size:4
 *   fdstat 24        type:1 .:1 flags:2 .:4 rights:8 inheriting:8
 *   filestat 64      device:8 inode:8 type:1 .:7 links:8 size:8 access:8 modify:8 change:8
 *   dirent 24        next:8 inode:8 name_size:4 type:1 .:3, then the name
 *   subscription 48  userdata:8 tag:1 .:7, then
 *                      a clock: id:4 .:4 timeout:8 precision:8 flags:2 .:6
 *                      reading or writing: fd:4 .:28
 *   event 32         userdata:8 error:2 tag:1 .:5 size:8 flags:2 .:6
 */
#ifndef WASI_LAYOUT_H
#define WASI_LAYOUT_H

enum {
    IOVEC_SIZE = 8,
    PRESTAT_SIZE = 8,
    FDSTAT_SIZE = 24,
    FILESTAT_SIZE = 64,
    DIRENT_SIZE = 24,
    SUBSCRIPTION_SIZE = 48,
    EVENT_SIZE = 32
};

enum {
    FDFLAG_APPEND = 1,
    FDFLAG_DSYNC = 2,
    FDFLAG_NONBLOCK = 4,
    FDFLAG_RSYNC = 8,
    FDFLAG_SYNC = 16,
    FDFLAGS_ALL = 31
};

enum { OFLAG_CREAT = 1, OFLAG_DIRECTORY = 2, OFLAG_EXCL = 4, OFLAG_TRUNC = 8, OFLAGS_ALL = 15 };

enum { LOOKUP_FOLLOW = 1 };

enum {
    FSTFLAG_ATIM = 1,
    FSTFLAG_ATIM_NOW = 2,
    FSTFLAG_MTIM = 4,
    FSTFLAG_MTIM_NOW = 8,
    FSTFLAGS_ALL = 15
};

enum { EVENT_CLOCK = 0, EVENT_FD_READ = 1, EVENT_FD_WRITE = 2 };
enum { CLOCKFLAG_ABSTIME = 1 };
enum { EVENTFLAG_HANGUP = 1 };
enum { RIFLAG_PEEK = 1, RIFLAG_WAITALL = 2 };
enum { SDFLAG_RD = 1, SDFLAG_WR = 2 };

#endif
