/* Eight threads add to one number; the first waits until all are done. */
#include "threads.h"

enum { COUNT = 8, TIMES = 20000 };
static uint64_t sum, plain;
static uint32_t done, locked;

static void lock(void) {
    while (__atomic_exchange_n(&locked, 1, __ATOMIC_ACQUIRE)) wait(&locked, 1, -1);
}
static void unlock(void) {
    __atomic_store_n(&locked, 0, __ATOMIC_RELEASE);
    notify(&locked, 1);
}

static void add(struct thread *self) {
    (void)self;
    for (int i = 0; i < TIMES; i++) {
        __atomic_fetch_add(&sum, 3, __ATOMIC_SEQ_CST);
        if (i % 100) continue;
        lock();
        plain++;
        unlock();
    }
    __atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
    notify(&done, 1);
}

EXPORT("_start") void begin(void) {
    for (int i = 0; i < COUNT; i++)
        if (start(i, add) <= 0) __builtin_trap();
    for (uint32_t now; (now = __atomic_load_n(&done, __ATOMIC_SEQ_CST)) < COUNT;)
        wait(&done, now, -1);
    print_number("sum", sum);
    print_number("under a lock", plain);
}
