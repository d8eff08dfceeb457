/* start.S - the way in of a static nacre, for aarch64; cli/start.h says what for. */
#include "../start.h"

    .section .text.nacre_start, "ax", %progbits
    .globl nacre_start
    .hidden nacre_start
    .type nacre_start, %function
    .p2align 4
nacre_start:
    hint #34                     /* bti c */
    mov x9, x0                   /* what _start gets */
    adrp x0, __init_array_start
    adrp x1, _end
    add x1, x1, :lo12:_end
    sub x1, x1, x0
    mov x2, #MADV_POPULATE_WRITE
    mov x8, #SYS_madvise
    svc #0
    adrp x0, nacre_start
    adrp x1, nacre_started
    add x1, x1, :lo12:nacre_started
    sub x1, x1, x0
    mov x2, #MADV_POPULATE_READ
    svc #0
    mov x0, x9
    b _start
    .size nacre_start, . - nacre_start

    .section .text.nacre_started, "ax", %progbits
    .globl nacre_started
    .hidden nacre_started
nacre_started:
    udf #0

    .section .note.GNU-stack, "", %progbits
