/*
 * tcp.c - a guest that serves TCP: tcp NACRE echo.wasm
 *
 * Starts the guest with a listening socket on a free port, is two of its clients, and checks what
 * comes back and how the guest ends.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in loopback(unsigned port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

/* A port that nobody uses just now. */
static unsigned free_port(void) {
    struct sockaddr_in a = loopback(0);
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&a, size) != 0) return 0;
    if (getsockname(fd, (struct sockaddr *)&a, &size) != 0) return 0;
    close(fd);
    return ntohs(a.sin_port);
}

/* The guest takes a moment to listen, or many where it is compiled first and others work. */
static int connect_to(unsigned port) {
    struct sockaddr_in a = loopback(port);
    const struct timespec moment = {0, 20000000};
    for (int tries = 0; tries < 6000; tries++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0) return fd;
        close(fd);
        nanosleep(&moment, NULL);
    }
    return -1;
}

static int be_client(unsigned port) {
    char text[64] = "";
    int fd = connect_to(port);
    if (fd < 0) return fputs("can't connect\n", stderr), 1;
    if (write(fd, "pearl", 5) != 5) return perror("write"), 1;
    ssize_t size = read(fd, text, sizeof text - 1);
    if (size != 5 || strcmp(text, "PEARL") != 0) return fprintf(stderr, "got '%s'\n", text), 1;
    if (read(fd, text, sizeof text) != 0) return fputs("the guest did not shut down\n", stderr), 1;
    close(fd);
    return 0;
}

int main(int argc, char **argv) {
    char address[32];
    unsigned port = free_port();
    if (argc != 3 || port == 0) return 2;
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    pid_t child = fork();
    if (child == 0) {
        execl(argv[1], argv[1], "run", "--tcplisten", address, argv[2], (char *)NULL);
        _exit(127);
    }
    int failed = be_client(port) || be_client(port), status = -1;
    if (failed && child > 0) kill(child, SIGKILL); /* it waits for clients */
    if (child < 0 || waitpid(child, &status, 0) != child) return 1;
    if (status != 0) fprintf(stderr, "the guest ended with %d\n", status);
    return failed || status != 0;
}
