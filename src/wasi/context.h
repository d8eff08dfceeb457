/* context.h - a WASI context from the inside, and a call to one of its functions. */
#ifndef WASI_CONTEXT_H
#define WASI_CONTEXT_H

#include "base/alloc.h"
#include "exec/host.h"
#include "port/files.h"
#include "port/mutex.h"
#include "port/port.h"
#include "wasi/fds.h"
#include "wasi/path.h"

/* Arguments or environment: strings one after the other, each with its NUL. */
struct wasi_strings {
    char *bytes;
    uint32_t size, capacity, count;
};

struct wasi {
    struct mutex mutex; /* held by the thread whose call runs, but while it waits */
    struct allocator allocator;
    const struct port *port;
    void *owned; /* of the port; released after the files are closed */
    void (*release)(void *owned);
    struct wasi_strings args, env;
    struct wasi_fds fds;
    uint32_t dir_count;    /* preopened: descriptors 3 and on */
    uint64_t monotonic_ns; /* the latest that was seen: a clock that goes back is stopped */
    struct path paths[2];  /* being resolved; here as they are large for a stack */
};

/* One call by the guest. */
struct wasi_call {
    struct wasi *wasi;
    struct host_call *host;
    const uint64_t *args;
    nacre_status end; /* not NACRE_OK: the guest's run ends with this instead of a result */
};

/* Around what may take long: other threads' calls go on meanwhile, and may change everything but
 * the call itself. */
static inline void call_pause(const struct wasi_call *c) {
    mutex_give(c->wasi->port, &c->wasi->mutex);
}
static inline void call_resume(const struct wasi_call *c) {
    mutex_take(c->wasi->port, &c->wasi->mutex);
}

/* Hands an error on. Only where nothing has to be released. */
#define TRY_ERRNO(call)                               \
    do {                                              \
        enum port_errno errno_ = (call);              \
        if (errno_ != PORT_OK) return errno_;         \
    } while (0)

static inline uint32_t arg_u32(const struct wasi_call *c, uint32_t index) {
    return (uint32_t)c->args[index];
}

static inline uint64_t arg_u64(const struct wasi_call *c, uint32_t index) {
    return c->args[index];
}

/* Ends the guest's run as its deadline passed. */
static inline enum port_errno call_timed_out(struct wasi_call *c) {
    c->host->text = "deadline passed";
    c->end = NACRE_LIMIT;
    return PORT_EINTR;
}

#endif
