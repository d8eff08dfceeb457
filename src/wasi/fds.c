/* fds.c - see fds.h */
#include "wasi/fds.h"

#include "wasi/context.h"

enum port_errno fds_get(struct wasi *wasi, uint32_t number, uint64_t rights,
                        struct wasi_fd **fd) {
    const struct wasi_fds *fds = &wasi->fds;
    if (number >= fds->count || !fds->items[number].open) return PORT_EBADF;
    if (rights & ~fds->items[number].rights) return PORT_ENOTCAPABLE;
    *fd = &fds->items[number];
    return PORT_OK;
}

enum port_errno fds_reserve(struct wasi *wasi, uint32_t *number) {
    struct wasi_fds *fds = &wasi->fds;
    void *items = fds->items;
    if (fds->open_count >= fds->open_max) return PORT_EMFILE;
    while (fds->lowest < fds->count && fds->items[fds->lowest].open) fds->lowest++;
    if (!alloc_reserve(&wasi->allocator, &items, &fds->capacity, fds->lowest + 1,
                       sizeof *fds->items)) {
        return PORT_ENOMEM;
    }
    fds->items = items;
    *number = fds->lowest;
    return PORT_OK;
}

void fds_put(struct wasi *wasi, uint32_t number, const struct wasi_fd *fd) {
    struct wasi_fds *fds = &wasi->fds;
    if (number >= fds->count) fds->count = number + 1;
    fds->items[number] = *fd;
    fds->items[number].open = true;
    fds->open_count++;
}

enum port_errno fds_close(struct wasi *wasi, uint32_t number) {
    struct wasi_fds *fds = &wasi->fds;
    struct wasi_fd *fd = &fds->items[number];
    const struct port *port = wasi->port;
    enum port_errno e = fd->null ? PORT_OK : port->files->close(port->files_context, fd->file);
    if (fd->name) ALLOC_FREE_ARRAY(&wasi->allocator, fd->name, fd->name_size + 1);
    *fd = (struct wasi_fd){0};
    fds->open_count--;
    fds->lowest = u32_min(fds->lowest, number);
    return e;
}

void fds_move(struct wasi *wasi, uint32_t from, uint32_t to) {
    struct wasi_fds *fds = &wasi->fds;
    if (from == to) return;
    (void)fds_close(wasi, to); /* as dup2: an error of the file that is replaced is lost */
    fds->items[to] = fds->items[from];
    fds->items[from] = (struct wasi_fd){0};
    fds->lowest = u32_min(fds->lowest, from);
}

void fds_deinit(struct wasi *wasi) {
    struct wasi_fds *fds = &wasi->fds;
    for (uint32_t i = 0; i < fds->count; i++) {
        if (fds->items[i].open) (void)fds_close(wasi, i);
    }
    ALLOC_FREE_ARRAY(&wasi->allocator, fds->items, fds->capacity);
}
