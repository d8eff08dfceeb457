/*
 * rekey.c - who opens a volume from now on; see pfs.h.
 *
 * A header is written to the copy that is not in use, and then to the other, so that one of them
 * is whole at any time. To replace the volume's key takes three steps, and each of them leaves
 * something that opens:
 *
 *   1  a header whose slots hold both keys: roots may be under either from now on
 *   2  the inodes' table and the space map are written under the new key, then both roots
 *   3  a header whose slots hold the new key only
 */
#include "base/status.h"
#include "pfs/commit.h"
#include "pfs/space.h"
#include "pfs/tree.h"

void pfs_get_header(const struct pfs *pfs, struct pfs_header *header) {
    for (uint32_t i = 0; i < PFS_SLOTS; i++) header->slots[i] = keys_kind(&pfs->keys, i);
    header->opened = pfs->keys.slot;
    header->is_unfinished = keys_has_next(&pfs->keys);
}

/* --- The header --- */

static enum port_errno write_header(struct pfs *pfs) {
    for (uint32_t i = 0; i < 2; i++) {
        pfs->keys.copy = !pfs->keys.copy;
        enum port_errno error = volume_put_header(pfs, pfs->keys.copy);
        if (!error) error = store_sync(&pfs->store);
        if (error) return volume_fail(pfs, error);
    }
    return PORT_OK;
}

static nacre_status may_change(const struct pfs *pfs, nacre_error *error) {
    if (pfs->failed) return volume_tell(pfs, pfs->failed, error);
    if (!pfs->is_read_only) return NACRE_OK;
    return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "it was opened for reading only");
}

static nacre_status rekey(struct pfs *pfs, uint32_t dropped, const struct pfs_key *added,
                          uint32_t count, nacre_error *error) {
    TRY(may_change(pfs, error));
    TRY(keys_renew(&pfs->keys, pfs->port, ~dropped, added, count, error));
    return volume_tell(pfs, write_header(pfs), error);
}

nacre_status pfs_rekey(struct pfs *pfs, uint32_t dropped, const struct pfs_key *added,
                       uint32_t count, nacre_error *error) {
    mutex_take(pfs->port, &pfs->mutex);
    nacre_status status = rekey(pfs, dropped, added, count, error);
    mutex_give(pfs->port, &pfs->mutex);
    return status;
}

/* --- Under another key --- */

struct search {
    struct tree_visitor visitor;
    uint64_t index;
    bool has_found;
};

static enum port_errno find(struct tree_visitor *v, struct pfs *pfs, struct object *o,
                            uint8_t level, uint64_t index, const struct pointer *at) {
    struct search *search = (struct search *)v;
    (void)pfs, (void)o, (void)at;
    if (level > 0 || index < v->from) return PORT_OK;
    search->index = index;
    search->has_found = true;
    return PORT_ECANCELED;
}

/* Room for the next block, but without a commit: half of the blocks are under the old key. */
static enum port_errno make_room(struct pfs *pfs) {
    if (space_is_low(pfs)) (void)space_grow(pfs);
    return pfs->cache.dirty_count > pfs->cache.capacity / 2 ? commit_some(pfs) : PORT_OK;
}

/* Gives every block of an object that there is a place of this commit. */
static enum port_errno move_all(struct pfs *pfs, struct object *o) {
    for (uint64_t index = 0;; index++) {
        struct search search = {.visitor = {.from = index, .visit = find}};
        struct frame *f;
        enum port_errno error = tree_walk(pfs, o, &search.visitor);
        if (!search.has_found) return error;
        index = search.index;
        error = make_room(pfs);
        if (!error)
            error = o->number == OBJECT_SPACE ? space_move(pfs, (uint32_t)index)
                                              : tree_edit(pfs, o, index, TREE_KEEP, &f);
        if (error) return error;
    }
}

/* What was changed before is committed, and there is room: nothing has to fail midway. */
static enum port_errno prepare(struct pfs *pfs) {
    uint32_t table = pfs->root.inode_count / INODES_PER_BLOCK + 1;
    uint32_t zones = pfs->root.blocks / ZONE_BLOCKS + 1;
    uint32_t needed = table + table / 64 + 4 * zones + 256; /* with blocks of pointers */
    enum port_errno error = volume_breathe(pfs);
    while (!error && (pfs->root.free_blocks < needed || space_is_low(pfs))) {
        error = space_grow(pfs);
        pfs->is_changed = true;
    }
    return error ? error : commit_all(pfs);
}

/* The header's next key becomes the one that the volume is under. */
static enum port_errno use_next(struct pfs *pfs) {
    uint8_t key[KEY_BYTES];
    nacre_status status = keys_derive(pfs->keys.volume_key, KEY_META, key);
    if (!status) status = crypto_gcm_begin(&pfs->old_key, key);
    crypto_clear(key, sizeof key);
    if (status) return PORT_ENOMEM;
    pfs->has_old_key = true;
    return volume_use_key(pfs, true) ? volume_fail(pfs, PORT_ENOMEM) : PORT_OK;
}

static enum port_errno move_to_next(struct pfs *pfs) {
    enum port_errno error = use_next(pfs);
    if (error) return error;
    pfs->is_changed = true;
    error = move_all(pfs, &pfs->inodes);
    if (!error) error = move_all(pfs, &pfs->space_map);
    if (!error) error = commit_all(pfs);
    if (error) return volume_fail(pfs, error);
    pfs->has_old_key = false;
    crypto_gcm_end(&pfs->old_key);
    pfs->root.flags = ROOT_SYNCED;
    return commit_root(pfs, !pfs->slot, pfs->root.sequence + 1);
}

/* A header for these keys, with a volume's key (that the volume is under now) and a next one. */
static nacre_status write_keys(struct pfs *pfs, bool has_next, const struct pfs_key *keys,
                               uint32_t count, nacre_error *error) {
    struct keys made = pfs->keys;
    nacre_status status = NACRE_OK;
    if (pfs->uses_next) memcpy(made.volume_key, made.next_key, KEY_BYTES);
    memset(made.next_key, 0, KEY_BYTES);
    if (has_next) status = pfs->port->random(pfs->port->context, made.next_key, KEY_BYTES);
    if (status) error_set(error, status, NACRE_NO_OFFSET, "there are no random bytes for a key");
    else status = keys_renew(&made, pfs->port, 0, keys, count, error);
    if (!status) {
        pfs->keys = made;
        pfs->uses_next = false;
        status = volume_tell(pfs, write_header(pfs), error);
    }
    crypto_clear(&made, sizeof made);
    return status;
}

static nacre_status replace_key(struct pfs *pfs, const struct pfs_key *keys, uint32_t count,
                                nacre_error *error) {
    TRY(may_change(pfs, error));
    TRY(volume_tell(pfs, prepare(pfs), error));
    TRY(write_keys(pfs, true, keys, count, error));
    TRY(volume_tell(pfs, move_to_next(pfs), error));
    return write_keys(pfs, false, keys, count, error);
}

nacre_status pfs_replace_key(struct pfs *pfs, const struct pfs_key *keys, uint32_t count,
                             nacre_error *error) {
    mutex_take(pfs->port, &pfs->mutex);
    nacre_status status = replace_key(pfs, keys, count, error);
    mutex_give(pfs->port, &pfs->mutex);
    return status;
}
