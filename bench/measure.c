/*
 * measure.c - times whole processes: measure RUNS COMMAND [ARGUMENT...]
 *
 * Prints one line: the least milliseconds until the first byte on standard output and until the
 * end, the largest resident size in KiB, and the least milliseconds on a processor (which other
 * work on the machine changes little), of RUNS runs after one that is not counted.
 * Fails when the command fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct figures {
    double first_ms, end_ms, cpu_ms;
    long resident_kib;
};

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The time of the first byte; the rest is read and thrown away. */
static double read_all(int fd, double begin) {
    char buffer[65536];
    double first = 0;
    ssize_t size;
    while ((size = read(fd, buffer, sizeof buffer)) > 0)
        if (first == 0) first = now_ms() - begin;
    return first;
}

static double to_ms(struct timeval t) { return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3; }

static int run(char **command, struct figures *f) {
    int pipe_fds[2], status;
    struct rusage usage;
    if (pipe(pipe_fds) != 0) return 1;
    double begin = now_ms();
    pid_t child = fork();
    if (child == 0) {
        dup2(pipe_fds[1], 1);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        execvp(command[0], command);
        _exit(127);
    }
    close(pipe_fds[1]);
    f->first_ms = read_all(pipe_fds[0], begin);
    close(pipe_fds[0]);
    if (child < 0 || wait4(child, &status, 0, &usage) != child) return 1;
    f->end_ms = now_ms() - begin;
    f->resident_kib = usage.ru_maxrss;
    f->cpu_ms = to_ms(usage.ru_utime) + to_ms(usage.ru_stime);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

int main(int argc, char **argv) {
    struct figures best = {1e12, 1e12, 1e12, 0}, f;
    if (argc < 3) return 2;
    for (int i = (int)strtol(argv[1], NULL, 10); i >= 0; i--) {
        if (run(argv + 2, &f) != 0) {
            fprintf(stderr, "measure: %s failed\n", argv[2]);
            return 1;
        }
        if (f.first_ms < best.first_ms) best.first_ms = f.first_ms;
        if (f.end_ms < best.end_ms) best.end_ms = f.end_ms;
        if (f.cpu_ms < best.cpu_ms) best.cpu_ms = f.cpu_ms;
        if (f.resident_kib > best.resident_kib) best.resident_kib = f.resident_kib;
    }
    printf("%.2f %.2f %ld %.2f\n", best.first_ms, best.end_ms, best.resident_kib, best.cpu_ms);
    return 0;
}
