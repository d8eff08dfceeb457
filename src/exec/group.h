/*
 * group.h - what the stores of one program share: its only store, or one for each of its threads.
 *
 * Memory and fuel are counted here, so that their limits hold for the program however many threads
 * it starts. A thread that waits for an address of a shared memory is in the group's list.
 */
#ifndef EXEC_GROUP_H
#define EXEC_GROUP_H

#include "base/alloc.h"
#include "base/lock.h"
#include "port/port.h"

struct waiter;

struct group {
    struct allocator allocator;
    const struct port *port;
    uint64_t memory_max, memory_bytes;
    uint64_t fuel;         /* GROUP_UNLIMITED: no limit */
    uint32_t threads_max, threads; /* at once, the first included */
    uint32_t last_thread;  /* number of the one started last; they are never used again */
    uint32_t stores;
    struct lock lock;      /* for what follows */
    struct waiter *first, *last;
    uint32_t has_ended; /* atomic */
    nacre_error end;    /* why, then: one of the threads ended for all */
};

#define GROUP_UNLIMITED UINT64_MAX

/* A group with one store and one thread. NULL for lack of memory. */
struct group *group_create(const struct allocator *a, const struct port *port,
                           uint64_t memory_max, uint32_t threads_max, uint64_t fuel);
/* For one more store, and one less. The last one releases the group. */
void group_join(struct group *group);
void group_leave(struct group *group);

/* Counts memory. False: it would be more than there may be. */
bool group_take_memory(struct group *group, uint64_t bytes);
void group_give_memory(struct group *group, uint64_t bytes);
uint64_t group_memory_left(const struct group *group);

/* Takes fuel: as much as there is, at most `most`. */
uint64_t group_take_fuel(struct group *group, uint64_t most);
void group_give_fuel(struct group *group, uint64_t fuel);
uint64_t group_fuel(const struct group *group);
void group_set_fuel(struct group *group, uint64_t fuel);

/* One more thread, which gets a number from 1 on; 0: there may not be more. */
uint32_t group_start_thread(struct group *group);
void group_end_thread(struct group *group);
/* Has every thread end but the calling one, and waits until they did. */
void group_end_threads(struct group *group);

/* Ends the program for all threads, unless it has ended. */
void group_end(struct group *group, const nacre_error *why);
static inline bool group_has_ended(const struct group *group) {
    return __atomic_load_n(&group->has_ended, __ATOMIC_ACQUIRE);
}

/* Waits until somebody notifies the address, if the `size` (4 or 8) bytes there are `expected`.
 * The numbers are what memory.atomic.wait gives. */
enum group_wait { GROUP_NOTIFIED, GROUP_NOT_EQUAL, GROUP_TIMED_OUT, GROUP_ENDED };
enum group_wait group_wait(struct group *group, const void *address, uint32_t size,
                           uint64_t expected, uint64_t until_ns);
/* Wakes at most `count`, those that wait longest first; returns how many. */
uint32_t group_notify(struct group *group, const void *address, uint32_t count);

#endif
