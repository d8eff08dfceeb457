/*
 * nacre/pfs.h - protected files: volumes whose host can neither read nor change nor roll back
 * what guests keep in them.
 *
 * For: making volumes, looking into them, and checking them. A guest gets one as a directory like
 *      any other, by nacre_wasi_add_protected_dir of nacre/wasi.h.
 * Not for: hiding that there is a volume, how large it is, and when it is used. docs/pfs.md says
 *      what is protected against whom.
 *
 * A volume is one file, nacre.pfs, in a directory of the host. One process has it open at a time.
 * Paths in it are names with slashes between them; "" is its first directory. Links in it are not
 * followed.
 *
 * Threads: a volume may be used from any thread, by one at a time for each.
 * Memory: everything that is handed in is borrowed until the function returns.
 */
#ifndef NACRE_PFS_H
#define NACRE_PFS_H

#include <nacre/module.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nacre_pfs nacre_pfs;

/* --- Keys --- */

/* What opens a volume, which has 8 slots for such keys. */
typedef enum nacre_pfs_key_kind {
    NACRE_PFS_NO_KEY,
    NACRE_PFS_KEY,        /* 32 random bytes */
    NACRE_PFS_PASSPHRASE, /* any bytes; opening takes a moment, and 64 MiB; not in enclaves */
    NACRE_PFS_SEALED,     /* none, but what a TEE's core is, and what it runs */
    NACRE_PFS_RECIPIENT,  /* a public key (X25519, 32 bytes): a slot for who has its secret */
    NACRE_PFS_SECRET      /* that secret key, which opens the slot */
} nacre_pfs_key_kind;

/* Of sealed keys: for which programs, besides which cores. None is for any program: whoever starts
 * a core chooses what it runs. */
typedef enum nacre_pfs_identity {
    NACRE_PFS_MODULE = 1, /* the module that is run, by its SHA-256 */
    NACRE_PFS_SIGNER = 2  /* all whose images somebody signed, by that Ed25519 key */
} nacre_pfs_identity;

typedef struct nacre_pfs_key {
    nacre_pfs_key_kind kind;
    const void *bytes;
    size_t size;
    /* Sealed, 32 bytes each: what runs here (nacre_pfs_identify) and who signed it, or NULL.
     * Whoever calls makes sure of it. */
    const uint8_t *identity, *signer_key;
    /* And for whom a slot is made. */
    nacre_pfs_identity seal_for;
    bool seal_to_signer; /* for any core of the same signer; else for this very core only */
} nacre_pfs_key;

/* Who modules are that run together: the digest of the only one, or that of all their digests, so
 * that none becomes another by what is loaded with it. NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_identify(const nacre_module *const *modules,
                                                           uint32_t count,
                                                           uint8_t identity[32]);

/* A key as text for a file, without a NUL: two lines, of which the first says what it is. Of KEY,
 * RECIPIENT and SECRET. Returns its size. */
#define NACRE_PFS_KEY_TEXT 128
NACRE_API size_t nacre_pfs_key_format(nacre_pfs_key_kind kind, const uint8_t key[32],
                                      char text[NACRE_PFS_KEY_TEXT]);
/* And back. NACRE_MALFORMED. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_key_parse(const char *text, size_t size,
                                                            nacre_pfs_key_kind *kind,
                                                            uint8_t key[32]);
/* The public half of a secret key. */
NACRE_API void nacre_pfs_key_public(const uint8_t secret[32], uint8_t recipient[32]);

/* --- Volumes --- */

/* Makes an empty volume in a directory that has none. NACRE_ARGUMENT (the key), NACRE_IO (also:
 * there is one), NACRE_NO_MEMORY, NACRE_HOST. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_create(nacre_engine *engine, const char *host,
                                                         const nacre_pfs_key *key,
                                                         nacre_error *error);

/* Opens one. NACRE_NOT_FOUND: there is none; NACRE_INTEGRITY: the key does not open it, or it was
 * changed, or rolled back; NACRE_IO (also: another process has it open), NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_open(nacre_engine *engine, const char *host,
                                                       const nacre_pfs_key *key, bool read_only,
                                                       nacre_pfs **pfs, nacre_error *error);

/* Puts on the disk what was changed, and closes it in any case. NACRE_IO, NACRE_INTEGRITY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_close(nacre_pfs *pfs, nacre_error *error);

/* Slots of a volume, and which of them opened it (8: none). */
#define NACRE_PFS_SLOTS 8
typedef struct nacre_pfs_slots {
    nacre_pfs_key_kind kinds[NACRE_PFS_SLOTS];
    uint32_t opened;
    bool is_unfinished; /* nacre_pfs_replace_key was cut short, and is to be called again */
} nacre_pfs_slots;
NACRE_API void nacre_pfs_get_slots(const nacre_pfs *pfs, nacre_pfs_slots *slots);

/* Drops slots (a bit each), and adds one for each key. That is on the disk when it returns. Who
 * had a slot can still have the volume's key: see the next. NACRE_ARGUMENT (a key can't be one; or
 * nobody could open the volume), NACRE_LIMIT (8 slots), NACRE_UNSUPPORTED, NACRE_IO. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_rekey(nacre_pfs *pfs, uint32_t dropped,
                                                        const nacre_pfs_key *added,
                                                        uint32_t count, nacre_error *error);

/* Gives the volume another key, which these keys open and nobody else; contents are not written
 * again. Who knew keys of files still reads those. Cut short at any moment, the volume opens by a
 * key that did before and is among these, and this is to be called again. Statuses as above. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_replace_key(nacre_pfs *pfs,
                                                              const nacre_pfs_key *keys,
                                                              uint32_t count,
                                                              nacre_error *error);

/* --- What is in one --- */

typedef enum nacre_pfs_type {
    NACRE_PFS_FILE,
    NACRE_PFS_DIRECTORY,
    NACRE_PFS_LINK
} nacre_pfs_type;

typedef struct nacre_pfs_entry {
    const char *name; /* without the directories above */
    nacre_pfs_type type;
    uint64_t size;      /* bytes; of a directory its entries */
    uint64_t modify_ns; /* since 1970 */
    const char *target; /* of a link; else NULL */
} nacre_pfs_entry;

/* Gives what is in a directory, in no order, or the one file or link. False from `visit` ends it.
 * NACRE_NOT_FOUND, NACRE_INTEGRITY, NACRE_IO. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_list(
    nacre_pfs *pfs, const char *path, bool (*visit)(void *env, const nacre_pfs_entry *entry),
    void *env, nacre_error *error);

/* Reads a file from beginning to end, piece by piece; false from `take` ends it.
 * NACRE_NOT_FOUND, NACRE_ARGUMENT (it is no file), NACRE_INTEGRITY, NACRE_IO. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_read(
    nacre_pfs *pfs, const char *path, bool (*take)(void *env, const void *bytes, size_t size),
    void *env, nacre_error *error);

/* Writes a file, new or instead of what it held: what `give` puts into the buffer each time, until
 * that is 0 bytes. Less than 0: it fails, and the file stays as it was. It is on the disk with
 * nacre_pfs_close. NACRE_NOT_FOUND (of its directory), NACRE_ARGUMENT, NACRE_INTEGRITY,
 * NACRE_IO. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_write(
    nacre_pfs *pfs, const char *path, ptrdiff_t (*give)(void *env, void *buffer, size_t size),
    void *env, nacre_error *error);

/* Makes a directory, or a link to `target`, which may be anything. Statuses as above; NACRE_IO:
 * the name is there already, and is not that of a directory where one is made. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_make_dir(nacre_pfs *pfs, const char *path,
                                                           nacre_error *error);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_make_link(nacre_pfs *pfs, const char *path,
                                                            const char *target,
                                                            nacre_error *error);

typedef struct nacre_pfs_report {
    uint64_t files, directories, links;
    uint64_t bytes;                    /* sizes of the files */
    uint64_t volume_bytes, free_bytes; /* of nacre.pfs */
    uint64_t problems;
} nacre_pfs_report;

/* Reads everything, and tells each problem with the path that it is at. NACRE_OK also if there
 * were some. NACRE_IO, NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_pfs_check(
    nacre_pfs *pfs, void (*problem)(void *env, const char *path, const char *text), void *env,
    nacre_pfs_report *report, nacre_error *error);

#ifdef __cplusplus
}
#endif
#endif
