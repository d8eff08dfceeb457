/* server.c - see server.h */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/server.h"
#include "port/posix/posix.h"

/* --- Orders --- */

static enum port_errno next(void *env, enum order_command *command, uint64_t *size) {
    struct server *s = env;
    pthread_mutex_lock(&s->lock);
    while (!s->is_closed && (!s->order || s->was_taken))
        pthread_cond_wait(&s->changed, &s->lock);
    const struct server_order *order = s->is_closed ? NULL : s->order;
    *command = order ? order->command : ORDER_END;
    *size = order ? order->items->size + (uint64_t)order->module_size : 0;
    if (order) s->was_taken = s->has_begun = true;
    pthread_mutex_unlock(&s->lock);
    return PORT_OK;
}

static size_t copy_order(const struct server_order *order, uint64_t offset,
                         const struct port_span *spans, uint32_t count) {
    const uint64_t items_size = order->items->size, total = items_size + order->module_size;
    size_t done = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (size_t at = 0; at < spans[i].size && offset < total;) {
            bool in_items = offset < items_size;
            const uint8_t *from = in_items
                ? order->items->bytes + offset
                : (const uint8_t *)order->module + (offset - items_size);
            uint64_t left = (in_items ? items_size : total) - offset;
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
    *size = s->order && s->was_taken ? copy_order(s->order, offset, spans, count) : 0;
    pthread_mutex_unlock(&s->lock);
    return PORT_OK;
}

/* What the core writes may change while it is read: a copy is looked at. The first answer to an
 * order counts. */
static enum port_errno answer(void *env, const struct port_span *spans, uint32_t count,
                              size_t *size) {
    struct server *s = env;
    if (count != 1 || spans->size == 0) return PORT_EINVAL;
    uint8_t *bytes = malloc(spans->size);
    if (!bytes) return PORT_ENOMEM;
    memcpy(bytes, spans->bytes, spans->size);
    pthread_mutex_lock(&s->lock);
    if (s->order && s->was_taken && !s->answer.bytes) {
        s->answer = (struct server_answer){bytes, spans->size};
        bytes = NULL;
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    free(bytes);
    *size = spans->size;
    return PORT_OK;
}

static const struct served_orders orders = {.next = next, .fetch = fetch, .answer = answer};

uint64_t server_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Of the condition's clock. */
static struct timespec time_after(uint64_t ms) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    const uint64_t ns = (uint64_t)time.tv_nsec + ms % 1000 * 1000000;
    time.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
    time.tv_nsec = (long)(ns % 1000000000);
    return time;
}

enum server_end server_ask(struct server *s, const struct server_order *order, uint64_t limit_ms,
                           struct server_answer *answered) {
    const bool has_limit = limit_ms != SERVER_NO_LIMIT;
    const struct timespec until = time_after(has_limit ? limit_ms : 0);
    int result = 0;
    pthread_mutex_lock(&s->lock);
    s->order = order;
    s->was_taken = false;
    pthread_cond_broadcast(&s->changed);
    while (!s->answer.bytes && !s->is_over && result == 0)
        result = has_limit ? pthread_cond_timedwait(&s->changed, &s->lock, &until)
                           : pthread_cond_wait(&s->changed, &s->lock);
    const bool is_over = s->is_over;
    *answered = s->answer;
    s->answer = (struct server_answer){0};
    s->order = NULL; /* from now on nothing of the caller's is used */
    pthread_mutex_unlock(&s->lock);
    if (answered->bytes) return SERVER_ANSWERED;
    return is_over ? SERVER_OVER : SERVER_LATE;
}

bool server_has_begun(struct server *s) {
    pthread_mutex_lock(&s->lock);
    bool has_begun = s->has_begun;
    pthread_mutex_unlock(&s->lock);
    return has_begun;
}

static void set(struct server *s, bool *what) {
    pthread_mutex_lock(&s->lock);
    *what = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

void server_is_over(struct server *s) { set(s, &s->is_over); }
void server_close(struct server *s) { set(s, &s->is_closed); }

bool server_await_end(struct server *s, uint32_t timeout_ms) {
    const struct timespec until = time_after(timeout_ms);
    int result = 0;
    pthread_mutex_lock(&s->lock);
    while (!s->is_over && result == 0)
        result = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    const bool is_over = s->is_over;
    pthread_mutex_unlock(&s->lock);
    return is_over;
}

/* --- Users --- */

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

static void free_grants(struct server *s) {
    for (uint32_t i = 0; i < s->grant_count; i++) free((char *)(uintptr_t)s->grants[i].text);
    free(s->grants);
}

void server_leave(struct server *s) {
    if (__atomic_sub_fetch(&s->users, 1, __ATOMIC_ACQ_REL) > 0) return;
    served_deinit(&s->served);
    free_grants(s);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    s->release(s);
}

bool server_start_thread(struct server *s, void *(*run)(void *argument), void *argument) {
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t signals, old;
    if (pthread_attr_init(&attributes)) return false;
    __atomic_add_fetch(&s->users, 1, __ATOMIC_ACQ_REL);
    sigfillset(&signals); /* they are for the caller's threads, but for faults of its own */
    for (size_t i = 0; i < ARRAY_COUNT(faults); i++) sigdelset(&signals, faults[i]);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_BLOCK, &signals, &old);
    bool ok = pthread_create(&thread, &attributes, run, argument) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    if (!ok) server_leave(s); /* not the last: the caller is one */
    return ok;
}

/* --- The beginning --- */

/* Directories and listeners, one list after the other. */
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

/* Streams that this process has not are not lent: the next file to be opened has their number. */
static uint32_t open_streams(uint32_t wanted) {
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0) wanted &= ~(1u << fd);
    return wanted;
}

bool server_init(struct server *s, const struct server_setup *setup,
                 void (*release)(struct server *server)) {
    const struct served_grants *from = &setup->grants;
    const uint32_t dirs = from->dirs.count, listeners = from->listeners.count;
    pthread_condattr_t monotonic;
    *s = (struct server){.users = 1, .release = release};
    const uint32_t streams = open_streams(from->streams);
    if (!copy_grants(s, from)) {
        free_grants(s);
        return false;
    }
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    const struct served_grants grants = {.dirs = {s->grants, dirs},
                                         .listeners = {s->grants + dirs, listeners},
                                         .streams = streams};
    served_init(&s->served, port_posix(), port_posix_allocator(), &grants, setup->files_max);
    s->served.orders = &orders;
    s->served.orders_env = s;
    return true;
}
