/* mutex.h - a lock that may be held for long: who waits for it sleeps. Where the platform has no
 * threads nobody waits. */
#ifndef PORT_MUTEX_H
#define PORT_MUTEX_H

#include "port/port.h"

enum { MUTEX_FREE, MUTEX_HELD, MUTEX_WANTED };

struct mutex {
    uint32_t state; /* zero-initialised is free */
};

static inline void mutex_take(const struct port *port, struct mutex *mutex) {
    uint32_t state = MUTEX_FREE;
    if (__atomic_compare_exchange_n(&mutex->state, &state, MUTEX_HELD, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(&mutex->state, MUTEX_WANTED, __ATOMIC_ACQUIRE) != MUTEX_FREE)
        port->threads->wait(port->context, &mutex->state, MUTEX_WANTED, UINT64_MAX);
}

static inline void mutex_give(const struct port *port, struct mutex *mutex) {
    if (__atomic_exchange_n(&mutex->state, MUTEX_FREE, __ATOMIC_RELEASE) == MUTEX_WANTED)
        port->threads->wake(port->context, &mutex->state, 1);
}

#endif
