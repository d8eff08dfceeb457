/*
 * threads.c - threads, which the host has enter, and sleeping, which it does for them. Who waits
 * for what is known here alone: a host that wakes too early, too late or the wrong one makes the
 * program slow, or stop.
 */
#include "base/lock.h"
#include "port/calls/calls.h"
#include "port/sgx/handles.h"
#include "sgx/enclave/enclave.h"

struct task {
    void (*run)(void *argument);
    void *argument;
};

static struct {
    struct lock lock;
    uint32_t count;   /* of threads that run or will, but for the first */
    uint32_t waiting; /* of tasks: the first ones are the oldest */
    struct task tasks[ENCLAVE_THREADS_MAX];
} starting;

static bool add_task(struct task task) {
    lock_take(&starting.lock);
    bool has_room = starting.count + 1 < enclave_config()->thread_count;
    if (has_room) {
        starting.count++;
        starting.tasks[starting.waiting++] = task;
    }
    lock_give(&starting.lock);
    return has_room;
}

/* The task at an index; those behind it move up. With the lock held. */
static struct task take_task(uint32_t index) {
    struct task task = starting.tasks[index];
    starting.waiting--;
    memmove(&starting.tasks[index], &starting.tasks[index + 1],
            (starting.waiting - index) * sizeof task);
    return task;
}

/* False: somebody does it already. */
static bool withdraw(struct task task) {
    bool found = false;
    lock_take(&starting.lock);
    for (uint32_t i = starting.waiting; i-- > 0 && !found;) {
        found = starting.tasks[i].run == task.run && starting.tasks[i].argument == task.argument;
        if (found) (void)take_task(i);
    }
    if (found) starting.count--;
    lock_give(&starting.lock);
    return found;
}

static nacre_status start(void *context, void (*run)(void *argument), void *argument) {
    const struct task task = {run, argument};
    if (!add_task(task)) return NACRE_LIMIT;
    if (calls_start_thread(context) != PORT_OK && withdraw(task)) return NACRE_LIMIT;
    return NACRE_OK;
}

bool sgx_run_thread(void) {
    struct task task = {NULL, NULL};
    lock_take(&starting.lock);
    if (starting.waiting) task = take_task(0);
    lock_give(&starting.lock);
    if (!task.run) return false;
    task.run(task.argument);
    lock_take(&starting.lock);
    starting.count--;
    lock_give(&starting.lock);
    return true;
}

/* --- Sleeping --- */

static struct {
    struct lock lock;
    uint64_t turn; /* of the next that comes */
    struct {
        const uint32_t *word; /* NULL: the thread does not sleep */
        uint64_t turn;
    } threads[ENCLAVE_THREADS_MAX];
} sleeping;

static void wait_on(void *context, const uint32_t *word, uint32_t expected, uint64_t until_ns) {
    const uint64_t self = enclave_thread()->index;
    lock_take(&sleeping.lock);
    bool sleeps = __atomic_load_n(word, __ATOMIC_SEQ_CST) == expected;
    if (sleeps) {
        sleeping.threads[self].word = word;
        sleeping.threads[self].turn = sleeping.turn++;
    }
    lock_give(&sleeping.lock);
    if (!sleeps) return;
    (void)calls_sleep(context, self, until_ns);
    lock_take(&sleeping.lock);
    sleeping.threads[self].word = NULL;
    lock_give(&sleeping.lock);
}

/* Who has slept on the word for longest; ENCLAVE_THREADS_MAX: nobody. */
static uint32_t take_sleeper(const uint32_t *word) {
    uint32_t first = ENCLAVE_THREADS_MAX;
    lock_take(&sleeping.lock);
    for (uint32_t i = 0; i < ENCLAVE_THREADS_MAX; i++)
        if (sleeping.threads[i].word == word &&
            (first == ENCLAVE_THREADS_MAX ||
             sleeping.threads[i].turn < sleeping.threads[first].turn))
            first = i;
    if (first < ENCLAVE_THREADS_MAX) sleeping.threads[first].word = NULL;
    lock_give(&sleeping.lock);
    return first;
}

static void wake(void *context, const uint32_t *word, uint32_t count) {
    for (; count > 0; count--) {
        uint32_t thread = take_sleeper(word);
        if (thread == ENCLAVE_THREADS_MAX) return;
        (void)calls_wake(context, thread);
    }
}

const struct port_threads sgx_threads = {.start = start, .wait = wait_on, .wake = wake};
