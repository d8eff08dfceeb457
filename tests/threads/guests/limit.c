/* No more threads than --threads allows; when one has ended, another may start. */
#include "threads.h"

static uint32_t go, ended;

static void pause_(struct thread *self) {
    (void)self;
    wait(&go, 0, -1);
    __atomic_fetch_add(&ended, 1, __ATOMIC_SEQ_CST);
}

EXPORT("_start") void begin(void) {
    uint32_t started = 0;
    int32_t number;
    while ((number = start((int)started, pause_)) > 0) started++;
    print_number("started", started);
    print_number("error", (uint64_t)-number);
    __atomic_store_n(&go, 1, __ATOMIC_SEQ_CST);
    notify(&go, UINT32_MAX);
    while (__atomic_load_n(&ended, __ATOMIC_SEQ_CST) < started) {
    }
    /* They are done with us, but may still be counted for a moment. */
    for (int i = 0; i < 10000 && (number = start(0, pause_)) <= 0; i++) wait(&go, 1, 1000000);
    print_number("started again", number > 0);
}
