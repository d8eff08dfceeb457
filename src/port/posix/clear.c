/* clear.c - making pages zero. To write to a page that is there costs a fraction of having the
 * system bring another, so pages are cleared in place up to a bound; what is beyond goes back. Of
 * much memory the system is asked which pages are there, where it can say (PAGEMAP_SCAN, Linux
 * 6.7). */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "port/posix/handles.h"
#include "port/posix/posix.h"

enum {
    UNASKED_BYTES = 256 * 1024, /* to clear them costs no more than to ask */
    KEPT_BYTES = 1024 * 1024
};

/* As in linux/fs.h of a newer kernel than the one that this may be built with. */
struct scan_region {
    uint64_t start, end, categories;
};
struct scan {
    uint64_t size, flags, start, end, walk_end;
    uint64_t regions, region_count, max_pages;
    uint64_t inverted, all_of, any_of, told;
};
enum { IS_PRESENT = 1 << 3, IS_SWAPPED = 1 << 4, REGIONS = 64 };
_Static_assert(POSIX_PAGEMAP_SCAN == _IOWR('f', 16, struct scan), "a number of Linux");

/* The process's page map, or -1. It is that of the process that opened it, also in a child that
 * has the descriptor from it: who opened it is kept beside it, and a child opens its own. */
static int page_map(void) {
    static uint64_t opened; /* atomic: process << 32 | descriptor + 1, or 0 if there is none */
    uint64_t pid = (uint64_t)getpid() << 32, known = __atomic_load_n(&opened, __ATOMIC_ACQUIRE);
    if (known >> 32 == pid >> 32) return (int)(uint32_t)known - 1;
    int file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    uint64_t mine = pid | (uint32_t)(file < 0 ? 0 : file + 1);
    if (__atomic_compare_exchange_n(&opened, &known, mine, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return file;
    if (file >= 0) close(file);
    return (int)(uint32_t)known - 1; /* another thread of this process was faster */
}

static bool give_back(uint8_t *from, const uint8_t *end) {
    return from == end || madvise(from, (size_t)(end - from), MADV_DONTNEED) == 0;
}

/* Clears what is there of [from, end) while it can tell; *done: up to where. */
static bool clear_present(uint8_t *from, uint8_t *end, uint8_t **done) {
    struct scan_region regions[REGIONS];
    uint64_t kept = 0;
    *done = from;
    while (*done < end) {
        struct scan scan = {.size = sizeof scan, .start = (uintptr_t)*done,
                            .end = (uintptr_t)end, .regions = (uintptr_t)regions,
                            .region_count = REGIONS, .any_of = IS_PRESENT | IS_SWAPPED,
                            .told = IS_PRESENT | IS_SWAPPED};
        int file = page_map(), count = file < 0 ? -1 : ioctl(file, POSIX_PAGEMAP_SCAN, &scan);
        if (count < 0) return true;
        for (int i = 0; i < count; i++) {
            uint8_t *at = (uint8_t *)(uintptr_t)regions[i].start;
            uint64_t size = regions[i].end - regions[i].start, room = KEPT_BYTES - kept;
            uint64_t stays = size < room ? size : room;
            memset(at, 0, (size_t)stays);
            kept += stays;
            if (!give_back(at + stays, at + size)) return false;
        }
        *done = (uint8_t *)(uintptr_t)scan.walk_end;
    }
    return true;
}

nacre_status posix_pages_clear(void *context, uint8_t *base, uint64_t size) {
    (void)context;
    uint8_t *done = base, *end = base + size;
    uint64_t unasked = size < UNASKED_BYTES ? size : UNASKED_BYTES;
    if (size > UNASKED_BYTES && !clear_present(base, end, &done)) return NACRE_NO_MEMORY;
    if (done == base) {
        memset(base, 0, (size_t)unasked);
        done = base + unasked;
    }
    return give_back(done, end) ? NACRE_OK : NACRE_NO_MEMORY;
}
