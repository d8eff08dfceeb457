/* path_functions.c - the path_* functions but path_open. */
#include "wasi/functions.h"
#include "wasi/guest.h"
#include "wasi/times.h"

/* Every function here is in two: the outer one starts and ends the path, the inner one returns
 * from wherever it is. */

typedef enum port_errno (*path_action)(const struct port *port, struct path *path);

/* fd, path, its size; nothing is followed. */
static enum port_errno on_path(struct wasi_call *c, uint64_t right, path_action action) {
    struct path *path = &c->wasi->paths[0];
    TRY_ERRNO(path_begin(c, path, arg_u32(c, 0), right, 0, arg_u32(c, 1), arg_u32(c, 2)));
    enum port_errno e = path_resolve(path);
    if (e == PORT_OK) e = action(c->wasi->port, path);
    path_end(path);
    return e;
}

static enum port_errno create_directory(const struct port *port, struct path *path) {
    if (path_is_dot(path)) return PORT_EEXIST;
    return port->files->make_dir(port->files_context, path_dir(path), path->name);
}

enum port_errno wasi_path_create_directory(struct wasi_call *c) {
    return on_path(c, RIGHT_PATH_CREATE_DIRECTORY, create_directory);
}

static enum port_errno remove_directory(const struct port *port, struct path *path) {
    if (path_is_dot(path)) return PORT_EINVAL; /* as POSIX's rmdir */
    return port->files->remove_dir(port->files_context, path_dir(path), path->name);
}

enum port_errno wasi_path_remove_directory(struct wasi_call *c) {
    return on_path(c, RIGHT_PATH_REMOVE_DIRECTORY, remove_directory);
}

static enum port_errno unlink_file(const struct port *port, struct path *path) {
    if (path_is_dot(path)) return PORT_EISDIR;
    if (path->slash) { /* says that it is a directory: wrong either way */
        struct port_stat stat;
        TRY_ERRNO(port->files->stat(port->files_context, path_dir(path), path->name, &stat));
        return stat.type == PORT_TYPE_DIRECTORY ? PORT_EISDIR : PORT_ENOTDIR;
    }
    return port->files->unlink(port->files_context, path_dir(path), path->name);
}

enum port_errno wasi_path_unlink_file(struct wasi_call *c) {
    return on_path(c, RIGHT_PATH_UNLINK_FILE, unlink_file);
}

enum port_errno wasi_path_filestat_get(struct wasi_call *c) {
    struct path *path = &c->wasi->paths[0];
    struct port_stat stat;
    uint8_t *out;
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 4), FILESTAT_SIZE, &out));
    TRY_ERRNO(path_begin(c, path, arg_u32(c, 0), RIGHT_PATH_FILESTAT_GET, arg_u32(c, 1),
                         arg_u32(c, 2), arg_u32(c, 3)));
    enum port_errno e = path_stat(path, &stat);
    path_end(path);
    if (e == PORT_OK) guest_put_stat(out, &stat);
    return e;
}

enum port_errno wasi_path_filestat_set_times(struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    struct path *path = &c->wasi->paths[0];
    struct port_times times;
    struct port_stat stat;
    TRY_ERRNO(path_begin(c, path, arg_u32(c, 0), RIGHT_PATH_FILESTAT_SET_TIMES, arg_u32(c, 1),
                         arg_u32(c, 2), arg_u32(c, 3)));
    enum port_errno e = times_from(arg_u64(c, 4), arg_u64(c, 5), arg_u32(c, 6), &times);
    /* Looked at first as the port sets a link's own times. Should it become a link in between,
     * that link's times change: still nothing outside. */
    if (e == PORT_OK) e = path_stat(path, &stat);
    if (e == PORT_OK) {
        e = port->files->set_times(port->files_context, path_dir(path), path->name, &times);
    }
    path_end(path);
    return e;
}

/* A name that is to be made. A slash after it would make it a directory's. */
static enum port_errno check_new(const struct port *port, const struct path *path) {
    struct port_stat stat;
    if (path_is_dot(path)) return PORT_EEXIST;
    if (!path->slash) return PORT_OK;
    TRY_ERRNO(port->files->stat(port->files_context, path_dir(path), path->name, &stat));
    return PORT_EEXIST;
}

static enum port_errno link(const struct port *port, struct path *from, struct path *to) {
    struct port_stat stat;
    TRY_ERRNO(path_stat(from, &stat));
    if (stat.type == PORT_TYPE_DIRECTORY) return PORT_EPERM;
    TRY_ERRNO(path_resolve(to));
    TRY_ERRNO(check_new(port, to));
    return port->files->link(port->files_context, path_dir(from), from->name, path_dir(to),
                             to->name);
}

enum port_errno wasi_path_link(struct wasi_call *c) {
    struct path *from = &c->wasi->paths[0], *to = &c->wasi->paths[1];
    TRY_ERRNO(path_begin(c, from, arg_u32(c, 0), RIGHT_PATH_LINK_SOURCE, arg_u32(c, 1),
                         arg_u32(c, 2), arg_u32(c, 3)));
    enum port_errno e = path_begin(c, to, arg_u32(c, 4), RIGHT_PATH_LINK_TARGET, 0,
                                   arg_u32(c, 5), arg_u32(c, 6));
    if (e == PORT_OK) {
        e = link(c->wasi->port, from, to);
        path_end(to);
    }
    path_end(from);
    return e;
}

static enum port_errno rename(const struct port *port, struct path *from, struct path *to) {
    struct port_stat stat;
    TRY_ERRNO(path_resolve(from));
    TRY_ERRNO(path_resolve(to));
    if (path_is_dot(from) || path_is_dot(to)) return PORT_EBUSY;
    if (from->slash || to->slash) {
        TRY_ERRNO(port->files->stat(port->files_context, path_dir(from), from->name, &stat));
        if (stat.type != PORT_TYPE_DIRECTORY) return PORT_ENOTDIR;
    }
    return port->files->rename(port->files_context, path_dir(from), from->name, path_dir(to),
                               to->name);
}

enum port_errno wasi_path_rename(struct wasi_call *c) {
    struct path *from = &c->wasi->paths[0], *to = &c->wasi->paths[1];
    TRY_ERRNO(path_begin(c, from, arg_u32(c, 0), RIGHT_PATH_RENAME_SOURCE, 0, arg_u32(c, 1),
                         arg_u32(c, 2)));
    enum port_errno e = path_begin(c, to, arg_u32(c, 3), RIGHT_PATH_RENAME_TARGET, 0,
                                   arg_u32(c, 4), arg_u32(c, 5));
    if (e == PORT_OK) {
        e = rename(c->wasi->port, from, to);
        path_end(to);
    }
    path_end(from);
    return e;
}

/* An absolute target is refused: for the guest it would lead nowhere, and another program of
 * the host might follow it. */
enum port_errno wasi_path_symlink(struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    struct path *path = &c->wasi->paths[0];
    char *target = c->wasi->paths[1].text;
    TRY_ERRNO(path_copy(c, arg_u32(c, 0), arg_u32(c, 1), target));
    TRY_ERRNO(path_begin(c, path, arg_u32(c, 2), RIGHT_PATH_SYMLINK, 0, arg_u32(c, 3),
                         arg_u32(c, 4)));
    enum port_errno e = path_resolve(path);
    if (e == PORT_OK) e = check_new(port, path);
    if (e == PORT_OK)
        e = port->files->symlink(port->files_context, target, path_dir(path), path->name);
    path_end(path);
    return e;
}

static enum port_errno read_link(const struct port *port, struct path *path, uint8_t *buffer,
                                 uint32_t capacity, size_t *size) {
    struct port_stat stat;
    size_t got = 0;
    if (path->text[path->size - 1] == '/') { /* names a directory, so no link */
        TRY_ERRNO(path_stat(path, &stat));
        return PORT_EINVAL;
    }
    TRY_ERRNO(path_resolve(path));
    if (path_is_dot(path)) return PORT_EINVAL;
    TRY_ERRNO(port->files->read_link(port->files_context, path_dir(path), path->name,
                                     (char *)buffer, capacity, &got));
    if (got > capacity) return PORT_EIO;
    *size = got;
    return PORT_OK;
}

enum port_errno wasi_path_readlink(struct wasi_call *c) {
    struct path *path = &c->wasi->paths[0];
    uint32_t capacity = arg_u32(c, 4);
    uint8_t *buffer, *out;
    size_t size;
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 3), capacity, &buffer));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 5), 4, &out));
    TRY_ERRNO(path_begin(c, path, arg_u32(c, 0), RIGHT_PATH_READLINK, 0, arg_u32(c, 1),
                         arg_u32(c, 2)));
    enum port_errno e = read_link(c->wasi->port, path, buffer, capacity, &size);
    path_end(path);
    if (e == PORT_OK) store_u32(out, (uint32_t)size);
    return e;
}
