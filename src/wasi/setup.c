/* setup.c - making a context and granting things to it; see wasi.h */
#include "base/status.h"
#include "port/errno_text.h"
#include "wasi/context.h"
#include "wasi/wasi.h"

enum { STANDARD_COUNT = 3 };

nacre_status wasi_create(const struct allocator *allocator, const struct port *port,
                         uint32_t files, struct wasi **wasi) {
    struct wasi *w = ALLOC_NEW(allocator, struct wasi);
    if (!w) return NACRE_NO_MEMORY;
    nacre_status status = NACRE_LIMIT;
    w->allocator = *allocator;
    w->port = port;
    w->fds.open_max = files;
    if (files < STANDARD_COUNT) goto fail;
    for (uint32_t i = 0; i < STANDARD_COUNT; i++) {
        struct wasi_fd fd = {.null = true, .type = PORT_TYPE_UNKNOWN};
        uint32_t number;
        status = NACRE_NO_MEMORY;
        if (fds_reserve(w, &number)) goto fail;
        fd.rights = RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_FILESTAT_GET | RIGHT_POLL_FD_READWRITE |
                    (i == 0 ? RIGHT_FD_READ : RIGHT_FD_WRITE);
        fds_put(w, number, &fd);
    }
    *wasi = w;
    return NACRE_OK;
fail:
    wasi_destroy(w);
    return status;
}

nacre_status wasi_limit_files(struct wasi *wasi, uint32_t files) {
    if (files < wasi->fds.open_count) return NACRE_LIMIT;
    wasi->fds.open_max = files;
    return NACRE_OK;
}

void wasi_destroy(struct wasi *wasi) {
    struct allocator allocator = wasi->allocator;
    fds_deinit(wasi);
    if (wasi->owned) wasi->release(wasi->owned);
    ALLOC_FREE_ARRAY(&allocator, wasi->args.bytes, wasi->args.capacity);
    ALLOC_FREE_ARRAY(&allocator, wasi->env.bytes, wasi->env.capacity);
    ALLOC_FREE(&allocator, wasi);
}

void wasi_use_port(struct wasi *wasi, const struct port *port, void *owned,
                   void (*release)(void *owned)) {
    wasi->port = port;
    wasi->owned = owned;
    wasi->release = release;
}

void *wasi_owned(const struct wasi *wasi) { return wasi->owned; }

nacre_status wasi_commit(struct wasi *wasi, nacre_error *error) {
    const struct port_files *files = wasi->port->files;
    void *context = wasi->port->files_context;
    enum port_errno e = files && files->commit ? files->commit(context) : PORT_OK;
    if (e == PORT_OK) return NACRE_OK;
    const char *broken = files->broken(context);
    if (broken) return error_set(error, NACRE_INTEGRITY, NACRE_NO_OFFSET, broken);
    error_set(error, NACRE_IO, NACRE_NO_OFFSET, "what was written to protected files is lost: ");
    struct text t = error_text(error);
    text_add(&t, port_errno_text(e));
    return NACRE_IO;
}

static nacre_status add_string(struct wasi *wasi, struct wasi_strings *to, const char *string) {
    size_t size = strlen(string) + 1;
    void *bytes = to->bytes;
    uint32_t end;
    if (size > UINT32_MAX || !u32_add(to->size, (uint32_t)size, &end)) return NACRE_NO_MEMORY;
    if (!alloc_reserve(&wasi->allocator, &bytes, &to->capacity, end, 1)) return NACRE_NO_MEMORY;
    to->bytes = bytes;
    memcpy(to->bytes + to->size, string, size);
    to->size = end;
    to->count++;
    return NACRE_OK;
}

nacre_status wasi_add_arg(struct wasi *wasi, const char *arg) {
    return add_string(wasi, &wasi->args, arg);
}

/* Takes out the string before `end` that begins like the one there, up to its '='. */
static void drop_same_name(struct wasi_strings *env, uint32_t end, size_t name_size) {
    for (uint32_t at = 0, size; at < end; at += size) {
        size = (uint32_t)strlen(env->bytes + at) + 1;
        if (size <= name_size || memcmp(env->bytes + at, env->bytes + end, name_size) != 0)
            continue;
        env->size -= size;
        env->count--;
        memmove(env->bytes + at, env->bytes + at + size, env->size - at);
        return;
    }
}

nacre_status wasi_add_env(struct wasi *wasi, const char *entry) {
    size_t name_size = 0;
    uint32_t end = wasi->env.size;
    while (entry[name_size] && entry[name_size] != '=') name_size++;
    if (!entry[name_size] || name_size == 0) return NACRE_ARGUMENT;
    TRY(add_string(wasi, &wasi->env, entry));
    drop_same_name(&wasi->env, end, name_size + 1);
    return NACRE_OK;
}

/* What may be done with a stream of the process: reading the first, writing the others, and
 * seeking where that works. Should it be a directory, none of what is in it was granted. */
static uint64_t stream_rights(const struct port *port, const struct wasi_fd *fd, bool reads) {
    const uint64_t writing = RIGHT_FD_WRITE | RIGHT_FD_ALLOCATE | RIGHT_FD_FILESTAT_SET_SIZE |
                             RIGHT_FD_FILESTAT_SET_TIMES;
    uint64_t rights = rights_of_kinds(kind_of_type(fd->type)), position;
    rights &= rights_of_kinds(WASI_KIND_FILE | WASI_KIND_CHANNEL);
    rights &= ~(reads ? writing : (uint64_t)RIGHT_FD_READ);
    if (port->files->seek(port->files_context, fd->file, 0, PORT_SEEK_CURRENT, &position)) {
        rights &= ~(uint64_t)(RIGHT_FD_SEEK | RIGHT_FD_TELL);
    }
    return rights;
}

void wasi_inherit_stdio(struct wasi *wasi) {
    const struct port *port = wasi->port;
    if (!port->files) return;
    for (uint32_t i = 0; i < STANDARD_COUNT; i++) {
        struct wasi_fd fd = {.open = true, .shared = true};
        struct port_stat stat;
        if (!wasi->fds.items[i].null) continue;
        if (port->files->standard(port->files_context, i, &fd.file)) continue;
        if (port->files->file_stat(port->files_context, fd.file, &stat)) {
            (void)port->files->close(port->files_context, fd.file);
            continue;
        }
        fd.type = stat.type < PORT_TYPE_COUNT ? stat.type : PORT_TYPE_UNKNOWN;
        fd.rights = stream_rights(port, &fd, i == 0);
        wasi->fds.items[i] = fd;
    }
}

static nacre_status fail_add(nacre_error *error, nacre_status status, const char *what,
                             const char *name, const char *why) {
    error_set(error, status, NACRE_NO_OFFSET, what);
    struct text text = error_text(error);
    text_add_name(&text, name, strlen(name));
    text_add(&text, ": ");
    text_add(&text, why);
    return status;
}

static nacre_status status_of(enum port_errno e) {
    return e == PORT_EMFILE ? NACRE_LIMIT : e == PORT_ENOMEM ? NACRE_NO_MEMORY : NACRE_IO;
}

/* Directories come before listeners, in whatever order they are added: wasi-libc looks for
 * directories from 3 on and stops at the first descriptor that is none. */
static void put_dir(struct wasi *wasi, uint32_t last, const struct wasi_fd *fd) {
    struct wasi_fd *items = wasi->fds.items;
    uint32_t number = STANDARD_COUNT + wasi->dir_count++;
    fds_put(wasi, last, fd);
    struct wasi_fd dir = items[last];
    memmove(&items[number + 1], &items[number], (last - number) * sizeof *items);
    items[number] = dir;
}

nacre_status wasi_add_dir(struct wasi *wasi, const char *host, const char *guest, bool read_only,
                          nacre_error *error) {
    static const char what[] = "can't open directory ";
    const struct port *port = wasi->port;
    struct wasi_fd fd = {.type = PORT_TYPE_DIRECTORY};
    size_t name_size = strlen(guest);
    uint32_t number;
    if (!port->files) return fail_add(error, NACRE_IO, what, host, port_errno_text(PORT_ENOTSUP));
    if (name_size >= PATH_SIZE_MAX) {
        return fail_add(error, NACRE_LIMIT, what, host, "the guest's name for it is too long");
    }
    enum port_errno e = fds_reserve(wasi, &number);
    if (e == PORT_OK) e = port->files->open_root(port->files_context, host, &fd.file);
    if (e) return fail_add(error, status_of(e), what, host, port_errno_text(e));
    fd.name_size = (uint32_t)name_size;
    fd.name = ALLOC_ARRAY(&wasi->allocator, char, name_size + 1);
    if (!fd.name) {
        (void)port->files->close(port->files_context, fd.file);
        return fail_add(error, NACRE_NO_MEMORY, what, host, port_errno_text(PORT_ENOMEM));
    }
    memcpy(fd.name, guest, name_size);
    fd.rights = rights_of_kinds(WASI_KIND_DIRECTORY);
    fd.inheriting =
        rights_of_kinds(WASI_KIND_DIRECTORY | WASI_KIND_FILE | WASI_KIND_CHANNEL);
    if (read_only) {
        fd.rights &= rights_reading();
        fd.inheriting &= rights_reading();
    }
    put_dir(wasi, number, &fd);
    return NACRE_OK;
}

nacre_status wasi_add_listener(struct wasi *wasi, const char *address, nacre_error *error) {
    static const char what[] = "can't listen at ";
    const struct port *port = wasi->port;
    struct wasi_fd fd = {
        .listener = true,
        .type = PORT_TYPE_STREAM,
        .rights = rights_of_kinds(WASI_KIND_LISTENER),
        .inheriting = rights_of_kinds(WASI_KIND_SOCKET),
    };
    uint32_t number;
    if (!port->files)
        return fail_add(error, NACRE_IO, what, address, port_errno_text(PORT_ENOTSUP));
    enum port_errno e = fds_reserve(wasi, &number);
    if (e) return fail_add(error, status_of(e), what, address, port_errno_text(e));
    e = port->files->listen(port->files_context, address, &fd.file);
    if (e == PORT_EINVAL) {
        return fail_add(error, NACRE_ARGUMENT, what, address,
                        "not a numeric HOST:PORT or [HOST]:PORT");
    }
    if (e) return fail_add(error, status_of(e), what, address, port_errno_text(e));
    fds_put(wasi, number, &fd);
    return NACRE_OK;
}
