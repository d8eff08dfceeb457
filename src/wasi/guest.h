/*
 * guest.h - the guest's memory. Nothing of it is touched but through here: each range is checked
 * whole, before the function has any effect, and what steers us is copied once and then used.
 */
#ifndef WASI_GUEST_H
#define WASI_GUEST_H

#include "wasi/context.h"
#include "wasi/layout.h"

/* `size` bytes at the guest's address. PORT_EFAULT. */
enum port_errno guest_bytes(const struct wasi_call *c, uint32_t address, uint64_t size,
                            uint8_t **bytes);

/* The memory that an array of iovecs names. Empty ones are left out, and what is over SPANS_MAX
 * pieces or a result's range is cut off: a read or write may always be short. PORT_EFAULT;
 * PORT_EINVAL for more than IOVECS_MAX: looking through gigabytes of empty ones takes seconds. */
enum { GUEST_SPANS_MAX = 64, GUEST_IOVECS_MAX = 65536 };
struct guest_spans {
    uint64_t total_bytes;
    uint32_t count;
    struct port_span spans[GUEST_SPANS_MAX];
};
enum port_errno guest_spans(const struct wasi_call *c, uint32_t address, uint32_t count,
                            struct guest_spans *spans);
/* Makes them at most `size` bytes; takes `size` bytes from their front. */
void guest_spans_cut(struct guest_spans *spans, uint64_t size);
void guest_spans_skip(struct guest_spans *spans, uint64_t size);

/* Writes a filestat. */
void guest_put_stat(uint8_t *at, const struct port_stat *stat);

#endif
