/* tree.c - see tree.h */
#include "pfs/tree.h"

#include "pfs/block.h"
#include "pfs/cache.h"
#include "pfs/space.h"

static uint64_t up(uint64_t index, uint32_t levels) { return index >> NODE_SHIFT * levels; }

static uint8_t *slot(struct frame *node, uint64_t index) {
    return node->bytes + (index % NODE_POINTERS) * POINTER_BYTES;
}

/* --- Reading --- */

enum port_errno tree_fetch(struct pfs *pfs, struct object *o, uint8_t level, uint64_t index,
                           const struct pointer *at, struct frame **frame) {
    *frame = cache_find(&pfs->cache, o->number, level, index);
    if (*frame) return PORT_OK;
    enum port_errno error = cache_add(&pfs->cache, o->number, level, index, frame);
    if (error) return error;
    if (at->block) error = block_read(pfs, o, level, index, at, (*frame)->bytes);
    else memset((*frame)->bytes, 0, BLOCK_BYTES);
    if (error) cache_drop(&pfs->cache, *frame);
    else (*frame)->block = at->block;
    return error;
}

/* The lowest block of pointers above (level, index) that is in the cache; NULL: none. */
static struct frame *lowest_node(struct pfs *pfs, struct object *o, uint8_t level,
                                 uint64_t index) {
    for (uint32_t l = level + 1u; l <= o->height; l++) {
        struct frame *f = cache_find(&pfs->cache, o->number, (uint8_t)l, up(index, l - level));
        if (f) return f;
    }
    return NULL;
}

enum port_errno tree_pointer(struct pfs *pfs, struct object *o, uint8_t level, uint64_t index,
                             struct pointer *pointer) {
    *pointer = (struct pointer){0};
    if (level > o->height || up(index, o->height - level)) return PORT_OK;
    struct frame *node = lowest_node(pfs, o, level, index);
    uint32_t l = node ? node->level : o->height;
    if (!node) *pointer = o->pointer;
    for (; l > level; l--) {
        if (!node) {
            if (!pointer->block) return PORT_OK;
            enum port_errno error =
                tree_fetch(pfs, o, (uint8_t)l, up(index, l - level), pointer, &node);
            if (error) return error;
        }
        pointer_read(slot(node, up(index, l - 1 - level)), pointer);
        node = NULL;
    }
    return PORT_OK;
}

enum port_errno tree_get(struct pfs *pfs, struct object *o, uint64_t index,
                         struct frame **frame) {
    struct pointer pointer;
    *frame = cache_find(&pfs->cache, o->number, 0, index);
    if (*frame) return PORT_OK;
    enum port_errno error = tree_pointer(pfs, o, 0, index, &pointer);
    if (error || !pointer.block) return error;
    return tree_fetch(pfs, o, 0, index, &pointer, frame);
}

/* --- Changing --- */

/* One more level, whose only block points to what was the root. */
static enum port_errno raise(struct pfs *pfs, struct object *o) {
    struct frame *f;
    uint32_t block;
    if (!o->pointer.block) {
        o->height++;
        return PORT_OK;
    }
    enum port_errno error = space_take(pfs, o, &block);
    if (error) return error;
    error = cache_add(&pfs->cache, o->number, (uint8_t)(o->height + 1), 0, &f);
    if (error) return volume_fail(pfs, error);
    memset(f->bytes, 0, BLOCK_BYTES);
    pointer_write(f->bytes, &o->pointer);
    f->block = block;
    cache_set_dirty(&pfs->cache, f, o);
    o->height++;
    o->pointer = (struct pointer){.block = block};
    return PORT_OK;
}

/* Gives a block a place of this commit, if it has none: *at is its pointer, in `parent` or the
 * object itself. */
static enum port_errno move(struct pfs *pfs, struct object *o, struct frame *parent,
                            uint64_t index, struct pointer *at) {
    const struct pointer old = *at;
    if (pointer_is_fresh(pfs, &old)) return PORT_OK;
    enum port_errno error = space_take(pfs, o, &at->block);
    if (error) return error;
    at->nonce = 0;
    memset(at->tag, 0, sizeof at->tag);
    if (parent) pointer_write(slot(parent, index), at);
    else o->pointer = *at;
    return old.block ? space_give(pfs, old.block, false) : PORT_OK;
}

/* A block, below a parent that can be changed (NULL: it is the root), for changing. */
static enum port_errno edit(struct pfs *pfs, struct object *o, struct frame *parent,
                            uint8_t level, uint64_t index, enum tree_edit how,
                            struct frame **frame) {
    const struct pointer none = {0};
    struct pointer at = o->pointer;
    if (parent) pointer_read(slot(parent, index), &at);
    enum port_errno error =
        tree_fetch(pfs, o, level, index, how == TREE_WHOLE ? &none : &at, frame);
    if (error) return error;
    cache_set_dirty(&pfs->cache, *frame, o); /* so that it stays */
    error = move(pfs, o, parent, index, &at);
    bool has_place = at.block && (at.nonce == 0 || !error);
    if (has_place) (*frame)->block = at.block;
    else cache_drop(&pfs->cache, *frame);
    return error;
}

/* The block (level, index) for changing, from the lowest above it that can be already. */
static enum port_errno edit_path(struct pfs *pfs, struct object *o, uint8_t level, uint64_t index,
                                 enum tree_edit how, struct frame **frame) {
    struct frame *parent = NULL;
    uint32_t l = level;
    while (level > o->height || up(index, o->height - level)) {
        enum port_errno error = raise(pfs, o);
        if (error) return error;
    }
    for (; l < o->height; l++) {
        parent = cache_find(&pfs->cache, o->number, (uint8_t)(l + 1), up(index, l + 1 - level));
        if (parent && parent->is_dirty) break;
        parent = NULL;
    }
    for (;; l--) {
        bool is_last = l == level;
        enum port_errno error = edit(pfs, o, parent, (uint8_t)l, up(index, l - level),
                                     is_last ? how : TREE_KEEP, frame);
        if (error || is_last) return error;
        parent = *frame;
    }
}

enum port_errno tree_edit(struct pfs *pfs, struct object *o, uint64_t index, enum tree_edit how,
                          struct frame **frame) {
    *frame = cache_find(&pfs->cache, o->number, 0, index);
    if (*frame && (*frame)->is_dirty) return PORT_OK;
    return edit_path(pfs, o, 0, index, how, frame);
}

enum port_errno tree_put(struct pfs *pfs, struct object *o, uint64_t index,
                         const uint8_t *plain) {
    struct frame *f = cache_find(&pfs->cache, o->number, 0, index), *parent = NULL;
    struct pointer at = o->pointer;
    enum port_errno error = PORT_OK;
    if (f || (o->height == 0 && index == 0)) {
        error = tree_edit(pfs, o, index, TREE_WHOLE, &f);
        if (!error) memcpy(f->bytes, plain, BLOCK_BYTES);
        return error;
    }
    error = edit_path(pfs, o, 1, up(index, 1), TREE_KEEP, &parent);
    if (error) return error;
    pointer_read(slot(parent, index), &at);
    error = move(pfs, o, parent, index, &at);
    if (!error) error = block_seal(pfs, o, 0, index, plain, at.block, &at);
    if (!error) pointer_write(slot(parent, index), &at);
    return error;
}

enum port_errno tree_flush(struct pfs *pfs, struct frame *f) {
    struct object *o = f->object;
    struct frame *parent = NULL;
    struct pointer at;
    enum port_errno error = PORT_OK;
    if (f->level < o->height)
        error = edit_path(pfs, o, (uint8_t)(f->level + 1), up(f->index, 1), TREE_KEEP, &parent);
    if (!error) error = block_seal(pfs, o, f->level, f->index, f->bytes, f->block, &at);
    if (error) return volume_fail(pfs, error);
    if (parent) pointer_write(slot(parent, f->index), &at);
    else o->pointer = at;
    cache_set_clean(&pfs->cache, f);
    return PORT_OK;
}

/* --- All blocks --- */

/* Where a walk is: which pointer is the next one at each level. */
struct walk {
    uint32_t level, next[HEIGHT_MAX + 1];
    uint64_t index[HEIGHT_MAX + 1];
    struct pointer at[HEIGHT_MAX + 1];
};

static void enter(const struct tree_visitor *v, struct walk *w, uint32_t level, uint64_t index,
                  const struct pointer *at) {
    uint64_t first = index << NODE_SHIFT * level;
    w->level = level;
    w->index[level] = index;
    w->at[level] = *at;
    w->next[level] = level && v->from > first ? (uint32_t)up(v->from - first, level - 1) : 0;
}

/* The next pointer of a block of pointers. */
static enum port_errno step(struct tree_visitor *v, struct pfs *pfs, struct object *o,
                            struct walk *w) {
    struct frame *node;
    struct pointer child;
    uint64_t index = w->index[w->level] * NODE_POINTERS + w->next[w->level]++;
    enum port_errno error = tree_fetch(pfs, o, (uint8_t)w->level, w->index[w->level],
                                       &w->at[w->level], &node);
    if (error) return error;
    pointer_read(slot(node, index), &child);
    if (!child.block || (v->wants && !v->wants(v, &child))) return PORT_OK;
    if (w->level == 1) return v->visit(v, pfs, o, 0, index, &child);
    enter(v, w, w->level - 1, index, &child);
    return PORT_OK;
}

enum port_errno tree_walk(struct pfs *pfs, struct object *o, struct tree_visitor *v) {
    struct walk w;
    enum port_errno error = PORT_OK;
    if (!o->pointer.block || (v->wants && !v->wants(v, &o->pointer))) return PORT_OK;
    uint32_t height = o->height;
    enter(v, &w, height, 0, &o->pointer);
    while (!error && w.level <= height) {
        if (w.level > 0 && w.next[w.level] < NODE_POINTERS) {
            error = step(v, pfs, o, &w);
        } else {
            error = v->visit(v, pfs, o, (uint8_t)w.level, w.index[w.level], &w.at[w.level]);
            w.level++;
        }
    }
    return error;
}

/* --- Cutting --- */

static enum port_errno give(struct pfs *pfs, struct object *o, uint8_t level, uint64_t index,
                            const struct pointer *at) {
    struct frame *f = cache_find(&pfs->cache, o->number, level, index);
    if (f) cache_drop(&pfs->cache, f);
    return space_give(pfs, at->block, pointer_is_fresh(pfs, at));
}

/* The blocks of pointers above `blocks` can be changed, as far as there are any. */
static enum port_errno edit_edge(struct pfs *pfs, struct object *o, uint64_t blocks) {
    for (uint32_t level = o->height; level > 0; level--) {
        struct frame *f;
        struct pointer at;
        uint64_t index = up(blocks, level);
        enum port_errno error = tree_pointer(pfs, o, (uint8_t)level, index, &at);
        if (!error && at.block)
            error = edit_path(pfs, o, (uint8_t)level, index, TREE_KEEP, &f);
        if (error) return error;
    }
    return PORT_OK;
}

/* A block whose pointers were all looked at: it goes with them, if nothing is left of them. */
static enum port_errno cut_one(struct tree_visitor *v, struct pfs *pfs, struct object *o,
                               uint8_t level, uint64_t index, const struct pointer *at) {
    const struct pointer given = *at;
    struct frame *parent = NULL;
    if (index << NODE_SHIFT * level < v->from) return PORT_OK;
    if (level < o->height)
        parent = cache_find(&pfs->cache, o->number, (uint8_t)(level + 1), up(index, 1));
    else o->pointer = (struct pointer){0};
    if (parent && parent->is_dirty) memset(slot(parent, index), 0, POINTER_BYTES);
    return give(pfs, o, level, index, &given);
}

/* As few levels as the blocks need. */
static enum port_errno lower(struct pfs *pfs, struct object *o, uint64_t blocks) {
    while (o->height > 0 && blocks <= UINT64_C(1) << NODE_SHIFT * (o->height - 1)) {
        struct pointer root = o->pointer;
        struct frame *f;
        if (root.block) {
            enum port_errno error = tree_fetch(pfs, o, o->height, 0, &root, &f);
            if (error) return error;
            pointer_read(f->bytes, &o->pointer);
            error = give(pfs, o, o->height, 0, &root);
            if (error) return error;
        }
        o->height--;
    }
    return PORT_OK;
}

enum port_errno tree_cut(struct pfs *pfs, struct object *o, uint64_t blocks) {
    struct tree_visitor v = {.from = blocks, .visit = cut_one};
    if (blocks >= UINT64_C(1) << NODE_SHIFT * o->height) return PORT_OK;
    enum port_errno error = edit_edge(pfs, o, blocks);
    if (error) return error;
    error = tree_walk(pfs, o, &v);
    if (!error) error = lower(pfs, o, blocks);
    return error ? volume_fail(pfs, error) : PORT_OK;
}
