/*
 * nacre/compiler.h - compiling modules ahead of time, and the cache that keeps what was made.
 *
 * For: making the image of a module that nacre_module_use_image attaches (nacre/image.h), at once
 * or beside other work; keeping images between processes, so that each is made once.
 * Not for: running them; and for no TEE: an enclave gets images that were made outside.
 *
 * Every compilation is a process of its own, the program nacre-compiler, with limits: a module
 * that makes the compiler crash or swell costs that compilation and nothing else. The program is
 * taken from the options, else from the environment's NACRE_COMPILER, else it stands beside the
 * running program, or in ../libexec/nacre from there.
 *
 * Threads: the compile functions may be called from any thread. A compilation, and a cache, is
 * used by one thread at a time; a cache's folder by any number of processes.
 * Memory: handles belong to the caller. What is passed in is not needed after the call.
 */
#ifndef NACRE_COMPILER_H
#define NACRE_COMPILER_H

#include <stdbool.h>

#include <nacre/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- What to compile for --- */

typedef struct nacre_compile_options {
    const char *target;    /* "x86-64", "x86-64-v3", "aarch64", ...; NULL, "native": this one */
    bool explicit_bounds;  /* check bounds in code, not by guard pages. Default: false */
    bool metering;         /* as nacre_config's of the engine that is to use the image */
    bool deterministic;    /* the same */
    uint32_t level;        /* how much to optimise, 0 to 3. Default: 2 */
    uint32_t jobs;         /* threads; 0: one a processor. Default: 0 */
    uint64_t memory_bytes; /* that the compiler may use. Default: half of the machine's, and at
                            * most 4 GiB */
    uint32_t cpu_seconds;  /* processor time, of all threads together. Default: 600 */
    bool continues;        /* compile but a continuation, for nacre_module_continue, of ... */
    uint32_t function, loop; /* ... this function's loop at this offset. The cache takes none */
    bool debug;            /* has debuggers find the module's sources, if it has DWARF sections
                            * that tell of them. Default: false */
    bool low_priority;     /* let everything else go first. Default: false */
    const char *compiler;  /* path of nacre-compiler; NULL: see above */
    const uint8_t *secret_key; /* 32 bytes of an Ed25519 key to sign the image with; NULL: don't.
                                * The cache's images are not signed, whatever this says */
} nacre_compile_options;

/* Fills in the defaults that are named above. */
NACRE_API void nacre_compile_options_init(nacre_compile_options *options);

/* The public key of an Ed25519 secret key, for nacre_module_use_image. */
NACRE_API void nacre_key_public(const uint8_t secret_key[32], uint8_t public_key[32]);

/* --- Compiling --- */

/* Compiles `size` bytes of a module and leaves the image at `image_path`, whole or not at all:
 * what was there is replaced when the image is complete. Options may be NULL (all defaults).
 * Waits; when the calling thread ends meanwhile, so does the compiler.
 * NACRE_NOT_FOUND (no compiler), NACRE_IO (no process, or the image can't be written), NACRE_LIMIT
 * (memory or time ran out: the text says which), NACRE_COMPILER (it failed; the text says how),
 * NACRE_UNSUPPORTED (the target, or something in the module), NACRE_ARGUMENT, NACRE_NO_MEMORY, and
 * what nacre_module_create says of modules. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_compile(const void *bytes, size_t size,
                                                      const char *image_path,
                                                      const nacre_compile_options *options,
                                                      nacre_error *error);

/* A compilation that goes on beside the caller. */
typedef struct nacre_compilation nacre_compilation;

/* The same, but does not wait. Only nacre_compilation_wait puts the image in its place. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_compile_start(const void *bytes, size_t size,
                                                            const char *image_path,
                                                            const nacre_compile_options *options,
                                                            nacre_compilation **compilation,
                                                            nacre_error *error);

/* Would nacre_compilation_wait return at once? */
NACRE_API bool nacre_compilation_done(nacre_compilation *compilation);

/* Waits for the end, and says how it went: statuses of nacre_compile. NACRE_IO when the program
 * collects child processes itself (or ignores SIGCHLD). Again gives the same again. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_compilation_wait(nacre_compilation *compilation,
                                                               nacre_error *error);

/* Ends a compilation that still runs; waiting for it gives NACRE_COMPILER. */
NACRE_API void nacre_compilation_cancel(nacre_compilation *compilation);

/* Releases the handle. A compilation that still runs is cancelled, but one of nacre_cache_start
 * goes on. NULL is allowed. */
NACRE_API void nacre_compilation_destroy(nacre_compilation *compilation);

/* --- The cache --- */

/* A folder of images. Their names are digests of the module, the options and the compiler, so that
 * what was found is what would be made. Only its owner may write to it: who can put an image there
 * can run code as that user. Entries are replaced whole and removed, never changed. */
typedef struct nacre_cache nacre_cache;

#define NACRE_CACHE_BYTES (UINT64_C(1) << 30) /* the default bound of a cache: 1 GiB */
#define NACRE_CACHE_PATH 4096                 /* bytes of an entry's path, with the NUL */

typedef struct nacre_cache_entry {
    char path[NACRE_CACHE_PATH]; /* until somebody removes it; a file that is mapped stays whole */
    uint64_t size_bytes;
    uint64_t used_seconds; /* when it was last found or made, in seconds since 1970 */
} nacre_cache_entry;

/* Opens the cache in `folder`, which is made if need be, for its owner alone. NULL: the
 * environment's NACRE_CACHE, else $XDG_CACHE_HOME/nacre, else ~/.cache/nacre. `bound_bytes`: what
 * all images together may take, beyond which those that were not used for longest go; 0: the
 * environment's NACRE_CACHE_SIZE (bytes, or with K, M or G), else NACRE_CACHE_BYTES.
 * NACRE_NOT_FOUND (NACRE_CACHE is empty, which is how to have none; no home), NACRE_IO (it can't
 * be made or read, is another user's, or others may write to it), NACRE_ARGUMENT (the path is too
 * long, or NACRE_CACHE_SIZE no size), NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_cache_open(const char *folder,
                                                         uint64_t bound_bytes,
                                                         nacre_cache **cache,
                                                         nacre_error *error);

/* Releases the handle. NULL is allowed. */
NACRE_API void nacre_cache_close(nacre_cache *cache);

/* The cache's folder, a string that belongs to the cache, and its bound. */
NACRE_API const char *nacre_cache_folder(const nacre_cache *cache);
NACRE_API uint64_t nacre_cache_bound(const nacre_cache *cache);

/* Finds the image of the module with this digest (nacre_module_sha256), and notes its use. What
 * was found may be damaged: if nacre_module_use_image says so, nacre_cache_remove it and go on.
 * NACRE_NOT_FOUND (no image, or no compiler, whose identity is part of the key). */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_cache_find(nacre_cache *cache,
                                                         const uint8_t module_sha256[32],
                                                         const nacre_compile_options *options,
                                                         nacre_cache_entry *entry,
                                                         nacre_error *error);

/* Finds the image, or compiles and keeps it. Of several processes that want the same image, one
 * makes it and the others wait. Statuses of nacre_compile. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_cache_compile(nacre_cache *cache, const void *bytes,
                                                            size_t size,
                                                            const nacre_compile_options *options,
                                                            nacre_cache_entry *entry,
                                                            nacre_error *error);

/* Starts to compile, for later: the image appears in the cache when it is complete, even if this
 * process has ended. `options` should say low_priority.
 * NACRE_LIMIT (not now: somebody is compiling it, or it was tried in the last hour and there is no
 * image), and statuses of nacre_compile_start. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_cache_start(nacre_cache *cache, const void *bytes,
                                                          size_t size,
                                                          const nacre_compile_options *options,
                                                          nacre_compilation **compilation,
                                                          nacre_error *error);

/* Which file, in which state: by device, number, size, and times. */
typedef struct nacre_file_identity {
    uint8_t sha256[32]; /* of these */
    bool is_settled;    /* it can't change without a change of its times any more */
} nacre_file_identity;

/* Identifies an open file; call it before the file is read. NACRE_IO (no regular file, or it can't
 * be asked). */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_file_identify(int fd,
                                                            nacre_file_identity *identity);

/* Remembers a module file's digest (nacre_module_sha256), so that its image is found without
 * reading all of it: only of one that is settled. A failure costs time later, and nothing else. */
NACRE_API void nacre_cache_remember(nacre_cache *cache, const nacre_file_identity *identity,
                                    const uint8_t module_sha256[32]);

/* What was remembered. NACRE_NOT_FOUND. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_cache_recall(nacre_cache *cache,
                                                           const nacre_file_identity *identity,
                                                           uint8_t module_sha256[32]);

/* Removes an entry, for instance a damaged one. */
NACRE_API void nacre_cache_remove(nacre_cache *cache, const nacre_cache_entry *entry);

/* Calls `each` for every image, in no order, until it returns false.
 * NACRE_IO (the folder can't be read). */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_cache_list(
    nacre_cache *cache, bool (*each)(void *context, const nacre_cache_entry *entry),
    void *context);

/* Removes images, those that were not used for longest first, until the rest takes at most
 * `bound_bytes`, and what broken compilations left. Outputs may be NULL: how many were removed,
 * and their size. NACRE_IO, NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_cache_prune(nacre_cache *cache,
                                                          uint64_t bound_bytes,
                                                          uint64_t *removed,
                                                          uint64_t *removed_bytes);

/* --- Looking at images --- */

/* What an image file says of itself. */
typedef struct nacre_image_description {
    uint8_t module_sha256[32]; /* of the module that it was made from */
    char compiler[64];         /* name and version */
    char target[64];
    char options[64];
    uint64_t size_bytes; /* of the file */
    uint64_t code_bytes; /* machine code in it */
    bool explicit_bounds, metering, exceptions, deterministic;
    bool has_signature; /* not verified */
    uint8_t signer[32]; /* the public key of who claims to have signed it */
} nacre_image_description;

/* Reads it. The file's outer structure and checksum are checked; whether it fits its module, only
 * nacre_module_use_image does.
 * NACRE_NOT_FOUND, NACRE_IO, NACRE_MALFORMED (no image, or a damaged one), NACRE_UNSUPPORTED (of
 * another version of Nacre). */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_image_describe(const char *path,
                                                             nacre_image_description *description,
                                                             nacre_error *error);

#ifdef __cplusplus
}
#endif
#endif
