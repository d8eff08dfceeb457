/* files.c - a volume as files of a port: see port/files.h for what each function means. */
#include "pfs/commit.h"
#include "pfs/data.h"
#include "pfs/inodes.h"
#include "pfs/names.h"
#include "pfs/pfs.h"
#include "pfs/volume.h"

static void enter(struct pfs *pfs) { mutex_take(pfs->port, &pfs->mutex); }

static enum port_errno leave(struct pfs *pfs, enum port_errno error) {
    mutex_give(pfs->port, &pfs->mutex);
    return error;
}

/* --- Handles --- */

static struct handle *handle_of(struct pfs *pfs, uint64_t file) {
    uint64_t i = file & ~PFS_HANDLE;
    return file & PFS_HANDLE && i < pfs->handle_count && pfs->handles[i].inode ? &pfs->handles[i]
                                                                              : NULL;
}

/* The inode of a handle that was opened for something of `how` (0: whatever for). */
static struct inode *inode_for(struct pfs *pfs, uint64_t file, uint32_t how) {
    struct handle *h = handle_of(pfs, file);
    return h && (!how || h->how & how) ? h->inode : NULL;
}

/* Hands an open inode over to a handle. */
static enum port_errno add_handle(struct pfs *pfs, struct inode *inode, uint32_t how,
                                  uint64_t *file) {
    uint32_t i = 0, had = pfs->handle_count;
    while (i < had && pfs->handles[i].inode) i++;
    if (i == had) {
        if (!alloc_reserve(&pfs->allocator, (void **)&pfs->handles, &pfs->handle_count, had + 1,
                           sizeof *pfs->handles))
            return PORT_ENOMEM;
        memset(pfs->handles + had, 0, (pfs->handle_count - had) * sizeof *pfs->handles);
    }
    pfs->handles[i] = (struct handle){.inode = inode, .how = how};
    *file = PFS_HANDLE | i;
    return PORT_OK;
}

/* Gives an inode back after what was done with it. */
static enum port_errno done(struct pfs *pfs, struct inode *inode, enum port_errno error) {
    enum port_errno closed = inode_close(pfs, inode);
    return leave(pfs, error ? error : closed);
}

static enum port_errno open_root(void *context, const char *path, uint64_t *dir) {
    struct pfs *pfs = context;
    struct inode *inode;
    (void)path;
    enter(pfs);
    enum port_errno error = inode_open(pfs, INODE_ROOT, &inode);
    if (error) return leave(pfs, error);
    error = add_handle(pfs, inode, PORT_OPEN_READ, dir);
    return error ? done(pfs, inode, error) : leave(pfs, PORT_OK);
}

static enum port_errno close_file(void *context, uint64_t file) {
    struct pfs *pfs = context;
    enter(pfs);
    struct handle *h = handle_of(pfs, file);
    if (!h) return leave(pfs, PORT_EBADF);
    struct inode *inode = h->inode;
    h->inode = NULL;
    return leave(pfs, inode_close(pfs, inode));
}

/* --- Names --- */

/* May what was found be opened in that way? */
static enum port_errno check_open(const struct inode *inode, uint32_t how) {
    bool is_dir = inode->fields.type == PORT_TYPE_DIRECTORY;
    bool for_names = !(how & (PORT_OPEN_READ | PORT_OPEN_WRITE));
    if (!is_dir && how & PORT_OPEN_DIRECTORY) return PORT_ENOTDIR;
    if (inode->fields.type == PORT_TYPE_LINK) return PORT_ELOOP;
    if (!is_dir && for_names) return PORT_ENOTDIR;
    if (is_dir && how & (PORT_OPEN_WRITE | PORT_OPEN_TRUNCATE | PORT_OPEN_CREATE))
        return PORT_EISDIR;
    return PORT_OK;
}

static enum port_errno open_inode(struct pfs *pfs, struct inode *dir, const char *name,
                                  uint32_t how, struct inode **inode) {
    enum port_errno error = names_find(pfs, dir, name, inode);
    if (error == PORT_ENOENT && how & PORT_OPEN_CREATE)
        return names_create(pfs, dir, name, PORT_TYPE_REGULAR, NULL, inode);
    if (error) return error;
    if (how & PORT_OPEN_CREATE && how & PORT_OPEN_EXCLUSIVE) error = PORT_EEXIST;
    if (!error) error = check_open(*inode, how);
    if (!error && how & PORT_OPEN_WRITE && pfs->is_read_only) error = PORT_EROFS;
    if (!error && how & PORT_OPEN_TRUNCATE && (*inode)->fields.size)
        error = data_resize(pfs, *inode, 0);
    if (error) inode_close(pfs, *inode);
    return error;
}

static enum port_errno open_name(void *context, uint64_t dir, const char *name, uint32_t how,
                                 uint64_t *file) {
    struct pfs *pfs = context;
    struct inode *inode;
    enter(pfs);
    struct inode *in = inode_for(pfs, dir, 0);
    enum port_errno error = in ? open_inode(pfs, in, name, how, &inode) : PORT_EBADF;
    if (error) return leave(pfs, error);
    error = add_handle(pfs, inode, how, file);
    return error ? done(pfs, inode, error) : leave(pfs, PORT_OK);
}

static void tell(const struct pfs *pfs, const struct inode *inode, struct port_stat *stat) {
    *stat = (struct port_stat){.device = load_u64(keys_id(&pfs->keys)),
                               .inode = inode->object.number,
                               .links = 1,
                               .size = inode->fields.size,
                               .access_ns = inode->fields.access_ns,
                               .modify_ns = inode->fields.modify_ns,
                               .change_ns = inode->fields.change_ns,
                               .type = inode->fields.type};
}

static enum port_errno set_inode_times(struct pfs *pfs, struct inode *inode,
                                       const struct port_times *times) {
    enum port_errno error = volume_breathe(pfs);
    if (!error) error = inode_touch(pfs, inode);
    if (error) return error;
    uint64_t now = volume_now(pfs);
    if (times->access != PORT_TIME_KEEP)
        inode->fields.access_ns = times->access == PORT_TIME_NOW ? now : times->access_ns;
    if (times->modify != PORT_TIME_KEEP)
        inode->fields.modify_ns = times->modify == PORT_TIME_NOW ? now : times->modify_ns;
    inode->fields.change_ns = now;
    return PORT_OK;
}

/* The inode of a name, open; the volume is entered when there is one. */
static enum port_errno enter_name(struct pfs *pfs, uint64_t dir, const char *name,
                                  struct inode **inode) {
    enter(pfs);
    struct inode *in = inode_for(pfs, dir, 0);
    enum port_errno error = in ? names_find(pfs, in, name, inode) : PORT_EBADF;
    return error ? leave(pfs, error) : PORT_OK;
}

static enum port_errno stat_name(void *context, uint64_t dir, const char *name,
                                 struct port_stat *stat) {
    struct inode *inode;
    enum port_errno error = enter_name(context, dir, name, &inode);
    if (error) return error;
    tell(context, inode, stat);
    return done(context, inode, PORT_OK);
}

static enum port_errno set_times(void *context, uint64_t dir, const char *name,
                                 const struct port_times *times) {
    struct inode *inode;
    enum port_errno error = enter_name(context, dir, name, &inode);
    if (error) return error;
    return done(context, inode, set_inode_times(context, inode, times));
}

static enum port_errno read_link(void *context, uint64_t dir, const char *name, char *target,
                                 size_t capacity, size_t *size) {
    struct inode *inode;
    enum port_errno error = enter_name(context, dir, name, &inode);
    if (error) return error;
    struct port_span span = {(uint8_t *)target, capacity};
    if (inode->fields.type != PORT_TYPE_LINK) error = PORT_EINVAL;
    else error = data_read(context, inode, &span, 1, 0, size);
    return done(context, inode, error);
}

static enum port_errno make(struct pfs *pfs, uint64_t dir, const char *name,
                            enum port_file_type type, const char *target) {
    struct inode *inode;
    enter(pfs);
    struct inode *in = inode_for(pfs, dir, 0);
    enum port_errno error =
        in ? names_create(pfs, in, name, type, target, &inode) : PORT_EBADF;
    return error ? leave(pfs, error) : done(pfs, inode, PORT_OK);
}

static enum port_errno make_dir(void *context, uint64_t dir, const char *name) {
    return make(context, dir, name, PORT_TYPE_DIRECTORY, NULL);
}

static enum port_errno symlink_name(void *context, const char *target, uint64_t dir,
                                    const char *name) {
    size_t size = strlen(target);
    if (!size) return PORT_ENOENT;
    if (size > LINK_MAX) return PORT_ENAMETOOLONG;
    return make(context, dir, name, PORT_TYPE_LINK, target);
}

static enum port_errno remove_name(struct pfs *pfs, uint64_t dir, const char *name, bool is_dir) {
    enter(pfs);
    struct inode *in = inode_for(pfs, dir, 0);
    return leave(pfs, in ? names_remove(pfs, in, name, is_dir) : PORT_EBADF);
}

static enum port_errno remove_dir(void *context, uint64_t dir, const char *name) {
    return remove_name(context, dir, name, true);
}

static enum port_errno unlink_name(void *context, uint64_t dir, const char *name) {
    return remove_name(context, dir, name, false);
}

static enum port_errno rename_name(void *context, uint64_t dir, const char *name, uint64_t to_dir,
                                   const char *to_name) {
    struct pfs *pfs = context;
    enter(pfs);
    struct inode *in = inode_for(pfs, dir, 0), *to = inode_for(pfs, to_dir, 0);
    return leave(pfs, in && to ? names_move(pfs, in, name, to, to_name) : PORT_EBADF);
}

/* A file has one name: its inode counts none. */
static enum port_errno link_name(void *context, uint64_t dir, const char *name, uint64_t to_dir,
                                 const char *to_name) {
    (void)context;
    (void)dir;
    (void)name;
    (void)to_dir;
    (void)to_name;
    return PORT_EPERM;
}

/* --- Open files --- */

/* The inode of a handle for something, when the volume is entered. */
static enum port_errno enter_file(struct pfs *pfs, uint64_t file, uint32_t how,
                                  struct inode **inode) {
    enter(pfs);
    *inode = inode_for(pfs, file, how);
    if (!*inode) return leave(pfs, PORT_EBADF);
    if ((*inode)->fields.type == PORT_TYPE_DIRECTORY) return leave(pfs, PORT_EISDIR);
    return PORT_OK;
}

static enum port_errno read_at(void *context, uint64_t file, const struct port_span *spans,
                               uint32_t count, uint64_t offset, size_t *size) {
    struct inode *inode;
    enum port_errno error = enter_file(context, file, PORT_OPEN_READ, &inode);
    if (error) return error;
    if (offset > INT64_MAX) error = PORT_EINVAL;
    else error = data_read(context, inode, spans, count, offset, size);
    return leave(context, error);
}

static enum port_errno write_at(void *context, uint64_t file, const struct port_span *spans,
                                uint32_t count, uint64_t offset, size_t *size) {
    struct inode *inode;
    enum port_errno error = enter_file(context, file, PORT_OPEN_WRITE, &inode);
    if (error) return error;
    if (offset > INT64_MAX) error = PORT_EINVAL;
    else if (handle_of(context, file)->how & PORT_OPEN_APPEND)
        error = data_write(context, inode, spans, count, inode->fields.size, size);
    else error = data_write(context, inode, spans, count, offset, size);
    return leave(context, error);
}

static enum port_errno read_file(void *context, uint64_t file, const struct port_span *spans,
                                 uint32_t count, size_t *size) {
    struct inode *inode;
    enum port_errno error = enter_file(context, file, PORT_OPEN_READ, &inode);
    if (error) return error;
    struct handle *h = handle_of(context, file);
    error = data_read(context, inode, spans, count, h->position, size);
    if (!error) h->position += *size;
    return leave(context, error);
}

static enum port_errno write_file(void *context, uint64_t file, const struct port_span *spans,
                                  uint32_t count, size_t *size) {
    struct inode *inode;
    enum port_errno error = enter_file(context, file, PORT_OPEN_WRITE, &inode);
    if (error) return error;
    struct handle *h = handle_of(context, file);
    uint64_t at = h->how & PORT_OPEN_APPEND ? inode->fields.size : h->position;
    error = data_write(context, inode, spans, count, at, size);
    if (!error) h->position = at + *size;
    return leave(context, error);
}

static enum port_errno seek(void *context, uint64_t file, int64_t offset,
                            enum port_whence whence, uint64_t *position) {
    struct inode *inode;
    int64_t base = 0, at;
    enum port_errno error = enter_file(context, file, 0, &inode);
    if (error) return error;
    struct handle *h = handle_of(context, file);
    if (whence == PORT_SEEK_CURRENT) base = (int64_t)h->position;
    if (whence == PORT_SEEK_END) base = (int64_t)inode->fields.size;
    if (__builtin_add_overflow(base, offset, &at)) return leave(context, PORT_EOVERFLOW);
    if (at < 0) return leave(context, PORT_EINVAL);
    h->position = *position = (uint64_t)at;
    return leave(context, PORT_OK);
}

static enum port_errno file_stat(void *context, uint64_t file, struct port_stat *stat) {
    struct pfs *pfs = context;
    enter(pfs);
    struct inode *inode = inode_for(pfs, file, 0);
    if (inode) tell(pfs, inode, stat);
    return leave(pfs, inode ? PORT_OK : PORT_EBADF);
}

static enum port_errno file_set_times(void *context, uint64_t file,
                                      const struct port_times *times) {
    struct pfs *pfs = context;
    enter(pfs);
    struct inode *inode = inode_for(pfs, file, 0);
    return leave(pfs, inode ? set_inode_times(pfs, inode, times) : PORT_EBADF);
}

static enum port_errno resize(void *context, uint64_t file, uint64_t size) {
    struct inode *inode;
    enum port_errno error = enter_file(context, file, PORT_OPEN_WRITE, &inode);
    if (error) return error;
    return leave(context, data_resize(context, inode, size));
}

/* The size only: a block gets another place each time it is written, so none can be kept. */
static enum port_errno allocate(void *context, uint64_t file, uint64_t offset, uint64_t size) {
    struct inode *inode;
    uint64_t end;
    enum port_errno error = enter_file(context, file, PORT_OPEN_WRITE, &inode);
    if (error) return error;
    if (!u64_add(offset, size, &end)) error = PORT_EFBIG;
    else if (end > inode->fields.size) error = data_resize(context, inode, end);
    return leave(context, error);
}

static enum port_errno advise(void *context, uint64_t file, uint64_t offset, uint64_t size,
                              enum port_advice advice) {
    struct inode *inode;
    (void)offset;
    (void)size;
    (void)advice;
    enum port_errno error = enter_file(context, file, 0, &inode);
    return error ? error : leave(context, PORT_OK);
}

/* Of one file or of all, it is one commit. */
static enum port_errno sync_file(void *context, uint64_t file, bool data_only) {
    struct pfs *pfs = context;
    (void)data_only;
    enter(pfs);
    if (!handle_of(pfs, file)) return leave(pfs, PORT_EBADF);
    /* What a process that was ended left behind can be seen, and need not be on the disk. */
    enum port_errno error = pfs->is_begun || pfs->is_read_only ? PORT_OK : volume_breathe(pfs);
    if (!error) error = commit_all(pfs);
    return leave(pfs, error ? PORT_EIO : PORT_OK);
}

static enum port_errno set_append(void *context, uint64_t file, bool append) {
    struct pfs *pfs = context;
    enter(pfs);
    struct handle *h = handle_of(pfs, file);
    if (!h) return leave(pfs, PORT_EBADF);
    h->how = append ? h->how | PORT_OPEN_APPEND : h->how & ~(uint32_t)PORT_OPEN_APPEND;
    return leave(pfs, PORT_OK);
}

static enum port_errno read_dir(void *context, uint64_t dir, uint64_t cookie,
                                struct port_entry *entries, uint32_t capacity, uint32_t *count) {
    struct pfs *pfs = context;
    enter(pfs);
    struct inode *inode = inode_for(pfs, dir, PORT_OPEN_READ);
    if (!inode) return leave(pfs, PORT_EBADF);
    if (inode->fields.type != PORT_TYPE_DIRECTORY) return leave(pfs, PORT_ENOTDIR);
    return leave(pfs, dir_list(pfs, inode, cookie, entries, capacity, count));
}

static enum port_errno commit(void *context) {
    struct pfs *pfs = context;
    enter(pfs);
    return leave(pfs, commit_all(pfs));
}

static const char *broken(void *context) {
    const struct pfs *pfs = context;
    return pfs->broken[0] ? pfs->broken : NULL;
}

const struct port_files pfs_files = {
    .open_root = open_root,
    .open = open_name,
    .stat = stat_name,
    .set_times = set_times,
    .make_dir = make_dir,
    .remove_dir = remove_dir,
    .unlink = unlink_name,
    .rename = rename_name,
    .link = link_name,
    .symlink = symlink_name,
    .read_link = read_link,
    .read = read_file,
    .write = write_file,
    .read_at = read_at,
    .write_at = write_at,
    .seek = seek,
    .file_stat = file_stat,
    .file_set_times = file_set_times,
    .resize = resize,
    .allocate = allocate,
    .advise = advise,
    .sync = sync_file,
    .set_append = set_append,
    .read_dir = read_dir,
    .commit = commit,
    .broken = broken,
    .close = close_file,
};
