/*
 * steps.c - steps COMMAND [ARGUMENT...]: runs a program an instruction at a time, on x86-64.
 *
 * Prints how far from its first instruction it came, on standard error: a line for the first
 * instruction of every 16 bytes of code, in the order in which they were reached.
 * tools/startup-order.sh makes functions of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCKS = 1 << 22 };

static int follow(pid_t child) {
    static unsigned char seen[2 * BLOCKS]; /* before where it began, and from there on */
    struct user_regs_struct r;
    int status;
    long begin = 0;
    if (waitpid(child, &status, 0) != child) return 1;
    while (WIFSTOPPED(status)) {
        if (ptrace(PTRACE_GETREGS, child, NULL, &r) != 0) return 1;
        if (begin == 0) begin = (long)r.rip;
        long distance = (long)r.rip - begin, block = distance / 16 + BLOCKS;
        if (block >= 0 && block < 2 * BLOCKS && !seen[block]) {
            seen[block] = 1;
            fprintf(stderr, "%ld\n", distance);
        }
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0) return 1;
        if (waitpid(child, &status, 0) != child) return 1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execv(argv[1], argv + 1);
        _exit(127);
    }
    return child > 0 ? follow(child) : 1;
}
