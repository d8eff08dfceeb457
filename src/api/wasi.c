/* wasi.c - implements nacre/wasi.h over src/wasi */
#include <nacre/wasi.h>

#include "api/api.h"
#include "base/status.h"
#include "pfs/route.h"
#include "wasi/context.h"
#include "wasi/wasi.h"

/* The handle is the context itself. */
static struct wasi *inner(nacre_wasi *wasi) { return (struct wasi *)wasi; }

nacre_status nacre_wasi_create(nacre_engine *engine, nacre_wasi **wasi) {
    const struct engine *e = &engine->engine;
    nacre_limits limits;
    struct wasi *w;
    nacre_limits_init(&limits);
    TRY(wasi_create(&e->allocator, e->port, limits.files, &w));
    *wasi = (nacre_wasi *)w;
    return NACRE_OK;
}

void nacre_wasi_destroy(nacre_wasi *wasi) {
    if (wasi) wasi_destroy(inner(wasi));
}

nacre_status nacre_wasi_add_arg(nacre_wasi *wasi, const char *arg) {
    return wasi_add_arg(inner(wasi), arg);
}

nacre_status nacre_wasi_add_env(nacre_wasi *wasi, const char *entry) {
    return wasi_add_env(inner(wasi), entry);
}

void nacre_wasi_inherit_stdio(nacre_wasi *wasi) { wasi_inherit_stdio(inner(wasi)); }

nacre_status nacre_wasi_add_dir(nacre_wasi *wasi, const char *host, const char *guest,
                                bool read_only, nacre_error *error) {
    return wasi_add_dir(inner(wasi), host, guest, read_only, error);
}

static void destroy_route(void *route) { route_destroy(route); }

/* What the context's port is made more by, from the first volume on. */
static nacre_status get_route(struct wasi *wasi, struct route **route) {
    *route = wasi_owned(wasi);
    if (*route) return NACRE_OK;
    TRY(route_create(&wasi->allocator, wasi->port, route));
    wasi_use_port(wasi, route_port(*route), *route, destroy_route);
    return NACRE_OK;
}

nacre_status nacre_wasi_add_protected_dir(nacre_wasi *wasi, const char *host, const char *guest,
                                          const nacre_pfs_key *key, bool read_only,
                                          nacre_error *error) {
    const struct pfs_key inside = api_pfs_key(key);
    struct route *route;
    if (get_route(inner(wasi), &route))
        return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "");
    TRY(route_open(route, host, &inside, read_only, error));
    return wasi_add_dir(inner(wasi), host, guest, read_only, error);
}

nacre_status nacre_wasi_add_listener(nacre_wasi *wasi, const char *address, nacre_error *error) {
    return wasi_add_listener(inner(wasi), address, error);
}

nacre_status nacre_wasi_attach(nacre_wasi *wasi, nacre_store *store) {
    TRY(wasi_limit_files(inner(wasi), store->store.limits.files));
    TRY(wasi_define(inner(wasi), &store->store));
    store->wasi = inner(wasi);
    return NACRE_OK;
}

nacre_status nacre_wasi_commit(nacre_store *store, nacre_error *error) {
    return store->wasi ? wasi_commit(store->wasi, error) : NACRE_OK;
}

/* Calls what there is to run. */
static nacre_status start(nacre_store *store, nacre_instance *instance, nacre_error *error) {
    static const char *const names[] = {"_start", "_initialize"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        nacre_extern item;
        if (nacre_instance_export(instance, names[i], strlen(names[i]), &item) == NACRE_OK &&
            item.kind == NACRE_EXTERN_FUNC)
            return nacre_call(store, item.of.func, NULL, 0, NULL, 0, error);
    }
    if (nacre_instance_module(instance)->code.wasm.has_start) return NACRE_OK;
    return error_set(error, NACRE_NOT_FOUND, NACRE_NO_OFFSET,
                     "nothing to run: no _start function");
}

nacre_status nacre_wasi_run(nacre_store *store, nacre_instance *instance, nacre_error *error) {
    nacre_error lost;
    nacre_status status = start(store, instance, error);
    nacre_status committed = nacre_wasi_commit(store, &lost);
    if (!committed || (status != NACRE_OK && status != NACRE_EXIT)) return status;
    if (error) *error = lost;
    return committed;
}
