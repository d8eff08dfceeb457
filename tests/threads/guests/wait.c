/* What waiting and notifying give. */
#include "threads.h"

static uint32_t word = 5, ready, woken[3];

static void sleep_(struct thread *self) {
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    int32_t result = wait(&word, 5, 10000000000);
    __atomic_fetch_add(&woken[result], 1, __ATOMIC_SEQ_CST);
    (void)self;
}

static uint32_t notify_all_of(uint32_t count) {
    uint32_t n = 0;
    while (n < count) n += notify(&word, count - n);
    return n;
}

EXPORT("_start") void begin(void) {
    print_number("not equal", (uint64_t)wait(&word, 4, -1));
    print_number("timed out at once", (uint64_t)wait(&word, 5, 0));
    print_number("timed out", (uint64_t)wait(&word, 5, 2000000));
    print_number("nobody to notify", notify(&word, 7));
    for (int i = 0; i < 5; i++)
        if (start(i, sleep_) <= 0) __builtin_trap();
    while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < 5) {
    }
    print_number("notified two", notify_all_of(2));
    while (__atomic_load_n(&woken[0], __ATOMIC_SEQ_CST) < 2) {
    }
    print_number("notified the others", notify_all_of(3));
    while (__atomic_load_n(&woken[0], __ATOMIC_SEQ_CST) < 5) {
    }
    print_number("woken", woken[0]);
    print_number("otherwise", woken[1] + woken[2]);
}
