/*
 * ring.h - calls from one process to another, by slots in memory that both have mapped.
 *
 * Who waits spins for a moment, as an answer mostly takes less than falling asleep and waking up,
 * and then sleeps on the slot's state (a futex of Linux). Who has woken the other side up on its
 * own processor lets go of that instead.
 */
#ifndef LOCAL_RING_H
#define LOCAL_RING_H

#include "proto/slot.h"

enum { RING_SLOTS = 16 };

/* The processors where both sides of a slot were last; not binding. */
struct ring_place {
    uint32_t core, host; /* RING_ANYWHERE */
    uint32_t unused[14];
};
#define RING_ANYWHERE UINT32_MAX

struct ring {
    uint32_t spins; /* how often the core looks before it sleeps; 0 on a machine with one CPU */
    uint32_t unused[15];
    struct ring_place places[RING_SLOTS];
    struct calls_slot slots[RING_SLOTS];
};

/* The core's side: has the host answer the call in a slot. */
void ring_ask(struct ring *ring, uint32_t slot);

/* The host's: looks so often for a call in a slot. How often is its own business: the core can
 * write to the ring. */
bool ring_look(const struct ring *ring, uint32_t slot, uint32_t spins, const uint32_t *stop);
/* Sleeps until there is one. False: *stop is not 0, and ring_wake was called. */
bool ring_wait(struct ring *ring, uint32_t slot, const uint32_t *stop);
/* The call was answered. */
void ring_answered(struct ring *ring, uint32_t slot);
/* Has those who wait for calls look at their *stop. */
void ring_wake(struct ring *ring);

#endif
