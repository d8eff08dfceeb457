/* data.c - see data.h */
#include "pfs/data.h"

#include "pfs/block.h"
#include "pfs/cache.h"
#include "pfs/inodes.h"
#include "pfs/tree.h"

enum {
    CACHED_MAX = 4, /* blocks that are read at once and may be kept; of more, none is */
    AHEAD = 16      /* blocks that are read at once where one was read after the other */
};

static uint64_t blocks_for(uint64_t size) { return (size + BLOCK_BYTES - 1) / BLOCK_BYTES; }

/* --- Reading --- */

/* Blocks from `index` on that are not in the cache and lie one behind the other: how many of them,
 * and their pointers. */
static enum port_errno find_run(struct pfs *pfs, struct inode *file, uint64_t index, uint32_t most,
                                struct pointer *pointers, uint32_t *count) {
    for (*count = 0; *count < most; (*count)++) {
        struct pointer *at = &pointers[*count];
        if (cache_find(&pfs->cache, file->object.number, 0, index + *count)) return PORT_OK;
        enum port_errno error = tree_pointer(pfs, &file->object, 0, index + *count, at);
        if (error) return error;
        if (!at->block || (*count && at->block != at[-1].block + 1)) return PORT_OK;
    }
    return PORT_OK;
}

static enum port_errno read_blocks(struct pfs *pfs, const struct inode *file, uint64_t index,
                                   const struct pointer *first, uint32_t count) {
    enum port_errno error = store_read(&pfs->store, first->block, count, pfs->buffer);
    if (error != PORT_EBADMSG) return error;
    return volume_broken(pfs, "the end of the volume", file->object.number, index);
}

/* The block, and those behind it that lie behind it, too, into the cache. What is wrong with one
 * that nobody asked for shows when somebody does. */
static enum port_errno read_ahead(struct pfs *pfs, struct inode *file, uint64_t index) {
    struct pointer pointers[AHEAD];
    uint32_t count;
    enum port_errno error = find_run(pfs, file, index, AHEAD, pointers, &count);
    if (error || count < 2) return error;
    error = read_blocks(pfs, file, index, pointers, count);
    for (uint32_t i = 0; !error && i < count; i++) {
        struct frame *f;
        bool was_broken = pfs->broken[0];
        error = cache_add(&pfs->cache, file->object.number, 0, index + i, &f);
        if (error) break;
        f->block = pointers[i].block;
        error = block_open(pfs, &file->object, 0, index + i, &pointers[i],
                           pfs->buffer + (size_t)i * BLOCK_BYTES, f->bytes);
        if (!error) continue;
        cache_drop(&pfs->cache, f);
        if (i == 0) break;
        if (!was_broken) pfs->broken[0] = 0;
        return PORT_OK;
    }
    return error;
}

/* Is what is read better not kept? So many blocks; or one out of order that was not read before:
 * most such are not read again for long, and who reads it again has it kept. */
static bool is_passing(struct pfs *pfs, const struct inode *file, uint64_t index,
                       const struct pointer *first, uint32_t count) {
    uint32_t *seen = &pfs->seen[first->block % ARRAY_COUNT(pfs->seen)];
    if (count > CACHED_MAX) return true;
    if (index == file->next_block || *seen == first->block) return false;
    *seen = first->block;
    return true;
}

/* Whole blocks, past the cache, straight to where they are wanted; 0: they are, or ought to be, in
 * the cache, or there are none. */
static enum port_errno read_run(struct pfs *pfs, struct inode *file, uint64_t index, uint32_t most,
                                uint8_t *bytes, uint32_t *count) {
    struct pointer pointers[STORE_RUN];
    enum port_errno error =
        find_run(pfs, file, index, u32_min(most, STORE_RUN), pointers, count);
    if (error || !*count) return error;
    if (!is_passing(pfs, file, index, pointers, *count)) {
        *count = 0;
        return PORT_OK;
    }
    error = read_blocks(pfs, file, index, pointers, *count);
    for (uint32_t i = 0; !error && i < *count; i++) {
        /* Other threads of the guest see what is there: only what was checked may be. */
        uint8_t *sealed = pfs->buffer + (size_t)i * BLOCK_BYTES, *to = bytes;
        uint8_t *plain = file->object.key.is_fast ? to : sealed;
        error = block_open(pfs, &file->object, 0, index + i, &pointers[i], sealed, plain);
        if (!error && plain != to) memcpy(to, plain, BLOCK_BYTES);
        bytes += BLOCK_BYTES;
    }
    return error;
}

static enum port_errno get_block(struct pfs *pfs, struct inode *file, uint64_t index,
                                 struct frame **f) {
    bool follows = index == file->next_block;
    enum port_errno error = PORT_OK;
    file->next_block = index + 1;
    *f = cache_find(&pfs->cache, file->object.number, 0, index);
    if (*f) return PORT_OK;
    if (follows) error = read_ahead(pfs, file, index);
    return error ? error : tree_get(pfs, &file->object, index, f);
}

/* The bytes of one block, or of several whole ones: at least one, at most `size`. */
static enum port_errno read_some(struct pfs *pfs, struct inode *file, uint64_t offset,
                                 uint8_t *bytes, size_t size, size_t *moved) {
    uint64_t index = offset / BLOCK_BYTES;
    size_t within = offset % BLOCK_BYTES;
    struct frame *f;
    if (within == 0 && size >= BLOCK_BYTES) {
        uint32_t count, most = (uint32_t)u64_min(size / BLOCK_BYTES, STORE_RUN);
        enum port_errno error = read_run(pfs, file, index, most, bytes, &count);
        *moved = (size_t)count * BLOCK_BYTES;
        if (count) file->next_block = index + count;
        if (error || count) return error;
    }
    *moved = u64_min(size, BLOCK_BYTES - within);
    enum port_errno error = get_block(pfs, file, index, &f);
    if (error) return error;
    if (f) memcpy(bytes, f->bytes + within, *moved);
    else memset(bytes, 0, *moved);
    return PORT_OK;
}

static enum port_errno read_span(struct pfs *pfs, struct inode *file, uint64_t offset,
                                 uint8_t *bytes, size_t size) {
    enum port_errno error = PORT_OK;
    for (size_t done = 0, moved = 0; !error && done < size; done += moved)
        error = read_some(pfs, file, offset + done, bytes + done, size - done, &moved);
    return error;
}

enum port_errno data_read(struct pfs *pfs, struct inode *file, const struct port_span *spans,
                          uint32_t count, uint64_t offset, size_t *size) {
    size_t done = 0;
    enum port_errno error = PORT_OK;
    for (uint32_t i = 0; !error && i < count && offset + done < file->fields.size; i++) {
        size_t part = (size_t)u64_min(spans[i].size, file->fields.size - offset - done);
        error = read_span(pfs, file, offset + done, spans[i].bytes, part);
        if (!error) done += part;
    }
    if (error && !done) return error;
    *size = done;
    return PORT_OK;
}

/* --- Writing --- */

/* Into one block. */
static enum port_errno write_some(struct pfs *pfs, struct inode *file, uint64_t offset,
                                  const uint8_t *bytes, size_t size, size_t *moved) {
    uint64_t index = offset / BLOCK_BYTES;
    size_t within = offset % BLOCK_BYTES;
    struct frame *f;
    *moved = u64_min(size, BLOCK_BYTES - within);
    enum port_errno error = volume_make_room(pfs);
    if (!error) error = inode_touch(pfs, file);
    if (error) return error;
    if (*moved == BLOCK_BYTES) return tree_put(pfs, &file->object, index, bytes);
    error = tree_edit(pfs, &file->object, index, TREE_KEEP, &f);
    if (!error) memcpy(f->bytes + within, bytes, *moved);
    return error;
}

static enum port_errno write_span(struct pfs *pfs, struct inode *file, uint64_t offset,
                                  const uint8_t *bytes, size_t size, size_t *done) {
    enum port_errno error = PORT_OK;
    for (size_t moved = 0; *done < size; *done += moved) {
        error = write_some(pfs, file, offset + *done, bytes + *done, size - *done, &moved);
        if (error) break;
        file->fields.size = u64_max(file->fields.size, offset + *done + moved);
    }
    return error;
}

enum port_errno data_write(struct pfs *pfs, struct inode *file, const struct port_span *spans,
                           uint32_t count, uint64_t offset, size_t *size) {
    size_t all = 0;
    enum port_errno error = volume_breathe(pfs);
    for (uint32_t i = 0; !error && i < count; i++) {
        size_t done = 0, part = (size_t)u64_min(spans[i].size, (uint64_t)INT64_MAX - offset - all);
        error = write_span(pfs, file, offset + all, spans[i].bytes, part, &done);
        all += done;
        if (!error && part < spans[i].size) error = PORT_EFBIG;
    }
    if (error && !all) return error;
    if (all) inode_set_modified(pfs, file);
    *size = all;
    return PORT_OK;
}

/* --- Sizes --- */

/* What is behind the end in the last block reads as zeros, should the file grow. */
static enum port_errno clear_end(struct pfs *pfs, struct inode *file, uint64_t size) {
    size_t within = size % BLOCK_BYTES;
    struct frame *f;
    if (!within) return PORT_OK;
    enum port_errno error = tree_get(pfs, &file->object, size / BLOCK_BYTES, &f);
    if (error || !f) return error;
    error = tree_edit(pfs, &file->object, size / BLOCK_BYTES, TREE_KEEP, &f);
    if (!error) memset(f->bytes + within, 0, BLOCK_BYTES - within);
    return error;
}

enum port_errno data_resize(struct pfs *pfs, struct inode *file, uint64_t size) {
    if (size > INT64_MAX) return PORT_EFBIG;
    enum port_errno error = volume_breathe(pfs);
    pfs->space.is_releasing = size < file->fields.size;
    if (!error) error = inode_touch(pfs, file);
    if (!error && size < file->fields.size) {
        error = clear_end(pfs, file, size);
        if (!error) error = tree_cut(pfs, &file->object, blocks_for(size));
    }
    pfs->space.is_releasing = false;
    if (error) return error;
    file->fields.size = size;
    inode_set_modified(pfs, file);
    return PORT_OK;
}
