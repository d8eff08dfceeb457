/*
 * nacre/tee.h - running programs, and calling functions, inside of a trusted execution environment
 * (TEE).
 *
 * For: running a WASI program, unmodified, in a core of its own that is shielded from this
 *      process, or this process from it, which does for it what the program was granted; or
 *      loading modules into one, linking them with each other, and calling what they export.
 * Not for: host functions, memories and tables: what is called in a core is in that core; see
 *      nacre/instance.h.
 *
 * Kinds: NACRE_TEE_LOCAL is a process without privileges: what takes over the core, by a hole in
 * the engine, can do nothing but what the program was granted. It protects this process from the
 * program, and not the program from this process or the system.
 * NACRE_TEE_SGX is an enclave of Intel SGX, which threads of this process enter: this process and
 * the system can neither read nor change what is in it. Where the processor has none it is
 * simulated, with the same code and the same checks, and protects nothing. NACRE_TEE_SGX_HARDWARE
 * is the same, and fails there; NACRE_TEE_SGX_SIMULATED is simulated everywhere. The
 * enclave is the file that the variable NACRE_ENCLAVE names, else nacre-enclave beside the running
 * program or in ../libexec/nacre; see nacre/enclave.h. Images have to check bounds in code
 * (explicit_bounds of nacre/compiler.h).
 *
 * Threads: any number of cores at once; each is used by one thread at a time. A core has threads
 * that serve it (one that waits for input when the core is closed stays until there is some).
 * NACRE_TEE_LOCAL has a process, nacre-core: the one that the variable NACRE_CORE names, else the
 * one beside the running program or in ../libexec/nacre. NACRE_TEE_SGX, simulated, has handlers
 * for SIGILL, SIGSEGV, SIGBUS, SIGFPE and SIGTRAP in this process from the first enclave on, which
 * hand on what is not theirs; while one runs, the process must not change its user or group, nor
 * cancel threads: the C library's own signals can't be kept out of it.
 * Memory: everything in nacre_tee_program is borrowed until the function that takes it returns.
 */
#ifndef NACRE_TEE_H
#define NACRE_TEE_H

#include <nacre/object.h>
#include <nacre/pfs.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nacre_tee_kind {
    NACRE_TEE_LOCAL,
    NACRE_TEE_SGX,
    NACRE_TEE_SGX_HARDWARE,
    NACRE_TEE_SGX_SIMULATED
} nacre_tee_kind;

/* What of a directory is granted. */
typedef enum nacre_tee_dir_kind {
    NACRE_TEE_FILES,     /* its files, as this system has them */
    NACRE_TEE_VOLUME,    /* the volume of protected files that is in it (nacre/pfs.h) */
    NACRE_TEE_NEW_VOLUME /* the same; where there is none, the core makes one that is sealed */
} nacre_tee_dir_kind;

typedef struct nacre_tee_dir {
    const char *host, *guest; /* this system's path, and the guest's name for it */
    bool read_only;
    nacre_tee_dir_kind kind;
    /* Of volumes. Kinds of TEE that can seal take NACRE_PFS_SEALED only, with seal_for and
     * seal_to_signer for a new one: a key from this process would be one that the host knows. The
     * others take no NACRE_PFS_SEALED. */
    nacre_pfs_key key;
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

/* Does this machine have what shields a core of that kind? It is always so for NACRE_TEE_LOCAL.
 * For NACRE_TEE_SGX false means that its cores are simulated. */
NACRE_API bool nacre_tee_is_there(nacre_tee_kind kind);

/* Nothing to run, nothing granted, and the defaults of nacre_config_init and nacre_limits_init. */
NACRE_API void nacre_tee_program_init(nacre_tee_program *program);

/* Runs a program to its end. NACRE_OK: its _start (or _initialize) returned; NACRE_EXIT with
 * error->exit_code; NACRE_TRAP, and all that loading, linking and calling give, from inside.
 * NACRE_LIMIT also: the core was late, see below, and was ended.
 * NACRE_HOST: the core found that this process gave what can't be. NACRE_NOT_FOUND (there is no
 * nacre-core), NACRE_IO (it can't be started, or ended before the program did), NACRE_UNSUPPORTED
 * (it could not give up its privileges here), NACRE_ARGUMENT (`kind`, no module),
 * NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tee_run(nacre_tee_kind kind,
                                                      const nacre_tee_program *program,
                                                      nacre_error *error);

/* --- Modules and functions --- */

typedef struct nacre_tee nacre_tee;
/* Numbers that one core gave for what is in it. */
typedef uint32_t nacre_tee_module;
typedef uint32_t nacre_tee_instance;

/* All that follows may also return: NACRE_HOST, NACRE_IO (the core has ended; nothing works any
 * more, and it is to be closed), NACRE_NO_MEMORY; and NACRE_ARGUMENT for a number that is none.
 * NACRE_LIMIT also, and from then on: with limits.deadline_ms, the core had not answered when that
 * time, 5 seconds, and another for each MiB of modules that it was given were over. It should have
 * by itself, unless it was taken over, and was ended. */

/* Starts a core with a store. Its modules get what `granted` says: of that all counts but module,
 * image and public_key. `images`: files that nacre_compile made, which nacre_tee_load may use; a
 * core can't get any later. Each takes two descriptors while the core is started. Statuses of
 * nacre_tee_run; NACRE_LIMIT: more than 512 images. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tee_open(nacre_tee_kind kind,
                                                       const nacre_tee_program *granted,
                                                       const char *const *images,
                                                       uint32_t image_count, nacre_tee **tee,
                                                       nacre_error *error);
/* How long nacre_tee_open took, in nanoseconds: all of it, and the parts that the kind has, else
 * 0. What is left is the core's first instructions and what it was granted. */
typedef struct nacre_tee_times {
    uint64_t open_ns;
    uint64_t create_ns;  /* addresses (ECREATE), or a process */
    uint64_t measure_ns; /* an enclave's pages are added and measured: EADD, EEXTEND */
    uint64_t init_ns;    /* its signature is checked: EINIT */
} nacre_tee_times;

NACRE_API nacre_tee_times nacre_tee_get_times(const nacre_tee *tee);

/* Ends the core, whatever it does. NULL is allowed. */
NACRE_API void nacre_tee_close(nacre_tee *tee);

#define NACRE_TEE_NO_IMAGE UINT32_MAX

/* Decodes and validates a module of less than 2 GiB in the core. Where volumes were granted, what
 * opens them is all modules that were loaded, one after the other: none can be once one was
 * instantiated (NACRE_ARGUMENT). `image`: the index of its image
 * among those that the core was opened with, or NACRE_TEE_NO_IMAGE: it is interpreted.
 * `public_key` is about the image, as in nacre_tee_program. Statuses of nacre_module_create and
 * nacre_module_create_compiled. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tee_load(nacre_tee *tee, const void *bytes,
                                                       size_t size, uint32_t image,
                                                       const uint8_t *public_key,
                                                       nacre_tee_module *module,
                                                       nacre_error *error);

/* As nacre_store_define_shared. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tee_define_shared(nacre_tee *tee,
                                                                nacre_tee_module module,
                                                                nacre_error *error);

/* Instantiates a module, linked with what was registered. *is_compiled (or NULL): does it run
 * compiled code? Statuses of nacre_instance_create. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tee_instantiate(nacre_tee *tee,
                                                              nacre_tee_module module,
                                                              nacre_tee_instance *instance,
                                                              bool *is_compiled,
                                                              nacre_error *error);

/* Has later instances' imports from `name`, of `name_size` bytes, get an instance's exports. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tee_register(nacre_tee *tee,
                                                           nacre_tee_instance instance,
                                                           const char *name, size_t name_size,
                                                           nacre_error *error);

/* Runs an instance as a program: statuses of nacre_wasi_run. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tee_start(nacre_tee *tee,
                                                        nacre_tee_instance instance,
                                                        nacre_error *error);

/* An export. Pointers are valid until the next call for this core. */
typedef struct nacre_tee_export {
    nacre_extern_kind kind;
    const char *name; /* does not end with a NUL */
    size_t name_size;
    nacre_functype type; /* of a function; of a tag, what its exceptions carry as parameters */
} nacre_tee_export;

/* What an instance exports at `index` of its module's exports. NACRE_NOT_FOUND past the end;
 * NACRE_LIMIT: its name has more than 100 KiB. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tee_get_export(nacre_tee *tee,
                                                             nacre_tee_instance instance,
                                                             uint32_t index,
                                                             nacre_tee_export *item,
                                                             nacre_error *error);

/* Calls a function that the instance exports by this name. References are those that an earlier
 * call gave, null, or nacre_extern_ref's. *results is valid until the next call for this core that
 * is not nacre_tee_referent.
 * NACRE_NOT_FOUND (no such export), NACRE_TYPE (it is no function, or has other parameters), and
 * all that nacre_call may return. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tee_invoke(nacre_tee *tee,
                                                         nacre_tee_instance instance,
                                                         const char *name, size_t name_size,
                                                         const nacre_value *args,
                                                         uint32_t arg_count,
                                                         const nacre_value **results,
                                                         uint32_t *result_count,
                                                         nacre_error *error);

/* Reads a global that the instance exports by this name. NACRE_NOT_FOUND, NACRE_TYPE. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tee_global(nacre_tee *tee,
                                                         nacre_tee_instance instance,
                                                         const char *name, size_t name_size,
                                                         nacre_value *value, nacre_error *error);

/* What a reference refers to, after the call that gave it and before the next. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_tee_referent(nacre_tee *tee,
                                                           const nacre_value *value,
                                                           nacre_referent *referent,
                                                           nacre_error *error);

#ifdef __cplusplus
}
#endif
#endif
