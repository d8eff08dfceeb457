/* commit.c - see commit.h */
#include "pfs/commit.h"

#include "pfs/cache.h"
#include "pfs/inodes.h"
#include "pfs/space.h"
#include "pfs/tree.h"

/* --- Blocks --- */

static bool is_file(const struct object *o) { return o->number >= INODE_ROOT; }
static bool is_table(const struct object *o) { return o->number == OBJECT_INODES; }
static bool is_map(const struct object *o) { return o->number == OBJECT_SPACE; }
static bool is_any(const struct object *o) { return o != NULL; }

static enum port_errno flush_level(struct pfs *pfs, uint8_t level,
                                   bool (*wanted)(const struct object *)) {
    struct cache *c = &pfs->cache;
    uint32_t count = cache_collect(c, level, wanted);
    enum port_errno error = PORT_OK;
    for (uint32_t i = 0; !error && i < count; i++)
        error = tree_flush(pfs, &c->frames[c->order[i]]);
    return error;
}

/* What points to a block is written after it. */
static enum port_errno flush(struct pfs *pfs, bool (*wanted)(const struct object *)) {
    enum port_errno error = PORT_OK;
    for (uint8_t level = 0; !error && level <= HEIGHT_MAX; level++)
        error = flush_level(pfs, level, wanted);
    return error;
}

enum port_errno commit_some(struct pfs *pfs) {
    enum port_errno error = PORT_OK;
    for (uint8_t level = 0; !error && pfs->cache.dirty_count > pfs->cache.capacity / 4; level++)
        error = flush_level(pfs, level, is_any);
    return error;
}

enum port_errno commit_inodes(struct pfs *pfs) {
    enum port_errno error = flush(pfs, is_file);
    return error ? error : inodes_store(pfs);
}

/* --- The root --- */

static nacre_status seal_root(struct pfs *pfs, uint8_t *place) {
    uint8_t bound[KEYS_BOUND_BYTES], plain[ROOT_BYTES - ROOT_CLEAR];
    nonce number = volume_nonce(pfs);
    memset(place, 0, BLOCK_BYTES);
    store_u64(place, (uint64_t)number);
    store_u32(place + 8, (uint32_t)(number >> 64));
    root_write(plain, &pfs->root);
    keys_bound(&pfs->keys, bound);
    return crypto_gcm_seal(&pfs->root_key, place, bound, sizeof bound, plain, sizeof plain,
                           place + ROOT_CLEAR, place + 12);
}

enum port_errno commit_root(struct pfs *pfs, uint32_t slot, uint64_t sequence) {
    uint8_t *place;
    pfs->root.sequence = sequence;
    pfs->root.behind = pfs->next_nonce;
    pfs->root.inodes.height = pfs->inodes.height;
    pfs->root.inodes.pointer = pfs->inodes.pointer;
    pfs->root.space.height = pfs->space_map.height;
    pfs->root.space.pointer = pfs->space_map.pointer;
    enum port_errno error = store_place(&pfs->store, BLOCK_ROOT + slot, &place);
    if (!error && seal_root(pfs, place)) error = PORT_ENOMEM;
    if (!error) error = store_sync(&pfs->store);
    if (error) return volume_fail(pfs, error);
    pfs->slot = slot;
    pfs->root.first = pfs->next_nonce;
    return PORT_OK;
}

/* --- All of it --- */

enum port_errno commit_all(struct pfs *pfs) {
    if (pfs->failed) return pfs->failed;
    if (!pfs->is_changed) return PORT_OK;
    enum port_errno error = commit_inodes(pfs);
    if (!error) error = flush(pfs, is_table);
    if (!error) error = space_settle(pfs);
    if (!error) error = flush(pfs, is_map);
    bool is_large = pfs->next_nonce - pfs->root.first > COMMIT_CHECKED;
    if (!error && is_large) error = store_sync(&pfs->store);
    if (error) return volume_fail(pfs, error);
    pfs->root.flags = is_large ? ROOT_SYNCED : 0;
    error = commit_root(pfs, !pfs->slot, pfs->root.sequence + 1);
    if (!error) error = volume_count(pfs);
    if (!error) pfs->is_changed = false;
    return error;
}
