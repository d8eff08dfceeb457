/*
 * seccomp.h - what lists of allowed system calls are written with, and how one is entered.
 *
 * A list begins with SECCOMP_BEGIN, which ends the process if the call is another machine's, and
 * ends with what becomes of calls that no row allows. Rows are for the call's number; each leaves
 * that number where it found it, or decides.
 */
#ifndef PORT_POSIX_SECCOMP_H
#define PORT_POSIX_SECCOMP_H

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define SECCOMP_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SECCOMP_MACHINE AUDIT_ARCH_AARCH64
#endif

#define SECCOMP_FIELD(name) ((uint32_t)offsetof(struct seccomp_data, name))
#define SECCOMP_LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (at))
#define SECCOMP_RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define SECCOMP_KILL SECCOMP_RETURN(SECCOMP_RET_KILL_PROCESS)
#define SECCOMP_PASS SECCOMP_RETURN(SECCOMP_RET_ALLOW)
/* Goes on so many instructions later if the value is this one, or has such a bit, or not. */
#define SECCOMP_IF(value, is, is_not) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (is), (is_not))
#define SECCOMP_ANY(bits, has, has_not) \
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), (has), (has_not))

#define SECCOMP_BEGIN                                                    \
    SECCOMP_LOAD(SECCOMP_FIELD(arch)), SECCOMP_IF(SECCOMP_MACHINE, 1, 0), \
        SECCOMP_KILL, SECCOMP_LOAD(SECCOMP_FIELD(nr))
#define SECCOMP_ALLOW(call) SECCOMP_IF(SYS_##call, 0, 1), SECCOMP_PASS
#define SECCOMP_REFUSE(call, number) \
    SECCOMP_IF(SYS_##call, 0, 1), SECCOMP_RETURN(SECCOMP_RET_ERRNO | (number))
/* Allows a call if none of these bits is in the low half of its argument. */
#define SECCOMP_ALLOW_WITHOUT(call, argument, bits)                                      \
    SECCOMP_IF(SYS_##call, 0, 4), SECCOMP_LOAD(SECCOMP_FIELD(args[argument])),           \
        SECCOMP_ANY((bits), 0, 1), SECCOMP_KILL, SECCOMP_PASS

/* Waiting and waking between threads: not what else futex does. */
#define SECCOMP_ALLOW_WAITING                                                             \
    SECCOMP_IF(SYS_futex, 0, 7), SECCOMP_LOAD(SECCOMP_FIELD(args[1])),                    \
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, FUTEX_CMD_MASK),                              \
        SECCOMP_IF(FUTEX_WAIT, 3, 0), SECCOMP_IF(FUTEX_WAKE, 2, 0),                       \
        SECCOMP_IF(FUTEX_WAIT_BITSET, 1, 0), SECCOMP_KILL, SECCOMP_PASS

/* Memory, which is never made executable. */
#define SECCOMP_ALLOW_MEMORY                                                              \
    SECCOMP_ALLOW_WITHOUT(mmap, 2, PROT_EXEC), SECCOMP_ALLOW_WITHOUT(mprotect, 2, PROT_EXEC), \
        SECCOMP_ALLOW(munmap), SECCOMP_ALLOW(madvise), SECCOMP_ALLOW(mremap), SECCOMP_ALLOW(brk)

#define SECCOMP_NAMESPACES                                                             \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
     CLONE_NEWPID | CLONE_NEWNET)
/* Threads of its own: no processes, no namespaces. clone3's flags can't be looked at: the C
 * library is told that there is none, and uses clone. */
#define SECCOMP_ALLOW_THREADS                                                             \
    SECCOMP_IF(SYS_clone, 0, 6), SECCOMP_LOAD(SECCOMP_FIELD(args[0])),                    \
        SECCOMP_ANY(CLONE_THREAD, 1, 0), SECCOMP_KILL,                                    \
        SECCOMP_ANY(SECCOMP_NAMESPACES, 0, 1), SECCOMP_KILL, SECCOMP_PASS,                \
        SECCOMP_REFUSE(clone3, ENOSYS), SECCOMP_ALLOW(set_robust_list),                   \
        SECCOMP_ALLOW(rseq), SECCOMP_ALLOW(gettid), SECCOMP_ALLOW(exit)

/* What access and readlink of the C library call. */
#if defined(__x86_64__)
#define SECCOMP_ALLOW_LOOKING SECCOMP_ALLOW(access), SECCOMP_ALLOW(readlink)
#else
#define SECCOMP_ALLOW_LOOKING SECCOMP_ALLOW(faccessat), SECCOMP_ALLOW(readlinkat)
#endif

/* Has the calling thread, and all others of the process, call no more than the list allows; for
 * good, and for the programs that they start, if any. Nobody gains privileges by that. Returns 0
 * or an errno: ESRCH, if a thread is not of those that can follow. */
int posix_seccomp(const struct sock_filter *list, size_t count);

#endif
