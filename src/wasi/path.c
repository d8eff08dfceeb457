/* path.c - see path.h */
#include "wasi/path.h"

#include "base/utf8.h"
#include "wasi/guest.h"

static bool has_byte(const char *text, size_t size, char byte) {
    for (size_t i = 0; i < size; i++) {
        if (text[i] == byte) return true;
    }
    return false;
}

enum port_errno path_copy(const struct wasi_call *c, uint32_t address, uint32_t size,
                          char *text) {
    uint8_t *from;
    TRY_ERRNO(guest_bytes(c, address, size, &from));
    if (size == 0) return PORT_ENOENT;
    if (size >= PATH_SIZE_MAX) return PORT_ENAMETOOLONG;
    memcpy(text, from, size);
    text[size] = 0;
    if (has_byte(text, size, 0)) return PORT_EINVAL;
    if (!utf8_valid((const uint8_t *)text, size)) return PORT_EILSEQ;
    if (text[0] == '/') return PORT_EPERM;
    return PORT_OK;
}

enum port_errno path_begin(struct wasi_call *c, struct path *path, uint32_t fd, uint64_t rights,
                           uint32_t flags, uint32_t address, uint32_t size) {
    struct wasi_fd *dir;
    TRY_ERRNO(fds_get(c->wasi, fd, 0, &dir));
    if (dir->type != PORT_TYPE_DIRECTORY) return PORT_ENOTDIR;
    TRY_ERRNO(fds_get(c->wasi, fd, rights, &dir));
    if (flags & ~(uint32_t)LOOKUP_FOLLOW) return PORT_EINVAL;
    TRY_ERRNO(path_copy(c, address, size, path->text));
    path->port = c->wasi->port;
    path->root = dir->file;
    path->follow = flags & LOOKUP_FOLLOW;
    path->shortcut = path->walk = path->slash = false;
    path->depth = path->links = path->at = 0;
    path->size = size;
    return PORT_OK;
}

void path_end(struct path *path) {
    while (path->depth) {
        (void)path->port->files->close(path->port->files_context, path->dirs[--path->depth]);
    }
}

static enum port_errno descend(struct path *path, enum port_errno e, uint64_t dir) {
    if (e) return e;
    if (path->depth == PATH_DEPTH_MAX) {
        (void)path->port->files->close(path->port->files_context, dir);
        return PORT_ENAMETOOLONG;
    }
    path->dirs[path->depth++] = dir;
    return PORT_OK;
}

static enum port_errno ascend(struct path *path) {
    if (path->depth == 0) return PORT_EPERM; /* above what was granted */
    (void)path->port->files->close(path->port->files_context, path->dirs[--path->depth]);
    return PORT_OK;
}

static void skip_slashes(struct path *path) {
    while (path->at < path->size && path->text[path->at] == '/') path->at++;
}

/* Takes the next component into path->name; path->slash says whether one followed it. */
static enum port_errno take_name(struct path *path) {
    uint32_t start = path->at, end = start;
    while (end < path->size && path->text[end] != '/') end++;
    if (end - start > PORT_NAME_MAX) return PORT_ENAMETOOLONG;
    memcpy(path->name, path->text + start, end - start);
    path->name[end - start] = 0;
    path->slash = end < path->size;
    path->at = end;
    skip_slashes(path);
    return PORT_OK;
}

static bool is_dotdot(const char *name) {
    return name[0] == '.' && name[1] == '.' && name[2] == 0;
}

static void set_dot(struct path *path) {
    path->name[0] = '.';
    path->name[1] = 0;
}

/* Puts the target of the link that path->name is in front of the text that is left.
 * EINVAL: it is no link. */
static enum port_errno expand(struct path *path) {
    const struct port *port = path->port;
    /* The rest goes to the end of the buffer, after a slash, and the target is read before it. */
    uint32_t rest = path->size - path->at;
    if (rest || path->slash) rest++;
    uint32_t room = PATH_SIZE_MAX - 1 - rest;
    char *moved = path->text + room;
    size_t size = 0;
    if (path->links == PATH_LINKS_MAX) return PORT_ELOOP;
    if (room == 0) return PORT_ENAMETOOLONG;
    if (rest) {
        memmove(moved + 1, path->text + path->at, rest - 1);
        *moved = '/';
    }
    TRY_ERRNO(port->files->read_link(port->files_context, path_dir(path), path->name, path->text,
                                     room, &size));
    if (size > room) return PORT_EIO;
    if (size == room) return PORT_ENAMETOOLONG; /* maybe cut off */
    if (size == 0) return PORT_ENOENT;
    if (has_byte(path->text, size, 0)) return PORT_EIO;
    if (path->text[0] == '/') return PORT_EPERM;
    memmove(path->text + size, moved, rest);
    path->links++;
    path->at = 0;
    path->size = (uint32_t)size + rest;
    path->text[path->size] = 0;
    return PORT_OK;
}

/* Lets the port resolve all but the last name, if it can. It fails in favour of a walk for every
 * reason, as a platform's errors differ from ours. */
static bool take_shortcut(struct path *path) {
    const struct port_files *files = path->port->files;
    uint32_t end = path->size, start;
    while (end > 0 && path->text[end - 1] == '/') end--;
    for (start = end; start > 0 && path->text[start - 1] != '/'; start--) continue;
    uint32_t size = end - start;
    bool dots = size <= 2 && memcmp(path->text + start, "..", size) == 0;
    if (!files->open_beneath || start == 0 || dots || size > PORT_NAME_MAX) return false;
    uint64_t dir;
    path->text[start - 1] = 0;
    enum port_errno e =
        files->open_beneath(path->port->files_context, path->root, path->text, &dir);
    path->text[start - 1] = '/';
    if (e) return false;
    path->dirs[path->depth++] = dir;
    path->at = start;
    path->shortcut = true;
    (void)take_name(path); /* fits, as was seen above */
    return true;
}

enum port_errno path_resolve(struct path *path) {
    const struct port *port = path->port;
    if (!path->walk) {
        path->walk = true;
        if (take_shortcut(path)) return PORT_OK;
    }
    for (;;) {
        TRY_ERRNO(take_name(path));
        bool last = path->at == path->size;
        if (is_dotdot(path->name)) {
            TRY_ERRNO(ascend(path));
            set_dot(path);
        }
        if (last) return PORT_OK;
        if (path_is_dot(path)) continue;
        uint64_t dir = 0;
        enum port_errno e = port->files->open(port->files_context, path_dir(path), path->name,
                                              PORT_OPEN_DIRECTORY, &dir);
        if (e == PORT_ENOTDIR || e == PORT_ELOOP) {
            e = expand(path);
            TRY_ERRNO(e == PORT_EINVAL ? PORT_ENOTDIR : e);
        } else {
            TRY_ERRNO(descend(path, e, dir));
        }
    }
}

bool path_again(struct path *path, enum port_errno *e) {
    if (*e != PORT_ELOOP && *e != PORT_ENOTDIR) return false;
    if (!path->follow && !path->slash) return false;
    if (path->shortcut) { /* the way here is not known: walk it */
        path_end(path);
        path->shortcut = false;
        path->at = 0;
        return true;
    }
    enum port_errno found = expand(path);
    if (found == PORT_EINVAL) return false; /* no link: *e was for another reason */
    *e = found;
    return found == PORT_OK;
}

enum port_errno path_stat(struct path *path, struct port_stat *stat) {
    const struct port *port = path->port;
    struct port_stat found;
    enum port_errno e;
    do {
        TRY_ERRNO(path_resolve(path));
        e = port->files->stat(port->files_context, path_dir(path), path->name, &found);
        if (e) return e;
        bool follow = path->follow || path->slash;
        if (found.type == PORT_TYPE_LINK && follow) e = PORT_ELOOP;
        if (found.type != PORT_TYPE_DIRECTORY && path->slash && !e) e = PORT_ENOTDIR;
    } while (path_again(path, &e));
    if (e == PORT_OK) *stat = found;
    return e;
}
