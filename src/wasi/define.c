/* define.c - makes the functions imports of wasi_snapshot_preview1. */
#include "wasi/context.h"
#include "wasi/functions.h"
#include "wasi/wasi.h"

/* What the store's functions point to. It belongs to the store, also when defining fails halfway
 * and the context stays with the caller: the functions must not outlive what they use. */
struct wasi_link {
    struct allocator allocator;
    struct wasi *wasi; /* owned; NULL until all is defined */
};

typedef enum port_errno (*wasi_handler)(struct wasi_call *c);

/* What such a host said is for nobody: the guest does not go on. Nor with files that were changed
 * behind its back. */
static nacre_status was_caught(const struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    const struct port_files *files = port->files;
    const char *what = port->caught ? port->caught(port->context) : NULL;
    if (what) c->host->text = what;
    if (what) return NACRE_HOST;
    what = files && files->broken ? files->broken(port->files_context) : NULL;
    if (what) c->host->text = what;
    return what ? NACRE_INTEGRITY : NACRE_OK;
}

static nacre_status run(const struct wasi_link *link, struct host_call *host, uint64_t *slots,
                        wasi_handler handler) {
    struct wasi_call c = {.wasi = link->wasi, .host = host, .args = slots};
    if (!link->wasi) {
        host->text = "WASI was not set up";
        return NACRE_TRAP;
    }
    call_resume(&c);
    enum port_errno e = handler(&c);
    call_pause(&c);
    nacre_status caught = was_caught(&c);
    if (caught) return caught;
    if (c.end != NACRE_OK) return c.end;
    slots[0] = (uint64_t)(e < PORT_ERRNO_COUNT ? e : PORT_EIO); /* a host that lies */
    return NACRE_OK;
}

#define WASI_FUNCTION(name, params, results)                                                 \
    static nacre_status call_##name(void *env, struct host_call *host, uint64_t *slots) {    \
        return run(env, host, slots, wasi_##name);                                           \
    }
#include "wasi/functions.def"
#undef WASI_FUNCTION

static const struct host_entry functions[] = {
#define WASI_FUNCTION(name, params, results) {#name, params, results, call_##name},
#include "wasi/functions.def"
#undef WASI_FUNCTION
};

/* wasi-threads: the number of the thread, or an error below 0. */
static nacre_status thread_spawn(void *env, struct host_call *host, uint64_t *slots) {
    (void)env;
    uint32_t number = host_start_thread(host, "wasi_thread_start", (uint32_t)slots[0]);
    slots[0] = number ? number : 0u - PORT_EAGAIN;
    return NACRE_OK;
}

static const struct host_entry thread_functions[] = {{"thread-spawn", "i", "i", thread_spawn}};

static const struct host_set sets[] = {
    {"wasi_snapshot_preview1", functions, ARRAY_COUNT(functions)},
    {"wasi", thread_functions, ARRAY_COUNT(thread_functions)},
};

static void release(void *owned) {
    struct wasi_link *link = owned;
    struct allocator allocator = link->allocator;
    if (link->wasi) wasi_destroy(link->wasi);
    ALLOC_FREE(&allocator, link);
}

nacre_status wasi_define(struct wasi *wasi, struct store *store) {
    struct wasi_link *link = ALLOC_NEW(&wasi->allocator, struct wasi_link);
    if (!link) return NACRE_NO_MEMORY;
    link->allocator = wasi->allocator;
    nacre_status status = store_own(store, link, release);
    if (status != NACRE_OK) {
        release(link);
        return status;
    }
    for (size_t i = 0; i < ARRAY_COUNT(sets); i++)
        TRY(store_define_hosts(store, &sets[i], link));
    link->wasi = wasi;
    return NACRE_OK;
}
