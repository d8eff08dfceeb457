/* dir.c - fd_readdir. */
#include "base/utf8.h"
#include "wasi/functions.h"
#include "wasi/guest.h"

/* A guest's cookie is where to go on: 0 at ".", 1 at "..", 2 at the directory's first entry,
 * and from there on the port's own cookie (which is not 0) and COOKIE_OFFSET. */
enum { COOKIE_DOT = 0, COOKIE_DOTDOT = 1, COOKIE_OFFSET = 2 };

enum { BATCH = 16 };

struct output {
    uint8_t *at;
    uint32_t left;
};

/* Adds an entry, or as much of it as fits: the guest sees a full buffer and asks again from the
 * cookie of the last whole one. */
static void put_entry(struct output *to, uint64_t next, const struct port_entry *entry) {
    uint8_t header[DIRENT_SIZE] = {0};
    bool known = entry->type < PORT_TYPE_COUNT;
    store_u64(header, next);
    store_u64(header + 8, entry->inode);
    store_u32(header + 16, entry->name_size);
    header[20] = known ? (uint8_t)entry->type : PORT_TYPE_UNKNOWN;
    const uint8_t *parts[] = {header, (const uint8_t *)entry->name};
    const uint32_t sizes[] = {DIRENT_SIZE, entry->name_size};
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        uint32_t size = u32_min(sizes[i], to->left);
        memcpy(to->at, parts[i], size);
        to->at += size;
        to->left -= size;
    }
}

/* May the guest see this name? It must be one that it could open: no host can make it believe in
 * others, and WASI has no way to name what is not UTF-8. */
static bool is_presentable(const struct port_entry *entry) {
    uint32_t size = entry->name_size;
    if (size == 0 || size > PORT_NAME_MAX) return false;
    if (size <= 2 && memcmp(entry->name, "..", size) == 0) return false;
    for (uint32_t i = 0; i < size; i++) {
        if (entry->name[i] == '/' || entry->name[i] == 0) return false;
    }
    return utf8_valid((const uint8_t *)entry->name, size);
}

/* "." with the directory's inode. That of ".." is unknown (0): it may be outside. */
static enum port_errno put_dots(const struct port *port, uint64_t dir, uint64_t *cookie,
                                struct output *to) {
    struct port_entry entry = {.type = PORT_TYPE_DIRECTORY, .name = {'.', '.'}};
    if (*cookie == COOKIE_DOT && to->left) {
        struct port_stat stat;
        TRY_ERRNO(port->files->file_stat(port->files_context, dir, &stat));
        entry.inode = stat.inode;
        entry.name_size = 1;
        put_entry(to, ++*cookie, &entry);
    }
    if (*cookie == COOKIE_DOTDOT && to->left) {
        entry.inode = 0;
        entry.name_size = 2;
        put_entry(to, ++*cookie, &entry);
    }
    return PORT_OK;
}

static enum port_errno fill(const struct port *port, uint64_t dir, uint64_t cookie,
                            struct output *to) {
    struct port_entry entries[BATCH];
    TRY_ERRNO(put_dots(port, dir, &cookie, to));
    uint64_t next = cookie - COOKIE_OFFSET;
    while (to->left) {
        uint32_t count = 0;
        TRY_ERRNO(port->files->read_dir(port->files_context, dir, next, entries, BATCH, &count));
        if (count == 0) break;
        if (count > BATCH) return PORT_EIO;
        for (uint32_t i = 0; i < count && to->left; i++) {
            next = entries[i].next;
            if (next == 0 || next > UINT64_MAX - COOKIE_OFFSET) return PORT_EIO;
            if (is_presentable(&entries[i])) put_entry(to, next + COOKIE_OFFSET, &entries[i]);
        }
    }
    return PORT_OK;
}

enum port_errno wasi_fd_readdir(struct wasi_call *c) {
    uint32_t size = arg_u32(c, 2);
    struct wasi_fd *fd;
    uint8_t *buffer, *out;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), 0, &fd));
    if (fd->type != PORT_TYPE_DIRECTORY) return PORT_ENOTDIR;
    TRY_ERRNO(fds_get(c->wasi, arg_u32(c, 0), RIGHT_FD_READDIR, &fd));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 1), size, &buffer));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 4), 4, &out));
    struct output to = {buffer, size};
    TRY_ERRNO(fill(c->wasi->port, fd->file, arg_u64(c, 3), &to));
    store_u32(out, size - to.left);
    return PORT_OK;
}
