/* recover.c - see recover.h */
#include "pfs/recover.h"

#include "base/status.h"
#include "pfs/block.h"
#include "pfs/cache.h"
#include "pfs/commit.h"
#include "pfs/inodes.h"
#include "pfs/tree.h"

/* --- Roots --- */

struct candidate {
    struct root root;
    bool is_whole, is_under_next;
};

static enum port_errno use_key(struct pfs *pfs, bool next) {
    return next != pfs->uses_next && volume_use_key(pfs, next) ? PORT_ENOMEM : PORT_OK;
}

static bool open_root(struct pfs *pfs, const uint8_t *block, struct root *root) {
    static const uint8_t zeros[ROOT_CLEAR - 28];
    uint8_t bound[KEYS_BOUND_BYTES], plain[ROOT_BYTES - ROOT_CLEAR];
    keys_bound(&pfs->keys, bound);
    return memcmp(block + 28, zeros, sizeof zeros) == 0 &&
           !crypto_gcm_open(&pfs->root_key, block, bound, sizeof bound, block + ROOT_CLEAR,
                            sizeof plain, block + 12, plain) &&
           root_read(plain, root) && root->blocks <= pfs->store.blocks;
}

/* While the volume's key is replaced, a root may be under either. */
static enum port_errno read_root(struct pfs *pfs, uint32_t slot, struct candidate *candidate) {
    const uint32_t keys = keys_has_next(&pfs->keys) ? 2 : 1;
    candidate->is_whole = false;
    enum port_errno error = store_read(&pfs->store, BLOCK_ROOT + slot, 1, pfs->buffer);
    if (error) return error == PORT_EBADMSG ? PORT_OK : error;
    for (uint32_t i = 0; i < keys && !candidate->is_whole; i++) {
        candidate->is_under_next = i == 1;
        error = use_key(pfs, candidate->is_under_next);
        if (error) return error;
        candidate->is_whole = open_root(pfs, pfs->buffer, &candidate->root);
    }
    return PORT_OK;
}

static enum port_errno take_root(struct pfs *pfs, const struct candidate *candidate,
                                 uint32_t slot) {
    const struct root *root = &candidate->root;
    pfs->root = *root;
    pfs->slot = slot;
    pfs->inodes.height = root->inodes.height;
    pfs->inodes.pointer = root->inodes.pointer;
    pfs->space_map.height = root->space.height;
    pfs->space_map.pointer = root->space.pointer;
    return use_key(pfs, candidate->is_under_next);
}

/* --- Are the blocks of a commit all there? --- */

struct check {
    struct tree_visitor visitor;
    struct pfs *pfs;
};

static bool is_of_commit(struct tree_visitor *v, const struct pointer *at) {
    const struct root *root = &((struct check *)v)->pfs->root;
    return at->nonce >= root->first && at->nonce < root->behind;
}

static enum port_errno look(struct tree_visitor *v, struct pfs *pfs, struct object *o,
                            uint8_t level, uint64_t index, const struct pointer *at);

/* What the inodes in a block of the table point to. */
static enum port_errno look_below(struct pfs *pfs, uint64_t index) {
    for (uint32_t i = 0; i < INODES_PER_BLOCK; i++) {
        uint32_t number = (uint32_t)index * INODES_PER_BLOCK + i;
        struct check check = {{.wants = is_of_commit, .visit = look}, pfs};
        struct inode *inode;
        if (number < INODE_ROOT || number >= pfs->root.inode_count) continue;
        enum port_errno error = inode_open_any(pfs, number, &inode);
        if (error) return error;
        if (!inode) continue;
        error = tree_walk(pfs, &inode->object, &check.visitor);
        inode_close(pfs, inode);
        if (error) return error;
    }
    return PORT_OK;
}

static enum port_errno look(struct tree_visitor *v, struct pfs *pfs, struct object *o,
                            uint8_t level, uint64_t index, const struct pointer *at) {
    struct frame *f;
    (void)v;
    if (pfs->recent_count == COMMIT_CHECKED)
        return volume_broken(pfs, "more blocks than a commit has", o->number, index);
    pfs->recent[pfs->recent_count++] = at->block;
    enum port_errno error = tree_fetch(pfs, o, level, index, at, &f);
    if (!error && level == 0 && o->number == OBJECT_INODES) error = look_below(pfs, index);
    return error;
}

static enum port_errno verify(struct pfs *pfs) {
    struct check check = {{.wants = is_of_commit, .visit = look}, pfs};
    pfs->recent_count = 0;
    if (pfs->root.flags & ROOT_SYNCED) return PORT_OK;
    enum port_errno error = tree_walk(pfs, &pfs->inodes, &check.visitor);
    if (!error) error = tree_walk(pfs, &pfs->space_map, &check.visitor);
    return error;
}

/* --- The choice --- */

static nacre_status refuse(nacre_error *error, nacre_status status, const char *text) {
    return error_set(error, status, NACRE_NO_OFFSET, text);
}

static nacre_status choose(struct pfs *pfs, const struct candidate found[2], nacre_error *error) {
    uint32_t newer = found[1].is_whole && (!found[0].is_whole ||
                                           found[1].root.sequence > found[0].root.sequence);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t slot = i ? !newer : newer;
        if (!found[slot].is_whole) continue;
        enum port_errno failed = take_root(pfs, &found[slot], slot);
        if (!failed) failed = verify(pfs);
        if (!failed) return NACRE_OK;
        cache_forget(&pfs->cache);
        pfs->broken[0] = 0;
        if (failed != PORT_EBADMSG) return volume_tell(pfs, failed, error);
    }
    return refuse(error, NACRE_INTEGRITY, "it was damaged or cut short: no state of it is whole");
}

nacre_status recover(struct pfs *pfs, nacre_error *error) {
    struct candidate found[2];
    if (volume_read_counter(pfs)) return refuse(error, NACRE_IO, "its counter can't be read");
    for (uint32_t slot = 0; slot < 2; slot++) {
        enum port_errno failed = read_root(pfs, slot, &found[slot]);
        if (failed) return volume_tell(pfs, failed, error);
    }
    TRY(choose(pfs, found, error));
    if (pfs->root.sequence < pfs->counter)
        return refuse(error, NACRE_INTEGRITY, "it was rolled back to an older state");
    pfs->root.first = pfs->next_nonce;
    return pfs->is_read_only ? NACRE_OK : volume_start_counter(pfs, error);
}

/* --- The first change --- */

static enum port_errno write_again(struct pfs *pfs, uint32_t block) {
    uint8_t *place;
    enum port_errno error = store_read(&pfs->store, block, 1, pfs->buffer);
    if (!error) error = store_place(&pfs->store, block, &place);
    if (!error) memcpy(place, pfs->buffer, BLOCK_BYTES);
    return error;
}

enum port_errno recover_begin(struct pfs *pfs) {
    enum port_errno error = write_again(pfs, BLOCK_ROOT + pfs->slot);
    for (uint32_t i = 0; !error && i < pfs->recent_count; i++)
        error = write_again(pfs, pfs->recent[i]);
    if (!error) error = store_sync(&pfs->store);
    if (error) return volume_fail(pfs, error);
    pfs->root.flags = ROOT_SYNCED;
    error = commit_root(pfs, !pfs->slot,
                        u64_max(pfs->counter + 2, pfs->root.sequence + 1));
    if (!error) error = volume_count(pfs);
    if (error) return error;
    pfs->is_begun = true;
    return inodes_free_orphans(pfs);
}
