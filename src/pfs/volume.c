/* volume.c - see volume.h and pfs.h */
#include "pfs/volume.h"

#include "base/status.h"
#include "pfs/cache.h"
#include "pfs/commit.h"
#include "pfs/inodes.h"
#include "pfs/recover.h"
#include "pfs/space.h"
#include "pfs/tree.h"
#include "port/errno_text.h"

enum {
    BLOCKS_AT_FIRST = 256,
    FREED_MAX = 1 << 15         /* runs */
};
static const uint64_t commit_after_ns = UINT64_C(5000000000);

/* --- What others need --- */

nonce volume_nonce(struct pfs *pfs) { return pfs->next_nonce++; }

enum port_errno volume_broken(struct pfs *pfs, const char *what, uint32_t inode,
                              uint64_t index) {
    struct text t;
    /* After a failure blocks are missing that nobody took. */
    if (pfs->store.failed || (pfs->failed && pfs->failed != PORT_EBADMSG)) return PORT_EIO;
    if (pfs->broken[0]) return PORT_EBADMSG;
    text_init(&t, pfs->broken, sizeof pfs->broken);
    text_add(&t, what);
    text_add(&t, " was changed or damaged: inode ");
    text_add_u64(&t, inode);
    text_add(&t, ", block ");
    text_add_u64(&t, index);
    return PORT_EBADMSG;
}

enum port_errno volume_fail(struct pfs *pfs, enum port_errno error) {
    if (!pfs->failed) pfs->failed = error;
    return error;
}

uint64_t volume_now(struct pfs *pfs) {
    uint64_t now;
    if (pfs->port->clock_now(pfs->port->context, PORT_CLOCK_REALTIME, &now)) return 0;
    return now;
}

/* Does what was changed keep too much from being used? */
static bool holds_much(const struct pfs *pfs) {
    return pfs->space.freed_count > FREED_MAX || (pfs->space.freed_blocks && space_is_low(pfs));
}

enum port_errno volume_make_room(struct pfs *pfs) {
    enum port_errno error = PORT_OK;
    if (space_is_low(pfs)) (void)space_grow(pfs);
    if (holds_much(pfs)) error = commit_all(pfs);
    /* Each takes a frame of the table when it is stored. */
    if (!error && pfs->changed_count > pfs->cache.capacity / 4) error = commit_inodes(pfs);
    if (!error && pfs->cache.dirty_count > pfs->cache.capacity / 2) error = commit_some(pfs);
    return error;
}

/* Was the first of the changes that are not committed long ago? */
static bool is_old(struct pfs *pfs) {
    uint64_t now;
    if (pfs->port->clock_now(pfs->port->context, PORT_CLOCK_MONOTONIC, &now)) return false;
    if (!pfs->is_changed) pfs->changed_ns = now;
    return pfs->is_changed && now - pfs->changed_ns > commit_after_ns;
}

enum port_errno volume_breathe(struct pfs *pfs) {
    enum port_errno error = PORT_OK;
    if (pfs->failed || pfs->store.failed) return PORT_EIO;
    if (pfs->is_read_only) return PORT_EROFS;
    if (!pfs->is_begun) error = recover_begin(pfs);
    if (!error && is_old(pfs)) error = commit_all(pfs);
    return error ? error : volume_make_room(pfs);
}

/* --- The counter --- */

nacre_status volume_read_counter(struct pfs *pfs) {
    const struct port_counter *c = pfs->port->counter;
    pfs->counter = 0;
    pfs->is_counted = false;
    if (!c) return NACRE_OK;
    nacre_status status = c->read(pfs->port->context, keys_id(&pfs->keys), &pfs->counter);
    pfs->is_counted = status == NACRE_OK;
    return status == NACRE_IO ? status : NACRE_OK;
}

nacre_status volume_start_counter(struct pfs *pfs, nacre_error *error) {
    const struct port_counter *c = pfs->port->counter;
    if (!c || pfs->is_counted) return NACRE_OK;
    nacre_status status =
        c->advance(pfs->port->context, keys_id(&pfs->keys), PORT_COUNTER_NONE, 0);
    pfs->is_counted = status == NACRE_OK;
    if (status == NACRE_OK || status == NACRE_UNSUPPORTED) return NACRE_OK;
    return error_set(error, status, NACRE_NO_OFFSET,
                     "the counter that shows old copies of the volume can't be made");
}

enum port_errno volume_count(struct pfs *pfs) {
    const struct port_counter *c = pfs->port->counter;
    uint64_t from = pfs->is_counted ? pfs->counter : PORT_COUNTER_NONE;
    struct text t;
    pfs->counter = pfs->root.sequence;
    if (!c) return PORT_OK;
    nacre_status status =
        c->advance(pfs->port->context, keys_id(&pfs->keys), from, pfs->counter);
    pfs->is_counted = status == NACRE_OK;
    if (status == NACRE_OK || status == NACRE_UNSUPPORTED) return PORT_OK;
    if (status != NACRE_INTEGRITY) return volume_fail(pfs, PORT_EIO);
    text_init(&t, pfs->broken, sizeof pfs->broken);
    text_add(&t, "another process has changed the volume, or its counter");
    return volume_fail(pfs, PORT_EBADMSG);
}

/* --- Opening and closing --- */

static enum port_errno prepare(struct pfs *pfs, uint32_t cache_blocks) {
    uint8_t first[12];
    pfs->buffer = ALLOC_ARRAY(&pfs->allocator, uint8_t, STORE_RUN * BLOCK_BYTES);
    if (!pfs->buffer) return PORT_ENOMEM;
    if (pfs->port->random(pfs->port->context, first, sizeof first)) return PORT_EIO;
    /* No session gets to the numbers' end. */
    pfs->next_nonce = (nonce)(load_u32(first + 8) >> 1) << 64 | load_u64(first);
    pfs->inodes.number = OBJECT_INODES;
    pfs->space_map.number = OBJECT_SPACE;
    return cache_create(pfs, cache_blocks);
}

nacre_status volume_use_key(struct pfs *pfs, bool next) {
    const uint8_t *volume_key = next ? pfs->keys.next_key : pfs->keys.volume_key;
    uint8_t key[KEY_BYTES];
    crypto_gcm_end(&pfs->root_key);
    crypto_gcm_end(&pfs->inodes.key);
    crypto_gcm_end(&pfs->space_map.key);
    nacre_status status = keys_derive(volume_key, KEY_ROOT, key);
    if (!status) status = crypto_gcm_begin(&pfs->root_key, key);
    if (!status) status = keys_derive(volume_key, KEY_META, key);
    if (!status) status = crypto_gcm_begin(&pfs->inodes.key, key);
    if (!status) status = crypto_gcm_begin(&pfs->space_map.key, key);
    crypto_clear(key, sizeof key);
    pfs->uses_next = next;
    return status;
}

static void release(struct pfs *pfs) {
    const struct allocator a = pfs->allocator;
    inodes_destroy(pfs);
    cache_destroy(pfs);
    if (pfs->buffer) crypto_clear(pfs->buffer, STORE_RUN * BLOCK_BYTES);
    ALLOC_FREE_ARRAY(&a, pfs->buffer, STORE_RUN * BLOCK_BYTES);
    ALLOC_FREE_ARRAY(&a, pfs->handles, pfs->handle_count);
    ALLOC_FREE_ARRAY(&a, pfs->space.freed, pfs->space.freed_capacity);
    crypto_gcm_end(&pfs->root_key);
    crypto_gcm_end(&pfs->inodes.key);
    crypto_gcm_end(&pfs->space_map.key);
    crypto_gcm_end(&pfs->old_key);
    store_close(&pfs->store, &a);
    crypto_clear(pfs, sizeof *pfs);
    ALLOC_FREE(&a, pfs);
}

static nacre_status status_of(enum port_errno error) {
    switch (error) {
    case PORT_OK: return NACRE_OK;
    case PORT_ENOENT: return NACRE_NOT_FOUND;
    case PORT_ENOMEM: return NACRE_NO_MEMORY;
    case PORT_EBADMSG: return NACRE_INTEGRITY;
    default: return NACRE_IO;
    }
}

static nacre_status fail_open(const char *dir, enum port_errno errno_, nacre_error *error) {
    nacre_status status = status_of(errno_);
    if (status == NACRE_OK) return status;
    error_set(error, status, NACRE_NO_OFFSET, "protected files in ");
    struct text t = error_text(error);
    text_add_name(&t, dir, strlen(dir));
    text_add(&t, ": ");
    text_add(&t, errno_ == PORT_EBUSY ? "another process has the volume open"
                                      : port_errno_text(errno_));
    return status;
}

nacre_status volume_tell(const struct pfs *pfs, enum port_errno failed, nacre_error *error) {
    nacre_status status = status_of(failed);
    if (status)
        error_set(error, status, NACRE_NO_OFFSET,
                  pfs->broken[0] ? pfs->broken : port_errno_text(failed));
    return status;
}

static const uint32_t header_blocks[2] = {BLOCK_HEADER_A, BLOCK_HEADER_B};

enum port_errno volume_put_header(struct pfs *pfs, uint32_t copy) {
    uint8_t *place;
    enum port_errno error = store_place(&pfs->store, header_blocks[copy], &place);
    if (!error) memcpy(place, pfs->keys.header, BLOCK_BYTES);
    return error;
}

static struct pfs *allocate(const struct allocator *allocator, const struct port *port) {
    struct pfs *pfs = ALLOC_NEW(allocator, struct pfs);
    if (!pfs) return NULL;
    pfs->allocator = *allocator;
    pfs->port = port;
    return pfs;
}

/* --- A new one --- */

/* Block 0 of the map: the first blocks, and where it is itself. The others of its tree come from
 * spares, as always. */
static enum port_errno make_map(struct pfs *pfs) {
    struct frame *f;
    uint32_t spares = SPARES_MAX;
    for (uint32_t i = 0; i < spares; i++) pfs->root.spares[i] = BLOCK_FIRST + i;
    enum port_errno error = tree_edit(pfs, &pfs->space_map, 0, TREE_WHOLE, &f);
    if (error) return error;
    uint32_t used = BLOCK_FIRST + spares;
    for (uint32_t i = 0; i < used; i++) f->bytes[i / 8] |= (uint8_t)(1 << i % 8);
    pfs->root.free_blocks = pfs->root.blocks - used;
    return PORT_OK;
}

static enum port_errno make_root_dir(struct pfs *pfs) {
    struct inode *dir;
    pfs->root.inode_count = INODE_ROOT;
    enum port_errno error = inode_new(pfs, PORT_TYPE_DIRECTORY, &dir);
    if (error) return error;
    inode_set_modified(pfs, dir);
    dir->fields.access_ns = dir->fields.modify_ns;
    return inode_close(pfs, dir);
}

static enum port_errno make(struct pfs *pfs) {
    uint8_t *name_key = pfs->root.name_key;
    if (volume_use_key(pfs, false)) return PORT_ENOMEM;
    if (pfs->port->random(pfs->port->context, name_key, sizeof pfs->root.name_key))
        return PORT_EIO;
    enum port_errno failed = volume_put_header(pfs, 0);
    if (!failed) failed = volume_put_header(pfs, 1);
    if (!failed) failed = store_grow(&pfs->store, BLOCKS_AT_FIRST);
    pfs->root.blocks = BLOCKS_AT_FIRST;
    pfs->root.first = pfs->next_nonce;
    pfs->is_begun = true;
    if (!failed) failed = make_map(pfs);
    if (!failed) failed = make_root_dir(pfs);
    if (!failed) failed = commit_all(pfs);
    if (!failed) failed = commit_root(pfs, !pfs->slot, pfs->root.sequence + 1);
    if (!failed) failed = store_publish(&pfs->store);
    return failed ? failed : volume_count(pfs);
}

nacre_status pfs_create(const struct allocator *allocator, const struct port *port,
                        const char *dir, const struct pfs_key *key, nacre_error *error) {
    struct pfs *pfs = allocate(allocator, port);
    if (!pfs) return fail_open(dir, PORT_ENOMEM, error);
    enum port_errno failed = store_create(&pfs->store, allocator, port, dir);
    if (failed) {
        ALLOC_FREE(allocator, pfs);
        return fail_open(dir, failed, error);
    }
    failed = prepare(pfs, CACHE_LEAST);
    nacre_status status = NACRE_OK;
    if (!failed) status = keys_create(&pfs->keys, port, key, error);
    if (!failed && !status) status = volume_start_counter(pfs, error);
    if (!failed && !status) failed = make(pfs);
    if (failed) status = fail_open(dir, failed, error);
    release(pfs);
    return status;
}

/* --- One that there is --- */

static nacre_status open_keys(struct pfs *pfs, const char *dir, const struct pfs_key *key,
                              nacre_error *error) {
    uint8_t *copies[2] = {pfs->buffer, pfs->buffer + BLOCK_BYTES};
    const uint8_t *found[2];
    for (uint32_t i = 0; i < 2; i++) {
        enum port_errno failed = store_read(&pfs->store, header_blocks[i], 1, copies[i]);
        found[i] = failed ? NULL : copies[i];
    }
    TRY(keys_open(&pfs->keys, found, pfs->port, key, error));
    return fail_open(dir, volume_use_key(pfs, false) ? PORT_ENOMEM : PORT_OK, error);
}

nacre_status pfs_open(const struct allocator *allocator, const struct port *port,
                      const char *dir, const struct pfs_key *key,
                      const struct pfs_options *options, struct pfs **out, nacre_error *error) {
    struct pfs *pfs = allocate(allocator, port);
    if (!pfs) return fail_open(dir, PORT_ENOMEM, error);
    pfs->is_read_only = options->is_read_only;
    enum port_errno failed = store_open(&pfs->store, allocator, port, dir, pfs->is_read_only);
    if (failed) {
        ALLOC_FREE(allocator, pfs);
        return fail_open(dir, failed, error);
    }
    failed = prepare(pfs, options->cache_blocks ? options->cache_blocks : PFS_CACHE_BLOCKS);
    nacre_status status = failed ? fail_open(dir, failed, error) : open_keys(pfs, dir, key, error);
    if (!status) status = recover(pfs, error);
    if (status) release(pfs);
    else *out = pfs;
    return status;
}

/* Gives the blocks at the end back to the host. */
static enum port_errno shrink(struct pfs *pfs) {
    uint32_t end;
    enum port_errno error = space_used_end(pfs, &end);
    end = u32_max(end, BLOCKS_AT_FIRST);
    if (error || end + end / 8 >= pfs->root.blocks) return error;
    pfs->root.free_blocks -= pfs->root.blocks - end;
    pfs->root.blocks = end;
    pfs->is_changed = true;
    error = commit_all(pfs);
    return error ? error : store_shrink(&pfs->store, end);
}

nacre_status pfs_close(struct pfs *pfs, nacre_error *error) {
    enum port_errno failed = commit_all(pfs);
    if (!failed && pfs->is_begun) failed = shrink(pfs);
    nacre_status status = volume_tell(pfs, failed, error);
    release(pfs);
    return status;
}

bool pfs_is_read_only(const struct pfs *pfs) { return pfs->is_read_only; }
