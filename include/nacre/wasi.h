/*
 * nacre/wasi.h - WASI 0.1 (wasi_snapshot_preview1) for a store.
 *
 * For: giving a guest arguments, environment, clocks, random bytes, standard streams,
 *      directories and listening sockets. The guest can reach nothing else.
 *
 * Threads: as nacre/instance.h.
 * Memory: a nacre_wasi belongs to the caller until nacre_wasi_attach, then to the store.
 */
#ifndef NACRE_WASI_H
#define NACRE_WASI_H

#include <nacre/instance.h>
#include <nacre/pfs.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nacre_wasi nacre_wasi;

/* Makes an empty context: no arguments, no environment, no files; standard input is empty and
 * standard output and error go nowhere. NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_wasi_create(nacre_engine *engine, nacre_wasi **wasi);

/* Releases a context that was not attached. NULL is allowed. */
NACRE_API void nacre_wasi_destroy(nacre_wasi *wasi);

/* Adds an argument (the first is the program's name) or an environment entry "NAME=VALUE", which
 * takes the place of an earlier one of the same name. The string is copied.
 * NACRE_NO_MEMORY; NACRE_ARGUMENT for an entry without a name or without '='. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_wasi_add_arg(nacre_wasi *wasi, const char *arg);
NACRE_API NACRE_MUST_CHECK nacre_status nacre_wasi_add_env(nacre_wasi *wasi, const char *entry);

/* Connects the guest's descriptors 0, 1 and 2 to those of this process. */
NACRE_API void nacre_wasi_inherit_stdio(nacre_wasi *wasi);

/* Grants the host directory `host` under the guest's name `guest`, with all rights or only those
 * that do not change it. Nothing outside of it can be reached, whatever links are in it.
 * NACRE_IO (it can't be opened as a directory), NACRE_NO_MEMORY, NACRE_LIMIT. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_wasi_add_dir(nacre_wasi *wasi, const char *host,
                                                           const char *guest, bool read_only,
                                                           nacre_error *error);

/* Grants the volume of protected files (nacre/pfs.h) in the host directory `host` under the
 * guest's name `guest`. What the guest writes is on the disk when it syncs a file, when
 * nacre_wasi_run or nacre_wasi_commit has returned, or some seconds later. Statuses of
 * nacre_pfs_open; NACRE_LIMIT; NACRE_ARGUMENT: it was granted otherwise before. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_wasi_add_protected_dir(nacre_wasi *wasi,
                                                                     const char *host,
                                                                     const char *guest,
                                                                     const nacre_pfs_key *key,
                                                                     bool read_only,
                                                                     nacre_error *error);

/* Listens on the TCP address `address`, "HOST:PORT" with a numeric IPv4 host or [IPv6] (port 0
 * lets the system choose), and hands the socket to the guest as the next descriptor after the
 * directories. NACRE_ARGUMENT, NACRE_IO, NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_wasi_add_listener(nacre_wasi *wasi,
                                                                const char *address,
                                                                nacre_error *error);

/* Defines wasi_snapshot_preview1 in the store, and wasi.thread-spawn of wasi-threads, which starts
 * as many threads as limits.threads allows. The store owns the context from then on (on failure
 * the caller still does). NACRE_NO_MEMORY. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_wasi_attach(nacre_wasi *wasi, nacre_store *store);

/* Runs a program: the instance's function _start, or _initialize where that is all there is; of an
 * instance with neither, the module's start function was all of it. NACRE_NOT_FOUND: there is
 * nothing to run; and all that nacre_call may return, NACRE_EXIT among it; and, where the program
 * came to its end, those of nacre_wasi_commit. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_wasi_run(nacre_store *store,
                                                       nacre_instance *instance,
                                                       nacre_error *error);

/* Puts on the disk what guests of the store wrote to protected directories. NACRE_IO: some of it
 * is lost, and the volume takes no more changes; NACRE_INTEGRITY: it was changed by others. */
NACRE_API NACRE_MUST_CHECK nacre_status nacre_wasi_commit(nacre_store *store, nacre_error *error);

#ifdef __cplusplus
}
#endif
#endif
