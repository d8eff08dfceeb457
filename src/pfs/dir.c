/* dir.c - see dir.h */
#include "pfs/dir.h"

#include "pfs/tree.h"

/* A block: its kind, then entries (a leaf) or the blocks below (a branch), by hashes. */
enum {
    KIND = 0,
    LEVEL = 1,  /* branches: 1 is above leaves */
    COUNT = 2,
    USED = 4,   /* leaves: bytes, with the head */
    HEAD = 16,
    LEAF = 1,
    BRANCH = 2,
    LEVEL_MAX = 8
};
/* In a leaf. */
enum { ENTRY_INODE = 8, ENTRY_TYPE = 12, ENTRY_SIZE = 13, ENTRY_NAME = 14 };
/* In a branch: the least hash below, and the block. */
enum { CHILD_BLOCK = 8, CHILD_BYTES = 12, CHILDREN_MAX = (BLOCK_BYTES - HEAD) / CHILD_BYTES };

static uint32_t load_u16(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }

static uint32_t count_of(const uint8_t *b) { return load_u16(b + COUNT); }
static uint32_t used_of(const uint8_t *b) { return load_u16(b + USED); }

static uint8_t *child(const uint8_t *b, uint32_t i) {
    return (uint8_t *)b + HEAD + (size_t)i * CHILD_BYTES;
}

static uint32_t entry_bytes(const uint8_t *entry) { return ENTRY_NAME + entry[ENTRY_SIZE]; }

/* The hash of a name, of 63 bits, so that the cookie behind it is one, too. */
static enum port_errno hash_name(struct pfs *pfs, const struct inode *dir, struct dir_name name,
                                 uint64_t *hash) {
    uint8_t bytes[4 + PORT_NAME_MAX];
    if (name.size > PORT_NAME_MAX) return PORT_ENAMETOOLONG;
    store_u32(bytes, dir->object.number);
    memcpy(bytes + 4, name.bytes, name.size);
    *hash = crypto_siphash(pfs->root.name_key, bytes, 4 + name.size) >> 1;
    return PORT_OK;
}

/* --- Blocks --- */

/* Does what a block says of its size hold? */
static bool is_valid(const uint8_t *b) {
    if (b[KIND] == BRANCH)
        return count_of(b) > 0 && count_of(b) <= CHILDREN_MAX && b[LEVEL] > 0 &&
               b[LEVEL] <= LEVEL_MAX;
    if (b[KIND] != LEAF || used_of(b) < HEAD || used_of(b) > BLOCK_BYTES) return false;
    uint32_t at = HEAD;
    for (uint32_t i = 0; i < count_of(b); i++) {
        if (at + ENTRY_NAME > used_of(b)) return false;
        at += entry_bytes(b + at);
    }
    return at == used_of(b);
}

static enum port_errno wrong(struct pfs *pfs, struct inode *dir, uint32_t block) {
    return volume_broken(pfs, "a block of a directory", dir->object.number, block);
}

static enum port_errno read_block(struct pfs *pfs, struct inode *dir, uint32_t block,
                                  struct frame **f) {
    if (block >= dir->fields.dir_blocks) return wrong(pfs, dir, block);
    enum port_errno error = tree_get(pfs, &dir->object, block, f);
    if (!error && (!*f || !is_valid((*f)->bytes))) error = wrong(pfs, dir, block);
    return error;
}

static enum port_errno edit_block(struct pfs *pfs, struct inode *dir, uint32_t block,
                                  struct frame **f) {
    enum port_errno error = read_block(pfs, dir, block, f);
    return error ? error : tree_edit(pfs, &dir->object, block, TREE_KEEP, f);
}

static enum port_errno new_block(struct pfs *pfs, struct inode *dir, uint32_t *block,
                                 struct frame **f) {
    *block = dir->fields.dir_blocks;
    enum port_errno error = tree_edit(pfs, &dir->object, *block, TREE_WHOLE, f);
    if (error) return error;
    dir->fields.dir_blocks++;
    memset((*f)->bytes, 0, BLOCK_BYTES);
    return PORT_OK;
}

/* The last child whose least hash is not above. */
static uint32_t child_for(const uint8_t *b, uint64_t hash) {
    uint32_t low = 0, high = count_of(b);
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (load_u64(child(b, middle)) <= hash) low = middle;
        else high = middle;
    }
    return low;
}

/* The leaf that a hash belongs to, and the least hash of the next one (UINT64_MAX: there is
 * none). */
static enum port_errno find_leaf(struct pfs *pfs, struct inode *dir, uint64_t hash,
                                 struct frame **f, uint64_t *behind) {
    uint32_t block = 0, level = LEVEL_MAX + 1;
    *behind = UINT64_MAX;
    for (;;) {
        enum port_errno error = read_block(pfs, dir, block, f);
        if (error) return error;
        const uint8_t *b = (*f)->bytes;
        if (b[KIND] == LEAF) return PORT_OK;
        if (b[LEVEL] >= level) return wrong(pfs, dir, block);
        level = b[LEVEL];
        uint32_t i = child_for(b, hash);
        if (i + 1 < count_of(b)) *behind = load_u64(child(b, i + 1));
        block = load_u32(child(b, i) + CHILD_BLOCK);
    }
}

/* Where the first entry with such a hash, or a higher one, is in a leaf, or the leaf's end. */
static uint32_t find_entry(const uint8_t *b, uint64_t hash) {
    uint32_t at = HEAD;
    while (at < used_of(b) && load_u64(b + at) < hash) at += entry_bytes(b + at);
    return at;
}

static bool is_entry(const uint8_t *b, uint32_t at, uint64_t hash) {
    return at < used_of(b) && load_u64(b + at) == hash;
}

/* --- Finding --- */

/* The leaf and the place of a name. */
static enum port_errno locate(struct pfs *pfs, struct inode *dir, struct dir_name name,
                              struct frame **f, uint32_t *at) {
    uint64_t hash, behind;
    enum port_errno error = hash_name(pfs, dir, name, &hash);
    if (!error && dir->fields.size == 0) error = PORT_ENOENT;
    if (!error) error = find_leaf(pfs, dir, hash, f, &behind);
    if (error) return error;
    *at = find_entry((*f)->bytes, hash);
    const uint8_t *entry = (*f)->bytes + *at;
    if (!is_entry((*f)->bytes, *at, hash) || entry[ENTRY_SIZE] != name.size ||
        memcmp(entry + ENTRY_NAME, name.bytes, name.size) != 0)
        return PORT_ENOENT;
    return PORT_OK;
}

enum port_errno dir_find(struct pfs *pfs, struct inode *dir, struct dir_name name,
                         struct dir_found *found) {
    struct frame *f;
    uint32_t at;
    enum port_errno error = locate(pfs, dir, name, &f, &at);
    if (error) return error;
    found->inode = load_u32(f->bytes + at + ENTRY_INODE);
    found->type = (enum port_file_type)f->bytes[at + ENTRY_TYPE];
    return PORT_OK;
}

static void copy_entry(const uint8_t *entry, struct port_entry *out) {
    out->next = load_u64(entry) + 1;
    out->inode = load_u32(entry + ENTRY_INODE);
    out->type = (enum port_file_type)entry[ENTRY_TYPE];
    out->name_size = entry[ENTRY_SIZE];
    memcpy(out->name, entry + ENTRY_NAME, out->name_size);
}

enum port_errno dir_list(struct pfs *pfs, struct inode *dir, uint64_t cookie,
                         struct port_entry *entries, uint32_t capacity, uint32_t *count) {
    *count = 0;
    if (dir->fields.size == 0) return PORT_OK;
    while (*count < capacity && cookie != UINT64_MAX) {
        struct frame *f;
        uint64_t behind;
        enum port_errno error = find_leaf(pfs, dir, cookie, &f, &behind);
        if (error) return error;
        const uint8_t *b = f->bytes;
        for (uint32_t at = find_entry(b, cookie); at < used_of(b) && *count < capacity;
             at += entry_bytes(b + at))
            copy_entry(b + at, &entries[(*count)++]);
        cookie = behind;
    }
    return PORT_OK;
}

/* --- Changing --- */

static void write_entry(uint8_t *entry, uint64_t hash, struct dir_name name,
                        struct dir_found what) {
    store_u64(entry, hash);
    store_u32(entry + ENTRY_INODE, what.inode);
    entry[ENTRY_TYPE] = (uint8_t)what.type;
    entry[ENTRY_SIZE] = (uint8_t)name.size;
    memcpy(entry + ENTRY_NAME, name.bytes, name.size);
}

static void insert_entry(uint8_t *b, uint64_t hash, struct dir_name name,
                         struct dir_found what) {
    uint32_t at = find_entry(b, hash), size = ENTRY_NAME + name.size;
    memmove(b + at + size, b + at, used_of(b) - at);
    write_entry(b + at, hash, name, what);
    store_u16(b + COUNT, (uint16_t)(count_of(b) + 1));
    store_u16(b + USED, (uint16_t)(used_of(b) + size));
}

static void insert_child(uint8_t *b, uint32_t i, uint64_t least, uint32_t block) {
    memmove(child(b, i + 1), child(b, i), (size_t)(count_of(b) - i) * CHILD_BYTES);
    store_u64(child(b, i), least);
    store_u32(child(b, i) + CHILD_BLOCK, block);
    store_u16(b + COUNT, (uint16_t)(count_of(b) + 1));
}

static bool is_full(const uint8_t *b, uint32_t name_size) {
    return b[KIND] == LEAF ? used_of(b) + ENTRY_NAME + name_size > BLOCK_BYTES
                           : count_of(b) == CHILDREN_MAX;
}

/* Moves the higher half of a block to an empty one, and gives its least hash. */
static uint64_t halve(uint8_t *b, uint8_t *upper) {
    uint32_t count = count_of(b), keep = 0, at = HEAD;
    memcpy(upper, b, HEAD);
    if (b[KIND] == BRANCH) {
        keep = count / 2;
        at = (uint32_t)(child(b, keep) - b);
    } else {
        for (; at < HEAD + (used_of(b) - HEAD) / 2; keep++) at += entry_bytes(b + at);
    }
    uint32_t end = b[KIND] == BRANCH ? (uint32_t)(child(b, count) - b) : used_of(b);
    memcpy(upper + HEAD, b + at, end - at);
    memset(b + at, 0, end - at);
    store_u16(b + COUNT, (uint16_t)keep);
    store_u16(upper + COUNT, (uint16_t)(count - keep));
    if (b[KIND] == LEAF) {
        store_u16(b + USED, (uint16_t)at);
        store_u16(upper + USED, (uint16_t)(HEAD + end - at));
    }
    return load_u64(upper + HEAD);
}

/* The root's contents go to a block below it. */
static enum port_errno raise(struct pfs *pfs, struct inode *dir, uint8_t *root) {
    struct frame *f;
    uint32_t block;
    uint8_t level = root[KIND] == BRANCH ? root[LEVEL] : 0;
    if (level == LEVEL_MAX) return PORT_ENOSPC;
    enum port_errno error = new_block(pfs, dir, &block, &f);
    if (error) return error;
    memcpy(f->bytes, root, BLOCK_BYTES);
    memset(root, 0, BLOCK_BYTES);
    root[KIND] = BRANCH;
    root[LEVEL] = (uint8_t)(level + 1);
    insert_child(root, 0, 0, block);
    return PORT_OK;
}

/* The child of a branch that a hash belongs to; one that is full becomes two before. */
static enum port_errno descend(struct pfs *pfs, struct inode *dir, uint8_t *parent, uint64_t hash,
                               uint32_t name_size, struct frame **f) {
    uint32_t i = child_for(parent, hash), block;
    struct frame *upper;
    enum port_errno error =
        edit_block(pfs, dir, load_u32(child(parent, i) + CHILD_BLOCK), f);
    if (error || !is_full((*f)->bytes, name_size)) return error;
    error = new_block(pfs, dir, &block, &upper);
    if (error) return error;
    uint64_t least = halve((*f)->bytes, upper->bytes);
    insert_child(parent, i + 1, least, block);
    if (hash >= least) *f = upper;
    return PORT_OK;
}

/* From the root, so that what is above has room for what is split. */
static enum port_errno insert_far(struct pfs *pfs, struct inode *dir, uint64_t hash,
                                  struct dir_name name, struct dir_found what) {
    struct frame *f;
    enum port_errno error = edit_block(pfs, dir, 0, &f);
    if (!error && is_full(f->bytes, name.size)) error = raise(pfs, dir, f->bytes);
    while (!error && f->bytes[KIND] == BRANCH)
        error = descend(pfs, dir, f->bytes, hash, name.size, &f);
    if (!error) insert_entry(f->bytes, hash, name, what);
    return error;
}

static enum port_errno make_leaf(struct pfs *pfs, struct inode *dir) {
    struct frame *f;
    uint32_t block;
    if (dir->fields.dir_blocks) return PORT_OK;
    enum port_errno error = new_block(pfs, dir, &block, &f);
    if (error) return error;
    f->bytes[KIND] = LEAF;
    store_u16(f->bytes + USED, HEAD);
    return PORT_OK;
}

enum port_errno dir_add(struct pfs *pfs, struct inode *dir, struct dir_name name,
                        struct dir_found what) {
    struct frame *f;
    uint64_t hash, behind;
    enum port_errno error = hash_name(pfs, dir, name, &hash);
    if (!error) error = make_leaf(pfs, dir);
    if (!error) error = find_leaf(pfs, dir, hash, &f, &behind);
    if (error) return error;
    if (is_entry(f->bytes, find_entry(f->bytes, hash), hash)) return PORT_ENOSPC;
    if (is_full(f->bytes, name.size)) {
        error = insert_far(pfs, dir, hash, name, what);
    } else {
        error = tree_edit(pfs, &dir->object, f->index, TREE_KEEP, &f);
        if (!error) insert_entry(f->bytes, hash, name, what);
    }
    if (!error) dir->fields.size++;
    return error;
}

/* A name's place in its leaf, for changing. */
static enum port_errno edit_entry(struct pfs *pfs, struct inode *dir, struct dir_name name,
                                  struct frame **f, uint8_t **entry) {
    uint32_t at;
    enum port_errno error = locate(pfs, dir, name, f, &at);
    if (!error) error = tree_edit(pfs, &dir->object, (*f)->index, TREE_KEEP, f);
    if (!error) *entry = (*f)->bytes + at;
    return error;
}

enum port_errno dir_replace(struct pfs *pfs, struct inode *dir, struct dir_name name,
                            struct dir_found what) {
    struct frame *f;
    uint8_t *entry;
    enum port_errno error = edit_entry(pfs, dir, name, &f, &entry);
    if (error) return error;
    store_u32(entry + ENTRY_INODE, what.inode);
    entry[ENTRY_TYPE] = (uint8_t)what.type;
    return PORT_OK;
}

enum port_errno dir_remove(struct pfs *pfs, struct inode *dir, struct dir_name name) {
    struct frame *f;
    uint8_t *entry;
    enum port_errno error = edit_entry(pfs, dir, name, &f, &entry);
    if (error) return error;
    uint32_t size = entry_bytes(entry), at = (uint32_t)(entry - f->bytes);
    uint32_t left = used_of(f->bytes) - size;
    memmove(entry, entry + size, left - at);
    memset(f->bytes + left, 0, size);
    store_u16(f->bytes + COUNT, (uint16_t)(count_of(f->bytes) - 1));
    store_u16(f->bytes + USED, (uint16_t)left);
    if (--dir->fields.size) return PORT_OK;
    dir->fields.dir_blocks = 0;
    return tree_cut(pfs, &dir->object, 0);
}
