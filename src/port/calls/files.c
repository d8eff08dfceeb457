/* files.c - the host's files; see calls.h */
#include "port/calls/calls.h"

static struct calls_file *file_of(void *context, uint64_t file) {
    struct calls *calls = context;
    return &calls->files[file % CALLS_FILES_MAX]; /* numbers of open files are less */
}

/* --- What is larger than a slot --- */

enum { PIECES_MAX = 16 };

typedef enum port_errno (*move_function)(void *context, uint64_t file,
                                         const struct port_span *spans, uint32_t count,
                                         uint64_t offset, size_t *size);

/* Spans from a place in them on, as many bytes as a slot takes. */
struct cursor {
    const struct port_span *spans;
    uint32_t count;
    size_t offset; /* in the first */
};

static size_t cut(const struct cursor *from, struct port_span *pieces, uint32_t *count) {
    size_t total = 0, offset = from->offset;
    *count = 0;
    for (uint32_t i = 0; i < from->count && *count < PIECES_MAX && total < CALLS_DATA; i++) {
        const struct port_span *span = &from->spans[i];
        size_t size = (size_t)u64_min(span->size - offset, CALLS_DATA - total);
        pieces[(*count)++] = (struct port_span){span->bytes + offset, size};
        total += size;
        offset = 0;
    }
    return total;
}

static void advance(struct cursor *cursor, size_t size) {
    while (cursor->count > 0 && size >= cursor->spans->size - cursor->offset) {
        size -= cursor->spans->size - cursor->offset;
        cursor->offset = 0;
        cursor->spans++;
        cursor->count--;
    }
    cursor->offset += size;
}

/* What has a position gives what it has at once. */
static bool has_position(void *context, uint64_t file) {
    uint32_t *known = &file_of(context, file)->position;
    uint64_t position;
    if (__atomic_load_n(known, __ATOMIC_ACQUIRE) == CALLS_POSITION_UNKNOWN) {
        bool moves = calls_seek(context, file, 0, PORT_SEEK_CURRENT, &position) == PORT_OK;
        __atomic_store_n(known, moves ? CALLS_POSITION : CALLS_POSITION_NONE, __ATOMIC_RELEASE);
    }
    const uint32_t has = __atomic_load_n(known, __ATOMIC_ACQUIRE);
    return has == CALLS_POSITION || has == CALLS_APPENDS;
}

/* Another piece of a stream must not be waited for when there is one already. */
static bool may_go_on(void *context, uint64_t file, uint32_t ready) {
    struct port_poll item = {.file = file, .wanted = ready};
    if (ready == 0 || has_position(context, file)) return true;
    return calls_poll(context, &item, 1, 0) == PORT_OK && item.error == PORT_OK &&
           (item.ready & ready) != 0;
}

/* Piece by piece, until one is not moved as a whole. `ready`: what has to be so for the next. */
static enum port_errno move(void *context, uint64_t file, const struct port_span *spans,
                            uint32_t count, uint64_t offset, uint32_t ready, move_function once,
                            size_t *size) {
    struct cursor cursor = {spans, count, 0};
    size_t all = 0, moved, piece;
    do {
        struct port_span pieces[PIECES_MAX];
        uint32_t piece_count;
        piece = cut(&cursor, pieces, &piece_count);
        moved = 0;
        enum port_errno e = once(context, file, pieces, piece_count, offset + all, &moved);
        if (e != PORT_OK && (all == 0 || calls_port_caught(context))) return e;
        if (e != PORT_OK) break;
        all += moved;
        advance(&cursor, moved);
    } while (piece > 0 && moved == piece && cursor.count > 0 && may_go_on(context, file, ready));
    *size = all;
    return PORT_OK;
}

static enum port_errno read_once(void *context, uint64_t file, const struct port_span *spans,
                                 uint32_t count, uint64_t offset, size_t *size) {
    (void)offset;
    return calls_read(context, file, spans, count, size);
}

static enum port_errno write_once(void *context, uint64_t file, const struct port_span *spans,
                                  uint32_t count, uint64_t offset, size_t *size) {
    (void)offset;
    return calls_write(context, file, spans, count, size);
}

static enum port_errno read_at_once(void *context, uint64_t file, const struct port_span *spans,
                                    uint32_t count, uint64_t offset, size_t *size) {
    return calls_read_at(context, file, spans, count, offset, size);
}

static enum port_errno write_at_once(void *context, uint64_t file, const struct port_span *spans,
                                     uint32_t count, uint64_t offset, size_t *size) {
    return calls_write_at(context, file, spans, count, offset, size);
}

/* --- What was written --- */

static uint32_t cuts(void *context) {
    return __atomic_load_n(&((struct calls_port *)context)->cuts, __ATOMIC_ACQUIRE);
}

/* A file is about to be made shorter, or was just now. It may be open under other numbers too:
 * what is known of all is forgotten. */
static void note_cut(void *context) {
    struct calls_port *port = context;
    __atomic_add_fetch(&port->cuts, 1, __ATOMIC_ACQ_REL);
    for (uint32_t i = 0; i < CALLS_FILES_MAX; i++)
        __atomic_store_n(&port->calls.files[i].written, 0, __ATOMIC_RELEASE);
}

/* `before`: the cuts before it was written. Another thread may have cut the file behind that. */
static void note_written(void *context, uint64_t file, uint64_t end, uint32_t before) {
    struct calls_file *f = file_of(context, file);
    uint64_t written = __atomic_load_n(&f->written, __ATOMIC_ACQUIRE);
    if (!__atomic_load_n(&f->is_plain, __ATOMIC_ACQUIRE)) return;
    while (written < end &&
           !__atomic_compare_exchange_n(&f->written, &written, end, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
    }
    if (cuts(context) != before) __atomic_store_n(&f->written, 0, __ATOMIC_RELEASE);
}

static enum port_errno open_name(void *context, uint64_t dir, const char *name, uint32_t how,
                                 uint64_t *file) {
    if (how & PORT_OPEN_TRUNCATE) note_cut(context);
    enum port_errno e = calls_open(context, dir, name, how, file);
    if (how & PORT_OPEN_TRUNCATE) note_cut(context);
    if (e == PORT_OK && how & PORT_OPEN_APPEND) file_of(context, *file)->position = CALLS_APPENDS;
    return e;
}

/* Where writes go is the host's business then. */
static enum port_errno set_append(void *context, uint64_t file, bool append) {
    struct calls_file *f = file_of(context, file);
    __atomic_store_n(&f->position, append ? CALLS_APPENDS : CALLS_POSITION_UNKNOWN,
                     __ATOMIC_RELEASE);
    if (append) __atomic_store_n(&f->is_plain, 0, __ATOMIC_RELEASE);
    return calls_set_append(context, file, append);
}

static enum port_errno resize(void *context, uint64_t file, uint64_t size) {
    note_cut(context);
    enum port_errno e = calls_resize(context, file, size);
    note_cut(context);
    if (e == PORT_OK) note_written(context, file, size, cuts(context));
    return e;
}

/* The file that the core wrote to is at least so long, unless the core itself cut one meanwhile.
 * Another program of the host that does so is taken for a lie. */
static enum port_errno file_stat(void *context, uint64_t file, struct port_stat *stat) {
    struct calls_port *port = context;
    struct port_stat found;
    const uint32_t before = cuts(context);
    struct calls_file *f = file_of(context, file);
    uint64_t written = __atomic_load_n(&f->written, __ATOMIC_ACQUIRE);
    TRY_CALL(calls_file_stat(context, file, &found));
    if (found.size < written && cuts(context) == before)
        return calls_catch(&port->calls, "file_stat: a file shorter than what was written to it");
    bool is_plain = found.type == PORT_TYPE_REGULAR &&
                    __atomic_load_n(&f->position, __ATOMIC_ACQUIRE) != CALLS_APPENDS;
    if (is_plain) __atomic_store_n(&f->is_plain, 1, __ATOMIC_RELEASE);
    *stat = found;
    return PORT_OK;
}

static enum port_errno seek(void *context, uint64_t file, int64_t offset, enum port_whence whence,
                            uint64_t *position) {
    uint64_t found;
    TRY_CALL(calls_seek(context, file, offset, whence, &found));
    bool is_plain = __atomic_load_n(&file_of(context, file)->is_plain, __ATOMIC_ACQUIRE);
    if (is_plain && whence == PORT_SEEK_SET && found != (uint64_t)offset)
        return calls_catch(context, "seek: another position than was asked for");
    *position = found;
    return PORT_OK;
}

/* --- Moving --- */

static enum port_errno read(void *context, uint64_t file, const struct port_span *spans,
                            uint32_t count, size_t *size) {
    return move(context, file, spans, count, 0, PORT_READY_READ, read_once, size);
}

static enum port_errno write(void *context, uint64_t file, const struct port_span *spans,
                             uint32_t count, size_t *size) {
    return move(context, file, spans, count, 0, PORT_READY_WRITE, write_once, size);
}

static enum port_errno read_at(void *context, uint64_t file, const struct port_span *spans,
                               uint32_t count, uint64_t offset, size_t *size) {
    return move(context, file, spans, count, offset, 0, read_at_once, size);
}

static enum port_errno write_at(void *context, uint64_t file, const struct port_span *spans,
                                uint32_t count, uint64_t offset, size_t *size) {
    const uint32_t before = cuts(context);
    TRY_CALL(move(context, file, spans, count, offset, 0, write_at_once, size));
    if (*size > 0) note_written(context, file, offset + *size, before);
    return PORT_OK;
}

const struct port_files calls_files = {
    .open_root = calls_open_root,
    .standard = calls_standard,
    .listen = calls_listen,
    .open = open_name,
    .stat = calls_stat,
    .set_times = calls_set_times,
    .make_dir = calls_make_dir,
    .remove_dir = calls_remove_dir,
    .unlink = calls_unlink,
    .rename = calls_rename,
    .link = calls_link,
    .symlink = calls_symlink,
    .read_link = calls_read_link,
    .open_beneath = calls_open_beneath,
    .read = read,
    .write = write,
    .read_at = read_at,
    .write_at = write_at,
    .seek = seek,
    .file_stat = file_stat,
    .file_set_times = calls_file_set_times,
    .resize = resize,
    .allocate = calls_allocate,
    .advise = calls_advise,
    .sync = calls_sync,
    .set_append = set_append,
    .read_dir = calls_read_dir,
    .poll = calls_poll,
    .accept = calls_accept,
    .receive = calls_receive,
    .send = calls_send,
    .shutdown = calls_shutdown,
    .lock = calls_lock,
    .close = calls_close,
};
