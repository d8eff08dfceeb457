/* fd.c - the fd_* functions that move no bytes. */
#include "wasi/functions.h"
#include "wasi/guest.h"
#include "wasi/times.h"

enum port_errno wasi_fd_advise(struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    uint64_t offset = arg_u64(c, 1), size = arg_u64(c, 2);
    uint32_t advice = arg_u32(c, 3);
    struct wasi_fd *fd;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), RIGHT_FD_ADVISE, &fd));
    if (advice >= PORT_ADVICE_COUNT || offset > INT64_MAX || size > INT64_MAX) return PORT_EINVAL;
    return port->files->advise(port->files_context, fd->file, offset, size,
                               (enum port_advice)advice);
}

enum port_errno wasi_fd_allocate(struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    uint64_t offset = arg_u64(c, 1), size = arg_u64(c, 2), end;
    struct wasi_fd *fd;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), RIGHT_FD_ALLOCATE, &fd));
    if (size == 0) return PORT_EINVAL;
    if (!u64_add(offset, size, &end) || end > INT64_MAX) return PORT_EFBIG;
    return port->files->allocate(port->files_context, fd->file, offset, size);
}

enum port_errno wasi_fd_close(struct wasi_call *c) {
    struct wasi_fd *fd;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), 0, &fd));
    return fds_close(c->wasi, arg_u32(c, 0));
}

static enum port_errno sync_fd(struct wasi_call *c, uint64_t right, bool data_only) {
    const struct port *port = c->wasi->port;
    struct wasi_fd *fd;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), right, &fd));
    return port->files->sync(port->files_context, fd->file, data_only);
}

enum port_errno wasi_fd_datasync(struct wasi_call *c) {
    return sync_fd(c, RIGHT_FD_DATASYNC, true);
}
enum port_errno wasi_fd_sync(struct wasi_call *c) { return sync_fd(c, RIGHT_FD_SYNC, false); }

enum port_errno wasi_fd_fdstat_get(struct wasi_call *c) {
    struct wasi_fd *fd;
    uint8_t *out;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), 0, &fd));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 1), FDSTAT_SIZE, &out));
    memset(out, 0, FDSTAT_SIZE);
    out[0] = (uint8_t)fd->type;
    store_u16(out + 2, fd->flags);
    store_u64(out + 8, fd->rights);
    store_u64(out + 16, fd->inheriting);
    return PORT_OK;
}

/* Waiting and syncing are done here, so only APPEND concerns the port. */
enum port_errno wasi_fd_fdstat_set_flags(struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    uint32_t flags = arg_u32(c, 1);
    struct wasi_fd *fd;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), RIGHT_FD_FDSTAT_SET_FLAGS, &fd));
    if (flags & ~(uint32_t)FDFLAGS_ALL) return PORT_EINVAL;
    bool changes = (flags ^ fd->flags) & FDFLAG_APPEND;
    if (changes && (fd->shared || kind_of_type(fd->type) != WASI_KIND_FILE)) return PORT_ENOTSUP;
    if (changes) {
        TRY_ERRNO(port->files->set_append(port->files_context, fd->file, flags & FDFLAG_APPEND));
    }
    fd->flags = (uint16_t)flags;
    return PORT_OK;
}

enum port_errno wasi_fd_fdstat_set_rights(struct wasi_call *c) {
    uint64_t rights = arg_u64(c, 1), inheriting = arg_u64(c, 2);
    struct wasi_fd *fd;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), rights, &fd));
    if (inheriting & ~fd->inheriting) return PORT_ENOTCAPABLE;
    fd->rights = rights;
    fd->inheriting = inheriting;
    return PORT_OK;
}

enum port_errno wasi_fd_filestat_get(struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    struct port_stat stat = {0};
    struct wasi_fd *fd;
    uint8_t *out;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), RIGHT_FD_FILESTAT_GET, &fd));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 1), FILESTAT_SIZE, &out));
    if (!fd->null) TRY_ERRNO(port->files->file_stat(port->files_context, fd->file, &stat));
    guest_put_stat(out, &stat);
    return PORT_OK;
}

enum port_errno wasi_fd_filestat_set_size(struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    uint64_t size = arg_u64(c, 1);
    struct wasi_fd *fd;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), RIGHT_FD_FILESTAT_SET_SIZE, &fd));
    if (size > INT64_MAX) return PORT_EFBIG;
    return port->files->resize(port->files_context, fd->file, size);
}

enum port_errno wasi_fd_filestat_set_times(struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    struct port_times times;
    struct wasi_fd *fd;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), RIGHT_FD_FILESTAT_SET_TIMES, &fd));
    TRY_ERRNO(times_from(arg_u64(c, 1), arg_u64(c, 2), arg_u32(c, 3), &times));
    return port->files->file_set_times(port->files_context, fd->file, &times);
}

enum port_errno times_from(uint64_t access_ns, uint64_t modify_ns, uint32_t flags,
                           struct port_times *times) {
    static const struct {
        uint32_t set, now;
    } access = {FSTFLAG_ATIM, FSTFLAG_ATIM_NOW}, modify = {FSTFLAG_MTIM, FSTFLAG_MTIM_NOW};
    if (flags & ~(uint32_t)FSTFLAGS_ALL) return PORT_EINVAL;
    if ((flags & access.set) && (flags & access.now)) return PORT_EINVAL;
    if ((flags & modify.set) && (flags & modify.now)) return PORT_EINVAL;
    *times = (struct port_times){.access_ns = access_ns, .modify_ns = modify_ns};
    if (flags & access.set) times->access = PORT_TIME_SET;
    if (flags & access.now) times->access = PORT_TIME_NOW;
    if (flags & modify.set) times->modify = PORT_TIME_SET;
    if (flags & modify.now) times->modify = PORT_TIME_NOW;
    return PORT_OK;
}

/* A descriptor that was not preopened gives EBADF: that is how guests find the last one. */
static enum port_errno get_preopened(struct wasi_call *c, struct wasi_fd **fd) {
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), 0, fd));
    return (*fd)->name ? PORT_OK : PORT_EBADF;
}

enum port_errno wasi_fd_prestat_get(struct wasi_call *c) {
    struct wasi_fd *fd;
    uint8_t *out;
    TRY_ERRNO(get_preopened(c, &fd));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 1), PRESTAT_SIZE, &out));
    store_u32(out, 0); /* a directory */
    store_u32(out + 4, fd->name_size);
    return PORT_OK;
}

enum port_errno wasi_fd_prestat_dir_name(struct wasi_call *c) {
    struct wasi_fd *fd;
    uint8_t *out;
    TRY_ERRNO(get_preopened(c, &fd));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 1), arg_u32(c, 2), &out));
    if (arg_u32(c, 2) < fd->name_size) return PORT_ENAMETOOLONG;
    memcpy(out, fd->name, fd->name_size);
    return PORT_OK;
}

enum port_errno wasi_fd_renumber(struct wasi_call *c) {
    uint32_t from = arg_u32(c, 0), to = arg_u32(c, 1);
    struct wasi_fd *fd;
    TRY_ERRNO(fds_get(c->wasi, from, 0, &fd));
    TRY_ERRNO(fds_get(c->wasi, to, 0, &fd));
    fds_move(c->wasi, from, to);
    return PORT_OK;
}

static enum port_errno seek(struct wasi_call *c, uint64_t right, int64_t offset, uint32_t whence,
                            uint32_t result) {
    const struct port *port = c->wasi->port;
    struct wasi_fd *fd;
    uint64_t position;
    uint8_t *out;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), right, &fd));
    TRY_ERRNO(guest_bytes(c, result, 8, &out));
    if (whence > PORT_SEEK_END) return PORT_EINVAL;
    TRY_ERRNO(port->files->seek(port->files_context, fd->file, offset, (enum port_whence)whence,
                                &position));
    store_u64(out, position);
    return PORT_OK;
}

/* The right to seek includes that to tell, and seeking by nothing from here is telling. */
enum port_errno wasi_fd_seek(struct wasi_call *c) {
    int64_t offset = (int64_t)arg_u64(c, 1);
    uint32_t whence = arg_u32(c, 2);
    bool tells = offset == 0 && whence == PORT_SEEK_CURRENT;
    enum port_errno e = PORT_ENOTCAPABLE;
    if (tells) e = seek(c, RIGHT_FD_TELL, offset, whence, arg_u32(c, 3));
    return e == PORT_ENOTCAPABLE ? seek(c, RIGHT_FD_SEEK, offset, whence, arg_u32(c, 3)) : e;
}

enum port_errno wasi_fd_tell(struct wasi_call *c) {
    enum port_errno e = seek(c, RIGHT_FD_TELL, 0, PORT_SEEK_CURRENT, arg_u32(c, 1));
    return e == PORT_ENOTCAPABLE ? seek(c, RIGHT_FD_SEEK, 0, PORT_SEEK_CURRENT, arg_u32(c, 1))
                                 : e;
}
