/* counter.c - the host's counters: a host that lies can turn them back. See calls.h */
#include "port/calls/calls.h"

static nacre_status status_of(enum port_errno e) {
    switch (e) {
    case PORT_OK: return NACRE_OK;
    case PORT_ENOENT: return NACRE_NOT_FOUND;
    case PORT_ENOTSUP: return NACRE_UNSUPPORTED;
    case PORT_ESTALE: return NACRE_INTEGRITY;
    default: return NACRE_IO;
    }
}

static nacre_status read(void *context, const uint8_t name[16], uint64_t *value) {
    return status_of(calls_counter_read(context, load_u64(name), load_u64(name + 8), value));
}

static nacre_status advance(void *context, const uint8_t name[16], uint64_t from, uint64_t to) {
    return status_of(
        calls_counter_advance(context, load_u64(name), load_u64(name + 8), from, to));
}

const struct port_counter calls_counter = {read, advance};
