/* route.c - see route.h */
#include "pfs/route.h"

#include "base/status.h"

struct volume {
    char *dir;
    struct pfs *pfs;
};

struct route {
    struct allocator allocator;
    struct port port;
    struct port_files files;
    const struct port *inner;
    struct volume *volumes;
    uint32_t count, capacity;
};

/* A handle of a volume says of which, in the bits above its own. */
enum { VOLUME_SHIFT = 32 };
static const uint64_t volume_bits = (PFS_HANDLE - 1) >> VOLUME_SHIFT << VOLUME_SHIFT;

static bool is_ours(uint64_t file) { return file & PFS_HANDLE; }

static uint64_t volume_of(uint64_t file) { return (file & volume_bits) >> VOLUME_SHIFT; }

static struct pfs *pfs_of(const struct route *r, uint64_t file) {
    return r->volumes[volume_of(file)].pfs;
}

static uint64_t inside(uint64_t file) { return file & ~volume_bits; }

static bool are_apart(uint64_t a, uint64_t b) {
    return is_ours(a) != is_ours(b) || (is_ours(a) && volume_of(a) != volume_of(b));
}

/* The function of that name of whose file it is. */
#define HAND_ON(name, file, ...)                                                             \
    (is_ours(file)                                                                           \
         ? pfs_files.name(pfs_of(context, file), inside(file) __VA_OPT__(, ) __VA_ARGS__)    \
         : ((struct route *)context)                                                         \
               ->inner->files->name(((struct route *)context)->inner->files_context,         \
                                    file __VA_OPT__(, ) __VA_ARGS__))
/* The inner port's, for what volumes do not have. */
#define INNER(name, ...)                        \
    ((struct route *)context)                   \
        ->inner->files->name(((struct route *)context)->inner->files_context, __VA_ARGS__)

/* --- Roots --- */

static enum port_errno mark(enum port_errno error, uint64_t volume, uint64_t *file) {
    if (!error) *file |= volume << VOLUME_SHIFT;
    return error;
}

static bool is_same(const char *a, const char *b) {
    size_t size = strlen(a);
    return size == strlen(b) && memcmp(a, b, size) == 0;
}

static enum port_errno open_root(void *context, const char *path, uint64_t *dir) {
    const struct route *r = context;
    for (uint32_t i = 0; i < r->count; i++)
        if (is_same(r->volumes[i].dir, path))
            return mark(pfs_files.open_root(r->volumes[i].pfs, path, dir), i, dir);
    return INNER(open_root, path, dir);
}

static enum port_errno standard(void *context, uint32_t number, uint64_t *file) {
    return INNER(standard, number, file);
}

static enum port_errno listen_at(void *context, const char *address, uint64_t *file) {
    return INNER(listen, address, file);
}

/* --- Names --- */

static enum port_errno open_name(void *context, uint64_t dir, const char *name, uint32_t how,
                                 uint64_t *file) {
    enum port_errno error = HAND_ON(open, dir, name, how, file);
    return is_ours(dir) ? mark(error, volume_of(dir), file) : error;
}

static enum port_errno stat_name(void *context, uint64_t dir, const char *name,
                                 struct port_stat *stat) {
    return HAND_ON(stat, dir, name, stat);
}

static enum port_errno set_times(void *context, uint64_t dir, const char *name,
                                 const struct port_times *times) {
    return HAND_ON(set_times, dir, name, times);
}

static enum port_errno make_dir(void *context, uint64_t dir, const char *name) {
    return HAND_ON(make_dir, dir, name);
}

static enum port_errno remove_dir(void *context, uint64_t dir, const char *name) {
    return HAND_ON(remove_dir, dir, name);
}

static enum port_errno unlink_name(void *context, uint64_t dir, const char *name) {
    return HAND_ON(unlink, dir, name);
}

static enum port_errno rename_name(void *context, uint64_t dir, const char *name, uint64_t to_dir,
                                   const char *to_name) {
    if (are_apart(dir, to_dir)) return PORT_EXDEV;
    return HAND_ON(rename, dir, name, is_ours(to_dir) ? inside(to_dir) : to_dir, to_name);
}

static enum port_errno link_name(void *context, uint64_t dir, const char *name, uint64_t to_dir,
                                 const char *to_name) {
    if (are_apart(dir, to_dir)) return PORT_EXDEV;
    return HAND_ON(link, dir, name, is_ours(to_dir) ? inside(to_dir) : to_dir, to_name);
}

static enum port_errno symlink_name(void *context, const char *target, uint64_t dir,
                                    const char *name) {
    if (is_ours(dir)) return pfs_files.symlink(pfs_of(context, dir), target, inside(dir), name);
    return INNER(symlink, target, dir, name);
}

static enum port_errno read_link(void *context, uint64_t dir, const char *name, char *target,
                                 size_t capacity, size_t *size) {
    return HAND_ON(read_link, dir, name, target, capacity, size);
}

static enum port_errno open_beneath(void *context, uint64_t dir, const char *path,
                                    uint64_t *file) {
    if (is_ours(dir)) return PORT_ENOTSUP;
    return INNER(open_beneath, dir, path, file);
}

/* --- Open files --- */

static enum port_errno read_file(void *context, uint64_t file, const struct port_span *spans,
                                 uint32_t count, size_t *size) {
    return HAND_ON(read, file, spans, count, size);
}

static enum port_errno write_file(void *context, uint64_t file, const struct port_span *spans,
                                  uint32_t count, size_t *size) {
    return HAND_ON(write, file, spans, count, size);
}

static enum port_errno read_at(void *context, uint64_t file, const struct port_span *spans,
                               uint32_t count, uint64_t offset, size_t *size) {
    return HAND_ON(read_at, file, spans, count, offset, size);
}

static enum port_errno write_at(void *context, uint64_t file, const struct port_span *spans,
                                uint32_t count, uint64_t offset, size_t *size) {
    return HAND_ON(write_at, file, spans, count, offset, size);
}

static enum port_errno seek(void *context, uint64_t file, int64_t offset,
                            enum port_whence whence, uint64_t *position) {
    return HAND_ON(seek, file, offset, whence, position);
}

static enum port_errno file_stat(void *context, uint64_t file, struct port_stat *stat) {
    return HAND_ON(file_stat, file, stat);
}

static enum port_errno file_set_times(void *context, uint64_t file,
                                      const struct port_times *times) {
    return HAND_ON(file_set_times, file, times);
}

static enum port_errno resize(void *context, uint64_t file, uint64_t size) {
    return HAND_ON(resize, file, size);
}

static enum port_errno allocate(void *context, uint64_t file, uint64_t offset, uint64_t size) {
    return HAND_ON(allocate, file, offset, size);
}

static enum port_errno advise(void *context, uint64_t file, uint64_t offset, uint64_t size,
                              enum port_advice advice) {
    return HAND_ON(advise, file, offset, size, advice);
}

static enum port_errno sync_file(void *context, uint64_t file, bool data_only) {
    return HAND_ON(sync, file, data_only);
}

static enum port_errno set_append(void *context, uint64_t file, bool append) {
    return HAND_ON(set_append, file, append);
}

static enum port_errno read_dir(void *context, uint64_t dir, uint64_t cookie,
                                struct port_entry *entries, uint32_t capacity, uint32_t *count) {
    return HAND_ON(read_dir, dir, cookie, entries, capacity, count);
}

static enum port_errno close_file(void *context, uint64_t file) { return HAND_ON(close, file); }

/* --- All volumes --- */

static enum port_errno commit(void *context) {
    const struct route *r = context;
    enum port_errno first = PORT_OK;
    for (uint32_t i = 0; i < r->count; i++) {
        enum port_errno error = pfs_files.commit(r->volumes[i].pfs);
        if (!first) first = error;
    }
    return first;
}

static const char *broken(void *context) {
    const struct route *r = context;
    const char *first = NULL;
    for (uint32_t i = 0; !first && i < r->count; i++) first = pfs_files.broken(r->volumes[i].pfs);
    return first;
}

/* --- Waiting --- */

/* Those of volumes are ready at once. Returns how many there are. */
static uint32_t answer_ours(struct port_poll *items, uint32_t count) {
    uint32_t ours = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!is_ours(items[i].file)) continue;
        items[i].ready = items[i].wanted & (PORT_READY_READ | PORT_READY_WRITE);
        items[i].error = PORT_OK;
        items[i].size_bytes = 0;
        ours++;
    }
    return ours;
}

/* Asks the inner port for the others, all at once, without waiting. */
static enum port_errno ask_others(struct route *context, struct port_poll *items, uint32_t count,
                                  uint32_t others) {
    struct port_poll *asked = ALLOC_ARRAY(&context->allocator, struct port_poll, others);
    if (!asked) return PORT_ENOMEM;
    for (uint32_t i = 0, at = 0; i < count; i++)
        if (!is_ours(items[i].file)) asked[at++] = items[i];
    enum port_errno error = INNER(poll, asked, others, 0);
    for (uint32_t i = 0, at = 0; !error && i < count; i++)
        if (!is_ours(items[i].file)) items[i] = asked[at++];
    ALLOC_FREE_ARRAY(&context->allocator, asked, others);
    return error;
}

/* Who is going to wait for long has what was changed committed, in case it is ended meanwhile. */
static void settle_down(struct route *r, uint64_t deadline_ns) {
    static const uint64_t long_ns = 1000000000;
    uint64_t now;
    if (!deadline_ns || r->inner->clock_now(r->inner->context, PORT_CLOCK_MONOTONIC, &now)) return;
    if (deadline_ns > now && deadline_ns - now > long_ns) (void)commit(r);
}

static enum port_errno poll(void *context, struct port_poll *items, uint32_t count,
                            uint64_t deadline_ns) {
    uint32_t ours = answer_ours(items, count);
    if (ours) return ours == count ? PORT_OK : ask_others(context, items, count, count - ours);
    settle_down(context, deadline_ns);
    return INNER(poll, items, count, deadline_ns);
}

/* --- Sockets --- */

static enum port_errno accept_one(void *context, uint64_t file, uint64_t *connection) {
    return is_ours(file) ? PORT_ENOTSOCK : INNER(accept, file, connection);
}

static enum port_errno receive(void *context, uint64_t file, const struct port_span *spans,
                               uint32_t count, bool peek, size_t *size) {
    return is_ours(file) ? PORT_ENOTSOCK : INNER(receive, file, spans, count, peek, size);
}

static enum port_errno send_some(void *context, uint64_t file, const struct port_span *spans,
                                 uint32_t count, size_t *size) {
    return is_ours(file) ? PORT_ENOTSOCK : INNER(send, file, spans, count, size);
}

static enum port_errno shut_down(void *context, uint64_t file, uint32_t how) {
    return is_ours(file) ? PORT_ENOTSOCK : INNER(shutdown, file, how);
}

static const struct port_files route_files = {
    .open_root = open_root, .standard = standard, .listen = listen_at, .open = open_name,
    .stat = stat_name, .set_times = set_times, .make_dir = make_dir, .remove_dir = remove_dir,
    .unlink = unlink_name, .rename = rename_name, .link = link_name, .symlink = symlink_name,
    .read_link = read_link, .open_beneath = open_beneath, .read = read_file,
    .write = write_file, .read_at = read_at, .write_at = write_at, .seek = seek,
    .file_stat = file_stat, .file_set_times = file_set_times, .resize = resize,
    .allocate = allocate, .advise = advise, .sync = sync_file, .set_append = set_append,
    .read_dir = read_dir, .poll = poll, .accept = accept_one, .receive = receive,
    .send = send_some, .shutdown = shut_down, .commit = commit, .broken = broken,
    .close = close_file,
};

/* --- The whole --- */

nacre_status route_create(const struct allocator *allocator, const struct port *port,
                          struct route **out) {
    struct route *r = ALLOC_NEW(allocator, struct route);
    if (!r) return NACRE_NO_MEMORY;
    r->allocator = *allocator;
    r->inner = port;
    r->files = route_files;
    if (!port->files->open_beneath) r->files.open_beneath = NULL;
    r->port = *port;
    r->port.files = &r->files;
    r->port.files_context = r;
    *out = r;
    return NACRE_OK;
}

const struct port *route_port(const struct route *route) { return &route->port; }

static nacre_status add(struct route *r, const char *dir, struct pfs *pfs) {
    size_t size = strlen(dir) + 1;
    if (!alloc_reserve(&r->allocator, (void **)&r->volumes, &r->capacity, r->count + 1,
                       sizeof *r->volumes))
        return NACRE_NO_MEMORY;
    char *copy = ALLOC_ARRAY(&r->allocator, char, size);
    if (!copy) return NACRE_NO_MEMORY;
    memcpy(copy, dir, size);
    r->volumes[r->count++] = (struct volume){copy, pfs};
    return NACRE_OK;
}

nacre_status route_open(struct route *r, const char *dir, const struct pfs_key *key,
                        bool read_only, nacre_error *error) {
    const struct pfs_options options = {.is_read_only = read_only};
    struct pfs *pfs;
    nacre_error unused;
    for (uint32_t i = 0; i < r->count; i++) {
        if (!is_same(r->volumes[i].dir, dir)) continue;
        if (pfs_is_read_only(r->volumes[i].pfs) == read_only) return NACRE_OK;
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET,
                         "a volume is granted for reading only either everywhere or nowhere");
    }
    TRY(pfs_open(&r->allocator, r->inner, dir, key, &options, &pfs, error));
    if (!add(r, dir, pfs)) return NACRE_OK;
    (void)pfs_close(pfs, &unused);
    return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "");
}

void route_destroy(struct route *r) {
    const struct allocator a = r->allocator;
    nacre_error unused;
    for (uint32_t i = 0; i < r->count; i++) {
        (void)pfs_close(r->volumes[i].pfs, &unused);
        ALLOC_FREE_ARRAY(&a, r->volumes[i].dir, strlen(r->volumes[i].dir) + 1);
    }
    ALLOC_FREE_ARRAY(&a, r->volumes, r->capacity);
    ALLOC_FREE(&a, r);
}
