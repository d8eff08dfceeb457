/* More threads than a core has slots for calls wait for input at the same time; tests/tee/crowd.sh
 * runs it. */
#include "threads.h"

IMPORT("wasi_snapshot_preview1", "fd_read")
int32_t fd_read(int32_t fd, const void *iovecs, int32_t count, uint32_t *size);

static uint32_t done;

static void read_to_end(void) {
    char byte;
    const struct {
        void *at;
        uint32_t size;
    } buffer = {&byte, 1};
    uint32_t got = 1;
    while (got > 0)
        if (fd_read(0, &buffer, 1, &got)) __builtin_trap();
}

static void read_too(struct thread *self) {
    (void)self;
    read_to_end();
    __atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
    notify(&done, 1);
}

EXPORT("_start") void begin(void) {
    for (int i = 0; i < THREADS_MAX; i++)
        if (start(i, read_too) <= 0) __builtin_trap();
    read_to_end();
    for (uint32_t now; (now = __atomic_load_n(&done, __ATOMIC_SEQ_CST)) < THREADS_MAX;)
        wait(&done, now, -1);
}
