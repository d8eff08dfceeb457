/* sockets.c - TCP connections, and waiting for files to become ready. */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "port/posix/handles.h"

enum { HOST_MAX = 64, BACKLOG = 128, POLL_ON_STACK = 32 };

/* "HOST:PORT" or "[HOST]:PORT": copies the host, gives the port. */
static bool split_address(const char *address, char host[HOST_MAX], bool *ipv6, uint16_t *port) {
    size_t size = strlen(address);
    size_t colon = size;
    while (colon > 0 && address[colon - 1] != ':') colon--;
    if (colon == 0 || colon == size || size - colon > 5) return false;
    uint32_t number = 0;
    for (size_t i = colon; i < size; i++) {
        if (address[i] < '0' || address[i] > '9') return false;
        number = number * 10 + (uint32_t)(address[i] - '0');
    }
    if (number > UINT16_MAX) return false;
    size_t start = 0, end = colon - 1;
    *ipv6 = end >= 2 && address[0] == '[' && address[end - 1] == ']';
    if (*ipv6) {
        start++;
        end--;
    }
    if (end - start >= HOST_MAX) return false;
    memcpy(host, address + start, end - start);
    host[end - start] = 0;
    *port = (uint16_t)number;
    return true;
}

static enum port_errno listen_at(const struct sockaddr *address, socklen_t size, uint64_t *file) {
    enum port_errno e = PORT_OK;
    int one = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return posix_failed();
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) || bind(fd, address, size) ||
        listen(fd, BACKLOG)) {
        e = posix_failed();
        close(fd);
        return e;
    }
    *file = (uint32_t)fd | POSIX_SOCKET;
    return PORT_OK;
}

enum port_errno posix_listen(void *context, const char *address, uint64_t *file) {
    (void)context;
    char host[HOST_MAX];
    bool ipv6;
    uint16_t port;
    if (!split_address(address, host, &ipv6, &port)) return PORT_EINVAL;
    if (ipv6) {
        struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
        if (inet_pton(AF_INET6, host, &at.sin6_addr) != 1) return PORT_EINVAL;
        return listen_at((const struct sockaddr *)&at, sizeof at, file);
    }
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &at.sin_addr) != 1) return PORT_EINVAL;
    return listen_at((const struct sockaddr *)&at, sizeof at, file);
}

enum port_errno posix_accept(void *context, uint64_t file, uint64_t *connection) {
    (void)context;
    int fd;
    do {
        fd = accept4(posix_fd(file), NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return posix_failed();
    *connection = (uint32_t)fd | POSIX_SOCKET;
    return PORT_OK;
}

static struct msghdr message(const struct port_span *spans, uint32_t count) {
    return (struct msghdr){
        .msg_iov = (struct iovec *)(uintptr_t)spans, /* the layout is checked in io.c */
        .msg_iovlen = u32_min(count, POSIX_SPANS_MAX),
    };
}

enum port_errno posix_receive(void *context, uint64_t file, const struct port_span *spans,
                              uint32_t count, bool peek, size_t *size) {
    (void)context;
    struct msghdr to = message(spans, count);
    ssize_t got;
    do {
        got = recvmsg(posix_fd(file), &to, MSG_DONTWAIT | (peek ? MSG_PEEK : 0));
    } while (got < 0 && errno == EINTR);
    if (got < 0) return posix_failed();
    *size = (size_t)got;
    return PORT_OK;
}

enum port_errno posix_send(void *context, uint64_t file, const struct port_span *spans,
                           uint32_t count, size_t *size) {
    (void)context;
    struct msghdr from = message(spans, count);
    ssize_t sent;
    do {
        sent = sendmsg(posix_fd(file), &from, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return posix_failed();
    *size = (size_t)sent;
    return PORT_OK;
}

enum port_errno posix_shutdown(void *context, uint64_t file, uint32_t how) {
    (void)context;
    static const int ways[] = {
        [PORT_SHUT_READ] = SHUT_RD,
        [PORT_SHUT_WRITE] = SHUT_WR,
        [PORT_SHUT_READ | PORT_SHUT_WRITE] = SHUT_RDWR,
    };
    if (how == 0 || how >= ARRAY_COUNT(ways)) return PORT_EINVAL;
    return shutdown(posix_fd(file), ways[how]) ? posix_failed() : PORT_OK;
}

/* How long poll may wait; NULL: without end. */
static const struct timespec *time_left(uint64_t deadline_ns, struct timespec *left) {
    struct timespec now = {0};
    if (deadline_ns == UINT64_MAX) return NULL;
    *left = (struct timespec){0};
    if (deadline_ns == 0) return left;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    if (now_ns >= deadline_ns) return left;
    left->tv_sec = (time_t)((deadline_ns - now_ns) / 1000000000u);
    left->tv_nsec = (long)((deadline_ns - now_ns) % 1000000000u);
    return left;
}

static void fill_in(struct port_poll *item, short got) {
    if (got == 0) return;
    if (got & POLLNVAL) {
        item->error = PORT_EBADF;
        return;
    }
    /* An error is met by the read or write that follows. */
    if (got & (POLLIN | POLLHUP | POLLERR)) item->ready |= item->wanted & PORT_READY_READ;
    if (got & (POLLOUT | POLLHUP | POLLERR)) item->ready |= item->wanted & PORT_READY_WRITE;
    if (item->ready && got & (POLLHUP | POLLRDHUP)) item->ready |= PORT_READY_HANGUP;
    int size = 0;
    if (item->ready & PORT_READY_READ && ioctl(posix_fd(item->file), FIONREAD, &size) == 0) {
        item->size_bytes = size > 0 ? (uint64_t)size : 0;
    }
}

enum port_errno posix_poll(void *context, struct port_poll *items, uint32_t count,
                           uint64_t deadline_ns) {
    (void)context;
    struct pollfd few[POLL_ON_STACK];
    struct pollfd *all = few;
    struct timespec left;
    enum port_errno e = PORT_OK;
    if (count > POLL_ON_STACK) all = calloc(count, sizeof *all);
    if (!all) return PORT_ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        items[i].ready = 0;
        items[i].error = PORT_OK;
        items[i].size_bytes = 0;
        all[i] = (struct pollfd){.fd = posix_fd(items[i].file)};
        if (items[i].wanted & PORT_READY_READ) all[i].events |= POLLIN | POLLRDHUP;
        if (items[i].wanted & PORT_READY_WRITE) all[i].events |= POLLOUT;
    }
    /* A signal ends the wait with nothing ready, as the contract allows. */
    if (ppoll(all, count, time_left(deadline_ns, &left), NULL) >= 0) {
        for (uint32_t i = 0; i < count; i++) fill_in(&items[i], all[i].revents);
    } else if (errno != EINTR) {
        e = posix_failed();
    }
    if (all != few) free(all);
    return e;
}
