/*
 * local.c - see local.h.
 *
 * Each slot of the ring has a thread here that answers its calls, as one may take long. They are
 * started one after the other: who has a call to answer sees to it that the next slot has its
 * thread, and slots are taken lowest first. One more thread starts the process and waits for its
 * end: the system ends a core when the thread that started it does.
 */
#include <errno.h>
#include <fcntl.h>
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
#include "local/host/seat.h"
#include "local/host/spawn.h"
#include "local/ring.h"
#include "port/local/local.h"

enum { SPINS = 2000 }; /* some 20 us */

struct local {
    struct server server; /* first */
    struct ring *ring;
    int ring_file;
    uint32_t spins;
    uint32_t stop; /* atomic */
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    enum { LOCAL_STARTS, LOCAL_RUNS, LOCAL_HAS_ENDED } state;
    pid_t pid;    /* while it runs */
    int failure;  /* errno, if it did not start */
    int status;   /* as of waitpid, when it has ended */
};

static struct local *of(struct server *server) { return (struct local *)server; }

static void release(struct server *server) {
    struct local *l = of(server);
    if (l->ring) munmap(l->ring, sizeof *l->ring);
    if (l->ring_file >= 0) close(l->ring_file);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* --- Threads that answer --- */

struct worker {
    struct local *local;
    uint32_t slot;
    struct seat seat;
};

static void *serve(void *argument);

/* By the thread of the slot before, or by the owner. */
static bool start_worker(struct local *l, uint32_t slot) {
    struct worker *worker = malloc(sizeof *worker);
    if (!worker) return false;
    *worker = (struct worker){.local = l, .slot = slot};
    if (server_start_thread(&l->server, serve, worker)) return true;
    free(worker);
    return false;
}

static void sit_where_core_is(struct worker *w) {
    struct ring_place *place = &w->local->ring->places[w->slot];
    seat_take(&w->seat, __atomic_load_n(&place->core, __ATOMIC_RELAXED));
    __atomic_store_n(&place->host, w->seat.cpu, __ATOMIC_RELAXED);
}

/* As ring_wait. A thread that may be anywhere looks for calls first. */
static bool await_call(struct worker *w) {
    struct local *l = w->local;
    if (w->seat.cpu == SEAT_NONE && ring_look(l->ring, w->slot, l->spins, &l->stop)) return true;
    sit_where_core_is(w);
    return ring_wait(l->ring, w->slot, &l->stop);
}

static void *serve(void *argument) {
    struct worker worker = *(struct worker *)argument;
    struct local *l = worker.local;
    bool has_next = worker.slot + 1 == RING_SLOTS;
    free(argument);
    seat_init(&worker.seat);
    while (await_call(&worker)) {
        if (!has_next) has_next = start_worker(l, worker.slot + 1);
        served_answer(&l->server.served, &l->ring->slots[worker.slot]);
        ring_answered(l->ring, worker.slot);
        seat_leave_if_busy(&worker.seat);
    }
    server_leave(&l->server);
    return NULL;
}

/* --- The process --- */

struct start {
    struct local *local;
    const char *program;
    int *images; /* descriptors */
    uint32_t image_count;
};

static void become(struct local *l, __typeof__(l->state) state) {
    l->state = state;
    pthread_cond_broadcast(&l->changed);
}

static void wait_for_end(struct local *l, pid_t pid) {
    siginfo_t info;
    /* Its number is nobody else's until the second wait. */
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) continue;
    pthread_mutex_lock(&l->lock);
    l->pid = 0;
    while (waitpid(pid, &l->status, 0) < 0 && errno == EINTR) continue;
    become(l, LOCAL_HAS_ENDED);
    pthread_mutex_unlock(&l->lock);
}

/* Who started the thread waits until the core runs, so that what it was given is there. */
static void *watch(void *argument) {
    const struct start *start = argument;
    struct local *l = start->local;
    pid_t pid = 0;
    const struct spawn_files files = {l->ring_file, start->images, start->image_count};
    int failure = spawn_core(start->program, &files, &pid);
    pthread_mutex_lock(&l->lock);
    l->failure = failure;
    l->pid = pid;
    become(l, failure ? LOCAL_HAS_ENDED : LOCAL_RUNS);
    pthread_mutex_unlock(&l->lock);
    if (!failure) wait_for_end(l, pid);
    server_is_over(&l->server);
    server_leave(&l->server);
    return NULL;
}

static nacre_status explain(struct server *server, nacre_error *error) {
    const int status = of(server)->status; /* it has ended, and nobody writes to it */
    if (!server_has_begun(server) && WIFEXITED(status) && WEXITSTATUS(status) == LOCAL_NO_SANDBOX)
        return client_fail(error, NACRE_UNSUPPORTED,
                           "this system does not let a process give up its privileges (seccomp)");
    if (WIFSIGNALED(status))
        return client_fail(error, NACRE_IO, "the core was ended by signal %d (%s)%s",
                           WTERMSIG(status), strsignal(WTERMSIG(status)),
                           WTERMSIG(status) == SIGSYS ? ": it called what it may not" : "");
    return client_fail(error, NACRE_IO, "the core ended with status %d", WEXITSTATUS(status));
}

/* Nothing more is expected of it: its threads may wait for something. */
static void end(struct server *server) {
    struct local *l = of(server);
    pthread_mutex_lock(&l->lock);
    if (l->pid > 0) kill(l->pid, SIGKILL);
    while (l->state != LOCAL_HAS_ENDED) pthread_cond_wait(&l->changed, &l->lock);
    pthread_mutex_unlock(&l->lock);
    server_close(server);
    __atomic_store_n(&l->stop, 1, __ATOMIC_SEQ_CST);
    ring_wake(l->ring);
    server_leave(server);
}

/* --- The beginning --- */

static bool make_ring(struct local *l) {
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    int low = memfd_create("nacre-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (low < 0) return false;
    l->ring_file = fcntl(low, F_DUPFD_CLOEXEC, 3); /* it must not be taken for a stream */
    close(low);
    if (l->ring_file < 0) return false;
    void *at = ftruncate(l->ring_file, sizeof *l->ring) || fcntl(l->ring_file, F_ADD_SEALS, seals)
        ? MAP_FAILED
        : mmap(NULL, sizeof *l->ring, PROT_READ | PROT_WRITE, MAP_SHARED, l->ring_file, 0);
    if (at == MAP_FAILED) return false;
    l->ring = at;
    for (uint32_t i = 0; i < RING_SLOTS; i++)
        l->ring->places[i] = (struct ring_place){.core = RING_ANYWHERE, .host = RING_ANYWHERE};
    l->spins = l->ring->spins = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? SPINS : 0;
    return true;
}

/* NULL: no memory. */
static struct local *create(const struct server_setup *setup) {
    struct local *l = calloc(1, sizeof *l);
    if (!l || !server_init(&l->server, setup, release)) {
        free(l);
        return NULL;
    }
    l->ring_file = -1;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    if (make_ring(l)) return l;
    server_leave(&l->server);
    return NULL;
}

static nacre_status start_with(const struct server_setup *setup, struct start *start,
                               nacre_error *error) {
    const uint64_t begin_ns = server_now_ns();
    struct local *l = start->local = create(setup);
    if (!l) return client_fail(error, NACRE_NO_MEMORY, "no memory to share with the core");
    if (!start_worker(l, 0) || !server_start_thread(&l->server, watch, start)) {
        l->state = LOCAL_HAS_ENDED;
        end(&l->server);
        return client_fail(error, NACRE_NO_MEMORY, "no thread to answer the core's calls");
    }
    pthread_mutex_lock(&l->lock);
    while (l->state == LOCAL_STARTS) pthread_cond_wait(&l->changed, &l->lock);
    int failure = l->failure;
    pthread_mutex_unlock(&l->lock);
    l->server.times.create_ns = server_now_ns() - begin_ns;
    if (!failure) return NACRE_OK;
    end(&l->server);
    return client_fail_io(error, start->program, failure);
}

/* Behind the numbers that the images of the core get. */
static nacre_status open_image(const char *path, int behind, int *file, nacre_error *error) {
    struct stat about;
    int low = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (low < 0) return client_fail_io(error, path, errno);
    *file = fcntl(low, F_DUPFD_CLOEXEC, behind);
    int number = errno;
    close(low);
    if (*file < 0) return client_fail_io(error, path, number);
    if (fstat(*file, &about) == 0 && S_ISREG(about.st_mode)) return NACRE_OK;
    close(*file);
    return client_fail(error, NACRE_IO, "%s is no file", path);
}

static nacre_status open_images(const struct server_setup *setup, struct start *about,
                                nacre_error *error) {
    const int behind = LOCAL_IMAGE_FILE + (int)setup->image_count;
    for (; about->image_count < setup->image_count; about->image_count++) {
        const uint32_t i = about->image_count;
        TRY(open_image(setup->images[i], behind, &about->images[i], error));
    }
    return NACRE_OK;
}

static nacre_status start(const struct server_setup *setup, struct server **server,
                          nacre_error *error) {
    static const struct program_name core = {"nacre-core", "NACRE_CORE"};
    char program[PATH_MAX];
    int images[LOCAL_IMAGES_MAX];
    struct start about = {.program = program, .images = images};
    nacre_status status = program_find(&core, NULL, program, error);
    if (status != NACRE_OK) return status;
    if (setup->image_count > LOCAL_IMAGES_MAX)
        return client_fail(error, NACRE_LIMIT, "a core can have %d images", LOCAL_IMAGES_MAX);
    status = open_images(setup, &about, error);
    if (status == NACRE_OK) status = start_with(setup, &about, error);
    for (uint32_t i = 0; i < about.image_count; i++) close(images[i]);
    if (status == NACRE_OK) *server = &about.local->server;
    return status;
}

const struct server_kind local_kind = {start, explain, end};
