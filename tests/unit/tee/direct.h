/*
 * direct.h - both sides of the boundary in one thread: each call is answered at once by a port of
 * the test's. A test may change the reply before the core sees it.
 */
#ifndef TESTS_UNIT_TEE_DIRECT_H
#define TESTS_UNIT_TEE_DIRECT_H

#include <stdlib.h>

#include "port/calls/calls.h"
#include "port/posix/posix.h"
#include "proto/host.h"

struct direct {
    struct port port; /* the core's */
    struct calls_port state;
    struct served served;
    struct served_grant dir, listener;
    struct calls_slot *slots;
    void (*lie)(void *env, struct calls_slot *slot); /* NULL: the host is honest */
    void *env;
};

static inline void direct_exchange(void *env, uint32_t index) {
    struct direct *d = env;
    served_answer(&d->served, &d->slots[index]);
    if (d->lie) d->lie(d->env, &d->slots[index]);
}

static inline void direct_yield(void *env) {
    (void)env;
    abort(); /* one thread waits for itself */
}

/* `root` is the directory that is granted. */
static inline struct direct *direct_create(const struct port *host, const char *root,
                                           bool read_only) {
    struct direct *d = calloc(1, sizeof *d);
    if (!d) abort();
    d->dir = (struct served_grant){root, read_only};
    d->listener = (struct served_grant){"127.0.0.1:0", false};
    const struct served_grants grants = {
        .dirs = {&d->dir, 1}, .listeners = {&d->listener, 1}, .streams = 7};
    served_init(&d->served, host, port_posix_allocator(), &grants, CALLS_FILES_MAX);
    d->slots = calloc(2, sizeof *d->slots);
    if (!d->slots) abort();
    d->state.calls = (struct calls){.slots = d->slots, .slot_count = 2, .env = d,
                                    .exchange = direct_exchange, .yield = direct_yield};
    d->port = *host;
    d->port.context = &d->state;
    d->port.files = &calls_files;
    d->port.files_context = &d->state;
    d->port.clock_now = calls_port_clock_now;
    d->port.clock_step = calls_port_clock_step;
    d->port.counter = &calls_counter;
    d->port.caught = calls_port_caught;
    return d;
}

static inline void direct_destroy(struct direct *d) {
    served_deinit(&d->served);
    free(d->slots);
    free(d);
}

#endif
