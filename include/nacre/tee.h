/*
 * nacre/tee.h - running a program inside of a trusted execution environment (TEE).
 *
 * For: running a WASI program, unmodified, in a core of its own that is shielded from this
 *      process, or this process from it, which does for it what the program was granted.
 * Not for: calling single functions; see nacre/instance.h.
 *
 * Kinds: NACRE_TEE_LOCAL is a process without privileges: what takes over the core, by a hole in
 * the engine, can do nothing but what the program was granted. It protects this process from the
 * program, and not the program from this process or the system.
 *
 * Threads: any number at once; each run has a core of its own. A run has threads that serve it
 * (one that waits for input when the run ends stays until there is some), and a process,
 * nacre-core: the one that the variable NACRE_CORE names, else the one beside the running program
 * or in ../libexec/nacre.
 * Memory: everything in nacre_tee_program is borrowed until nacre_tee_run returns.
 */
#ifndef NACRE_TEE_H
#define NACRE_TEE_H

#include <nacre/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nacre_tee_kind {
    NACRE_TEE_LOCAL
} nacre_tee_kind;

typedef struct nacre_tee_dir {
    const char *host, *guest; /* this system's path, and the guest's name for it */
    bool read_only;
} nacre_tee_dir;

/* What is run, with what: nacre_tee_program_init first. */
typedef struct nacre_tee_program {
    const void *module; /* its bytes: less than 2 GiB */
    size_t module_size;
    const char *image;  /* file that nacre_compile made of the module; NULL: it is interpreted */
    const uint8_t *public_key; /* 32 bytes: the image must be signed with this Ed25519 key; NULL:
                                * it may be unsigned */
    const char *const *args; /* the first is the program's name */
    size_t arg_count;
    const char *const *env;  /* "NAME=VALUE" */
    size_t env_count;
    const nacre_tee_dir *dirs;
    size_t dir_count;
    const char *const *listeners; /* TCP addresses, as for nacre_wasi_add_listener */
    size_t listener_count;
    bool stdio;          /* the guest has this process's standard streams */
    nacre_config config; /* of its fields metering, deterministic, features_off, gc_stress count */
    nacre_limits limits; /* inside of the TEE */
} nacre_tee_program;

/* Nothing to run, nothing granted, and the defaults of nacre_config_init and nacre_limits_init. */
NACRE_API void nacre_tee_program_init(nacre_tee_program *program);

/* Runs a program to its end. NACRE_OK: its _start (or _initialize) returned; NACRE_EXIT with
 * error->exit_code; NACRE_TRAP, and all that loading, linking and calling give, from inside.
 * NACRE_LIMIT also: the core had not ended when twice limits.deadline_ms, 5 seconds and another
 * for each MiB of the module were over. It should have by itself, unless it was taken over, and
 * was ended.
 * NACRE_HOST: the core found that this process gave what can't be. NACRE_NOT_FOUND (there is no
 * nacre-core), NACRE_IO (it can't be started, or ended before the program did), NACRE_UNSUPPORTED
 * (it could not give up its privileges here), NACRE_ARGUMENT (`kind`, no module),
 * NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tee_run(nacre_tee_kind kind,
                                                      const nacre_tee_program *program,
                                                      nacre_error *error);

#ifdef __cplusplus
}
#endif
#endif
