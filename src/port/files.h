/*
 * files.h - files, streams and sockets: the part of the port that WASI stands on.
 *
 * Made for hosts that lie and for ports that are small. Every name is one component of a path,
 * looked up in an open directory, and a link in its place is never followed: whoever calls walks
 * paths by himself (wasi/path.c), so no port has to keep a guest inside of its directory.
 *
 * A name ends with a NUL, has 1 to PORT_NAME_MAX bytes and no slash, and is not "..". The name "."
 * stands for the directory itself in open, stat and set_times.
 *
 * Files are numbers that the port chose. What is returned is not trusted: the caller checks every
 * error, count, size and type against what it asked for.
 */
#ifndef PORT_FILES_H
#define PORT_FILES_H

#include "base/base.h"

enum port_errno {
#define PORT_ERRNO(name, number, text) PORT_##name = number,
#include "port/errno.def"
#undef PORT_ERRNO
    PORT_ERRNO_COUNT
};

enum { PORT_NAME_MAX = 255 };

/* Numbers as in WASI's `filetype`. Pipes are UNKNOWN. */
enum port_file_type {
    PORT_TYPE_UNKNOWN,
    PORT_TYPE_BLOCK,
    PORT_TYPE_CHARACTER,
    PORT_TYPE_DIRECTORY,
    PORT_TYPE_REGULAR,
    PORT_TYPE_DATAGRAM,
    PORT_TYPE_STREAM, /* a socket */
    PORT_TYPE_LINK,
    PORT_TYPE_COUNT
};

struct port_stat {
    uint64_t device, inode, links, size;
    uint64_t access_ns, modify_ns, change_ns; /* since 1970 */
    enum port_file_type type;
};

/* How to open; bits. Neither READ nor WRITE gives a directory for looking names up in, which
 * nothing can be read from. Opening never waits: a pipe without a peer opens or fails at once,
 * and what was opened so gives EAGAIN where it would have to wait. */
enum {
    PORT_OPEN_READ = 1,
    PORT_OPEN_WRITE = 2,
    PORT_OPEN_CREATE = 4,
    PORT_OPEN_EXCLUSIVE = 8,
    PORT_OPEN_TRUNCATE = 16,
    PORT_OPEN_DIRECTORY = 32, /* ENOTDIR for anything else */
    PORT_OPEN_APPEND = 64
};

enum port_time { PORT_TIME_KEEP, PORT_TIME_NOW, PORT_TIME_SET };

struct port_times {
    enum port_time access, modify;
    uint64_t access_ns, modify_ns; /* where SET */
};

enum port_whence { PORT_SEEK_SET, PORT_SEEK_CURRENT, PORT_SEEK_END };

enum port_advice {
    PORT_ADVICE_NORMAL,
    PORT_ADVICE_SEQUENTIAL,
    PORT_ADVICE_RANDOM,
    PORT_ADVICE_WILL_NEED,
    PORT_ADVICE_DONT_NEED,
    PORT_ADVICE_NO_REUSE,
    PORT_ADVICE_COUNT
};

/* A piece of memory to read into or to write from. */
struct port_span {
    uint8_t *bytes;
    size_t size;
};

/* An entry of a directory. */
struct port_entry {
    uint64_t next; /* the cookie of the entry after it; never 0 */
    uint64_t inode;
    enum port_file_type type;
    uint32_t name_size;
    char name[PORT_NAME_MAX + 1]; /* no NUL is needed */
};

/* What to wait for, and what is so; bits. */
enum { PORT_READY_READ = 1, PORT_READY_WRITE = 2, PORT_READY_HANGUP = 4 };

struct port_poll {
    uint64_t file;
    uint32_t wanted;
    uint32_t ready;        /* filled in; HANGUP only along with what is wanted */
    enum port_errno error; /* filled in; if not PORT_OK it counts as ready */
    uint64_t size_bytes;   /* filled in; what can be read at once, if that is known */
};

enum { PORT_SHUT_READ = 1, PORT_SHUT_WRITE = 2 };

/* Outputs are untouched on failure. */
struct port_files {
    /* Roots. For the embedder: a guest has no say in the arguments.
     * open_root opens a directory of the host by any path, for reading and looking up.
     * standard gives stream 0, 1 or 2 of the process. listen waits for TCP connections at
     * "HOST:PORT" or "[HOST]:PORT" with a numeric host; EINVAL when it can't be read so. */
    enum port_errno (*open_root)(void *context, const char *path, uint64_t *dir);
    enum port_errno (*standard)(void *context, uint32_t number, uint64_t *file);
    enum port_errno (*listen)(void *context, const char *address, uint64_t *file);

    /* Names. ELOOP when `open` finds a link. `read_link` gives the first `capacity` bytes;
     * EINVAL when it is no link. `remove_dir` takes directories only and `unlink` all else. */
    enum port_errno (*open)(void *context, uint64_t dir, const char *name, uint32_t how,
                            uint64_t *file);
    enum port_errno (*stat)(void *context, uint64_t dir, const char *name,
                            struct port_stat *stat);
    enum port_errno (*set_times)(void *context, uint64_t dir, const char *name,
                                 const struct port_times *times);
    enum port_errno (*make_dir)(void *context, uint64_t dir, const char *name);
    enum port_errno (*remove_dir)(void *context, uint64_t dir, const char *name);
    enum port_errno (*unlink)(void *context, uint64_t dir, const char *name);
    enum port_errno (*rename)(void *context, uint64_t dir, const char *name, uint64_t to_dir,
                              const char *to_name);
    enum port_errno (*link)(void *context, uint64_t dir, const char *name, uint64_t to_dir,
                            const char *to_name);
    enum port_errno (*symlink)(void *context, const char *target, uint64_t dir, const char *name);
    enum port_errno (*read_link)(void *context, uint64_t dir, const char *name, char *target,
                                 size_t capacity, size_t *size);

    /* A shortcut that may be NULL, and may fail for no reason: opens, for looking up, the
     * directory that a whole relative path leads to. The platform itself must see to it that no
     * step leaves `dir`, by "..", links, mounts of processes or races. */
    enum port_errno (*open_beneath)(void *context, uint64_t dir, const char *path,
                                    uint64_t *file);

    /* Open files. A read of 0 bytes is the end. EAGAIN: nothing can be moved now.
     * `seek` gives ESPIPE for what has no position. `set_append` has writes go to the end. */
    enum port_errno (*read)(void *context, uint64_t file, const struct port_span *spans,
                            uint32_t count, size_t *size);
    enum port_errno (*write)(void *context, uint64_t file, const struct port_span *spans,
                             uint32_t count, size_t *size);
    enum port_errno (*read_at)(void *context, uint64_t file, const struct port_span *spans,
                               uint32_t count, uint64_t offset, size_t *size);
    enum port_errno (*write_at)(void *context, uint64_t file, const struct port_span *spans,
                                uint32_t count, uint64_t offset, size_t *size);
    enum port_errno (*seek)(void *context, uint64_t file, int64_t offset,
                            enum port_whence whence, uint64_t *position);
    enum port_errno (*file_stat)(void *context, uint64_t file, struct port_stat *stat);
    enum port_errno (*file_set_times)(void *context, uint64_t file,
                                      const struct port_times *times);
    enum port_errno (*resize)(void *context, uint64_t file, uint64_t size);
    enum port_errno (*allocate)(void *context, uint64_t file, uint64_t offset, uint64_t size);
    enum port_errno (*advise)(void *context, uint64_t file, uint64_t offset, uint64_t size,
                              enum port_advice advice);
    enum port_errno (*sync)(void *context, uint64_t file, bool data_only);
    enum port_errno (*set_append)(void *context, uint64_t file, bool append);

    /* The entries from `cookie` on (0: all), without "." and ".."; a *count of 0 is the end. */
    enum port_errno (*read_dir)(void *context, uint64_t dir, uint64_t cookie,
                                struct port_entry *entries, uint32_t capacity, uint32_t *count);

    /* Waits until something is ready, or until `deadline_ns` on PORT_CLOCK_MONOTONIC (0: does
     * not wait; UINT64_MAX: no end). Returns at times with nothing ready. `count` may be 0. */
    enum port_errno (*poll)(void *context, struct port_poll *items, uint32_t count,
                            uint64_t deadline_ns);

    /* Sockets. They never wait (EAGAIN). */
    enum port_errno (*accept)(void *context, uint64_t file, uint64_t *connection);
    enum port_errno (*receive)(void *context, uint64_t file, const struct port_span *spans,
                               uint32_t count, bool peek, size_t *size);
    enum port_errno (*send)(void *context, uint64_t file, const struct port_span *spans,
                            uint32_t count, size_t *size);
    enum port_errno (*shutdown)(void *context, uint64_t file, uint32_t how);

    /* May be NULL. Keeps others from locking the same file of the platform, or only from locking
     * it exclusively, until it is closed; EBUSY: others have done so. */
    enum port_errno (*lock)(void *context, uint64_t file, bool exclusive);

    /* For files that are more than the platform's; else NULL. All that was written is on the disk
     * when `commit` returns PORT_OK. `broken`: what was found changed by others, for people, or
     * NULL; it lives as long as the context. */
    enum port_errno (*commit)(void *context);
    const char *(*broken)(void *context);

    /* Whatever it returns, the file is closed. */
    enum port_errno (*close)(void *context, uint64_t file);
};

#endif
