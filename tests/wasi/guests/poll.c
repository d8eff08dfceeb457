/*
 * poll.c - waiting for files and timeouts.
 *
 * It wants an empty directory as "/" and something to read (poll.stdin).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void show(const char *what, struct pollfd *all, nfds_t count, int timeout_ms) {
    int ready = poll(all, count, timeout_ms);
    printf("%s: %d", what, ready);
    if (ready < 0) printf(" %s", strerror(errno));
    for (nfds_t i = 0; i < count; i++) {
        printf("%s%s%s%s", i ? "," : " [", all[i].revents & POLLIN ? "in" : "",
               all[i].revents & POLLOUT ? "out" : "", all[i].revents & POLLNVAL ? "bad" : "");
    }
    printf("%s\n", count ? "]" : "");
}

int main(void) {
    int fd = open("/file", O_CREAT | O_RDWR, 0666);
    struct pollfd all[3] = {{.fd = 0, .events = POLLIN}, {.fd = 1, .events = POLLOUT}, {.fd = fd}};
    show("input", all, 1, -1);
    show("input and output", all, 2, 1000);
    all[2].events = POLLIN | POLLOUT;
    show("a file", &all[2], 1, -1);
    show("all", all, 3, 0);
    all[1].fd = 77;
    show("a bad one", all, 2, 1000);
    return 0;
}
