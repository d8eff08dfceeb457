/* Threads that write at once write whole lines. */
#include "threads.h"

enum { COUNT = 4 };
static uint32_t done;

static void write_lines(struct thread *self) {
    (void)self;
    for (int i = 0; i < 200; i++) print("the quick brown fox jumps over the lazy dog\n");
    __atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
    notify(&done, 1);
}

EXPORT("_start") void begin(void) {
    for (int i = 0; i < COUNT; i++)
        if (start(i, write_lines) <= 0) __builtin_trap();
    for (uint32_t now; (now = __atomic_load_n(&done, __ATOMIC_SEQ_CST)) < COUNT;)
        wait(&done, now, -1);
}
