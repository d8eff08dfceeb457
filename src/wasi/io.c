/* io.c - fd_read, fd_write, fd_pread, fd_pwrite; see io.h */
#include "wasi/io.h"

#include "wasi/clocks.h"
#include "wasi/functions.h"

/* A pipe that is ready takes this much without blocking (PIPE_BUF of Linux). */
enum { PIPE_READY_SIZE = 4096 };

enum port_errno io_wait(struct wasi_call *c, const struct wasi_fd *fd, uint32_t wanted) {
    const struct port *port = c->wasi->port;
    bool patient = !(fd->flags & FDFLAG_NONBLOCK);
    struct port_poll item = {.file = fd->file, .wanted = wanted};
    for (;;) {
        /* Also stops us when a host says "ready" and "not now" in turn. */
        if (patient) TRY_ERRNO(clocks_check_deadline(c));
        uint64_t until = patient ? c->host->deadline_ns : 0;
        call_pause(c);
        enum port_errno e = port->files->poll(port->files_context, &item, 1, until);
        call_resume(c);
        if (e) return e;
        if (item.error) return item.error;
        if (item.ready & wanted) return PORT_OK;
        if (!patient) return PORT_EAGAIN;
    }
}

static enum port_errno move_once(const struct port *port, const struct wasi_fd *fd,
                                 enum io_way way, const struct guest_spans *from, size_t *size) {
    const struct port_files *files = port->files;
    const struct port_span *spans = from->spans;
    switch (way) {
    case IO_READ: return files->read(port->files_context, fd->file, spans, from->count, size);
    case IO_WRITE: return files->write(port->files_context, fd->file, spans, from->count, size);
    case IO_RECEIVE:
    case IO_PEEK:
        return files->receive(port->files_context, fd->file, spans, from->count, way == IO_PEEK,
                              size);
    case IO_SEND: return files->send(port->files_context, fd->file, spans, from->count, size);
    }
    return PORT_EINVAL;
}

enum port_errno io_move(struct wasi_call *c, const struct wasi_fd *fd, enum io_way way,
                        struct guest_spans *spans, size_t *size) {
    bool writes = way == IO_WRITE || way == IO_SEND;
    uint32_t wanted = writes ? PORT_READY_WRITE : PORT_READY_READ;
    bool patient = !(fd->flags & FDFLAG_NONBLOCK);
    bool waits = !fd->null && kind_of_type(fd->type) != WASI_KIND_FILE;
    if (fd->null || spans->count == 0) {
        *size = writes ? (size_t)spans->total_bytes : 0;
        return PORT_OK;
    }
    /* A stream that we share with others may block, so it is asked first if that matters. */
    if (waits && fd->shared && (!patient || c->host->deadline_ns != UINT64_MAX)) {
        TRY_ERRNO(io_wait(c, fd, wanted));
        if (writes) guest_spans_cut(spans, PIPE_READY_SIZE);
    }
    for (;;) {
        size_t moved = 0;
        if (waits) call_pause(c);
        enum port_errno e = move_once(c->wasi->port, fd, way, spans, &moved);
        if (waits) call_resume(c);
        if (e == PORT_EAGAIN && patient && waits) {
            TRY_ERRNO(io_wait(c, fd, wanted));
            continue;
        }
        if (e) return e;
        if (moved > spans->total_bytes) return PORT_EIO; /* a host that lies */
        *size = moved;
        return PORT_OK;
    }
}

enum port_errno wasi_fd_read(struct wasi_call *c) {
    struct wasi_fd *fd;
    struct guest_spans spans;
    uint8_t *out;
    size_t size;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), RIGHT_FD_READ, &fd));
    TRY_ERRNO(guest_spans(c, arg_u32(c, 1), arg_u32(c, 2), &spans));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 3), 4, &out));
    const struct wasi_fd own = *fd;
    TRY_ERRNO(io_move(c, &own, IO_READ, &spans, &size));
    store_u32(out, (uint32_t)size);
    return PORT_OK;
}

/* The flags DSYNC and SYNC: the data is on its device before the guest goes on. */
static enum port_errno sync_written(struct wasi_call *c, const struct wasi_fd *fd, size_t size) {
    const struct port *port = c->wasi->port;
    if (fd->null || size == 0 || !(fd->flags & (FDFLAG_DSYNC | FDFLAG_SYNC))) return PORT_OK;
    if (kind_of_type(fd->type) != WASI_KIND_FILE) return PORT_OK;
    return port->files->sync(port->files_context, fd->file, !(fd->flags & FDFLAG_SYNC));
}

enum port_errno wasi_fd_write(struct wasi_call *c) {
    struct wasi_fd *fd;
    struct guest_spans spans;
    uint8_t *out;
    size_t size;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), RIGHT_FD_WRITE, &fd));
    TRY_ERRNO(guest_spans(c, arg_u32(c, 1), arg_u32(c, 2), &spans));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 3), 4, &out));
    const struct wasi_fd own = *fd;
    TRY_ERRNO(io_move(c, &own, IO_WRITE, &spans, &size));
    TRY_ERRNO(sync_written(c, &own, size));
    store_u32(out, (uint32_t)size);
    return PORT_OK;
}

/* fd, iovecs, their count, offset, result. */
static enum port_errno move_at(struct wasi_call *c, bool writes) {
    const struct port *port = c->wasi->port;
    uint64_t offset = arg_u64(c, 3);
    struct wasi_fd *fd;
    struct guest_spans spans;
    uint8_t *out;
    size_t size = 0;
    uint64_t rights = writes ? RIGHT_FD_WRITE | RIGHT_FD_SEEK : RIGHT_FD_READ | RIGHT_FD_SEEK;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), rights, &fd));
    TRY_ERRNO(guest_spans(c, arg_u32(c, 1), arg_u32(c, 2), &spans));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 4), 4, &out));
    if (offset > INT64_MAX) return PORT_EINVAL;
    if (spans.count) {
        TRY_ERRNO(writes ? port->files->write_at(port->files_context, fd->file, spans.spans,
                                                 spans.count, offset, &size)
                         : port->files->read_at(port->files_context, fd->file, spans.spans,
                                                spans.count, offset, &size));
    }
    if (size > spans.total_bytes) return PORT_EIO;
    if (writes) TRY_ERRNO(sync_written(c, fd, size));
    store_u32(out, (uint32_t)size);
    return PORT_OK;
}

enum port_errno wasi_fd_pread(struct wasi_call *c) { return move_at(c, false); }
enum port_errno wasi_fd_pwrite(struct wasi_call *c) { return move_at(c, true); }
