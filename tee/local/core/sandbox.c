/* sandbox.c - see sandbox.h */
#define _GNU_SOURCE 1
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "local/core/sandbox.h"
#include "port/posix/seccomp.h"

/* --- Files: an empty tree, where the system lets the process have a mount namespace --- */

/* Never in the one of others: a privileged process would take away everybody's files. */
static void leave_files(void) {
    if (unshare(CLONE_NEWNS)) return;
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) return;
    if (mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,mode=0500"))
        return;
    if (chdir("/tmp") || syscall(SYS_pivot_root, ".", ".")) return;
    (void)umount2(".", MNT_DETACH);
    (void)mount("none", "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC, NULL);
}

/* --- Capabilities and limits --- */

static void leave_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    for (int i = 0; i < 64; i++) (void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    (void)syscall(SYS_capset, &header, none);
}

static bool limit(__rlimit_resource_t what) {
    const struct rlimit none = {0, 0};
    return setrlimit(what, &none) == 0;
}

/* --- System calls --- */

static const struct sock_filter allowed[] = {
    SECCOMP_BEGIN,
    /* For calls to the host, and between threads. */
    SECCOMP_ALLOW_WAITING,
    SECCOMP_ALLOW(sched_yield),
    SECCOMP_ALLOW(getcpu),
    SECCOMP_ALLOW_MEMORY,
    /* Faults of compiled code. */
    SECCOMP_ALLOW(rt_sigreturn),
    SECCOMP_ALLOW(rt_sigaction),
    SECCOMP_ALLOW(rt_sigprocmask),
    SECCOMP_ALLOW(sigaltstack),
    /* Clocks, where the system maps none, and random bytes. */
    SECCOMP_ALLOW(clock_gettime),
    SECCOMP_ALLOW(clock_getres),
    SECCOMP_ALLOW(getrandom),
    SECCOMP_ALLOW_THREADS,
    SECCOMP_ALLOW(restart_syscall),
    SECCOMP_ALLOW(exit_group),
    SECCOMP_KILL,
};

bool sandbox_enter(void) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return false;
    if (!SANDBOX_WHOLE) return true; /* a sanitizer writes, opens and traces */
    leave_files();
    leave_capabilities();
    if (!limit(RLIMIT_CORE) || !limit(RLIMIT_FSIZE) || !limit(RLIMIT_NOFILE) ||
        !limit(RLIMIT_MEMLOCK) || !limit(RLIMIT_MSGQUEUE))
        return false;
    return posix_seccomp(allowed, sizeof allowed / sizeof allowed[0]) == 0;
}
