/* posix.c - memory, clocks and random bytes; see posix.h */
#define _GNU_SOURCE 1
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

#include "port/posix/handles.h"
#include "port/posix/posix.h"

_Static_assert(_Alignof(max_align_t) >= 16, "malloc aligns to 16");

static nacre_status pages_reserve(void *context, uint64_t size, uint8_t **base) {
    (void)context;
    if (size > SIZE_MAX) return NACRE_NO_MEMORY;
    void *at = mmap(NULL, size ? (size_t)size : 1, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return NACRE_NO_MEMORY;
    *base = at;
    return NACRE_OK;
}

static nacre_status pages_commit(void *context, uint8_t *base, uint64_t size) {
    (void)context;
    if (size == 0) return NACRE_OK;
    int failed = mprotect(base, (size_t)size, PROT_READ | PROT_WRITE);
    /* A wish: what is large comes in pages of 2 MiB, where the system has them. A stack or a small
     * guest's memory would be given more than it uses. */
    const uint64_t large = 32 << 20;
    if (!failed && size >= large) (void)madvise(base, (size_t)size, MADV_HUGEPAGE);
    return failed ? NACRE_NO_MEMORY : NACRE_OK;
}

/* New pages in place of the old: one call, where to forbid and to forget are two. */
static nacre_status pages_uncommit(void *context, uint8_t *base, uint64_t size) {
    (void)context;
    void *at = mmap(base, (size_t)size, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    return at == MAP_FAILED ? NACRE_NO_MEMORY : NACRE_OK;
}

static void pages_release(void *context, uint8_t *base, uint64_t size) {
    (void)context;
    munmap(base, size ? (size_t)size : 1);
}

static const clockid_t clocks[] = {
    [PORT_CLOCK_REALTIME] = CLOCK_REALTIME,
    [PORT_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,
    [PORT_CLOCK_PROCESS] = CLOCK_PROCESS_CPUTIME_ID,
    [PORT_CLOCK_THREAD] = CLOCK_THREAD_CPUTIME_ID,
};

static nacre_status read_clock(int (*get)(clockid_t, struct timespec *), enum port_clock clock,
                               uint64_t *ns) {
    struct timespec time;
    if ((size_t)clock >= ARRAY_COUNT(clocks)) return NACRE_UNSUPPORTED;
    if (get(clocks[clock], &time)) return NACRE_UNSUPPORTED;
    if (time.tv_sec < 0) return NACRE_UNSUPPORTED; /* before 1970 */
    *ns = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
    return NACRE_OK;
}

static nacre_status clock_now(void *context, enum port_clock clock, uint64_t *now_ns) {
    (void)context;
    return read_clock(clock_gettime, clock, now_ns);
}

static nacre_status clock_step(void *context, enum port_clock clock, uint64_t *step_ns) {
    (void)context;
    return read_clock(clock_getres, clock, step_ns);
}

static nacre_status random_bytes(void *context, uint8_t *bytes, size_t size) {
    (void)context;
    while (size) {
        ssize_t got = getrandom(bytes, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return NACRE_IO;
        bytes += got;
        size -= (size_t)got;
    }
    return NACRE_OK;
}

static void yield(void *context) {
    (void)context;
    sched_yield();
}

const struct port *port_posix(void) {
    static const struct port port = {
        .pages_reserve = pages_reserve,
        .pages_commit = pages_commit,
        .pages_commit_any = pages_commit,
        .pages_uncommit = pages_uncommit,
        .pages_clear = posix_pages_clear,
        .pages_release = pages_release,
        .clock_now = clock_now,
        .clock_step = clock_step,
        .random = random_bytes,
        .yield = yield,
        .cpu_features = posix_cpu_features,
        .files = &posix_files,
        .threads = &posix_threads,
        .faults = &posix_faults,
        .counter = &posix_counter,
        .contents = &posix_contents,
        .code = &posix_code,
    };
    return &port;
}

/* A wish: the pages of what is large come all at once, which takes a third of the time of coming
 * one by one. Who asks for this much writes all of it, as a rule. */
static void populate(uint8_t *bytes, size_t old_size, size_t new_size) {
    const size_t page = 4096, large = 8 * page;
    size_t hole = (page - (uintptr_t)(bytes + old_size) % page) % page;
    if (new_size < large || new_size - old_size < hole + page) return;
    int error = errno;
    (void)madvise(bytes + old_size + hole, (new_size - old_size - hole) / page * page,
                  MADV_POPULATE_WRITE);
    errno = error;
}

static void *resize(void *context, void *pointer, size_t old_size, size_t new_size) {
    (void)context;
    if (new_size == 0) {
        free(pointer);
        return NULL;
    }
    uint8_t *moved = realloc(pointer, new_size);
    if (moved && new_size > old_size) populate(moved, old_size, new_size);
    return moved;
}

const struct allocator *port_posix_allocator(void) {
    static const struct allocator allocator = {.resize = resize};
    return &allocator;
}
