/* start.S - the way in of a static nacre-helper, for x86-64: waits until there is something to
 * read from descriptor 0, and goes on; or ends when nobody will write any more. */
#include <asm/unistd.h>

#define POLLIN 0x01
#define POLLHUP 0x10

    .intel_syntax noprefix
    .text
    .globl nacre_helper_start
    .hidden nacre_helper_start
    .type nacre_helper_start, @function
    .p2align 4
nacre_helper_start:
    mov r8, rdx                  /* what _start gets */
    push 0
    mov word ptr [rsp + 4], POLLIN
    mov rdi, rsp                 /* one struct pollfd, for as long as it takes */
    mov esi, 1
    mov edx, -1
    mov eax, __NR_poll
    syscall
    test byte ptr [rsp + 6], POLLHUP
    jnz 1f
    add rsp, 8
    mov rdx, r8
    jmp _start
1:  xor edi, edi
    mov eax, __NR_exit_group
    syscall
    ud2
    .size nacre_helper_start, . - nacre_helper_start

    .section .note.GNU-stack, "", @progbits
