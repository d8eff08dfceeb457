/* A thread that traps ends the program, and is what the error tells of. */
#include "threads.h"

static uint32_t never;

__attribute__((noinline)) static void fail(struct thread *self) {
    (void)self;
    __builtin_trap();
}

EXPORT("_start") void begin(void) {
    if (start(0, fail) <= 0) __builtin_trap();
    wait(&never, 0, -1);
}
