/*
 * layout.h - a volume's bytes: what is where, and how it is read and written. Nothing here does
 * input or output, and nothing decrypts. docs/pfs.md is the same for those who write a reader.
 *
 * All numbers are little-endian. Bytes that are reserved are zero, and what has others is refused.
 */
#ifndef PFS_LAYOUT_H
#define PFS_LAYOUT_H

#include "port/files.h"

enum {
    LAYOUT_VERSION = 1,
    LAYOUT_CIPHER = 1, /* AES-256-GCM, HMAC-SHA-256, SipHash-2-4 */

    BLOCK_BYTES = 4096,
    NODE_POINTERS = 128, /* in a block of pointers */
    NODE_SHIFT = 7,
    HEIGHT_MAX = 8,      /* 2^56 blocks, more than a file can have bytes for */
    ZONE_BLOCKS = 8 * BLOCK_BYTES, /* that one block of the space map is about */
    KEY_BYTES = 32,
    ID_BYTES = 16,

    /* The first blocks. The two of a kind are never written by one call. */
    BLOCK_HEADER_A = 0,
    BLOCK_ROOT = 1, /* and 2 */
    BLOCK_HEADER_B = 3,
    BLOCK_FIRST = 4,

    INODE_BYTES = 128,
    INODES_PER_BLOCK = BLOCK_BYTES / INODE_BYTES,
    /* Objects that are no files. */
    OBJECT_INODES = 0,
    OBJECT_SPACE = 1,
    INODE_ROOT = 2, /* the first directory */

    SPARES_MAX = 8,
    LINK_MAX = BLOCK_BYTES - 1 /* of a link's target */
};

/* A number of 96 bits that no two blocks under one key have in common. */
typedef unsigned __int128 nonce;

/* Where a block is and what it has to be. Of nonce 0 (which nothing is sealed with): a block that
 * so far is in memory only, with a place of its own. Block 0: there is none, and it reads as
 * zeros. */
struct pointer {
    uint32_t block;
    nonce nonce;
    uint8_t tag[16];
};
enum { POINTER_BYTES = 32 };

void pointer_read(const uint8_t *bytes, struct pointer *pointer);
void pointer_write(uint8_t *bytes, const struct pointer *pointer);

/* --- Root --- */

enum { ROOT_BYTES = 512, ROOT_CLEAR = 32 /* nonce, tag, zeros */ };
enum { ROOT_SYNCED = 1 /* its blocks were on the disk before it was written */ };

struct root {
    uint64_t sequence;
    uint32_t blocks, free_blocks; /* of the volume; spares are not free */
    nonce first, behind;          /* nonces of what was written for it */
    uint32_t flags;
    struct {
        uint8_t height;
        struct pointer pointer;
    } inodes, space;
    uint32_t inode_count; /* that the table has room for, from 0 */
    uint32_t free_inode, orphan; /* the first of each list, or 0 */
    uint32_t spares[SPARES_MAX]; /* blocks kept for the space map itself; 0: none */
    uint8_t name_key[16];        /* of the hashes of names */
};

/* The part that is encrypted. NACRE_MALFORMED: a number that can't be. */
void root_write(uint8_t bytes[ROOT_BYTES - ROOT_CLEAR], const struct root *root);
bool root_read(const uint8_t bytes[ROOT_BYTES - ROOT_CLEAR], struct root *root);

/* --- Inodes --- */

enum { INODE_ORPHAN = 1 /* without a name, and open when it was written */ };

/* What the table says of a file, directory or link; type UNKNOWN: it is free. */
struct inode_fields {
    enum port_file_type type;
    uint8_t height;
    uint16_t flags;
    uint32_t parent; /* the directory it is in; 0: none */
    uint64_t size;   /* bytes; of directories: entries */
    uint64_t access_ns, modify_ns, change_ns;
    uint32_t next; /* free ones and orphans: the next one of the list, or 0 */
    uint32_t dir_blocks; /* directories: blocks in use, from 0 */
    uint8_t key[KEY_BYTES];
    struct pointer pointer;
};

void inode_write(uint8_t bytes[INODE_BYTES], const struct inode_fields *inode);
bool inode_read(const uint8_t bytes[INODE_BYTES], struct inode_fields *inode);

#endif
