/* check.c - is a volume whole? Every block is read, by who needs it; see pfs_check. */
#include "base/status.h"
#include "pfs/cache.h"
#include "pfs/commit.h"
#include "pfs/dir.h"
#include "pfs/inodes.h"
#include "pfs/tree.h"

enum { PATH_BYTES = 4096 };

/* A directory that is being gone through. */
struct level {
    struct inode *dir;
    uint64_t cookie;
    uint32_t path_size; /* of the directory's own path */
};

struct check {
    struct tree_visitor visitor;
    struct pfs *pfs;
    struct pfs_report *report;
    uint8_t *blocks;  /* a bit for each block that something needs */
    uint8_t *inodes;  /* and for each inode that has a name, is free, or an orphan */
    struct level *levels;
    uint32_t depth, capacity;
    char path[PATH_BYTES];
};

static void tell(struct check *c, const char *text) {
    c->report->problems++;
    if (c->report->problem) c->report->problem(c->report, c->path, text);
}

/* What is broken is told once, and then forgotten, so that the rest is looked at. */
static void tell_broken(struct check *c, enum port_errno error) {
    if (!error) return;
    tell(c, c->pfs->broken[0] ? c->pfs->broken : "it can't be read");
    c->pfs->broken[0] = 0;
}

/* Notes one more bit; true if it was there already. */
static bool mark(uint8_t *bits, uint32_t i) {
    bool was = bits[i / 8] >> i % 8 & 1;
    bits[i / 8] |= (uint8_t)(1 << i % 8);
    return was;
}

/* --- Blocks --- */

static enum port_errno look(struct tree_visitor *v, struct pfs *pfs, struct object *o,
                            uint8_t level, uint64_t index, const struct pointer *at) {
    struct check *c = (struct check *)v;
    struct frame *f;
    if (at->block < BLOCK_FIRST || at->block >= pfs->root.blocks) {
        tell(c, "a block that the volume does not have");
        return PORT_OK;
    }
    if (mark(c->blocks, at->block)) tell(c, "a block that is needed twice");
    tell_broken(c, tree_fetch(pfs, o, level, index, at, &f));
    return PORT_OK;
}

static void look_object(struct check *c, struct object *o) {
    c->visitor = (struct tree_visitor){.visit = look};
    tell_broken(c, tree_walk(c->pfs, o, &c->visitor));
}

static void compare_map(struct check *c) {
    struct pfs *pfs = c->pfs;
    uint32_t used = 0, free = 0;
    for (uint32_t i = 0; i < SPARES_MAX; i++)
        if (pfs->root.spares[i] && mark(c->blocks, pfs->root.spares[i]))
            tell(c, "a spare block that is needed");
    for (uint32_t i = 0; i < pfs->root.blocks; i++) {
        struct frame *f = NULL;
        bool needed = i < BLOCK_FIRST || (c->blocks[i / 8] >> i % 8 & 1);
        if (tree_get(pfs, &pfs->space_map, i / ZONE_BLOCKS, &f)) return; /* told already */
        uint32_t bit = i % ZONE_BLOCKS;
        bool taken = f && (f->bytes[bit / 8] >> bit % 8 & 1);
        if (needed && !taken) used++;
        if (!needed && taken) free++;
        if (!taken) c->report->free_blocks++;
    }
    if (used) tell(c, "blocks that are needed count as free");
    if (free) tell(c, "blocks that nothing needs do not count as free");
    if (c->report->free_blocks != pfs->root.free_blocks) tell(c, "another number of free blocks");
}

/* --- Names --- */

static void count(struct check *c, const struct inode *inode) {
    struct pfs_report *r = c->report;
    uint64_t *of = inode->fields.type == PORT_TYPE_DIRECTORY ? &r->directories
                   : inode->fields.type == PORT_TYPE_LINK    ? &r->links
                                                             : &r->files;
    ++*of;
    if (inode->fields.type == PORT_TYPE_REGULAR) r->bytes += inode->fields.size;
}

/* Goes into a directory, which is given back when it is left. */
static void push(struct check *c, struct inode *dir) {
    if (!alloc_reserve(&c->pfs->allocator, (void **)&c->levels, &c->capacity, c->depth + 1,
                       sizeof *c->levels)) {
        tell(c, "no memory for what is in it");
        (void)inode_close(c->pfs, dir);
        return;
    }
    c->levels[c->depth++] = (struct level){dir, 0, (uint32_t)strlen(c->path)};
}

static void look_entry(struct check *c, const struct port_entry *entry) {
    struct level *level = &c->levels[c->depth - 1];
    struct inode *inode;
    struct text t;
    text_init(&t, c->path + level->path_size, PATH_BYTES - level->path_size);
    text_add(&t, "/");
    text_add_bytes(&t, entry->name, entry->name_size);
    enum port_errno error = inode_open(c->pfs, (uint32_t)entry->inode, &inode);
    tell_broken(c, error);
    if (error) return;
    if (mark(c->inodes, inode->object.number)) {
        tell(c, "an inode with two names");
        (void)inode_close(c->pfs, inode);
        return;
    }
    if (inode->fields.type != entry->type) tell(c, "a name of another kind than its inode");
    look_object(c, &inode->object);
    count(c, inode);
    if (inode->fields.type == PORT_TYPE_DIRECTORY) push(c, inode);
    else (void)inode_close(c->pfs, inode);
}

static void look_directories(struct check *c) {
    struct port_entry entry;
    while (c->depth) {
        struct level *level = &c->levels[c->depth - 1];
        uint32_t count = 0;
        c->path[level->path_size] = 0;
        /* One at a time, as what is in it comes first. */
        enum port_errno error = dir_list(c->pfs, level->dir, level->cookie, &entry, 1, &count);
        tell_broken(c, error);
        if (error || !count) {
            (void)inode_close(c->pfs, level->dir);
            c->depth--;
            continue;
        }
        level->cookie = entry.next;
        look_entry(c, &entry);
    }
    c->path[0] = 0;
}

/* --- Inodes --- */

static void look_orphans(struct check *c) {
    struct pfs *pfs = c->pfs;
    for (uint32_t i = pfs->root.orphan; i;) {
        struct inode *inode;
        if (i >= pfs->root.inode_count || mark(c->inodes, i)) {
            tell(c, "an orphan with a name, or none");
            return;
        }
        enum port_errno error = inode_open(pfs, i, &inode);
        tell_broken(c, error);
        if (error) return;
        look_object(c, &inode->object);
        i = inode->fields.next;
        (void)inode_close(pfs, inode);
    }
}

static void look_table(struct check *c) {
    for (uint32_t i = INODE_ROOT; i < c->pfs->root.inode_count; i++) {
        struct inode *inode;
        bool is_named = c->inodes[i / 8] >> i % 8 & 1;
        enum port_errno error = inode_open_any(c->pfs, i, &inode);
        tell_broken(c, error);
        if (error || !inode) continue;
        if (!is_named) tell(c, "an inode without a name");
        (void)inode_close(c->pfs, inode);
    }
}

static void look_everything(struct check *c) {
    struct inode *root;
    bool was_begun = c->pfs->is_begun;
    c->pfs->is_begun = false; /* so that orphans stay */
    cache_forget(&c->pfs->cache);
    look_object(c, &c->pfs->inodes);
    look_object(c, &c->pfs->space_map);
    enum port_errno error = inode_open(c->pfs, INODE_ROOT, &root);
    tell_broken(c, error);
    if (!error) {
        mark(c->inodes, INODE_ROOT);
        look_object(c, &root->object);
        count(c, root);
        push(c, root);
        look_directories(c);
    }
    look_orphans(c);
    look_table(c);
    compare_map(c);
    c->pfs->is_begun = was_begun;
}

nacre_status pfs_check(struct pfs *pfs, struct pfs_report *report, nacre_error *error) {
    const struct allocator *a = &pfs->allocator;
    size_t block_bytes = pfs->root.blocks / 8 + 1, inode_bytes;
    nacre_status status = NACRE_NO_MEMORY;
    mutex_take(pfs->port, &pfs->mutex);
    if (commit_all(pfs)) status = NACRE_IO;
    inode_bytes = pfs->root.inode_count / 8 + 1;
    struct check *c = ALLOC_NEW(a, struct check);
    uint8_t *blocks = ALLOC_ARRAY(a, uint8_t, block_bytes);
    uint8_t *inodes = ALLOC_ARRAY(a, uint8_t, inode_bytes);
    if (c && blocks && inodes && status != NACRE_IO) {
        *c = (struct check){.pfs = pfs, .report = report, .blocks = blocks, .inodes = inodes};
        report->blocks = pfs->root.blocks;
        look_everything(c);
        ALLOC_FREE_ARRAY(a, c->levels, c->capacity);
        status = NACRE_OK;
    }
    ALLOC_FREE_ARRAY(a, inodes, inode_bytes);
    ALLOC_FREE_ARRAY(a, blocks, block_bytes);
    ALLOC_FREE(a, c);
    mutex_give(pfs->port, &pfs->mutex);
    if (status) error_set(error, status, NACRE_NO_OFFSET, "the volume can't be checked");
    return status;
}
