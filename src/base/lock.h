/* lock.h - a spin lock for short, rare critical sections (a type added, a function lowered). */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdatomic.h>

struct lock {
    atomic_flag held; /* zero-initialised is free */
};

static inline void lock_take(struct lock *lock) {
    while (atomic_flag_test_and_set_explicit(&lock->held, memory_order_acquire)) {
    }
}

static inline void lock_give(struct lock *lock) {
    atomic_flag_clear_explicit(&lock->held, memory_order_release);
}

#endif
