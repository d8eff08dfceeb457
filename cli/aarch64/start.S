/* start.S - the way in of a static nacre, for aarch64; cli/start.h says what for. */
#include "../start.h"

/* Asks for the pages from one place to another. */
.macro populate from, to, how
    adrp x0, \from
    adrp x1, \to
    add x1, x1, :lo12:\to
    sub x1, x1, x0
    mov x2, #\how
    mov x8, #SYS_madvise
    svc #0
.endm

    .section .text.nacre_start, "ax", %progbits
    .globl nacre_start
    .hidden nacre_start
    .type nacre_start, %function
    .p2align 4
nacre_start:
    hint #34                     /* bti c */
    mov x9, x0                   /* what _start gets */
    populate __init_array_start, _end, MADV_POPULATE_WRITE
    populate nacre_start, nacre_started, MADV_POPULATE_READ
    mov x0, x9
    b _start
    .size nacre_start, . - nacre_start

    .section .text.nacre_started, "ax", %progbits
    .globl nacre_started
    .hidden nacre_started
nacre_started:
    udf #0

    .section .note.GNU-stack, "", %progbits
