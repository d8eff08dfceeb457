/*
 * seat.h - where a thread that answers a core's calls waits for them.
 *
 * Waking a thread on a processor that rests takes up to 80 us where the processor is a virtual
 * one; on the processor that the core's thread runs on, which has nothing else to do until it is
 * answered, 3 us. So while calls are rare the thread keeps to that one. While they come one after
 * the other it may be anywhere, and looks for them without falling asleep.
 */
#ifndef LOCAL_HOST_SEAT_H
#define LOCAL_HOST_SEAT_H

#include <sched.h>

#include "base/base.h"

#define SEAT_NONE UINT32_MAX

struct seat {
    cpu_set_t all; /* where the thread may be */
    bool is_of_use; /* there is more than one */
    uint32_t cpu;   /* SEAT_NONE: any */
    uint64_t burst_ns; /* when the last few calls began */
    uint32_t burst;
};

/* Of the calling thread, as for what follows. */
void seat_init(struct seat *s);
/* Keeps to a processor that the core named; as that may be any, if the thread may be there. */
void seat_take(struct seat *s, uint32_t cpu);
/* A call was answered. If many were, the thread goes elsewhere and may be anywhere then. */
void seat_leave_if_busy(struct seat *s);

#endif
