/*
 * measure.c - times whole processes: measure [-k FILE] RUNS COMMAND [ARGUMENT...]
 *
 * Prints one line: the least milliseconds until the first byte on standard output and until the
 * end, the largest resident size in KiB, and the least milliseconds on a processor (which other
 * work on the machine changes little), of RUNS runs after one that is not counted.
 * With -k every run counts, and FILE keeps what the last one wrote on standard output.
 * Fails when the command fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Returns the time of the first byte, of the end if there is none; the rest goes to `keep`. */
static double read_all(int fd, double begin, FILE *keep) {
    char buffer[65536];
    double first = 0;
    ssize_t size;
    while ((size = read(fd, buffer, sizeof buffer)) > 0) {
        if (first == 0) first = now_ms() - begin;
        if (keep != NULL) fwrite(buffer, 1, (size_t)size, keep);
    }
    return first != 0 ? first : now_ms() - begin;
}

static double to_ms(struct timeval t) { return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3; }

static int run(char **command, FILE *keep, struct figures *f) {
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
    f->first_ms = read_all(pipe_fds[0], begin, keep);
    close(pipe_fds[0]);
    if (child < 0 || wait4(child, &status, 0, &usage) != child) return 1;
    f->end_ms = now_ms() - begin;
    f->resident_kib = usage.ru_maxrss;
    f->cpu_ms = to_ms(usage.ru_utime) + to_ms(usage.ru_stime);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static int run_and_keep(char **command, const char *name, struct figures *f) {
    FILE *keep = NULL;
    if (name != NULL && (keep = fopen(name, "wb")) == NULL) return perror(name), 1;
    int failed = run(command, keep, f);
    if (keep != NULL && fclose(keep) != 0) return perror(name), 1;
    return failed;
}

int main(int argc, char **argv) {
    struct figures best = {1e12, 1e12, 1e12, 0}, f;
    const char *keep = NULL;
    if (argc > 2 && strcmp(argv[1], "-k") == 0) {
        keep = argv[2];
        argc -= 2;
        argv += 2;
    }
    if (argc < 3) return 2;
    for (long i = strtol(argv[1], NULL, 10) - (keep != NULL); i >= 0; i--) {
        if (run_and_keep(argv + 2, keep, &f) != 0) {
            fprintf(stderr, "measure: %s failed\n", argv[2]);
            return 1;
        }
        if (f.first_ms < best.first_ms) best.first_ms = f.first_ms;
        if (f.end_ms < best.end_ms) best.end_ms = f.end_ms;
        if (f.cpu_ms < best.cpu_ms) best.cpu_ms = f.cpu_ms;
        if (f.resident_kib > best.resident_kib) best.resident_kib = f.resident_kib;
    }
    printf("%.3f %.3f %ld %.3f\n", best.first_ms, best.end_ms, best.resident_kib, best.cpu_ms);
    return 0;
}
