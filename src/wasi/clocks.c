/* clocks.c - clock_res_get, clock_time_get; see clocks.h */
#include "wasi/clocks.h"

#include "wasi/functions.h"
#include "wasi/guest.h"

static const enum port_clock clocks[] = { /* by witx clockid */
    PORT_CLOCK_REALTIME,
    PORT_CLOCK_MONOTONIC,
    PORT_CLOCK_PROCESS,
    PORT_CLOCK_THREAD,
};

enum port_errno clocks_now(struct wasi *wasi, uint32_t clock, uint64_t *now_ns) {
    uint64_t now;
    if (clock >= ARRAY_COUNT(clocks)) return PORT_EINVAL;
    if (wasi->port->clock_now(wasi->port->context, clocks[clock], &now)) return PORT_ENOTSUP;
    if (clocks[clock] == PORT_CLOCK_MONOTONIC) {
        wasi->monotonic_ns = u64_max(wasi->monotonic_ns, now);
        now = wasi->monotonic_ns;
    }
    *now_ns = now;
    return PORT_OK;
}

enum port_errno clocks_check_deadline(struct wasi_call *c) {
    uint64_t now;
    if (c->host->deadline_ns == UINT64_MAX) return PORT_OK;
    TRY_ERRNO(clocks_now(c->wasi, PORT_CLOCK_MONOTONIC, &now));
    return now >= c->host->deadline_ns ? call_timed_out(c) : PORT_OK;
}

enum port_errno wasi_clock_res_get(struct wasi_call *c) {
    const struct port *port = c->wasi->port;
    uint32_t clock = arg_u32(c, 0);
    uint64_t step;
    uint8_t *out;
    if (clock >= ARRAY_COUNT(clocks)) return PORT_EINVAL;
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 1), 8, &out));
    if (port->clock_step(port->context, clocks[clock], &step)) return PORT_ENOTSUP;
    store_u64(out, step);
    return PORT_OK;
}

/* The precision asked for is a permission to be less exact, which we do not use. */
enum port_errno wasi_clock_time_get(struct wasi_call *c) {
    uint64_t now;
    uint8_t *out;
    TRY_ERRNO(guest_bytes(c, arg_u32(c, 2), 8, &out));
    TRY_ERRNO(clocks_now(c->wasi, arg_u32(c, 0), &now));
    store_u64(out, now);
    return PORT_OK;
}
