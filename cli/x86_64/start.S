/* start.S - the way in of a static nacre, for x86-64; cli/start.h says what for. */
#include "../start.h"

    .intel_syntax noprefix
    .section .text.nacre_start, "ax", @progbits
    .globl nacre_start
    .hidden nacre_start
    .type nacre_start, @function
    .p2align 4
nacre_start:
    mov r8, rdx                  /* what _start gets */
    lea rdi, [rip + __init_array_start]
    and rdi, -START_PAGE
    lea rsi, [rip + _end]
    sub rsi, rdi
    mov edx, MADV_POPULATE_WRITE
    mov eax, SYS_madvise
    syscall
    lea rdi, [rip + nacre_start]
    and rdi, -START_PAGE
    lea rsi, [rip + nacre_started]
    sub rsi, rdi
    mov edx, MADV_POPULATE_READ
    mov eax, SYS_madvise
    syscall
    mov rdx, r8
    jmp _start
    .size nacre_start, . - nacre_start

    .section .text.nacre_started, "ax", @progbits
    .globl nacre_started
    .hidden nacre_started
nacre_started:
    ud2

    .section .note.GNU-stack, "", @progbits
