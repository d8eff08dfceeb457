/* io.h - moving bytes and waiting, for the functions that read, write, send and receive. */
#ifndef WASI_IO_H
#define WASI_IO_H

#include "wasi/guest.h"

enum io_way { IO_READ, IO_WRITE, IO_RECEIVE, IO_PEEK, IO_SEND };

/* Moves bytes once, after waiting for some unless the descriptor is non-blocking (EAGAIN).
 * Waiting ends with the guest's deadline. Other threads' calls go on meanwhile: `fd` is the
 * caller's own copy. */
enum port_errno io_move(struct wasi_call *c, const struct wasi_fd *fd, enum io_way way,
                        struct guest_spans *spans, size_t *size);

/* Waits until the file can be read or written: PORT_READY_READ or PORT_READY_WRITE. */
enum port_errno io_wait(struct wasi_call *c, const struct wasi_fd *fd, uint32_t wanted);

#endif
