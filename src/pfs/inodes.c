/* inodes.c - see inodes.h */
#include "pfs/inodes.h"

#include "pfs/commit.h"
#include "pfs/tree.h"

static struct inode **head(struct pfs *pfs, uint32_t number) {
    return &pfs->heads[number % INODE_HEADS];
}

static uint8_t *place(struct frame *f, uint32_t number) {
    return f->bytes + (size_t)(number % INODES_PER_BLOCK) * INODE_BYTES;
}

/* --- The table --- */

static enum port_errno table_read(struct pfs *pfs, uint32_t number, struct inode_fields *fields) {
    struct frame *f = NULL;
    if (number >= pfs->root.inode_count)
        return volume_broken(pfs, "no such inode", number, 0);
    enum port_errno error = tree_get(pfs, &pfs->inodes, number / INODES_PER_BLOCK, &f);
    if (error) return error;
    if (!f) *fields = (struct inode_fields){0};
    else if (!inode_read(place(f, number), fields))
        return volume_broken(pfs, "an inode that can't be", number, 0);
    return PORT_OK;
}

static enum port_errno table_write(struct pfs *pfs, uint32_t number,
                                   const struct inode_fields *fields) {
    struct frame *f;
    enum port_errno error =
        tree_edit(pfs, &pfs->inodes, number / INODES_PER_BLOCK, TREE_KEEP, &f);
    if (!error) inode_write(place(f, number), fields);
    return error;
}

/* --- In memory --- */

static struct inode *find(struct pfs *pfs, uint32_t number) {
    struct inode *i = *head(pfs, number);
    while (i && i->object.number != number) i = i->next;
    return i;
}

/* In memory, open once. */
static enum port_errno add(struct pfs *pfs, uint32_t number, const struct inode_fields *fields,
                           struct inode **inode) {
    struct inode *i = ALLOC_NEW(&pfs->allocator, struct inode);
    if (!i) return PORT_ENOMEM;
    if (crypto_gcm_begin(&i->object.key, fields->key)) {
        ALLOC_FREE(&pfs->allocator, i);
        return PORT_ENOMEM;
    }
    i->fields = *fields;
    i->object.number = number;
    i->object.height = fields->height;
    i->object.pointer = fields->pointer;
    i->handles = 1;
    i->next = *head(pfs, number);
    *head(pfs, number) = i;
    *inode = i;
    return PORT_OK;
}

static void forget(struct pfs *pfs, struct inode *i) {
    struct inode **at = head(pfs, i->object.number);
    while (*at != i) at = &(*at)->next;
    *at = i->next;
    pfs->changed_count -= i->is_changed;
    crypto_gcm_end(&i->object.key);
    crypto_clear(i->fields.key, sizeof i->fields.key);
    ALLOC_FREE(&pfs->allocator, i);
}

enum port_errno inode_open_any(struct pfs *pfs, uint32_t number, struct inode **inode) {
    struct inode_fields fields;
    *inode = find(pfs, number);
    if (*inode) {
        (*inode)->handles++;
        return PORT_OK;
    }
    enum port_errno error = table_read(pfs, number, &fields);
    if (!error && fields.type != PORT_TYPE_UNKNOWN) error = add(pfs, number, &fields, inode);
    crypto_clear(fields.key, sizeof fields.key);
    return error;
}

enum port_errno inode_open(struct pfs *pfs, uint32_t number, struct inode **inode) {
    if (number < INODE_ROOT) return volume_broken(pfs, "a name of no inode", number, 0);
    enum port_errno error = inode_open_any(pfs, number, inode);
    if (!error && !*inode) error = volume_broken(pfs, "a name of a free inode", number, 0);
    return error;
}

static void set_changed(struct pfs *pfs, struct inode *i) {
    i->is_changed = pfs->is_changed = true;
    pfs->changed_count++;
}

enum port_errno inode_touch(struct pfs *pfs, struct inode *i) {
    struct frame *f;
    if (i->is_changed) return PORT_OK;
    enum port_errno error = tree_edit(pfs, &pfs->inodes, i->object.number / INODES_PER_BLOCK,
                                      TREE_KEEP, &f);
    if (!error) set_changed(pfs, i);
    return error;
}

void inode_set_modified(struct pfs *pfs, struct inode *i) {
    i->fields.modify_ns = i->fields.change_ns = volume_now(pfs);
}

/* --- New ones, and free ones --- */

/* The first of the free ones, or one more. */
static enum port_errno take_number(struct pfs *pfs, uint32_t *number) {
    struct inode_fields free;
    struct frame *f;
    *number = pfs->root.free_inode ? pfs->root.free_inode : pfs->root.inode_count;
    if (*number == UINT32_MAX) return PORT_ENOSPC;
    enum port_errno error =
        tree_edit(pfs, &pfs->inodes, *number / INODES_PER_BLOCK, TREE_KEEP, &f);
    if (error) return error;
    if (!inode_read(place(f, *number), &free) || free.type != PORT_TYPE_UNKNOWN)
        return volume_broken(pfs, "a free inode that can't be", *number, 0);
    if (pfs->root.free_inode) pfs->root.free_inode = free.next;
    else pfs->root.inode_count++;
    return PORT_OK;
}

static enum port_errno free_number(struct pfs *pfs, uint32_t number) {
    const struct inode_fields free = {.next = pfs->root.free_inode};
    enum port_errno error = table_write(pfs, number, &free);
    if (!error) pfs->root.free_inode = number;
    return error;
}

enum port_errno inode_new(struct pfs *pfs, enum port_file_type type, struct inode **inode) {
    struct inode_fields fields = {.type = type};
    uint32_t number;
    if (pfs->port->random(pfs->port->context, fields.key, sizeof fields.key)) return PORT_EIO;
    enum port_errno error = take_number(pfs, &number);
    if (error) return error;
    error = add(pfs, number, &fields, inode);
    crypto_clear(fields.key, sizeof fields.key);
    if (error) return free_number(pfs, number) ? volume_fail(pfs, error) : error;
    set_changed(pfs, *inode);
    return PORT_OK;
}

/* --- Orphans --- */

enum port_errno inode_orphan(struct pfs *pfs, struct inode *i) {
    enum port_errno error = inode_touch(pfs, i);
    if (error) return error;
    i->fields.flags |= INODE_ORPHAN;
    i->fields.next = pfs->root.orphan;
    pfs->root.orphan = i->object.number;
    return PORT_OK;
}

/* Every orphan before it in the list is open, too. */
static struct inode *orphan_before(struct pfs *pfs, uint32_t number) {
    uint32_t left = pfs->root.inode_count;
    for (uint32_t i = pfs->root.orphan; i && left--;) {
        struct inode *orphan = find(pfs, i);
        if (!orphan || orphan->fields.next == number) return orphan;
        i = orphan->fields.next;
    }
    return NULL;
}

static enum port_errno unlist(struct pfs *pfs, struct inode *i) {
    if (pfs->root.orphan == i->object.number) {
        pfs->root.orphan = i->fields.next;
        return PORT_OK;
    }
    struct inode *before = orphan_before(pfs, i->object.number);
    if (!before) return volume_broken(pfs, "an orphan that is not listed", i->object.number, 0);
    enum port_errno error = inode_touch(pfs, before);
    if (!error) before->fields.next = i->fields.next;
    return error;
}

static enum port_errno destroy_orphan(struct pfs *pfs, struct inode *i) {
    bool was_releasing = pfs->space.is_releasing;
    pfs->space.is_releasing = true;
    enum port_errno error = inode_touch(pfs, i);
    if (!error) error = tree_cut(pfs, &i->object, 0);
    if (!error) error = unlist(pfs, i);
    if (!error) error = free_number(pfs, i->object.number);
    pfs->space.is_releasing = was_releasing;
    return error ? volume_fail(pfs, error) : PORT_OK;
}

enum port_errno inode_close(struct pfs *pfs, struct inode *i) {
    enum port_errno error = PORT_OK;
    if (--i->handles) return PORT_OK;
    if (i->fields.flags & INODE_ORPHAN && pfs->is_begun && !pfs->failed) {
        error = destroy_orphan(pfs, i);
        if (!error) forget(pfs, i); /* else nothing is changed any more */
    } else if (!i->is_changed) {
        forget(pfs, i);
    }
    return error;
}

enum port_errno inodes_free_orphans(struct pfs *pfs) {
    enum port_errno error = PORT_OK;
    while (!error && pfs->root.orphan) {
        struct inode *i;
        error = volume_make_room(pfs);
        if (!error) error = inode_open(pfs, pfs->root.orphan, &i);
        if (error) break;
        bool is_orphan = i->handles == 1 && i->fields.flags & INODE_ORPHAN;
        error = inode_close(pfs, i);
        if (!is_orphan) error = volume_broken(pfs, "no orphan", pfs->root.orphan, 0);
    }
    return error;
}

/* --- The end of a commit --- */

enum port_errno inodes_store(struct pfs *pfs) {
    for (uint32_t n = 0; n < INODE_HEADS; n++) {
        for (struct inode *i = pfs->heads[n], *next; i; i = next) {
            next = i->next;
            if (!i->is_changed) continue;
            i->fields.height = i->object.height;
            i->fields.pointer = i->object.pointer;
            enum port_errno error = table_write(pfs, i->object.number, &i->fields);
            if (!error && pfs->cache.dirty_count > pfs->cache.capacity / 2)
                error = commit_some(pfs);
            if (error) return error;
            i->is_changed = false;
            pfs->changed_count--;
            if (!i->handles) forget(pfs, i);
        }
    }
    return PORT_OK;
}

void inodes_destroy(struct pfs *pfs) {
    for (uint32_t n = 0; n < INODE_HEADS; n++)
        while (pfs->heads[n]) forget(pfs, pfs->heads[n]);
}
