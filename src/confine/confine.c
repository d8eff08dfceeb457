/* confine.c - implements nacre/process.h: which system calls are left. What is called most stands
 * first, for kernels that go through the list each time (before Linux 5.11). */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <nacre/process.h>

#include "base/base.h"
#include "base/status.h"
#include "port/posix/posix.h"
#include "port/posix/seccomp.h"

/* Before the others: executable pages of a file, which are never writable. */
static const struct sock_filter late_images_rows[] = {
    SECCOMP_BEGIN,
    SECCOMP_IF(SYS_mmap, 0, 6),
    SECCOMP_LOAD(SECCOMP_FIELD(args[2])),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, PROT_EXEC | PROT_WRITE),
    SECCOMP_IF(PROT_EXEC, 0, 3),
    SECCOMP_LOAD(SECCOMP_FIELD(args[3])),
    SECCOMP_ANY(MAP_SHARED | MAP_ANONYMOUS, 1, 0),
    SECCOMP_PASS,
};

static const struct sock_filter rows[] = {
    SECCOMP_BEGIN,
    /* Open files, and waiting. */
    SECCOMP_ALLOW(writev),
    SECCOMP_ALLOW(readv),
    SECCOMP_ALLOW(preadv),
    SECCOMP_ALLOW(pwritev),
    SECCOMP_ALLOW(lseek),
    SECCOMP_ALLOW(rt_sigprocmask),
    SECCOMP_ALLOW_WAITING,
    SECCOMP_ALLOW(ppoll),
    SECCOMP_ALLOW(clock_gettime),
    SECCOMP_ALLOW(getrandom),
    SECCOMP_ALLOW(sched_yield),
    SECCOMP_ALLOW(recvmsg),
    SECCOMP_ALLOW(sendmsg),
    SECCOMP_ALLOW(accept4),
    SECCOMP_ALLOW(shutdown),
    SECCOMP_ALLOW(read),
    SECCOMP_ALLOW(write),
    SECCOMP_ALLOW(pread64),
    SECCOMP_ALLOW(pwrite64),
    SECCOMP_ALLOW_MEMORY,
    SECCOMP_ALLOW(memfd_create),
    /* Files by name: any name, as a list can't see it. */
    SECCOMP_ALLOW(openat),
    SECCOMP_ALLOW(openat2),
    SECCOMP_ALLOW(close),
    SECCOMP_ALLOW(fstat),
    SECCOMP_ALLOW(newfstatat),
    SECCOMP_ALLOW(getdents64),
    SECCOMP_ALLOW(readlinkat),
    SECCOMP_ALLOW(mkdirat),
    SECCOMP_ALLOW(unlinkat),
    SECCOMP_ALLOW(renameat),
    SECCOMP_ALLOW(linkat),
    SECCOMP_ALLOW(symlinkat),
    SECCOMP_ALLOW(utimensat),
    SECCOMP_ALLOW(ftruncate),
    SECCOMP_ALLOW(fallocate),
    SECCOMP_ALLOW(fadvise64),
    SECCOMP_ALLOW(fsync),
    SECCOMP_ALLOW(fdatasync),
    SECCOMP_ALLOW(flock),
    SECCOMP_IF(SYS_fcntl, 0, 8), /* no signals, locks or leases */
    SECCOMP_LOAD(SECCOMP_FIELD(args[1])),
    SECCOMP_IF(F_GETFL, 5, 0),
    SECCOMP_IF(F_SETFL, 4, 0),
    SECCOMP_IF(F_GETFD, 3, 0),
    SECCOMP_IF(F_DUPFD_CLOEXEC, 2, 0),
    SECCOMP_IF(F_ADD_SEALS, 1, 0),
    SECCOMP_KILL,
    SECCOMP_PASS,
    SECCOMP_IF(SYS_ioctl, 0, 6), /* no terminal is typed into */
    SECCOMP_LOAD(SECCOMP_FIELD(args[1])),
    SECCOMP_IF(FIONREAD, 3, 0),
    SECCOMP_IF(TCGETS, 2, 0),
    SECCOMP_IF((uint32_t)POSIX_PAGEMAP_SCAN, 1, 0),
    SECCOMP_KILL,
    SECCOMP_PASS,
    /* Faults of compiled code, and pipes that nobody reads. */
    SECCOMP_ALLOW(rt_sigreturn),
    SECCOMP_ALLOW(rt_sigaction),
    SECCOMP_ALLOW(rt_sigtimedwait),
    SECCOMP_ALLOW(sigaltstack),
    SECCOMP_ALLOW(restart_syscall),
    SECCOMP_ALLOW_THREADS,
    /* What the C library and the cache want to know. */
    SECCOMP_ALLOW_LOOKING,
    SECCOMP_ALLOW(clock_getres),
    SECCOMP_ALLOW(getpid),
    SECCOMP_ALLOW(geteuid),
    SECCOMP_ALLOW(sched_getaffinity),
    SECCOMP_IF(SYS_sched_setaffinity, 0, 4), /* of the calling thread: tee/local/host/seat.c */
    SECCOMP_LOAD(SECCOMP_FIELD(args[0])),
    SECCOMP_IF(0, 1, 0),
    SECCOMP_KILL,
    SECCOMP_PASS,
    SECCOMP_ALLOW(sysinfo),
    SECCOMP_ALLOW(exit_group),
    SECCOMP_KILL,
};

nacre_status nacre_process_confine(bool late_images, nacre_error *error) {
    struct sock_filter list[ARRAY_COUNT(late_images_rows) + ARRAY_COUNT(rows)];
    size_t count = 0;
    if (late_images) {
        memcpy(list, late_images_rows, sizeof late_images_rows);
        count = ARRAY_COUNT(late_images_rows);
    }
    memcpy(list + count, rows, sizeof rows);
    /* A sanitizer opens, maps and traces. */
    if (CONFINE_POSSIBLE && posix_seccomp(list, count + ARRAY_COUNT(rows)) == 0) return NACRE_OK;
    return error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET,
                     "this system does not let a process give up system calls (seccomp)");
}
