/*
 * process.c - starting the compiler: one process with limits, and nothing of ours but four files.
 *
 * vfork: the new process borrows this one's memory until it becomes the compiler, so that starting
 * it costs the same however much memory a guest has. What runs in between calls the system only,
 * and writes to nothing but its own locals and `failure`. Signals are blocked meanwhile: a handler
 * of ours must not run there.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/client.h"

/* Files it may have open, and bytes a file may get: images are smaller than 4 GiB. */
enum { FILES_MAX = 256, FIRST_FREE = 4, FILE_SIZE_SHIFT = 32, LOWEST_PRIORITY = 19 };

static const char *const variables[] = {"PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS",
                                        "UBSAN_OPTIONS", "LSAN_OPTIONS"};

extern char **environ;

/* What the compiler needs of our environment; secrets may be in the rest. */
static void choose_environment(char *chosen[ARRAY_COUNT(variables) + 1]) {
    size_t count = 0;
    for (char **entry = environ; entry && *entry; entry++)
        for (size_t i = 0; i < ARRAY_COUNT(variables) && count < ARRAY_COUNT(variables); i++) {
            size_t size = strlen(variables[i]);
            if (strncmp(*entry, variables[i], size) != 0 || (*entry)[size] != '=') continue;
            chosen[count++] = *entry;
            break;
        }
    chosen[count] = NULL;
}

static bool limit(__rlimit_resource_t what, uint64_t value) {
    struct rlimit old, wanted = {value, value};
    if (getrlimit(what, &old) != 0) return false;
    if (wanted.rlim_max > old.rlim_max) wanted = (struct rlimit){old.rlim_max, old.rlim_max};
    return setrlimit(what, &wanted) == 0;
}

static bool set_limits(const struct process *process) {
    struct rlimit cpu = {process->cpu_seconds, process->cpu_seconds + 2}, old;
    /* SIGXCPU at the soft limit says what happened; SIGKILL at the hard one can't be ignored. */
    if (getrlimit(RLIMIT_CPU, &old) != 0) return false;
    if (cpu.rlim_max > old.rlim_max) cpu.rlim_max = old.rlim_max;
    if (cpu.rlim_cur > cpu.rlim_max) cpu.rlim_cur = cpu.rlim_max;
    if (setrlimit(RLIMIT_CPU, &cpu) != 0) return false;
    if (process->address_bytes && !limit(RLIMIT_AS, process->address_bytes)) return false;
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, FILES_MAX) &&
           limit(RLIMIT_FSIZE, UINT64_C(1) << FILE_SIZE_SHIFT);
}

/* Descriptors of ours that are not closed on exec: those of programs that embed Nacre. */
static void close_others(int first) {
    if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0) return;
    for (int fd = first; fd < 1024; fd++) close(fd);
}

static bool take_descriptors(const struct process *process) {
    if (dup2(process->input, 0) < 0 || dup2(process->output, 1) < 0 ||
        dup2(process->messages, 2) < 0)
        return false;
    if (process->lock >= 0 && dup2(process->lock, 3) < 0) return false;
    close_others(process->lock >= 0 ? 4 : 3);
    return true;
}

static void reset_signals(void) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* When memory is short, this process is the one to go. */
static void volunteer(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t written = write(fd, "1000", 4);
    (void)written;
    close(fd);
}

/* In the new process. Returns only when something failed. */
static void become(const struct process *process, pid_t parent, char *const *environment) {
    setsid(); /* signals of the terminal are for its owner, who ends it */
    if (process->bound) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return;
        if (getppid() != parent) _exit(0); /* ended before the line above */
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return;
    volunteer();
    if (process->low_priority) setpriority(PRIO_PROCESS, 0, LOWEST_PRIORITY);
    if (!take_descriptors(process) || !set_limits(process)) return;
    reset_signals();
    execve(process->program, process->argv, environment);
}

/* A copy of a descriptor that is out of the way of 0 to 3; -1 when there is none to copy. */
static bool raise_descriptor(int fd, int *raised) {
    if (fd >= 0) *raised = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE);
    return fd < 0 || *raised >= 0;
}

/* Returns 0 or an errno. */
static int start_raised(const struct process *process, pid_t *pid) {
    char *environment[ARRAY_COUNT(variables) + 1];
    volatile int failure = 0;
    sigset_t all, old;
    choose_environment(environment);
    pid_t parent = getpid();
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    pid_t child = vfork();
    if (child == 0) {
        become(process, parent, environment);
        failure = errno ? errno : EINVAL;
        _exit(127);
    }
    if (child < 0) failure = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (child > 0 && failure) waitpid(child, NULL, 0);
    if (failure == 0) *pid = child;
    return failure;
}

int process_start(const struct process *process, pid_t *pid) {
    struct process raised = *process;
    int *const copies[] = {&raised.input, &raised.output, &raised.messages, &raised.lock};
    int number = 0;
    for (size_t i = 0; i < ARRAY_COUNT(copies); i++) {
        int fd = *copies[i];
        *copies[i] = -1;
        if (number == 0 && !raise_descriptor(fd, copies[i])) number = errno;
    }
    if (number == 0) number = start_raised(&raised, pid);
    for (size_t i = 0; i < ARRAY_COUNT(copies); i++)
        if (*copies[i] >= 0) close(*copies[i]);
    return number;
}
