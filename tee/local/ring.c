/* ring.c - see ring.h */
#define _GNU_SOURCE 1
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
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

/* So often, unless *stop is not 0. */
static bool look_for(uint32_t times, void (*pause)(void), const struct calls_slot *slot,
                     uint32_t wanted, const uint32_t *stop) {
    for (; times && !(stop && LOAD(*stop)); times--) {
        if (LOAD(slot->state) == wanted) return true;
        pause();
    }
    return false;
}

/* Until the state is `wanted`, or *stop is not 0. Who sets one of them wakes those who said in
 * `sleeps` that they sleep: they say so before they look for the last time. */
static bool sleep_until(struct calls_slot *slot, uint32_t wanted, uint32_t *sleeps,
                        const uint32_t *stop) {
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

static void let_go(void) { (void)sched_yield(); }

void ring_ask(struct ring *ring, uint32_t slot) {
    struct calls_slot *s = &ring->slots[slot];
    struct ring_place *place = &ring->places[slot];
    const uint32_t here = (uint32_t)sched_getcpu();
    const uint32_t waking_takes = 4; /* times as long as an answer */
    const uint32_t yields = 32;      /* one is mostly enough */
    STORE(place->core, here);
    bool slept = tell(s, CALLS_ASKED, &s->host_sleeps), is_answered;
    const uint32_t spins = LOAD(ring->spins) * (slept ? waking_takes : 1);
    if (s->call == CALLS_NEXT) is_answered = false; /* an order may be long in coming */
    else if (slept && LOAD(place->host) == here)
        is_answered = look_for(yields, let_go, s, CALLS_ANSWERED, NULL);
    else is_answered = look_for(spins, pause_processor, s, CALLS_ANSWERED, NULL);
    if (!is_answered) (void)sleep_until(s, CALLS_ANSWERED, &s->core_sleeps, NULL);
}

bool ring_look(const struct ring *ring, uint32_t slot, uint32_t spins, const uint32_t *stop) {
    return look_for(spins, pause_processor, &ring->slots[slot], CALLS_ASKED, stop);
}

bool ring_wait(struct ring *ring, uint32_t slot, const uint32_t *stop) {
    struct calls_slot *s = &ring->slots[slot];
    return sleep_until(s, CALLS_ASKED, &s->host_sleeps, stop);
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
