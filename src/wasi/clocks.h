/* clocks.h - time for WASI's own waiting. */
#ifndef WASI_CLOCKS_H
#define WASI_CLOCKS_H

#include "wasi/context.h"

/* The port's clock; the monotonic one never goes back, whatever a host says.
 * EINVAL (no such clock), ENOTSUP (not here). */
enum port_errno clocks_now(struct wasi *wasi, uint32_t clock, uint64_t *now_ns);

/* Ends the guest's run when its deadline has passed. */
enum port_errno clocks_check_deadline(struct wasi_call *c);

#endif
