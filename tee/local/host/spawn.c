/* spawn.c - see spawn.h. Between the clone and the exec only the system is called: other threads
 * of ours may have held any lock. The system holds this thread up meanwhile, as for vfork, though
 * the new process has memory of its own: the end of a pipe would not do, as what the embedder
 * forks at this moment has it open, too. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "local/host/spawn.h"
#include "port/local/local.h"

enum { NEW_NAMESPACES = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                        CLONE_NEWUTS };

/* Like fork; returns when the new process has become another program, or ended. */
static pid_t clone_with(int flags) {
#if defined(__aarch64__) || defined(__x86_64__)
    return (pid_t)syscall(SYS_clone, flags | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL);
#endif
}

static void write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t written = write(fd, text, strlen(text));
    (void)written;
    close(fd);
}

/* It is root of its own user namespace until it gives that up: it has files to leave. */
static void take_namespace(const char *users, const char *groups) {
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", users);
    write_file("/proc/self/gid_map", groups);
}

/* By the exec. */
static void close_from(unsigned first) {
    const unsigned on_exec = 4; /* CLOSE_RANGE_CLOEXEC, of Linux 5.11 */
    if (syscall(SYS_close_range, first, ~0u, on_exec) == 0) return;
    for (int fd = (int)first; fd < 65536; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* In the new process. */
static void become(const char *program, const struct spawn_files *files) {
    char *const argv[] = {"nacre-core", NULL}, *const environment[] = {NULL};
    const int end = LOCAL_IMAGE_FILE + (int)files->image_count;
    /* Out of the way first: its number may be one that an image gets. */
    int ring = fcntl(files->ring, F_DUPFD_CLOEXEC, end);
    if (ring < 0 || dup2(ring, LOCAL_RING_FILE) < 0) return;
    for (uint32_t i = 0; i < files->image_count; i++)
        if (dup2(files->images[i], LOCAL_IMAGE_FILE + (int)i) < 0) return;
    for (int fd = 0; fd < LOCAL_RING_FILE; fd++)
        if (!SPAWN_KEEPS_STDERR || fd != 2) close(fd);
    close_from((unsigned)end);
    execve(program, argv, environment);
}

/* Its host is gone from the moment that nobody reads the pipe. Whoever asks a host that is gone
 * would wait for ever. */
static bool has_host(int report) {
    struct pollfd end = {.fd = report, .events = POLLOUT};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)) return false;
    return poll(&end, 1, 0) <= 0 || !(end.revents & POLLERR);
}

/* The new process writes the errno of its failure to a pipe. */
static void run_child(const char *program, const struct spawn_files *files, const int pipe[2]) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;
    close(pipe[0]);
    int high = fcntl(pipe[1], F_DUPFD_CLOEXEC, LOCAL_IMAGE_FILE + (int)files->image_count);
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* now that no handler of ours can run here */
    if (high < 0 || !has_host(high)) _exit(127);
    become(program, files);
    int number = errno ? errno : EINVAL;
    ssize_t written = write(high, &number, sizeof number);
    (void)written;
    _exit(127);
}

/* What it has written, if anything: nothing more will be. */
static int read_failure(int from) {
    int number = 0;
    ssize_t got = read(from, &number, sizeof number);
    return got == (ssize_t)sizeof number ? number : 0;
}

static int start(const char *program, const struct spawn_files *files, const int pipe[2],
                 pid_t *pid) {
    char users[64], groups[64];
    snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
    pid_t child = clone_with(NEW_NAMESPACES);
    if (child == 0) take_namespace(users, groups); /* before it may be another kind of child */
    /* What is allowed to nobody here may be to us; or neither is. */
    if (child < 0) child = clone_with(NEW_NAMESPACES & ~CLONE_NEWUSER);
    if (child < 0) child = clone_with(0);
    if (child == 0) run_child(program, files, pipe);
    int number = child < 0 ? errno : 0;
    close(pipe[1]);
    if (child < 0) return number;
    number = read_failure(pipe[0]);
    if (number) waitpid(child, NULL, 0);
    else *pid = child;
    return number;
}

int spawn_core(const char *program, const struct spawn_files *files, pid_t *pid) {
    sigset_t all, old;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK)) return errno;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old); /* our handlers are not for the new process */
    int number = start(program, files, ends, pid);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    close(ends[0]);
    return number;
}
