/* worker.c - see worker.h */
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/server.h"
#include "sgx/host/worker.h"

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_SEQ_CST)
#define STORE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_SEQ_CST)

enum {
    BURST_CALLS = 8,        /* so many by leaving, within ... */
    BURST_NS = 200000,      /* ... this time, and it is worth looking */
    LOOKS_WITHOUT = 4000,   /* times without a call before it sleeps: some 50 us */
};

static void sleep_on(const uint32_t *word, uint32_t expected) {
    (void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

static void wake(const uint32_t *word) {
    (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void call(struct sgx_worker *w) {
    STORE(w->wanted, 1);
    wake(&w->wanted);
}

bool worker_note_exit(struct sgx_worker *w) {
    if (!w->is_of_use || LOAD(w->wanted)) return false;
    const uint64_t now = server_now_ns();
    if (now - LOAD(w->burst_ns) > BURST_NS) {
        STORE(w->burst_ns, now);
        STORE(w->burst, 0);
    }
    if (__atomic_add_fetch(&w->burst, 1, __ATOMIC_SEQ_CST) < BURST_CALLS) return false;
    call(w);
    return __atomic_exchange_n(&w->is_started, 1, __ATOMIC_SEQ_CST) == 0;
}

/* Slots may say that a call was taken which nobody took: the enclave writes there too. So they say
 * something else now, before who sleeps is woken. */
void worker_end(struct sgx_worker *w) {
    call(w);
    for (uint32_t i = 0; i < w->slot_count; i++) {
        STORE(w->host->slots[i].state, CALLS_STOPPED);
        wake(&w->host->slots[i].state);
    }
}

/* The call in a slot, if there is one that nobody else answers. */
static bool answer(const struct sgx_worker *w, struct calls_slot *slot) {
    uint32_t state = CALLS_ASKED;
    if (__atomic_load_n(&slot->state, __ATOMIC_RELAXED) != CALLS_ASKED ||
        !__atomic_compare_exchange_n(&slot->state, &state, CALLS_TAKEN, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return false;
    served_answer(w->served, slot);
    STORE(slot->state, CALLS_ANSWERED);
    if (LOAD(slot->core_sleeps)) wake(&slot->state);
    return true;
}

static bool look(const struct sgx_worker *w) {
    bool found = false;
    for (uint32_t i = 0; i < w->slot_count; i++) found |= answer(w, &w->host->slots[i]);
    return found;
}

void worker_run(struct sgx_worker *w) {
    while (!LOAD(*w->stop)) {
        STORE(w->host->worker, 1);
        for (uint32_t idle = 0; idle < LOOKS_WITHOUT && !LOAD(*w->stop); idle++) {
            if (look(w)) idle = 0;
            else __builtin_ia32_pause();
        }
        STORE(w->host->worker, 0);
        STORE(w->wanted, 0);
        while (!LOAD(w->wanted) && !LOAD(*w->stop)) sleep_on(&w->wanted, 0);
    }
}

void worker_wait(const struct sgx_worker *w, struct calls_slot *slot) {
    STORE(slot->core_sleeps, 1);
    while (LOAD(slot->state) == CALLS_TAKEN && !LOAD(*w->stop))
        sleep_on(&slot->state, CALLS_TAKEN);
    STORE(slot->core_sleeps, 0);
}
