/* start.S - the way in of a static nacre-helper, for aarch64: waits until there is something to
 * read from descriptor 0, and goes on; or ends when nobody will write any more. */
#include <asm/unistd.h>

#define POLLIN 0x01

    .text
    .globl nacre_helper_start
    .hidden nacre_helper_start
    .type nacre_helper_start, %function
    .p2align 4
nacre_helper_start:
    hint #34                     /* bti c */
    mov x9, x0                   /* what _start gets */
    mov x0, #0
    movk x0, #POLLIN, lsl #32
    str x0, [sp, #-16]!
    mov x0, sp                   /* one struct pollfd, for as long as it takes */
    mov x1, #1
    mov x2, #0
    mov x3, #0
    mov x4, #0
    mov x8, #__NR_ppoll
    svc #0
    ldrh w0, [sp, #6]
    add sp, sp, #16
    tbnz w0, #4, 1f              /* POLLHUP */
    mov x0, x9
    b _start
1:  mov x0, #0
    mov x8, #__NR_exit_group
    svc #0
    udf #0
    .size nacre_helper_start, . - nacre_helper_start

    .section .note.GNU-stack, "", %progbits
