/* threads.c - threads, and sleeping on a word: Linux futexes. */
#define _GNU_SOURCE 1
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "port/posix/handles.h"
#include "port/posix/posix.h"

struct task {
    void (*run)(void *argument);
    void *argument;
};

static void *run_task(void *argument) {
    struct task task = *(struct task *)argument;
    free(argument);
    task.run(task.argument);
    return NULL;
}

static nacre_status start(void *context, void (*run)(void *argument), void *argument) {
    (void)context;
    struct task *task = malloc(sizeof *task);
    pthread_attr_t attributes;
    pthread_t thread;
    if (!task) return NACRE_NO_MEMORY;
    *task = (struct task){run, argument};
    nacre_status status = NACRE_LIMIT;
    if (pthread_attr_init(&attributes) == 0) {
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        if (pthread_create(&thread, &attributes, run_task, task) == 0) status = NACRE_OK;
        pthread_attr_destroy(&attributes);
    }
    if (status != NACRE_OK) free(task);
    return status;
}

static void wait_on(void *context, const uint32_t *word, uint32_t expected, uint64_t until_ns) {
    (void)context;
    struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000u),
                             .tv_nsec = (long)(until_ns % 1000000000u)};
    bool for_ever = until_ns > INT64_MAX;
    syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, for_ever ? NULL : &until, NULL,
            FUTEX_BITSET_MATCH_ANY);
}

static void wake(void *context, const uint32_t *word, uint32_t count) {
    (void)context;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count > INT_MAX ? INT_MAX : (int)count, NULL,
            NULL, 0);
}

const struct port_threads posix_threads = {.start = start, .wait = wait_on, .wake = wake};
