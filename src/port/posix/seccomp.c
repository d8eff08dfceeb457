/* seccomp.c - see seccomp.h */
#define _GNU_SOURCE 1
#include <sys/prctl.h>
#include <unistd.h>

#include "port/posix/seccomp.h"

int posix_seccomp(const struct sock_filter *list, size_t count) {
    const struct sock_fprog program = {(unsigned short)count,
                                       (struct sock_filter *)(uintptr_t)list};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return errno;
    long refused = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
                           &program);
    if (refused < 0) return errno;
    return refused ? ESRCH : 0; /* the number of a thread */
}
