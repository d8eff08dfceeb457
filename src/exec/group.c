/* group.c - see group.h */
#include "exec/group.h"

enum { THREAD_NUMBER_MAX = 0x1FFFFFFF }; /* of wasi-threads: the bits above are reserved */

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_ACQUIRE)
#define ADD(field, n) __atomic_add_fetch(&(field), (n), __ATOMIC_ACQ_REL)
#define SUB(field, n) __atomic_sub_fetch(&(field), (n), __ATOMIC_ACQ_REL)
/* Sets the field if it still is *old, else reads it into *old. */
#define SWAP(field, old, value) \
    __atomic_compare_exchange_n(&(field), (old), (value), false, __ATOMIC_ACQ_REL, \
                                __ATOMIC_ACQUIRE)

struct group *group_create(const struct allocator *a, const struct port *port,
                           uint64_t memory_max, uint32_t threads_max, uint64_t fuel) {
    struct group *group = ALLOC_NEW(a, struct group);
    if (!group) return NULL;
    *group = (struct group){.allocator = *a, .port = port, .memory_max = memory_max,
                            .threads_max = threads_max, .threads = 1, .stores = 1,
                            .fuel = fuel};
    return group;
}

void group_join(struct group *group) { ADD(group->stores, 1); }

void group_leave(struct group *group) {
    struct allocator a = group->allocator;
    if (SUB(group->stores, 1) == 0) ALLOC_FREE(&a, group);
}

/* --- What is counted --- */

bool group_take_memory(struct group *group, uint64_t bytes) {
    uint64_t now = LOAD(group->memory_bytes);
    do {
        if (bytes > group->memory_max - now) return false;
    } while (!SWAP(group->memory_bytes, &now, now + bytes));
    return true;
}

void group_give_memory(struct group *group, uint64_t bytes) { SUB(group->memory_bytes, bytes); }

uint64_t group_memory_left(const struct group *group) {
    return group->memory_max - LOAD(group->memory_bytes);
}

uint64_t group_take_fuel(struct group *group, uint64_t most) {
    uint64_t now = LOAD(group->fuel), taken;
    do {
        if (now == GROUP_UNLIMITED) return most;
        taken = u64_min(now, most);
    } while (!SWAP(group->fuel, &now, now - taken));
    return taken;
}

void group_give_fuel(struct group *group, uint64_t fuel) {
    if (group_fuel(group) != GROUP_UNLIMITED) ADD(group->fuel, fuel);
}

uint64_t group_fuel(const struct group *group) { return LOAD(group->fuel); }

void group_set_fuel(struct group *group, uint64_t fuel) {
    __atomic_store_n(&group->fuel, fuel, __ATOMIC_RELEASE);
}

/* --- Threads --- */

uint32_t group_start_thread(struct group *group) {
    uint32_t now = LOAD(group->threads);
    do {
        if (now >= group->threads_max || group_has_ended(group)) return 0;
    } while (!SWAP(group->threads, &now, now + 1));
    uint32_t number = ADD(group->last_thread, 1);
    if (number <= THREAD_NUMBER_MAX) return number;
    SUB(group->last_thread, 1);
    group_end_thread(group);
    return 0;
}

void group_end_thread(struct group *group) {
    const struct port *port = group->port;
    SUB(group->threads, 1);
    if (port->threads) port->threads->wake(port->context, &group->threads, 1);
}

void group_end_threads(struct group *group) {
    const struct port *port = group->port;
    uint32_t now = LOAD(group->threads);
    nacre_error quietly = {.status = NACRE_EXIT, .offset = NACRE_NO_OFFSET};
    if (now > 1) group_end(group, &quietly);
    for (; now > 1; now = LOAD(group->threads))
        port->threads->wait(port->context, &group->threads, now, UINT64_MAX);
}

/* --- Waiting. The lock is held while somebody is woken, and taken before a waiter goes away: the
 * word that it sleeps on is on its stack. --- */

enum { WAITING, NOTIFIED, ENDED };

struct waiter {
    struct waiter *next;
    const void *address;
    uint32_t state;
};

static void append(struct group *group, struct waiter *w) {
    if (group->last) group->last->next = w;
    else group->first = w;
    group->last = w;
}

/* Takes the waiter behind `before` (NULL: the first) off the list. */
static struct waiter *take(struct group *group, struct waiter *before) {
    struct waiter **place = before ? &before->next : &group->first;
    struct waiter *w = *place;
    *place = w->next;
    if (group->last == w) group->last = before;
    return w;
}

static void wake(struct group *group, struct waiter *w, uint32_t state) {
    const struct port *port = group->port;
    __atomic_store_n(&w->state, state, __ATOMIC_RELEASE);
    if (port->threads) port->threads->wake(port->context, &w->state, 1);
}

static bool is_equal(const void *address, uint32_t size, uint64_t expected) {
    return size == 4 ? __atomic_load_n((const uint32_t *)address, __ATOMIC_SEQ_CST) ==
                           (uint32_t)expected
                     : __atomic_load_n((const uint64_t *)address, __ATOMIC_SEQ_CST) == expected;
}

static void sleep_until(const struct port *port, const struct waiter *w, uint64_t until_ns) {
    uint64_t now;
    while (LOAD(w->state) == WAITING) {
        bool knows = port->clock_now(port->context, PORT_CLOCK_MONOTONIC, &now) == NACRE_OK;
        if (until_ns != UINT64_MAX && (!knows || now >= until_ns)) return;
        if (port->threads) port->threads->wait(port->context, &w->state, WAITING, until_ns);
        else port->yield(port->context);
    }
}

/* Leaves the list, if nobody took the waiter off it. */
static void give_up(struct group *group, const struct waiter *w) {
    struct waiter *before = NULL;
    for (struct waiter *at = group->first; at != w; at = at->next) before = at;
    (void)take(group, before);
}

enum group_wait group_wait(struct group *group, const void *address, uint32_t size,
                           uint64_t expected, uint64_t until_ns) {
    static const uint8_t results[] = {GROUP_TIMED_OUT, GROUP_NOTIFIED, GROUP_ENDED};
    struct waiter w = {.address = address};
    bool equal, waits;
    lock_take(&group->lock);
    equal = is_equal(address, size, expected);
    waits = equal && !group->has_ended;
    if (waits) append(group, &w);
    lock_give(&group->lock);
    if (!waits) return equal ? GROUP_ENDED : GROUP_NOT_EQUAL;
    sleep_until(group->port, &w, until_ns);
    lock_take(&group->lock);
    if (w.state == WAITING) give_up(group, &w);
    lock_give(&group->lock);
    return results[w.state];
}

uint32_t group_notify(struct group *group, const void *address, uint32_t count) {
    struct waiter *before = NULL;
    uint32_t woken = 0;
    lock_take(&group->lock);
    for (struct waiter *w = group->first; w && woken < count;) {
        struct waiter *next = w->next;
        if (w->address == address) {
            wake(group, take(group, before), NOTIFIED);
            woken++;
        } else {
            before = w;
        }
        w = next;
    }
    lock_give(&group->lock);
    return woken;
}

void group_end(struct group *group, const nacre_error *why) {
    lock_take(&group->lock);
    if (!group->has_ended) {
        group->end = *why;
        __atomic_store_n(&group->has_ended, 1, __ATOMIC_RELEASE);
    }
    while (group->first) wake(group, take(group, NULL), ENDED);
    lock_give(&group->lock);
}
