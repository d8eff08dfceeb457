/*
 * local.c - see local.h.
 *
 * Each slot of the ring has a thread here that answers its calls, as one may take long. They are
 * started one after the other: who has a call to answer sees to it that the next slot has its
 * thread, and slots are taken lowest first. A thread may still be at a call when the core is gone,
 * such as one that waits for a key to be pressed: nobody waits for it, and the last one that
 * leaves takes the server with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/client.h"
#include "local/end.h"
#include "local/host/local.h"
#include "local/host/spawn.h"
#include "local/ring.h"
#include "port/posix/posix.h"

enum { SPINS = 2000 }; /* some 20 us */

struct server {
    struct served served;
    struct served_grant *grants; /* a copy, with its texts: threads may outlive the run */
    uint32_t grant_count;
    struct ring *ring;
    int ring_file;
    uint32_t spins, users; /* users, atomic: threads, and the run */
    uint32_t stop;  /* atomic */
    pthread_mutex_t lock; /* for what follows */
    const struct local_job *job; /* NULL: the run has ended */
    pid_t pid; /* 0: there is none yet */
    bool was_taken, has_outcome;
    nacre_error outcome;
};

/* --- Orders --- */

/* The job, and after that nothing. */
static enum port_errno next(void *env, enum order_command *command, uint64_t *size) {
    struct server *s = env;
    pthread_mutex_lock(&s->lock);
    bool has_job = s->job && !s->was_taken;
    *command = has_job ? ORDER_RUN : ORDER_END;
    *size = has_job ? s->job->order->size + s->job->module_size : 0;
    s->was_taken = true;
    pthread_mutex_unlock(&s->lock);
    return PORT_OK;
}

static size_t copy_order(const struct local_job *job, uint64_t offset,
                         const struct port_span *spans, uint32_t count) {
    const uint64_t order_size = job->order->size, total = order_size + job->module_size;
    size_t done = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (size_t at = 0; at < spans[i].size && offset < total;) {
            bool in_order = offset < order_size;
            const uint8_t *from = in_order
                ? job->order->bytes + offset
                : (const uint8_t *)job->module + (offset - order_size);
            uint64_t left = (in_order ? order_size : total) - offset;
            size_t part = (size_t)u64_min(left, spans[i].size - at);
            memcpy(spans[i].bytes + at, from, part);
            at += part;
            done += part;
            offset += part;
        }
    }
    return done;
}

static enum port_errno fetch(void *env, uint64_t offset, const struct port_span *spans,
                             uint32_t count, size_t *size) {
    struct server *s = env;
    pthread_mutex_lock(&s->lock);
    *size = s->job ? copy_order(s->job, offset, spans, count) : 0;
    pthread_mutex_unlock(&s->lock);
    return PORT_OK;
}

/* Nothing more is expected of a core whose outcome is there: its threads may wait for something.
 * With the lock held. */
static void end_core(const struct server *s) {
    if (s->has_outcome && s->pid > 0) kill(s->pid, SIGKILL);
}

/* What the core writes may change while it is read: a copy is looked at. */
static enum port_errno answer(void *env, const struct port_span *spans, uint32_t count,
                              size_t *size) {
    struct server *s = env;
    uint8_t bytes[OUTCOME_BYTES_MAX];
    if (count != 1 || spans->size > sizeof bytes) return PORT_EINVAL;
    memcpy(bytes, spans->bytes, spans->size);
    pthread_mutex_lock(&s->lock);
    if (!s->has_outcome) s->has_outcome = outcome_read(bytes, spans->size, &s->outcome);
    end_core(s);
    pthread_mutex_unlock(&s->lock);
    *size = spans->size;
    return PORT_OK;
}

static const struct served_orders orders = {next, fetch, answer};

/* --- Threads --- */

struct worker {
    struct server *server;
    uint32_t slot;
};

static void *serve(void *argument);
static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

static void free_grants(struct server *s) {
    for (uint32_t i = 0; i < s->grant_count; i++) free((char *)(uintptr_t)s->grants[i].text);
    free(s->grants);
}

static void leave(struct server *s) {
    if (__atomic_sub_fetch(&s->users, 1, __ATOMIC_ACQ_REL) > 0) return;
    served_deinit(&s->served);
    munmap(s->ring, sizeof *s->ring);
    close(s->ring_file);
    free_grants(s);
    free(s);
}

/* By the thread of the slot before, or by the run. */
static bool start_worker(struct server *s, uint32_t slot) {
    struct worker *worker = malloc(sizeof *worker);
    pthread_attr_t attributes;
    pthread_t thread;
    if (!worker) return false;
    *worker = (struct worker){s, slot};
    __atomic_add_fetch(&s->users, 1, __ATOMIC_ACQ_REL);
    bool ok = pthread_attr_init(&attributes) == 0;
    if (ok) {
        sigset_t signals, old;
        sigfillset(&signals); /* they are for the caller's threads, but for faults of its own */
        for (size_t i = 0; i < ARRAY_COUNT(faults); i++) sigdelset(&signals, faults[i]);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_sigmask(SIG_BLOCK, &signals, &old);
        ok = pthread_create(&thread, &attributes, serve, worker) == 0;
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        pthread_attr_destroy(&attributes);
    }
    if (ok) return true;
    free(worker);
    leave(s); /* not the last: the caller is one */
    return false;
}

static void *serve(void *argument) {
    struct worker worker = *(struct worker *)argument;
    struct server *s = worker.server;
    bool has_next = worker.slot + 1 == RING_SLOTS;
    free(argument);
    while (ring_wait(s->ring, worker.slot, s->spins, &s->stop)) {
        if (!has_next) has_next = start_worker(s, worker.slot + 1);
        served_answer(&s->served, &s->ring->slots[worker.slot]);
        ring_answered(s->ring, worker.slot);
    }
    leave(s);
    return NULL;
}

/* From now on nothing of the caller's is used. */
static void stop_workers(struct server *s) {
    pthread_mutex_lock(&s->lock);
    s->job = NULL;
    pthread_mutex_unlock(&s->lock);
    __atomic_store_n(&s->stop, 1, __ATOMIC_SEQ_CST);
    ring_wake(s->ring);
}

/* --- A run --- */

/* Of the job's directories and listeners, one list after the other. */
static bool copy_grants(struct server *s, const struct served_grants *from) {
    const struct served_list *lists[] = {&from->dirs, &from->listeners};
    s->grants = calloc((size_t)from->dirs.count + from->listeners.count + 1, sizeof *s->grants);
    if (!s->grants) return false;
    for (size_t n = 0; n < ARRAY_COUNT(lists); n++) {
        for (uint32_t i = 0; i < lists[n]->count; i++) {
            char *text = strdup(lists[n]->items[i].text);
            if (!text) return false;
            s->grants[s->grant_count++] =
                (struct served_grant){text, lists[n]->items[i].read_only};
        }
    }
    return true;
}

static bool make_ring(struct server *s) {
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    int low = memfd_create("nacre-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (low < 0) return false;
    s->ring_file = fcntl(low, F_DUPFD_CLOEXEC, 3); /* it must not be taken for a stream */
    close(low);
    if (s->ring_file < 0) return false;
    void *at = ftruncate(s->ring_file, sizeof *s->ring) || fcntl(s->ring_file, F_ADD_SEALS, seals)
        ? MAP_FAILED
        : mmap(NULL, sizeof *s->ring, PROT_READ | PROT_WRITE, MAP_SHARED, s->ring_file, 0);
    if (at == MAP_FAILED) {
        close(s->ring_file);
        return false;
    }
    s->ring = at;
    s->spins = s->ring->spins = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? SPINS : 0;
    return true;
}

/* Streams that this process has not are not lent: the next file to be opened has their number. */
static uint32_t open_streams(uint32_t wanted) {
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0) wanted &= ~(1u << fd);
    return wanted;
}

/* With the run as its only user; NULL: no memory. */
static struct server *make_server(const struct local_job *job) {
    struct server *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    const uint32_t streams = open_streams(job->grants.streams);
    s->job = job;
    s->users = 1;
    pthread_mutex_init(&s->lock, NULL);
    if (!copy_grants(s, &job->grants) || !make_ring(s)) {
        free_grants(s);
        free(s);
        return NULL;
    }
    const uint32_t dirs = job->grants.dirs.count, listeners = job->grants.listeners.count;
    const struct served_grants grants = {.dirs = {s->grants, dirs},
                                         .listeners = {s->grants + dirs, listeners},
                                         .streams = streams};
    served_init(&s->served, port_posix(), port_posix_allocator(), &grants, job->files_max);
    s->served.orders = &orders;
    s->served.orders_env = s;
    return s;
}

/* `has_begun`: what it says of itself may be the guest's doing. */
static nacre_status no_outcome(int status, bool has_begun, nacre_error *error) {
    if (!has_begun && WIFEXITED(status) && WEXITSTATUS(status) == LOCAL_NO_SANDBOX)
        return client_fail(error, NACRE_UNSUPPORTED,
                           "this system does not let a process give up its privileges (seccomp)");
    if (WIFSIGNALED(status))
        return client_fail(error, NACRE_IO, "the core was ended by signal %d (%s)%s",
                           WTERMSIG(status), strsignal(WTERMSIG(status)),
                           WTERMSIG(status) == SIGSYS ? ": it called what it may not" : "");
    return client_fail(error, NACRE_IO, "the core ended with status %d", WEXITSTATUS(status));
}

static uint64_t now_ms(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Ends the core when its time is over. Without such descriptors (before Linux 5.3) only the core
 * itself sees to it. */
static bool end_in_time(pid_t pid, uint64_t limit_ms) {
    if (limit_ms == UINT64_MAX) return false;
    struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    if (end.fd < 0) return false;
    const uint64_t begin = now_ms();
    int ended = 0;
    for (uint64_t past = 0; ended == 0 && past < limit_ms; past = now_ms() - begin) {
        ended = poll(&end, 1, (int)u64_min(limit_ms - past, INT_MAX));
        if (ended < 0 && errno == EINTR) ended = 0;
    }
    close(end.fd);
    if (ended == 0) kill(pid, SIGKILL); /* not waited for yet: the number is still its own */
    return ended == 0;
}

static nacre_status wait_for_core(struct server *s, pid_t pid, uint64_t limit_ms,
                                  nacre_error *error) {
    int status = 0;
    siginfo_t info;
    pthread_mutex_lock(&s->lock);
    s->pid = pid;
    end_core(s);
    pthread_mutex_unlock(&s->lock);
    const bool was_late = end_in_time(pid, limit_ms);
    /* Its number is nobody else's until the second wait. */
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) continue;
    pthread_mutex_lock(&s->lock);
    s->pid = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    const bool has_outcome = s->has_outcome, has_begun = s->was_taken;
    const nacre_error outcome = s->outcome;
    pthread_mutex_unlock(&s->lock);
    if (!has_outcome && was_late)
        return client_fail(error, NACRE_LIMIT,
                           "the core did not end when its time was over, and was ended");
    if (!has_outcome) return no_outcome(status, has_begun, error);
    if (error && outcome.status != NACRE_OK) *error = outcome;
    return outcome.status;
}

static nacre_status run_core(struct server *s, const char *program, int image,
                             uint64_t limit_ms, nacre_error *error) {
    pid_t pid;
    if (!start_worker(s, 0))
        return client_fail(error, NACRE_NO_MEMORY, "no thread to answer the core's calls");
    int number = spawn_core(program, s->ring_file, image, &pid);
    if (number) return client_fail_io(error, program, number);
    return wait_for_core(s, pid, limit_ms, error);
}

static nacre_status run_with(const struct local_job *job, const char *program, int image,
                             nacre_error *error) {
    struct server *s = make_server(job);
    if (!s) return client_fail(error, NACRE_NO_MEMORY, "no memory to share with the core");
    nacre_status status = run_core(s, program, image, job->limit_ms, error);
    stop_workers(s);
    leave(s);
    return status;
}

static nacre_status open_image(const char *path, int *file, nacre_error *error) {
    struct stat about;
    *file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*file < 0) return client_fail_io(error, path, errno);
    if (fstat(*file, &about) == 0 && S_ISREG(about.st_mode)) return NACRE_OK;
    close(*file);
    return client_fail(error, NACRE_IO, "%s is no file", path);
}

nacre_status local_run(const struct local_job *job, nacre_error *error) {
    static const struct program_name core = {"nacre-core", "NACRE_CORE"};
    char program[PATH_MAX];
    nacre_status status = program_find(&core, NULL, program, error);
    if (status != NACRE_OK) return status;
    int image = -1;
    if (job->image) status = open_image(job->image, &image, error);
    if (status != NACRE_OK) return status;
    status = run_with(job, program, image, error);
    if (image >= 0) close(image);
    return status;
}
