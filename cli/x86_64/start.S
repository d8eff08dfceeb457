/* start.S - the way in of a static nacre, for x86-64; cli/start.h says what for. */
#include "../start.h"

    .intel_syntax noprefix

/* Asks for the pages from one place to another. */
.macro populate from, to, how
    lea rdi, [rip + \from]
    and rdi, -START_PAGE
    lea rsi, [rip + \to]
    sub rsi, rdi
    mov edx, \how
    mov eax, SYS_madvise
    syscall
.endm

    .section .text.nacre_start, "ax", @progbits
    .globl nacre_start
    .hidden nacre_start
    .type nacre_start, @function
    .p2align 4
nacre_start:
    mov r8, rdx                  /* what _start gets */
    populate __init_array_start, _end, MADV_POPULATE_WRITE
    populate nacre_start, nacre_started, MADV_POPULATE_READ
    mov rdx, r8
    jmp _start
    .size nacre_start, . - nacre_start

    .section .text.nacre_started, "ax", @progbits
    .globl nacre_started
    .hidden nacre_started
nacre_started:
    ud2

    .section .note.GNU-stack, "", @progbits
