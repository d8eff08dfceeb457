/*
 * pfs.h - protected files: a volume that is one file of the host, who can neither read what is in
 * it, nor change or roll it back unnoticed. A file system behind port/files.h, so that whoever
 * uses files does not know the difference. docs/pfs.md says how it is made.
 */
#ifndef PFS_PFS_H
#define PFS_PFS_H

#include "base/alloc.h"
#include "port/files.h"
#include "port/port.h"

struct pfs;

/* What opens a volume: each has slots for several. */
enum { PFS_SLOTS = 8 };
enum pfs_key_kind {
    PFS_KEY_NONE,
    PFS_KEY_FILE,       /* 32 random bytes */
    PFS_KEY_PASSPHRASE, /* any bytes, but some; takes a moment, and 64 MiB; not in enclaves */
    PFS_KEY_SEALED,     /* none, but what this core is and runs: where the port can seal */
    PFS_KEY_RECIPIENT,  /* an X25519 key of 32 bytes: to make a slot for whoever has its secret */
    PFS_KEY_SECRET,     /* that secret, which makes slots as well */
    PFS_KEY_COUNT
};

/* Which programs a sealed slot is for, besides which cores. */
enum pfs_identity {
    PFS_IDENTITY_NONE,   /* for nobody: whoever starts cores could open what any program opens */
    PFS_IDENTITY_MODULE, /* this very module: its SHA-256 */
    PFS_IDENTITY_SIGNER, /* those whose images somebody signed: an Ed25519 key */
    PFS_IDENTITY_COUNT
};

struct pfs_key {
    enum pfs_key_kind kind;
    const uint8_t *bytes; /* of all but sealed ones */
    size_t size;
    /* Sealed: what runs here is, of 32 bytes each; NULL: that is not known, or not so. The caller
     * makes sure of it. And whom a slot is made for. */
    const uint8_t *identities[PFS_IDENTITY_COUNT]; /* but NONE */
    enum pfs_identity seal_for;
    enum port_seal_to seal_to;
};

bool pfs_is_read_only(const struct pfs *pfs);

struct pfs_options {
    bool is_read_only;
    uint32_t cache_blocks; /* of 4,096 bytes; 0: PFS_CACHE_BLOCKS */
};
enum { PFS_CACHE_BLOCKS = 4096 };

/* Makes a volume in a directory of the host, which has none, that the key opens. The port must
 * outlive it. NACRE_ARGUMENT, NACRE_UNSUPPORTED (a kind of key), NACRE_NO_MEMORY, NACRE_IO,
 * NACRE_HOST. */
nacre_status pfs_create(const struct allocator *allocator, const struct port *port,
                        const char *dir, const struct pfs_key *key, nacre_error *error);

/* Opens one. NACRE_NOT_FOUND: there is none; NACRE_INTEGRITY: it was changed, is older than one
 * that was seen, or the key does not open it. */
nacre_status pfs_open(const struct allocator *allocator, const struct port *port,
                      const char *dir, const struct pfs_key *key,
                      const struct pfs_options *options, struct pfs **pfs, nacre_error *error);

/* Commits what was changed. Whatever it returns, the volume is closed. */
nacre_status pfs_close(struct pfs *pfs, nacre_error *error);

/* --- Who opens it --- */

/* What a volume's header holds. */
struct pfs_header {
    enum pfs_key_kind slots[PFS_SLOTS]; /* NONE: it is free; never SECRET */
    uint32_t opened;                    /* the slot of the key that opened it, or PFS_SLOTS */
    bool is_unfinished;                 /* pfs_replace_key was, and has to be called again */
};
void pfs_get_header(const struct pfs *pfs, struct pfs_header *header);

/* Drops slots (a bit each, from 1 for the first), and adds one for each of `count` keys. Nothing
 * but the header is written, which is on the disk when this returns NACRE_OK. Who had a slot and
 * looked into it knows the volume's key: see pfs_replace_key. And whoever kept an old copy of the
 * whole header can put it back, where a key that was dropped opens it again.
 * NACRE_ARGUMENT: a key can't be one, the volume was opened for reading, or nobody could open it;
 * NACRE_LIMIT: there are 8 slots; NACRE_UNSUPPORTED, NACRE_NO_MEMORY. Then nothing has changed.
 * NACRE_IO: the volume takes no more changes. */
nacre_status pfs_rekey(struct pfs *pfs, uint32_t dropped, const struct pfs_key *added,
                       uint32_t count, nacre_error *error);

/* Gives the volume another key, which these keys open and nobody else: slots of other keys are
 * dropped. Inodes are written again, with the keys of files that they hold; contents are not. So
 * whoever knew the old key and files' keys still reads what is in these files, and nothing else.
 * Where somebody who knew it may write to the storage, these are to be keys that did not open it
 * before: whatever an old header says, when it is put back, they do not open.
 * Commits what was changed. Cut short at any moment, the volume opens by a key that did before and
 * is among these, and this is to be called again. As pfs_rekey, and NACRE_INTEGRITY. */
nacre_status pfs_replace_key(struct pfs *pfs, const struct pfs_key *keys, uint32_t count,
                             nacre_error *error);

/* --- Is it whole? --- */

/* What pfs_check found. */
struct pfs_report {
    uint64_t files, directories, links, bytes; /* of the files' sizes */
    uint32_t blocks, free_blocks;              /* of the volume */
    uint32_t problems;
    void (*problem)(struct pfs_report *report, const char *path, const char *text); /* or NULL */
};

/* Reads all that there is, and compares the map of the space with it. NACRE_OK also when there are
 * problems. What was not committed is before. */
nacre_status pfs_check(struct pfs *pfs, struct pfs_report *report, nacre_error *error);

/* --- Files --- */

/* The volume as files of a port: handles with PFS_HANDLE set, whose context is the volume. Its
 * root is what open_root gives, whatever the path. Without what streams and sockets have. */
extern const struct port_files pfs_files;
#define PFS_HANDLE (UINT64_C(1) << 62)

#endif
