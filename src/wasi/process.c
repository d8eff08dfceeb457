/* process.c - args_*, environ_*, proc_*, random_get, sched_yield. */
#include "wasi/clocks.h"
#include "wasi/functions.h"
#include "wasi/guest.h"

enum { RANDOM_PIECE = 1 << 18 };

/* What raise does when nothing handles the signal: POSIX's default action. */
enum { SIGNAL_IGNORED, SIGNAL_ENDS, SIGNAL_STOPS };
static const uint8_t signals[] = { /* by witx signal: none hup int quit ... */
    SIGNAL_IGNORED, SIGNAL_ENDS,    SIGNAL_ENDS,    SIGNAL_ENDS,  SIGNAL_ENDS,  SIGNAL_ENDS,
    SIGNAL_ENDS,    SIGNAL_ENDS,    SIGNAL_ENDS,    SIGNAL_ENDS,  SIGNAL_ENDS,  SIGNAL_ENDS,
    SIGNAL_ENDS,    SIGNAL_ENDS,    SIGNAL_ENDS,    SIGNAL_ENDS,  SIGNAL_IGNORED /* chld */,
    SIGNAL_IGNORED /* cont */,      SIGNAL_STOPS,   SIGNAL_STOPS, SIGNAL_STOPS, SIGNAL_STOPS,
    SIGNAL_IGNORED /* urg */,       SIGNAL_ENDS,    SIGNAL_ENDS,  SIGNAL_ENDS,  SIGNAL_ENDS,
    SIGNAL_IGNORED /* winch */,     SIGNAL_ENDS,    SIGNAL_ENDS,  SIGNAL_ENDS,
};

/* The strings' addresses to args[0], the strings to args[1]. */
static enum port_errno get_strings(struct wasi_call *c, const struct wasi_strings *strings) {
    uint32_t address = arg_u32(c, 1);
    uint8_t *pointers, *bytes;
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 0), (uint64_t)strings->count * 4, &pointers));
    TRY_ERRNO(guest_bytes(c, address, strings->size, &bytes));
    uint32_t at = 0;
    for (uint32_t i = 0; i < strings->count; i++) {
        store_u32(pointers + (size_t)i * 4, address + at);
        at += (uint32_t)strlen(strings->bytes + at) + 1;
    }
    if (strings->size) memcpy(bytes, strings->bytes, strings->size);
    return PORT_OK;
}

static enum port_errno get_sizes(struct wasi_call *c, const struct wasi_strings *strings) {
    uint8_t *count, *size;
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 0), 4, &count));
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 1), 4, &size));
    store_u32(count, strings->count);
    store_u32(size, strings->size);
    return PORT_OK;
}

enum port_errno wasi_args_get(struct wasi_call *c) { return get_strings(c, &c->wasi->args); }
enum port_errno wasi_args_sizes_get(struct wasi_call *c) { return get_sizes(c, &c->wasi->args); }
enum port_errno wasi_environ_get(struct wasi_call *c) { return get_strings(c, &c->wasi->env); }
enum port_errno wasi_environ_sizes_get(struct wasi_call *c) {
    return get_sizes(c, &c->wasi->env);
}

enum port_errno wasi_proc_exit(struct wasi_call *c) {
    c->host->exit_code = (int32_t)arg_u32(c, 0);
    c->end = NACRE_EXIT;
    return PORT_OK;
}

/* A signal that nobody handles ends a program; shells report that as 128 and its number. */
enum port_errno wasi_proc_raise(struct wasi_call *c) {
    uint32_t signal = arg_u32(c, 0);
    if (signal >= ARRAY_COUNT(signals)) return PORT_EINVAL;
    if (signals[signal] == SIGNAL_STOPS) return PORT_ENOTSUP;
    if (signals[signal] == SIGNAL_IGNORED) return PORT_OK;
    c->host->exit_code = (int32_t)(128 + signal);
    c->end = NACRE_EXIT;
    return PORT_OK;
}

/* In pieces, so that asking for gigabytes does not outlast the guest's deadline. */
enum port_errno wasi_random_get(struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    uint32_t left = arg_u32(c, 1);
    uint8_t *bytes;
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 0), left, &bytes));
    while (left) {
        uint32_t size = u32_min(left, RANDOM_PIECE);
        if (port->random(port->context, bytes, size)) return PORT_EIO;
        bytes += size;
        left -= size;
        if (left) TRY_ERRNO(clocks_check_deadline(c));
    }
    return PORT_OK;
}

enum port_errno wasi_sched_yield(struct wasi_call *c) {
    c->wasi->port->yield(c->wasi->port->context);
    return PORT_OK;
}
