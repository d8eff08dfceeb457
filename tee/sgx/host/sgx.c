/*
 * sgx.c - see sgx.h. Each thread of the enclave is one of this process: it enters, answers the
 * call that the enclave left for, and enters again. The first runs the session; others are
 * started when the core has something for them.
 */
#define _GNU_SOURCE 1
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "client/client.h"
#include "sgx/host/loader.h"
#include "sgx/host/sgx.h"
#include "sgx/host/worker.h"

struct sgx_server;

struct sgx_thread {
    struct enclave_gate gate;
    struct sgx_run run;
    struct sgx_server *server;
    uint32_t event;   /* atomic: it was woken */
    uint32_t is_busy; /* atomic: somebody enters by it */
};

struct sgx_server {
    struct server server;        /* first: it is the env of the orders */
    struct served_orders orders; /* the server's, and those for threads */
    struct sgx_enclave enclave;
    uint8_t *file;
    size_t file_size;
    struct gate_host host;
    int *images; /* descriptors */
    uint32_t image_count;
    uint32_t stop; /* atomic */
    struct sgx_worker worker;
    pthread_mutex_t lock;
    nacre_error end; /* why the session did not end as it should */
    struct sgx_thread threads[ENCLAVE_THREADS_MAX];
};

static size_t slots_bytes(const struct sgx_server *s) {
    return s->enclave.image.config->thread_count * sizeof(struct calls_slot);
}

/* --- Threads of the enclave --- */

static void *run_thread(void *argument);

static enum port_errno start_thread(void *env) {
    struct sgx_server *s = env;
    for (uint32_t i = 0; i < s->enclave.image.config->thread_count; i++) {
        struct sgx_thread *t = &s->threads[i];
        if (__atomic_exchange_n(&t->is_busy, 1, __ATOMIC_ACQ_REL)) continue;
        if (server_start_thread(&s->server, run_thread, t)) return PORT_OK;
        __atomic_store_n(&t->is_busy, 0, __ATOMIC_RELEASE);
        return PORT_ENOMEM;
    }
    return PORT_EAGAIN;
}

static enum port_errno sleep_thread(void *env, uint64_t thread, uint64_t deadline_ns) {
    struct sgx_server *s = env;
    struct sgx_thread *t = &s->threads[thread];
    const struct timespec until = {.tv_sec = (time_t)(deadline_ns / 1000000000u),
                                   .tv_nsec = (long)(deadline_ns % 1000000000u)};
    const bool for_ever = deadline_ns > INT64_MAX;
    while (!__atomic_load_n(&t->event, __ATOMIC_SEQ_CST) &&
           !__atomic_load_n(&s->stop, __ATOMIC_SEQ_CST)) {
        if (syscall(SYS_futex, &t->event, FUTEX_WAIT_BITSET_PRIVATE, 0, for_ever ? NULL : &until,
                    NULL, FUTEX_BITSET_MATCH_ANY) &&
            errno == ETIMEDOUT)
            break;
    }
    __atomic_store_n(&t->event, 0, __ATOMIC_SEQ_CST);
    return PORT_OK;
}

static enum port_errno wake_thread(void *env, uint64_t thread) {
    struct sgx_thread *t = &((struct sgx_server *)env)->threads[thread];
    __atomic_store_n(&t->event, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &t->event, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    return PORT_OK;
}

/* --- Images --- */

static enum port_errno image_size(void *env, uint64_t index, uint64_t *size) {
    const struct sgx_server *s = env;
    struct stat about;
    if (index >= s->image_count) return PORT_ENOENT;
    if (fstat(s->images[index], &about) || !S_ISREG(about.st_mode)) return PORT_EIO;
    *size = (uint64_t)about.st_size;
    return PORT_OK;
}

static enum port_errno read_image(void *env, uint64_t index, uint64_t offset,
                                  const struct port_span *spans, uint32_t count, size_t *size) {
    const struct sgx_server *s = env;
    if (index >= s->image_count || count != 1 || offset > INT64_MAX) return PORT_EINVAL;
    ssize_t got = pread(s->images[index], spans->bytes, spans->size, (off_t)offset);
    if (got < 0) return PORT_EIO;
    *size = (size_t)got;
    return PORT_OK;
}

static enum port_errno make_code(void *env, uint64_t offset, uint64_t size) {
    struct sgx_server *s = env;
    struct sgx_enclave *e = &s->enclave;
    if (offset % SGX_PAGE || size % SGX_PAGE || !range_inside(offset, size, e->size))
        return PORT_EINVAL;
    return e->loader->make_code(e, offset, size) ? PORT_OK : PORT_EIO;
}

/* --- Entering --- */

__attribute__((format(printf, 2, 3))) static void end_badly(struct sgx_server *s,
                                                            const char *format, ...) {
    va_list list;
    va_start(list, format);
    pthread_mutex_lock(&s->lock);
    if (s->end.status == NACRE_OK) {
        s->end.status = NACRE_IO;
        vsnprintf(s->end.text, sizeof s->end.text, format, list);
    }
    pthread_mutex_unlock(&s->lock);
    va_end(list);
}

/* An exception is for the enclave to handle, which says at its exit whether it did. (To one in its
 * handler it can't be entered.) False: there is nothing more to do for the thread. */
static bool answer_exception(struct sgx_thread *t, uint32_t *function) {
    struct sgx_server *s = t->server;
    *function = SGX_EENTER;
    if (t->run.function == SGX_ERESUME && t->run.vector == SGX_VECTOR_UD) return true;
    if (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE))
        end_badly(s, "the enclave faulted: exception %u at page 0x%llx", t->run.vector,
                  (unsigned long long)t->run.address);
    return false;
}

static void *run_worker(void *argument) {
    struct sgx_server *s = argument;
    worker_run(&s->worker);
    server_leave(&s->server);
    return NULL;
}

static void note_exit(struct sgx_server *s) {
    if (worker_note_exit(&s->worker)) (void)server_start_thread(&s->server, run_worker, s);
}

static bool answer_exit(struct sgx_thread *t, uint32_t *function) {
    struct sgx_server *s = t->server;
    *function = SGX_EENTER;
    switch (__atomic_load_n(&t->gate.reason, __ATOMIC_ACQUIRE)) {
    case GATE_CALL:
        if (t->gate.slot >= s->enclave.image.config->thread_count) break;
        served_answer(&s->server.served, &s->host.slots[t->gate.slot]);
        note_exit(s);
        return true;
    case GATE_WAIT:
        if (t->gate.slot >= s->enclave.image.config->thread_count) break;
        worker_wait(&s->worker, &s->host.slots[t->gate.slot]);
        return true;
    case GATE_HANDLED: *function = SGX_ERESUME; return true;
    case GATE_DONE: return false;
    case GATE_BROKEN: end_badly(s, "the enclave made an exception that it does not know"); break;
    default: end_badly(s, "the enclave refused to be entered"); break;
    }
    return false;
}

static void enter(struct sgx_thread *t) {
    struct sgx_enclave *e = &t->server->enclave;
    uint32_t function = SGX_EENTER;
    bool goes_on = true;
    t->gate = (struct enclave_gate){.host = &t->server->host};
    t->run = (struct sgx_run){.tcs = sgx_tcs(e, (uint32_t)(t - t->server->threads))};
    while (goes_on) {
        if (!e->loader->enter(e, &t->gate, function, &t->run)) {
            end_badly(t->server, "no thread can enter the enclave");
            return;
        }
        goes_on = t->run.function == SGX_EEXIT ? answer_exit(t, &function)
                                               : answer_exception(t, &function);
    }
}

static void *run_thread(void *argument) {
    struct sgx_thread *t = argument;
    struct sgx_server *s = t->server;
    enter(t);
    if (t == s->threads) server_is_over(&s->server);
    __atomic_store_n(&t->is_busy, 0, __ATOMIC_RELEASE);
    server_leave(&s->server);
    return NULL;
}

/* --- The enclave --- */

static void learn_cpu(struct gate_cpuid *answers) {
    static const struct { uint32_t leaf, subleaf; } wanted[] = {
#define LEAF(leaf, subleaf) {leaf, subleaf},
        GATE_CPUID_LEAVES(LEAF)
#undef LEAF
    };
    for (size_t i = 0; i < ARRAY_COUNT(wanted); i++) {
        uint32_t *r = answers[i].registers;
        answers[i].leaf = wanted[i].leaf;
        answers[i].subleaf = wanted[i].subleaf;
        __get_cpuid_count(wanted[i].leaf, wanted[i].subleaf, &r[0], &r[1], &r[2], &r[3]);
    }
}

static void release(struct server *server) {
    struct sgx_server *s = (struct sgx_server *)server;
    if (s->host.slots) munmap(s->host.slots, slots_bytes(s));
    if (s->enclave.state) sgx_unload(&s->enclave);
    if (s->file) munmap(s->file, s->file_size);
    for (uint32_t i = 0; i < s->image_count; i++) close(s->images[i]);
    free(s->images);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* A copy: it is looked at for as long as the enclave lives, and somebody may change the file. */
static bool read_all(struct sgx_server *s, int file) {
    for (size_t at = 0; at < s->file_size;) {
        ssize_t got = pread(file, s->file + at, s->file_size - at, (off_t)at);
        if (got == 0 || (got < 0 && errno != EINTR)) return false;
        if (got > 0) at += (size_t)got;
    }
    return true;
}

static nacre_status read_file(struct sgx_server *s, const char *path, nacre_error *error) {
    struct stat about;
    void *at = MAP_FAILED;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return client_fail_io(error, path, errno);
    if (fstat(file, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0)
        at = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at != MAP_FAILED) {
        s->file = at;
        s->file_size = (size_t)about.st_size;
    }
    const bool is_read = s->file && read_all(s, file);
    close(file);
    return is_read ? NACRE_OK : client_fail(error, NACRE_IO, "%s can't be read", path);
}

static nacre_status load(struct sgx_server *s, const struct sgx_loader *loader,
                         nacre_error *error) {
    static const struct program_name enclave = {"nacre-enclave", "NACRE_ENCLAVE"};
    char path[PATH_MAX];
    TRY(program_find(&enclave, NULL, path, error));
    TRY(read_file(s, path, error));
    TRY(sgx_load(&s->enclave, loader, s->file, s->file_size, error));
    void *slots = mmap(NULL, slots_bytes(s), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);
    if (slots == MAP_FAILED)
        return client_fail(error, NACRE_NO_MEMORY, "no memory to share with the enclave");
    s->host.slots = slots;
    s->host.has_sgx2 = s->enclave.has_sgx2;
    learn_cpu(s->host.cpuid);
    s->worker = (struct sgx_worker){
        .served = &s->server.served, .host = &s->host, .stop = &s->stop,
        .slot_count = s->enclave.image.config->thread_count,
        .is_of_use = sysconf(_SC_NPROCESSORS_ONLN) > 1};
    return NACRE_OK;
}

static nacre_status open_images(struct sgx_server *s, const struct server_setup *setup,
                                nacre_error *error) {
    s->images = calloc(setup->image_count + 1, sizeof *s->images);
    if (!s->images) return client_fail(error, NACRE_NO_MEMORY, "no memory for a list of images");
    for (; s->image_count < setup->image_count; s->image_count++) {
        const char *path = setup->images[s->image_count];
        int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (file < 0) return client_fail_io(error, path, errno);
        s->images[s->image_count] = file;
    }
    return NACRE_OK;
}

nacre_status sgx_start(const struct sgx_loader *loader, const struct server_setup *setup,
                       struct server **server, nacre_error *error) {
    struct sgx_server *s = calloc(1, sizeof *s);
    if (!s || !server_init(&s->server, setup, release)) {
        free(s);
        return client_fail(error, NACRE_NO_MEMORY, "no memory for an enclave's host");
    }
    pthread_mutex_init(&s->lock, NULL);
    s->orders = *s->server.served.orders;
    s->orders.start_thread = start_thread;
    s->orders.sleep = sleep_thread;
    s->orders.wake = wake_thread;
    s->orders.image = image_size;
    s->orders.read_image = read_image;
    s->orders.make_code = make_code;
    s->server.served.orders = &s->orders;
    for (uint32_t i = 0; i < ENCLAVE_THREADS_MAX; i++) s->threads[i].server = s;
    nacre_status status = open_images(s, setup, error);
    if (status == NACRE_OK) status = load(s, loader, error);
    if (status == NACRE_OK && start_thread(s) != PORT_OK)
        status = client_fail(error, NACRE_NO_MEMORY, "no thread to enter the enclave");
    s->server.times = s->enclave.times;
    if (status == NACRE_OK) *server = &s->server;
    else server_leave(&s->server);
    return status;
}

static nacre_status start_hardware(const struct server_setup *setup, struct server **server,
                                   nacre_error *error) {
    return sgx_start(&sgx_hardware, setup, server, error);
}

static nacre_status start(const struct server_setup *setup, struct server **server,
                          nacre_error *error) {
    return sgx_start(sgx_is_there() ? &sgx_hardware : &sgx_simulated, setup, server, error);
}

static nacre_status start_simulated(const struct server_setup *setup, struct server **server,
                                    nacre_error *error) {
    return sgx_start(&sgx_simulated, setup, server, error);
}

bool sgx_is_there(void) { return access("/dev/sgx_enclave", F_OK) == 0; }

static nacre_status explain(struct server *server, nacre_error *error) {
    struct sgx_server *s = (struct sgx_server *)server;
    pthread_mutex_lock(&s->lock);
    const nacre_error end = s->end;
    pthread_mutex_unlock(&s->lock);
    if (end.status == NACRE_OK) return client_fail(error, NACRE_IO, "the enclave ended early");
    return client_fail(error, end.status, "%s", end.text);
}

/* A session without orders ends by itself; what else is in the enclave, such as threads of the
 * guest, has no code any more. Threads in calls come back when those end, and nobody waits. */
static void end(struct server *server) {
    struct sgx_server *s = (struct sgx_server *)server;
    const uint32_t patience_ms = 10;
    server_close(server);
    (void)server_await_end(server, patience_ms);
    __atomic_store_n(&s->stop, 1, __ATOMIC_SEQ_CST);
    s->enclave.loader->stop(&s->enclave);
    for (uint32_t i = 0; i < ENCLAVE_THREADS_MAX; i++) (void)wake_thread(s, i);
    worker_end(&s->worker);
    server_leave(server);
}

struct sgx_enclave *sgx_enclave_of(struct server *server) {
    return &((struct sgx_server *)server)->enclave;
}

const struct server_kind sgx_kind = {start, explain, end};
const struct server_kind sgx_hardware_kind = {start_hardware, explain, end};
const struct server_kind sgx_simulated_kind = {start_simulated, explain, end};
