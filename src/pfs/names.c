/* names.c - see names.h */
#include "pfs/names.h"

#include "pfs/inodes.h"
#include "pfs/tree.h"

static struct dir_name of(const char *name) {
    return (struct dir_name){name, (uint32_t)strlen(name)};
}

static bool is_self(const char *name) { return name[0] == '.' && !name[1]; }

enum port_errno names_find(struct pfs *pfs, struct inode *dir, const char *name,
                           struct inode **inode) {
    struct dir_found found;
    if (dir->fields.type != PORT_TYPE_DIRECTORY) return PORT_ENOTDIR;
    if (is_self(name)) return inode_open(pfs, dir->object.number, inode);
    enum port_errno error = dir_find(pfs, dir, of(name), &found);
    return error ? error : inode_open(pfs, found.inode, inode);
}

/* A directory in which names are going to be changed; one that was removed has none. */
static enum port_errno begin(struct pfs *pfs, struct inode *dir, const char *name) {
    if (dir->fields.type != PORT_TYPE_DIRECTORY) return PORT_ENOTDIR;
    if (is_self(name)) return PORT_EINVAL;
    if (dir->fields.flags & INODE_ORPHAN) return PORT_ENOENT;
    enum port_errno error = volume_breathe(pfs);
    return error ? error : inode_touch(pfs, dir);
}

/* --- Making --- */

static enum port_errno fill(struct pfs *pfs, struct inode *dir, struct inode *made,
                            const char *target) {
    struct frame *f;
    inode_set_modified(pfs, made);
    made->fields.access_ns = made->fields.modify_ns;
    if (made->fields.type == PORT_TYPE_DIRECTORY) made->fields.parent = dir->object.number;
    if (!target) return PORT_OK;
    /* Not by data_write, which may commit: it has no name yet. */
    enum port_errno error = tree_edit(pfs, &made->object, 0, TREE_WHOLE, &f);
    if (error) return error;
    made->fields.size = strlen(target);
    memcpy(f->bytes, target, (size_t)made->fields.size);
    return PORT_OK;
}

/* Gives up what has no name yet. */
static enum port_errno give_up(struct pfs *pfs, struct inode *made, enum port_errno error) {
    enum port_errno failed = inode_orphan(pfs, made);
    if (!failed) failed = inode_close(pfs, made);
    return failed ? volume_fail(pfs, failed) : error;
}

enum port_errno names_create(struct pfs *pfs, struct inode *dir, const char *name,
                             enum port_file_type type, const char *target,
                             struct inode **inode) {
    struct dir_found found;
    enum port_errno error = begin(pfs, dir, name);
    if (error) return error;
    error = dir_find(pfs, dir, of(name), &found);
    if (error != PORT_ENOENT) return error ? error : PORT_EEXIST;
    error = inode_new(pfs, type, inode);
    if (error) return error;
    error = fill(pfs, dir, *inode, target);
    found = (struct dir_found){(*inode)->object.number, type};
    if (!error) error = dir_add(pfs, dir, of(name), found);
    if (error) return give_up(pfs, *inode, error);
    inode_set_modified(pfs, dir);
    return PORT_OK;
}

/* --- Removing --- */

/* The inode of a name that is going, by its kind. */
static enum port_errno find_to_remove(struct pfs *pfs, struct inode *dir, const char *name,
                                      bool is_dir, struct inode **inode) {
    struct dir_found found;
    enum port_errno error = dir_find(pfs, dir, of(name), &found);
    if (!error) error = inode_open(pfs, found.inode, inode);
    if (error) return error;
    if (((*inode)->fields.type == PORT_TYPE_DIRECTORY) != is_dir)
        error = is_dir ? PORT_ENOTDIR : PORT_EISDIR;
    else if (is_dir && (*inode)->fields.size)
        error = PORT_ENOTEMPTY;
    if (error) inode_close(pfs, *inode);
    return error;
}

/* An inode without a name; whoever has it open goes on with it. */
static enum port_errno release(struct pfs *pfs, struct inode *inode) {
    enum port_errno error = inode_orphan(pfs, inode);
    inode->fields.change_ns = volume_now(pfs);
    enum port_errno closed = inode_close(pfs, inode);
    return error ? error : closed;
}

static enum port_errno remove_name(struct pfs *pfs, struct inode *dir, const char *name,
                                   bool is_dir) {
    struct inode *inode;
    enum port_errno error = begin(pfs, dir, name);
    if (error) return error;
    error = find_to_remove(pfs, dir, name, is_dir, &inode);
    if (error) return error;
    error = inode_touch(pfs, inode);
    if (!error) error = dir_remove(pfs, dir, of(name));
    if (error) {
        inode_close(pfs, inode);
        return error;
    }
    inode_set_modified(pfs, dir);
    return release(pfs, inode);
}

enum port_errno names_remove(struct pfs *pfs, struct inode *dir, const char *name, bool is_dir) {
    pfs->space.is_releasing = true;
    enum port_errno error = remove_name(pfs, dir, name, is_dir);
    pfs->space.is_releasing = false;
    return error;
}

/* --- Moving --- */

/* Is `dir` what a directory is in, at any distance, or itself? */
static enum port_errno is_below(struct pfs *pfs, struct inode *dir, uint32_t above, bool *below) {
    uint32_t at = dir->object.number, left = pfs->root.inode_count;
    *below = false;
    while (at != INODE_ROOT) {
        struct inode *i;
        if (!left--) return volume_broken(pfs, "what a directory is in", at, 0);
        if (at == above) {
            *below = true;
            return PORT_OK;
        }
        enum port_errno error = inode_open(pfs, at, &i);
        if (error) return error;
        at = i->fields.parent;
        error = inode_close(pfs, i);
        if (error) return error;
    }
    *below = above == INODE_ROOT;
    return PORT_OK;
}

/* May it be put over what has the name now? *over: that, open, or NULL. */
static enum port_errno check_target(struct pfs *pfs, struct inode *to_dir, const char *to_name,
                                    const struct inode *moved, struct inode **over) {
    struct dir_found found;
    bool is_dir = moved->fields.type == PORT_TYPE_DIRECTORY, below;
    *over = NULL;
    if (is_dir) {
        enum port_errno error = is_below(pfs, to_dir, moved->object.number, &below);
        if (error || below) return error ? error : PORT_EINVAL;
    }
    enum port_errno error = dir_find(pfs, to_dir, of(to_name), &found);
    if (error == PORT_ENOENT || (!error && found.inode == moved->object.number)) return PORT_OK;
    return error ? error : find_to_remove(pfs, to_dir, to_name, is_dir, over);
}

/* The entries. Nothing of it is done when the first change fails; else the volume has failed. */
static enum port_errno change_entries(struct pfs *pfs, struct inode *dir, const char *name,
                                      struct inode *to_dir, const char *to_name,
                                      struct inode *moved, struct inode *over) {
    struct dir_found what = {moved->object.number, moved->fields.type};
    enum port_errno error = over ? dir_replace(pfs, to_dir, of(to_name), what)
                                 : dir_add(pfs, to_dir, of(to_name), what);
    if (error) return error;
    pfs->space.is_releasing = true; /* there is room for this half */
    error = dir_remove(pfs, dir, of(name));
    pfs->space.is_releasing = false;
    return error ? volume_fail(pfs, error) : PORT_OK;
}

static enum port_errno move(struct pfs *pfs, struct inode *dir, const char *name,
                            struct inode *to_dir, const char *to_name, struct inode *moved) {
    struct inode *over;
    enum port_errno error = check_target(pfs, to_dir, to_name, moved, &over);
    if (error) return error;
    struct dir_found there;
    bool is_same = !over && !dir_find(pfs, to_dir, of(to_name), &there);
    if (is_same) return PORT_OK;
    error = inode_touch(pfs, moved);
    if (!error && over) error = inode_touch(pfs, over);
    if (!error) error = change_entries(pfs, dir, name, to_dir, to_name, moved, over);
    if (error) {
        if (over) inode_close(pfs, over);
        return error;
    }
    if (moved->fields.type == PORT_TYPE_DIRECTORY) moved->fields.parent = to_dir->object.number;
    moved->fields.change_ns = volume_now(pfs);
    inode_set_modified(pfs, dir);
    inode_set_modified(pfs, to_dir);
    return over ? release(pfs, over) : PORT_OK;
}

enum port_errno names_move(struct pfs *pfs, struct inode *dir, const char *name,
                           struct inode *to_dir, const char *to_name) {
    struct inode *moved;
    enum port_errno error = begin(pfs, dir, name);
    if (!error) error = begin(pfs, to_dir, to_name);
    if (!error) error = inode_touch(pfs, dir); /* a commit may have been between */
    if (!error) error = names_find(pfs, dir, name, &moved);
    if (error) return error;
    error = move(pfs, dir, name, to_dir, to_name, moved);
    enum port_errno closed = inode_close(pfs, moved);
    return error ? error : closed;
}
