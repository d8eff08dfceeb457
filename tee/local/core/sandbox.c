/* sandbox.c - see sandbox.h */
#define _GNU_SOURCE 1
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "local/core/sandbox.h"

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

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#endif

#define FIELD(name) ((uint32_t)offsetof(struct seccomp_data, name))
#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
/* Skips an instruction unless the value is, or has one of, these. */
#define IF_IS(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1)
#define ALLOW(call) IF_IS(SYS_##call), RETURN(SECCOMP_RET_ALLOW)
/* Allows a call if none of these bits is in the low half of its argument. */
#define ALLOW_WITHOUT(call, argument, bits)                                  \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4),                   \
        LOAD(FIELD(args[argument])),                                         \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, 1),                  \
        RETURN(SECCOMP_RET_KILL_PROCESS), RETURN(SECCOMP_RET_ALLOW)

#define NAMESPACES                                                                     \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
     CLONE_NEWPID | CLONE_NEWNET)

static const struct sock_filter filter[] = {
    LOAD(FIELD(arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    LOAD(FIELD(nr)),
    /* Waiting and waking, for calls to the host and between threads: not what else futex does. */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 0, 7),
    LOAD(FIELD(args[1])),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, FUTEX_CMD_MASK),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FUTEX_WAIT, 3, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FUTEX_WAKE, 2, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FUTEX_WAIT_BITSET, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    RETURN(SECCOMP_RET_ALLOW),
    ALLOW(sched_yield),
    /* Memory, which is never made executable. */
    ALLOW_WITHOUT(mmap, 2, PROT_EXEC),
    ALLOW_WITHOUT(mprotect, 2, PROT_EXEC),
    ALLOW(munmap),
    ALLOW(madvise),
    ALLOW(mremap),
    ALLOW(brk),
    /* Faults of compiled code. */
    ALLOW(rt_sigreturn),
    ALLOW(rt_sigaction),
    ALLOW(rt_sigprocmask),
    ALLOW(sigaltstack),
    /* Clocks, where the system maps none, and random bytes. */
    ALLOW(clock_gettime),
    ALLOW(clock_getres),
    ALLOW(getrandom),
    /* Threads of its own: no processes, no namespaces. clone3's flags can't be looked at: the C
     * library is told that there is none, and uses clone. */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 6),
    LOAD(FIELD(args[0])),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1),
    RETURN(SECCOMP_RET_KILL_PROCESS),
    RETURN(SECCOMP_RET_ALLOW),
    IF_IS(SYS_clone3),
    RETURN(SECCOMP_RET_ERRNO | ENOSYS),
    ALLOW(set_robust_list),
    ALLOW(rseq),
    ALLOW(gettid),
    ALLOW(restart_syscall),
    ALLOW(exit),
    ALLOW(exit_group),
    RETURN(SECCOMP_RET_KILL_PROCESS),
};

static bool leave_system_calls(void) {
    const struct sock_fprog program = {sizeof filter / sizeof filter[0],
                                       (struct sock_filter *)(uintptr_t)filter};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

bool sandbox_enter(void) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return false;
    if (!SANDBOX_WHOLE) return true; /* a sanitizer writes, opens and traces */
    leave_files();
    leave_capabilities();
    if (!limit(RLIMIT_CORE) || !limit(RLIMIT_FSIZE) || !limit(RLIMIT_NOFILE) ||
        !limit(RLIMIT_MEMLOCK) || !limit(RLIMIT_MSGQUEUE))
        return false;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && leave_system_calls();
}
