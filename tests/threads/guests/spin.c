/* Threads that never end: a deadline and fuel are the whole program's. */
#include "threads.h"

static void spin(struct thread *self) {
    for (volatile uint32_t *value = &self->value;;) ++*value;
}

EXPORT("_start") void begin(void) {
    for (int i = 0; i < 3; i++)
        if (start(i, spin) <= 0) __builtin_trap();
    spin(&threads[3]);
}
