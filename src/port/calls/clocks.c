/* clocks.c - the host's clocks; see calls.h */
#include "port/calls/calls.h"

static nacre_status status_of(enum port_errno e) {
    if (e == PORT_OK) return NACRE_OK;
    return e == PORT_ENOTSUP ? NACRE_UNSUPPORTED : NACRE_IO;
}

/* Those that measure what has passed. What was seen before the host was asked counts: another
 * thread may see a later value meanwhile. */
nacre_status calls_port_clock_now(void *context, enum port_clock clock, uint64_t *now_ns) {
    struct calls_port *port = context;
    uint64_t now, latest = 0;
    if ((uint32_t)clock >= CALLS_CLOCKS) return NACRE_UNSUPPORTED;
    bool is_steady = clock == PORT_CLOCK_MONOTONIC || clock == PORT_CLOCK_PROCESS;
    if (is_steady) latest = __atomic_load_n(&port->latest[clock], __ATOMIC_ACQUIRE);
    TRY(status_of(calls_clock_now(context, clock, &now)));
    if (now < latest)
        return status_of(calls_catch(&port->calls, "clock_now: a clock that runs backwards"));
    while (is_steady && latest < now &&
           !__atomic_compare_exchange_n(&port->latest[clock], &latest, now, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    }
    *now_ns = now;
    return NACRE_OK;
}

nacre_status calls_port_clock_step(void *context, enum port_clock clock, uint64_t *step_ns) {
    return status_of(calls_clock_step(context, clock, step_ns));
}

const char *calls_port_caught(void *context) {
    return calls_caught_text(&((struct calls_port *)context)->calls);
}
