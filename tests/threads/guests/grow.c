/* A thread makes the memory grow; the first, which runs in a loop without calls, sees it. */
#include "threads.h"

static uint32_t *volatile there;

static void grow(struct thread *self) {
    (void)self;
    uint32_t *page = (uint32_t *)(__builtin_wasm_memory_grow(0, 2) * 65536);
    page[20000] = 42;
    __atomic_store_n((uint32_t **)&there, page, __ATOMIC_SEQ_CST);
}

EXPORT("_start") void begin(void) {
    uint32_t *page;
    size_t before = __builtin_wasm_memory_size(0);
    if (start(0, grow) <= 0) __builtin_trap();
    while (!(page = there)) {
    }
    print_number("what it wrote", page[20000]);
    page[20001] = 43;
    print_number("what we wrote", page[20001]);
    print_number("pages more", __builtin_wasm_memory_size(0) - before);
}
