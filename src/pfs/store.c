/* store.c - see store.h */
#include "pfs/store.h"

static const char store_name[] = "nacre.pfs", store_draft[] = "nacre.pfs.new";

#define FILES(store) ((store)->port->files)
#define CONTEXT(store) ((store)->port->files_context)

static enum port_errno start(struct store *s, const struct allocator *allocator,
                             const struct port *port, const char *dir) {
    *s = (struct store){.port = port};
    s->run = ALLOC_ARRAY(allocator, uint8_t, STORE_RUN * BLOCK_BYTES);
    if (!s->run) return PORT_ENOMEM;
    enum port_errno error = FILES(s)->open_root(CONTEXT(s), dir, &s->dir);
    if (error) ALLOC_FREE_ARRAY(allocator, s->run, STORE_RUN * BLOCK_BYTES);
    return error;
}

static void finish(struct store *s, const struct allocator *allocator) {
    FILES(s)->close(CONTEXT(s), s->dir);
    ALLOC_FREE_ARRAY(allocator, s->run, STORE_RUN * BLOCK_BYTES);
}

enum port_errno store_open(struct store *s, const struct allocator *allocator,
                           const struct port *port, const char *dir, bool read_only) {
    struct port_stat stat;
    enum port_errno error = start(s, allocator, port, dir);
    if (error) return error;
    uint32_t how = read_only ? PORT_OPEN_READ : PORT_OPEN_READ | PORT_OPEN_WRITE;
    error = FILES(s)->open(CONTEXT(s), s->dir, store_name, how, &s->file);
    if (!error) {
        if (FILES(s)->lock) error = FILES(s)->lock(CONTEXT(s), s->file, !read_only);
        if (!error) error = FILES(s)->file_stat(CONTEXT(s), s->file, &stat);
        if (!error) s->blocks = (uint32_t)u64_min(stat.size / BLOCK_BYTES, UINT32_MAX);
        if (error) FILES(s)->close(CONTEXT(s), s->file);
    }
    if (error) finish(s, allocator);
    return error;
}

enum port_errno store_create(struct store *s, const struct allocator *allocator,
                             const struct port *port, const char *dir) {
    struct port_stat stat;
    enum port_errno error = start(s, allocator, port, dir);
    if (error) return error;
    if (!FILES(s)->stat(CONTEXT(s), s->dir, store_name, &stat)) error = PORT_EEXIST;
    uint32_t how = PORT_OPEN_READ | PORT_OPEN_WRITE | PORT_OPEN_CREATE;
    if (!error) error = FILES(s)->open(CONTEXT(s), s->dir, store_draft, how, &s->file);
    if (!error) {
        if (FILES(s)->lock) error = FILES(s)->lock(CONTEXT(s), s->file, true);
        if (!error) error = FILES(s)->resize(CONTEXT(s), s->file, 0);
        if (error) FILES(s)->close(CONTEXT(s), s->file);
    }
    if (error) finish(s, allocator);
    return error;
}

enum port_errno store_publish(struct store *s) {
    enum port_errno error = store_sync(s);
    if (!error)
        error = FILES(s)->rename(CONTEXT(s), s->dir, store_draft, s->dir, store_name);
    if (!error) error = FILES(s)->sync(CONTEXT(s), s->dir, false);
    return error;
}

void store_close(struct store *s, const struct allocator *allocator) {
    FILES(s)->close(CONTEXT(s), s->file);
    finish(s, allocator);
}

/* --- Reading --- */

static bool in_run(const struct store *s, uint32_t block, uint32_t count) {
    return s->run_count && block < s->run_first + s->run_count && s->run_first < block + count;
}

static enum port_errno flush(struct store *s);

enum port_errno store_read(struct store *s, uint32_t block, uint32_t count, uint8_t *bytes) {
    size_t size = (size_t)count * BLOCK_BYTES, done = 0;
    enum port_errno error = in_run(s, block, count) ? flush(s) : PORT_OK;
    while (!error && done < size) {
        size_t moved = 0;
        struct port_span span = {bytes + done, size - done};
        error = FILES(s)->read_at(CONTEXT(s), s->file, &span, 1,
                                  (uint64_t)block * BLOCK_BYTES + done, &moved);
        if (!error && moved == 0) return PORT_EBADMSG;
        if (!error && moved > size - done) return PORT_EIO;
        done += moved;
    }
    return error;
}

/* --- Writing --- */

static enum port_errno fail(struct store *s, enum port_errno error) {
    if (error && !s->failed) s->failed = error;
    return error;
}

static enum port_errno write_all(struct store *s, uint64_t offset, uint8_t *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        size_t moved = 0;
        struct port_span span = {bytes + done, size - done};
        enum port_errno error = FILES(s)->write_at(CONTEXT(s), s->file, &span, 1, offset + done,
                                                   &moved);
        if (!error && (moved == 0 || moved > size - done)) error = PORT_EIO;
        if (error) return fail(s, error);
        done += moved;
    }
    return PORT_OK;
}

static enum port_errno flush(struct store *s) {
    uint32_t count = s->run_count;
    if (s->failed) return s->failed;
    s->run_count = 0;
    return write_all(s, (uint64_t)s->run_first * BLOCK_BYTES, s->run,
                     (size_t)count * BLOCK_BYTES);
}

enum port_errno store_place(struct store *s, uint32_t block, uint8_t **bytes) {
    bool follows = s->run_count && block == s->run_first + s->run_count;
    if (s->failed) return s->failed;
    if (s->run_count && (!follows || s->run_count == STORE_RUN)) {
        enum port_errno error = flush(s);
        if (error) return error;
    }
    if (!s->run_count) s->run_first = block;
    *bytes = s->run + (size_t)s->run_count++ * BLOCK_BYTES;
    return PORT_OK;
}

enum port_errno store_sync(struct store *s) {
    enum port_errno error = flush(s);
    if (error) return error;
    return fail(s, FILES(s)->sync(CONTEXT(s), s->file, true));
}

/* --- Size --- */

/* Zeros, where the platform can't promise room otherwise. */
static enum port_errno fill(struct store *s, uint32_t blocks) {
    enum port_errno error = flush(s);
    memset(s->run, 0, STORE_RUN * BLOCK_BYTES);
    for (uint32_t at = s->blocks; !error && at < blocks; at += STORE_RUN) {
        size_t size = (size_t)u32_min(STORE_RUN, blocks - at) * BLOCK_BYTES;
        error = write_all(s, (uint64_t)at * BLOCK_BYTES, s->run, size);
        if (error == PORT_ENOSPC) s->failed = PORT_OK; /* nothing is there yet */
    }
    return error;
}

enum port_errno store_grow(struct store *s, uint32_t blocks) {
    if (s->failed) return s->failed;
    if (blocks <= s->blocks) return PORT_OK;
    enum port_errno error =
        FILES(s)->allocate(CONTEXT(s), s->file, (uint64_t)s->blocks * BLOCK_BYTES,
                           (uint64_t)(blocks - s->blocks) * BLOCK_BYTES);
    if (error == PORT_ENOTSUP || error == PORT_ENOSYS || error == PORT_EINVAL)
        error = fill(s, blocks);
    if (!error) s->blocks = blocks;
    return error;
}

enum port_errno store_shrink(struct store *s, uint32_t blocks) {
    enum port_errno error = flush(s);
    if (!error)
        error = FILES(s)->resize(CONTEXT(s), s->file, (uint64_t)blocks * BLOCK_BYTES);
    if (!error) s->blocks = blocks;
    return error;
}
