/* A thread ends the program while the first waits for ever. */
#include "threads.h"

static uint32_t never;

static void leave(struct thread *self) {
    print("leaving\n");
    proc_exit(40 + self->number);
}

EXPORT("_start") void begin(void) {
    if (start(0, leave) <= 0) __builtin_trap();
    wait(&never, 0, -1);
    print("not reached\n");
}
