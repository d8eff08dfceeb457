/*
 * calls.h - files and clocks of a port whose calls cross a boundary: what the ports inside of
 * TEEs share. On top of the generated calls it moves what is larger than a slot, and checks what
 * one reply alone does not show: clocks that run backwards, files that lost what was written.
 *
 * The port's context must be a struct calls_port.
 */
#ifndef PORT_CALLS_CALLS_H
#define PORT_CALLS_CALLS_H

#include "proto/core.h"

enum { CALLS_CLOCKS = PORT_CLOCK_THREAD + 1 };

struct calls_port {
    struct calls calls;            /* first: it is the context of the calls */
    uint64_t latest[CALLS_CLOCKS]; /* atomic: of each clock's values, the largest */
    uint32_t cuts;                 /* atomic: how often the core made a file shorter */
};

extern const struct port_files calls_files;
nacre_status calls_port_clock_now(void *context, enum port_clock clock, uint64_t *now_ns);
nacre_status calls_port_clock_step(void *context, enum port_clock clock, uint64_t *step_ns);
extern const struct port_counter calls_counter;
/* For struct port. */
const char *calls_port_caught(void *context);

#endif
