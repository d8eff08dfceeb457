/* sock.c - the sock_* functions. */
#include "wasi/functions.h"
#include "wasi/io.h"

/* That it is no socket is said before what rights are missing. */
static enum port_errno get_socket(struct wasi_call *c, uint64_t right, struct wasi_fd **fd) {
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), 0, fd));
    if (kind_of_type((*fd)->type) != WASI_KIND_SOCKET) return PORT_ENOTSOCK;
    return fds_get(c->wasi, arg_u32(c, 0), right, fd);
}

static enum port_errno accept_one(struct wasi_call *c, const struct wasi_fd *fd,
                                  uint64_t *connection) {
    const struct port *port = c->wasi->port;
    for (;;) {
        enum port_errno e = port->files->accept(port->files_context, fd->file, connection);
        if (e != PORT_EAGAIN || fd->flags & FDFLAG_NONBLOCK) return e;
        TRY_ERRNO(io_wait(c, fd, PORT_READY_READ));
    }
}

enum port_errno wasi_sock_accept(struct wasi_call *c) {
    uint32_t flags = arg_u32(c, 1), number;
    struct wasi_fd *fd;
    uint8_t *out;
    TRY_ERRNO(get_socket(c, RIGHT_SOCK_ACCEPT, &fd));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 2), 4, &out));
    if (flags & ~(uint32_t)FDFLAG_NONBLOCK) return PORT_EINVAL;
    struct wasi_fd made = {.type = PORT_TYPE_STREAM, .flags = (uint16_t)flags};
    const struct wasi_fd listener = *fd; /* reserving may move it, and so may other threads */
    made.rights = listener.inheriting & rights_of_kinds(WASI_KIND_SOCKET);
    TRY_ERRNO(fds_reserve(c->wasi, &number));
    TRY_ERRNO(accept_one(c, &listener, &made.file));
    enum port_errno e = fds_reserve(c->wasi, &number); /* again: it waited */
    if (e) {
        c->wasi->port->files->close(c->wasi->port->files_context, made.file);
        return e;
    }
    fds_put(c->wasi, number, &made);
    store_u32(out, number);
    return PORT_OK;
}

/* Goes on until all is there (WAITALL), as far as the connection goes. */
static enum port_errno receive(struct wasi_call *c, const struct wasi_fd *fd, uint32_t flags,
                               struct guest_spans *spans, size_t *size) {
    enum io_way way = flags & RIFLAG_PEEK ? IO_PEEK : IO_RECEIVE;
    size_t done = 0, got;
    do {
        enum port_errno e = io_move(c, fd, way, spans, &got);
        if (c->end != NACRE_OK || (e && done == 0)) return e;
        if (e || got == 0) break; /* an error comes again with the next call */
        done += got;
        guest_spans_skip(spans, got);
    } while (flags & RIFLAG_WAITALL && way == IO_RECEIVE && spans->count);
    *size = done;
    return PORT_OK;
}

enum port_errno wasi_sock_recv(struct wasi_call *c) {
    uint32_t flags = arg_u32(c, 3);
    struct guest_spans spans;
    struct wasi_fd *fd;
    uint8_t *out, *out_flags;
    size_t size;
    TRY_ERRNO(get_socket(c, RIGHT_FD_READ, &fd));
    TRY_ERRNO(guest_spans(c, arg_u32(c, 1), arg_u32(c, 2), &spans));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 4), 4, &out));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 5), 2, &out_flags));
    if (flags & ~(uint32_t)(RIFLAG_PEEK | RIFLAG_WAITALL)) return PORT_EINVAL;
    const struct wasi_fd own = *fd;
    TRY_ERRNO(receive(c, &own, flags, &spans, &size));
    store_u32(out, (uint32_t)size);
    store_u16(out_flags, 0); /* a stream's data is never cut off */
    return PORT_OK;
}

enum port_errno wasi_sock_send(struct wasi_call *c) {
    struct guest_spans spans;
    struct wasi_fd *fd;
    uint8_t *out;
    size_t size;
    TRY_ERRNO(get_socket(c, RIGHT_FD_WRITE, &fd));
    TRY_ERRNO(guest_spans(c, arg_u32(c, 1), arg_u32(c, 2), &spans));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 4), 4, &out));
    if (arg_u32(c, 3) != 0) return PORT_EINVAL; /* no flag is defined */
    const struct wasi_fd own = *fd;
    TRY_ERRNO(io_move(c, &own, IO_SEND, &spans, &size));
    store_u32(out, (uint32_t)size);
    return PORT_OK;
}

enum port_errno wasi_sock_shutdown(struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    uint32_t flags = arg_u32(c, 1), how = 0;
    struct wasi_fd *fd;
    TRY_ERRNO(get_socket(c, RIGHT_SOCK_SHUTDOWN, &fd));
    if (flags == 0 || flags & ~(uint32_t)(SDFLAG_RD | SDFLAG_WR)) return PORT_EINVAL;
    if (flags & SDFLAG_RD) how |= PORT_SHUT_READ;
    if (flags & SDFLAG_WR) how |= PORT_SHUT_WRITE;
    return port->files->shutdown(port->files_context, fd->file, how);
}
