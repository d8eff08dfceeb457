/* no_seccomp.c - starts a program for which the system has no seccomp. */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <unistd.h>

#include "port/posix/seccomp.h"

int main(int argc, char **argv) {
    static const struct sock_filter list[] = {SECCOMP_BEGIN, SECCOMP_REFUSE(seccomp, ENOSYS),
                                              SECCOMP_PASS};
    if (argc < 2 || posix_seccomp(list, sizeof list / sizeof list[0]) != 0) return 126;
    execv(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
