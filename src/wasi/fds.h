/*
 * fds.h - the guest's descriptors.
 *
 * A pointer to one is good until a descriptor is opened (the table may move then).
 */
#ifndef WASI_FDS_H
#define WASI_FDS_H

#include "port/files.h"
#include "wasi/rights.h"

struct wasi;

struct wasi_fd {
    bool open;
    bool null;     /* no file behind it: reading ends at once, what is written is dropped */
    bool shared;   /* a stream of this process: its own flags are not the guest's to change */
    bool listener;
    enum port_file_type type;
    uint16_t flags; /* witx fdflags. APPEND the port does; the others are done here. */
    uint64_t rights, inheriting;
    uint64_t file; /* of the port */
    char *name;    /* the guest's name of a preopened directory, owned; else NULL */
    uint32_t name_size;
};

struct wasi_fds {
    struct wasi_fd *items; /* by number */
    uint32_t count, capacity;
    uint32_t open_count, open_max;
    uint32_t lowest; /* no number below it is free */
};

/* The open descriptor, if it has all of the rights. PORT_EBADF, PORT_ENOTCAPABLE. */
enum port_errno fds_get(struct wasi *wasi, uint32_t number, uint64_t rights,
                        struct wasi_fd **fd);

/* Finds the lowest free number and makes room, so that opening can't fail after it had effects.
 * PORT_EMFILE, PORT_ENOMEM. */
enum port_errno fds_reserve(struct wasi *wasi, uint32_t *number);

/* Puts a descriptor at the number that was reserved last. */
void fds_put(struct wasi *wasi, uint32_t number, const struct wasi_fd *fd);

/* Whatever it returns, the descriptor is gone. */
enum port_errno fds_close(struct wasi *wasi, uint32_t number);

/* Moves an open descriptor over another open one, which is closed. */
void fds_move(struct wasi *wasi, uint32_t from, uint32_t to);

void fds_deinit(struct wasi *wasi);

#endif
