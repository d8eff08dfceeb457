/* ring.c - see ring.h */
#define _GNU_SOURCE 1
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "local/ring.h"

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_SEQ_CST)
#define STORE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_SEQ_CST)

static void pause_processor(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    __asm__ volatile("yield");
#endif
}

static void sleep_on(const uint32_t *word, uint32_t expected) {
    (void)syscall(SYS_futex, word, FUTEX_WAIT, expected, NULL, NULL, 0);
}

static void wake(const uint32_t *word) {
    (void)syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Until the state is `wanted`, or *stop is not 0. Who sets one of them wakes those who said in
 * `sleeps` that they sleep: they say so before they look for the last time. */
static bool wait_for(uint32_t spins, struct calls_slot *slot, uint32_t wanted, uint32_t *sleeps,
                     const uint32_t *stop) {
    for (uint32_t i = 0; i < spins; i++) {
        if (stop && LOAD(*stop)) return false;
        if (LOAD(slot->state) == wanted) return true;
        pause_processor();
    }
    for (;;) {
        STORE(*sleeps, 1);
        uint32_t state = LOAD(slot->state);
        bool is_over = stop && LOAD(*stop);
        if (state != wanted && !is_over) {
            sleep_on(&slot->state, state);
            continue;
        }
        STORE(*sleeps, 0);
        return !is_over;
    }
}

/* Did somebody have to be woken? */
static bool tell(struct calls_slot *slot, uint32_t state, const uint32_t *sleeps) {
    STORE(slot->state, state);
    bool slept = LOAD(*sleeps);
    if (slept) wake(&slot->state);
    return slept;
}

void ring_ask(struct ring *ring, uint32_t slot) {
    struct calls_slot *s = &ring->slots[slot];
    const uint32_t waking_takes = 4; /* times as long as an answer */
    bool slept = tell(s, CALLS_ASKED, &s->host_sleeps);
    uint32_t spins = LOAD(ring->spins) * (slept ? waking_takes : 1);
    if (s->call == CALLS_NEXT) spins = 0; /* an order may be long in coming */
    (void)wait_for(spins, s, CALLS_ANSWERED, &s->core_sleeps, NULL);
}

bool ring_wait(struct ring *ring, uint32_t slot, uint32_t spins, const uint32_t *stop) {
    struct calls_slot *s = &ring->slots[slot];
    return wait_for(spins, s, CALLS_ASKED, &s->host_sleeps, stop);
}

void ring_answered(struct ring *ring, uint32_t slot) {
    struct calls_slot *s = &ring->slots[slot];
    (void)tell(s, CALLS_ANSWERED, &s->core_sleeps);
}

void ring_wake(struct ring *ring) {
    for (uint32_t i = 0; i < RING_SLOTS; i++) {
        STORE(ring->slots[i].state, CALLS_STOPPED); /* who is about to sleep does not */
        wake(&ring->slots[i].state);
    }
}
