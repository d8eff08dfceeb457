/* layout.c - see layout.h */
#include "pfs/layout.h"

static bool all_zero(const uint8_t *bytes, size_t size) {
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++) any |= bytes[i];
    return any == 0;
}

static nonce nonce_read(const uint8_t *bytes) {
    return (nonce)load_u32(bytes + 8) << 64 | load_u64(bytes);
}

static void nonce_write(uint8_t *bytes, nonce value) {
    store_u64(bytes, (uint64_t)value);
    store_u32(bytes + 8, (uint32_t)(value >> 64));
}

void pointer_read(const uint8_t *bytes, struct pointer *pointer) {
    pointer->block = load_u32(bytes);
    pointer->nonce = nonce_read(bytes + 4);
    memcpy(pointer->tag, bytes + 16, sizeof pointer->tag);
}

void pointer_write(uint8_t *bytes, const struct pointer *pointer) {
    store_u32(bytes, pointer->block);
    nonce_write(bytes + 4, pointer->nonce);
    memcpy(bytes + 16, pointer->tag, sizeof pointer->tag);
}

/* --- Root --- */

enum {
    ROOT_SEQUENCE = 0,
    ROOT_BLOCKS = 8,
    ROOT_FREE = 12,
    ROOT_FIRST = 16,
    ROOT_BEHIND = 28,
    ROOT_FLAGS = 40,
    ROOT_INODES_HEIGHT = 44,
    ROOT_SPACE_HEIGHT = 45,
    ROOT_INODE_COUNT = 48,
    ROOT_FREE_INODE = 52,
    ROOT_ORPHAN = 56,
    ROOT_SPARES = 64,
    ROOT_NAME_KEY = ROOT_SPARES + 4 * SPARES_MAX,
    ROOT_INODES = ROOT_NAME_KEY + 16,
    ROOT_SPACE = ROOT_INODES + POINTER_BYTES,
    ROOT_REST = ROOT_SPACE + POINTER_BYTES,
    ROOT_END = ROOT_BYTES - ROOT_CLEAR
};

void root_write(uint8_t bytes[ROOT_END], const struct root *root) {
    memset(bytes, 0, ROOT_END);
    store_u64(bytes + ROOT_SEQUENCE, root->sequence);
    store_u32(bytes + ROOT_BLOCKS, root->blocks);
    store_u32(bytes + ROOT_FREE, root->free_blocks);
    nonce_write(bytes + ROOT_FIRST, root->first);
    nonce_write(bytes + ROOT_BEHIND, root->behind);
    store_u32(bytes + ROOT_FLAGS, root->flags);
    bytes[ROOT_INODES_HEIGHT] = root->inodes.height;
    bytes[ROOT_SPACE_HEIGHT] = root->space.height;
    store_u32(bytes + ROOT_INODE_COUNT, root->inode_count);
    store_u32(bytes + ROOT_FREE_INODE, root->free_inode);
    store_u32(bytes + ROOT_ORPHAN, root->orphan);
    memcpy(bytes + ROOT_SPARES, root->spares, sizeof root->spares);
    memcpy(bytes + ROOT_NAME_KEY, root->name_key, sizeof root->name_key);
    pointer_write(bytes + ROOT_INODES, &root->inodes.pointer);
    pointer_write(bytes + ROOT_SPACE, &root->space.pointer);
}

static bool root_valid(const struct root *root) {
    for (uint32_t i = 0; i < SPARES_MAX; i++)
        if (root->spares[i] && (root->spares[i] < BLOCK_FIRST || root->spares[i] >= root->blocks))
            return false;
    return root->blocks >= BLOCK_FIRST && root->free_blocks <= root->blocks - BLOCK_FIRST &&
           root->flags <= ROOT_SYNCED && root->inodes.height <= HEIGHT_MAX &&
           root->space.height <= HEIGHT_MAX && root->inode_count > INODE_ROOT &&
           root->free_inode < root->inode_count && root->orphan < root->inode_count;
}

bool root_read(const uint8_t bytes[ROOT_END], struct root *root) {
    root->sequence = load_u64(bytes + ROOT_SEQUENCE);
    root->blocks = load_u32(bytes + ROOT_BLOCKS);
    root->free_blocks = load_u32(bytes + ROOT_FREE);
    root->first = nonce_read(bytes + ROOT_FIRST);
    root->behind = nonce_read(bytes + ROOT_BEHIND);
    root->flags = load_u32(bytes + ROOT_FLAGS);
    root->inodes.height = bytes[ROOT_INODES_HEIGHT];
    root->space.height = bytes[ROOT_SPACE_HEIGHT];
    root->inode_count = load_u32(bytes + ROOT_INODE_COUNT);
    root->free_inode = load_u32(bytes + ROOT_FREE_INODE);
    root->orphan = load_u32(bytes + ROOT_ORPHAN);
    memcpy(root->spares, bytes + ROOT_SPARES, sizeof root->spares);
    memcpy(root->name_key, bytes + ROOT_NAME_KEY, sizeof root->name_key);
    pointer_read(bytes + ROOT_INODES, &root->inodes.pointer);
    pointer_read(bytes + ROOT_SPACE, &root->space.pointer);
    return root_valid(root) && all_zero(bytes + ROOT_SPACE_HEIGHT + 1, 2) &&
           all_zero(bytes + ROOT_ORPHAN + 4, 4) &&
           all_zero(bytes + ROOT_REST, ROOT_END - ROOT_REST);
}

/* --- Inodes --- */

enum {
    INODE_TYPE = 0,
    INODE_HEIGHT = 1,
    INODE_FLAGS = 2,
    INODE_PARENT = 4,
    INODE_SIZE = 8,
    INODE_ACCESS = 16,
    INODE_MODIFY = 24,
    INODE_CHANGE = 32,
    INODE_NEXT = 40,
    INODE_DIR_BLOCKS = 44,
    INODE_KEY = 48,
    INODE_POINTER = 80,
    INODE_REST = 112
};

void inode_write(uint8_t bytes[INODE_BYTES], const struct inode_fields *inode) {
    memset(bytes, 0, INODE_BYTES);
    bytes[INODE_TYPE] = (uint8_t)inode->type;
    bytes[INODE_HEIGHT] = inode->height;
    store_u16(bytes + INODE_FLAGS, inode->flags);
    store_u32(bytes + INODE_PARENT, inode->parent);
    store_u64(bytes + INODE_SIZE, inode->size);
    store_u64(bytes + INODE_ACCESS, inode->access_ns);
    store_u64(bytes + INODE_MODIFY, inode->modify_ns);
    store_u64(bytes + INODE_CHANGE, inode->change_ns);
    store_u32(bytes + INODE_NEXT, inode->next);
    store_u32(bytes + INODE_DIR_BLOCKS, inode->dir_blocks);
    memcpy(bytes + INODE_KEY, inode->key, KEY_BYTES);
    pointer_write(bytes + INODE_POINTER, &inode->pointer);
}

static bool inode_valid(const struct inode_fields *inode) {
    bool is_dir = inode->type == PORT_TYPE_DIRECTORY;
    if (inode->type != PORT_TYPE_UNKNOWN && inode->type != PORT_TYPE_REGULAR &&
        inode->type != PORT_TYPE_LINK && !is_dir)
        return false;
    if (inode->type == PORT_TYPE_LINK && (inode->size == 0 || inode->size > LINK_MAX))
        return false;
    return inode->height <= HEIGHT_MAX && inode->flags <= INODE_ORPHAN &&
           inode->size <= INT64_MAX && (is_dir || inode->dir_blocks == 0);
}

bool inode_read(const uint8_t bytes[INODE_BYTES], struct inode_fields *inode) {
    inode->type = (enum port_file_type)bytes[INODE_TYPE];
    inode->height = bytes[INODE_HEIGHT];
    inode->flags = (uint16_t)(bytes[INODE_FLAGS] | bytes[INODE_FLAGS + 1] << 8);
    inode->parent = load_u32(bytes + INODE_PARENT);
    inode->size = load_u64(bytes + INODE_SIZE);
    inode->access_ns = load_u64(bytes + INODE_ACCESS);
    inode->modify_ns = load_u64(bytes + INODE_MODIFY);
    inode->change_ns = load_u64(bytes + INODE_CHANGE);
    inode->next = load_u32(bytes + INODE_NEXT);
    inode->dir_blocks = load_u32(bytes + INODE_DIR_BLOCKS);
    memcpy(inode->key, bytes + INODE_KEY, KEY_BYTES);
    pointer_read(bytes + INODE_POINTER, &inode->pointer);
    return inode_valid(inode) && all_zero(bytes + INODE_REST, INODE_BYTES - INODE_REST);
}
