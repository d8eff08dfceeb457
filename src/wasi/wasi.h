/*
 * wasi.h - WASI 0.1 (wasi_snapshot_preview1) over the port: what the library's interface,
 * nacre/wasi.h, is made of. See there for what each function means.
 *
 * A context serves one store and the threads of its program.
 */
#ifndef WASI_WASI_H
#define WASI_WASI_H

#include "base/alloc.h"
#include "port/port.h"

struct store;
struct wasi;

/* `files` is how many descriptors may be open at once, with the three standard streams; it may
 * be changed as long as no more are open (NACRE_LIMIT). The allocator is copied; the port must
 * outlive the context. NACRE_NO_MEMORY, NACRE_LIMIT (fewer than 3). */
nacre_status wasi_create(const struct allocator *allocator, const struct port *port,
                         uint32_t files, struct wasi **wasi);
nacre_status wasi_limit_files(struct wasi *wasi, uint32_t files);
void wasi_destroy(struct wasi *wasi);

/* Another port with the same files and more, from now on. `owned` is released with the context,
 * after all files are closed. NULL: it has none. */
void wasi_use_port(struct wasi *wasi, const struct port *port, void *owned,
                   void (*release)(void *owned));
void *wasi_owned(const struct wasi *wasi);

/* Puts on the disk what was written. NACRE_IO, NACRE_INTEGRITY. */
nacre_status wasi_commit(struct wasi *wasi, nacre_error *error);

nacre_status wasi_add_arg(struct wasi *wasi, const char *arg);
/* "NAME=VALUE" instead of an earlier entry of that name. NACRE_ARGUMENT without a name or '='. */
nacre_status wasi_add_env(struct wasi *wasi, const char *entry);

/* A stream that can't be had stays as it was: empty. */
void wasi_inherit_stdio(struct wasi *wasi);

nacre_status wasi_add_dir(struct wasi *wasi, const char *host, const char *guest, bool read_only,
                          nacre_error *error);
nacre_status wasi_add_listener(struct wasi *wasi, const char *address, nacre_error *error);

/* Defines all functions in the store, which owns the context from then on. On failure the caller
 * still does, and what was defined so far traps. NACRE_NO_MEMORY. */
nacre_status wasi_define(struct wasi *wasi, struct store *store);

#endif
