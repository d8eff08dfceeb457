/* path_open.c - path_open. */
#include "wasi/functions.h"
#include "wasi/guest.h"

/* Rights that decide how a file is opened. A guest that asks for one of them and does not get it
 * is told so at once. It is not told of the others, which the witx text would allow for rights
 * that do not apply: Rust's library asks for nearly all rights whenever it opens a file, and so
 * could not read anything from a directory that was granted for reading. What such a right is
 * for fails when it is tried. */
#define RIGHTS_TO_READ ((uint64_t)(RIGHT_FD_READ | RIGHT_FD_READDIR))
#define RIGHTS_TO_WRITE \
    ((uint64_t)(RIGHT_FD_WRITE | RIGHT_FD_ALLOCATE | RIGHT_FD_FILESTAT_SET_SIZE))

struct request {
    uint32_t oflags, fdflags;
    uint64_t rights, inheriting;
    uint64_t dir_inheriting; /* what the directory has to pass on */
};

/* What the directory's descriptor must be allowed. */
static uint64_t needed_rights(const struct request *r) {
    uint64_t rights = RIGHT_PATH_OPEN;
    if (r->oflags & OFLAG_CREAT) rights |= RIGHT_PATH_CREATE_FILE;
    if (r->oflags & OFLAG_TRUNC) rights |= RIGHT_PATH_FILESTAT_SET_SIZE;
    return rights;
}

static enum port_errno check_flags(const struct request *r) {
    if (r->oflags & ~(uint32_t)OFLAGS_ALL || r->fdflags & ~(uint32_t)FDFLAGS_ALL) {
        return PORT_EINVAL;
    }
    bool changes = r->oflags & (OFLAG_CREAT | OFLAG_EXCL | OFLAG_TRUNC);
    return r->oflags & OFLAG_DIRECTORY && changes ? PORT_EINVAL : PORT_OK;
}

static enum port_errno check_inheriting(const struct request *r) {
    uint64_t needed = r->rights & (RIGHTS_TO_READ | RIGHTS_TO_WRITE);
    if (r->fdflags & FDFLAG_DSYNC) needed |= RIGHT_FD_DATASYNC;
    if (r->fdflags & (FDFLAG_SYNC | FDFLAG_RSYNC)) needed |= RIGHT_FD_SYNC;
    return needed & ~r->dir_inheriting ? PORT_ENOTCAPABLE : PORT_OK;
}

static uint32_t how_to_open(const struct request *r) {
    static const struct {
        uint32_t oflag, how;
    } bits[] = {
        {OFLAG_CREAT, PORT_OPEN_CREATE},
        {OFLAG_DIRECTORY, PORT_OPEN_DIRECTORY},
        {OFLAG_EXCL, PORT_OPEN_EXCLUSIVE},
        {OFLAG_TRUNC, PORT_OPEN_TRUNCATE},
    };
    uint32_t how = 0;
    for (size_t i = 0; i < ARRAY_COUNT(bits); i++) {
        if (r->oflags & bits[i].oflag) how |= bits[i].how;
    }
    if (r->fdflags & FDFLAG_APPEND) how |= PORT_OPEN_APPEND;
    if (r->rights & RIGHTS_TO_WRITE) how |= PORT_OPEN_WRITE;
    if (r->rights & RIGHTS_TO_READ || !(how & PORT_OPEN_WRITE)) how |= PORT_OPEN_READ;
    return how;
}

static enum port_errno open_last(const struct port *port, struct path *path, uint32_t how,
                                 uint64_t *file) {
    enum port_errno e;
    do {
        TRY_ERRNO(path_resolve(path));
        uint32_t slash = path->slash ? PORT_OPEN_DIRECTORY : 0;
        if (slash && how & PORT_OPEN_CREATE) return PORT_EISDIR;
        e = port->files->open(port->files_context, path_dir(path), path->name, how | slash, file);
    } while (path_again(path, &e));
    return e;
}

/* Fills in type and rights, by what was opened. */
static enum port_errno describe(const struct port *port, const struct request *r,
                                struct wasi_fd *fd) {
    struct port_stat stat;
    uint64_t position;
    TRY_ERRNO(port->files->file_stat(port->files_context, fd->file, &stat));
    enum wasi_kind kind = kind_of_type(stat.type);
    fd->type = stat.type < PORT_TYPE_COUNT ? stat.type : PORT_TYPE_UNKNOWN;
    fd->flags = (uint16_t)r->fdflags;
    fd->rights = r->rights & r->dir_inheriting & rights_of_kinds(kind);
    if (kind == WASI_KIND_DIRECTORY) fd->inheriting = r->inheriting & r->dir_inheriting;
    /* wasi-libc takes what is a character device and can't seek for a terminal. */
    if (kind == WASI_KIND_CHANNEL && port->files->seek(port->files_context, fd->file, 0,
                                                       PORT_SEEK_CURRENT, &position)) {
        fd->rights &= ~(uint64_t)(RIGHT_FD_SEEK | RIGHT_FD_TELL);
    }
    return PORT_OK;
}

enum port_errno wasi_path_open(struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    struct path *path = &c->wasi->paths[0];
    struct request r = {
        .oflags = arg_u32(c, 4),
        .rights = arg_u64(c, 5),
        .inheriting = arg_u64(c, 6),
        .fdflags = arg_u32(c, 7),
    };
    struct wasi_fd *dir, made = {0};
    uint32_t number;
    uint8_t *out;
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 8), 4, &out));
    TRY_ERRNO(check_flags(&r));
    TRY_ERRNO(path_begin(c, path, arg_u32(c, 0), needed_rights(&r), arg_u32(c, 1), arg_u32(c, 2),
                         arg_u32(c, 3)));
    enum port_errno e = fds_get(c->wasi, arg_u32(c, 0), 0, &dir);
    if (e) goto out;
    r.dir_inheriting = dir->inheriting;
    if ((e = check_inheriting(&r)) != PORT_OK) goto out;
    if ((e = fds_reserve(c->wasi, &number)) != PORT_OK) goto out;
    if ((e = open_last(port, path, how_to_open(&r), &made.file)) != PORT_OK) goto out;
    if ((e = describe(port, &r, &made)) != PORT_OK) {
        (void)port->files->close(port->files_context, made.file);
        goto out;
    }
    fds_put(c->wasi, number, &made);
    store_u32(out, number);
out:
    path_end(path);
    return e;
}
