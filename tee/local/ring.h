/*
 * ring.h - calls from one process to another, by slots in memory that both have mapped.
 *
 * Who waits spins for a moment, as an answer mostly takes less than falling asleep and waking up,
 * and then sleeps on the slot's state (a futex of Linux).
 */
#ifndef LOCAL_RING_H
#define LOCAL_RING_H

#include "proto/slot.h"

enum { RING_SLOTS = 16 };

struct ring {
    uint32_t spins; /* how often the core looks before it sleeps; 0 on a machine with one CPU */
    uint32_t unused[15];
    struct calls_slot slots[RING_SLOTS];
};

/* The core's side: has the host answer the call in a slot. */
void ring_ask(struct ring *ring, uint32_t slot);

/* The host's: waits for a call in a slot. False: *stop is not 0, and ring_wake was called. How
 * often it looks before it sleeps is its own business: the core can write to the ring. */
bool ring_wait(struct ring *ring, uint32_t slot, uint32_t spins, const uint32_t *stop);
/* The call was answered. */
void ring_answered(struct ring *ring, uint32_t slot);
/* Has those who wait for calls look at their *stop. */
void ring_wake(struct ring *ring);

#endif
