/*
 * client.h - compiling in a process of its own, and the cache of images; implements
 * nacre/compiler.h.
 *
 * Hosted code for Linux, outside of the trusted core: it starts programs and looks after files. No
 * LLVM here: the compiler is another program.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <limits.h>
#include <sys/types.h>

#include <nacre/compiler.h>

#include "base/base.h"

/* Fills in the error and returns `status`: return client_fail(error, NACRE_IO, "%s", ...). */
__attribute__((format(printf, 3, 4))) nacre_status client_fail(nacre_error *error,
                                                               nacre_status status,
                                                               const char *format, ...);
/* The same for errno's number about a file. */
nacre_status client_fail_io(nacre_error *error, const char *what, int number);

/* "NAME.XXXXXXXXXXXXXXXX.tmp" with a random number; false when there is none. */
bool client_temporary_name(const char *name, char *text, size_t size);

/* Writes all of it; false: errno says why. */
bool client_write_all(int fd, const uint8_t *bytes, size_t size);

/* --- The program (program.c) --- */

/* A program that comes with the library, and the variable that says where it is. */
struct program_name {
    const char *name, *variable;
};
extern const struct program_name program_compiler;

/* Its path: the one that is given, else the variable's, else beside the running program or where
 * it is installed. NACRE_NOT_FOUND. */
nacre_status program_find(const struct program_name *program, const char *given,
                          char path[PATH_MAX], nacre_error *error);

enum { PROGRAM_ID_BYTES = 32 };

/* What tells this compiler from others: its build id, or a digest of its file. */
nacre_status program_identify(const char *path, uint8_t id[PROGRAM_ID_BYTES], nacre_error *error);

/* --- Options (options.c) --- */

/* The options to use, with the target's own name in place of NULL. NACRE_ARGUMENT. */
nacre_status options_resolve(const nacre_compile_options *options, nacre_compile_options *resolved,
                             nacre_error *error);

/* --- A process (process.c) --- */

struct process {
    const char *program;
    char *const *argv;
    int input, output, messages; /* descriptors that become 0, 1 and 2 */
    int lock;                    /* and 3, to be held as long as the process lives; -1: none */
    uint64_t data_bytes, address_bytes; /* limits of its memory; 0: none */
    uint64_t cpu_seconds;
    bool bound; /* it ends when the thread that started it does */
    bool low_priority;
};

/* Starts it: nothing of this process but the four descriptors is left to it. Returns 0 or an
 * errno. */
int process_start(const struct process *process, pid_t *pid);

/* --- A compilation (compile.c) --- */

/* How one is started. */
struct compile_job {
    const void *bytes;
    size_t size;
    const char *image_path;
    const nacre_compile_options *options; /* resolved */
    mode_t mode; /* of the image's file */
    int lock;   /* as in struct process */
    bool bound; /* the same */
    bool alone; /* the compiler puts the image in its place, whether this process lives or not */
};

nacre_status compile_start(const struct compile_job *job, nacre_compilation **compilation,
                           nacre_error *error);
nacre_status compile_and_wait(const struct compile_job *job, nacre_error *error);

/* --- Signing (sign.c) --- */

/* Appends a signature to the image, whose file is open for reading and writing. */
nacre_status sign_image(int fd, const uint8_t secret_key[32], nacre_error *error);

/* --- The cache's files (cache.c) --- */

enum { KEY_BYTES = 32, NAME_BYTES = 2 * KEY_BYTES + 32 }; /* 64 digits and an ending */

struct nacre_cache {
    int folder; /* open, and found to be ours */
    uint64_t bound_bytes;
    uint64_t slack_bytes; /* may be added before the folder's images have to be counted again */
    char path[NACRE_CACHE_PATH - NAME_BYTES];
};

struct cache_key {
    char image[NAME_BYTES]; /* file names in the folder */
    char lock[NAME_BYTES];
};

/* Both need resolved options. */
nacre_status cache_key(const uint8_t module_sha256[32], const nacre_compile_options *options,
                       struct cache_key *key, nacre_error *error);
void cache_hex(const uint8_t *bytes, size_t size, char *text);
/* A file of ours that nobody else may write to, and no link. */
struct stat;
bool cache_is_own(const struct stat *info);
bool cache_look(nacre_cache *cache, const struct cache_key *key, nacre_cache_entry *entry);

/* Sees to it that the cache stays within its bound when `bytes` are added; or were, as `keep`. */
void cache_make_room(nacre_cache *cache, uint64_t bytes, const char *keep);
/* Removes images but `keep` (or NULL) until they take at most `bound_bytes`. */
nacre_status cache_prune(nacre_cache *cache, uint64_t bound_bytes, const char *keep,
                         uint64_t *removed, uint64_t *removed_bytes);

/* --- Locks (claim.c) --- */

/* A lock is a file that is locked with flock: the system lets it go with the process that holds
 * it. Its contents say that a compilation was tried, its time when. */
enum claim { CLAIM_HELD, CLAIM_BUSY, CLAIM_FAILED };
enum claim claim_take(nacre_cache *cache, const char *name, bool wait, int *fd);
void claim_note_attempt(int fd);
bool claim_was_tried(int fd, uint32_t within_seconds);
/* Lets go, and removes the file if `remove`. */
void claim_release(nacre_cache *cache, const char *name, int fd, bool remove);

#endif
