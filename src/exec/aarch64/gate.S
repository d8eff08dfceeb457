/* gate.S - between the host's stack and the guest's, for aarch64; native.h has the prototypes. */
#include "exec/native_layout.h"

    .text

/* native_enter(x0 thread, x1 context, x2 code, x3 slots, x4 enter, x5 stack) */
    .globl native_enter
    .hidden native_enter
    .type native_enter, %function
    .p2align 4
native_enter:
    stp x29, x30, [sp, #-176]!
    mov x29, sp
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0, #THREAD_HOST_SP]
    mov x19, x0
    mov x0, x1
    mov x1, x2
    mov x2, x3
    mov sp, x5
    mov x29, xzr                 /* ends the chain of frames */
    blr x4
    mov x0, x19
    mov w1, wzr                  /* NACRE_OK; on into native_leave */
    .size native_enter, . - native_enter

/* native_leave(x0 thread, w1 status): returns the status from the innermost native_enter. */
    .globl native_leave
    .hidden native_leave
    .type native_leave, %function
native_leave:
    ldr x9, [x0, #THREAD_HOST_SP]
    mov sp, x9
    mov w0, w1
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    ldp x29, x30, [sp], #176
    ret
    .size native_leave, . - native_leave

/* native_gate(x0 context, x1 to x7, x15 helper): calls the helper on the host's stack. Its frame
 * is known to the thread meanwhile: the code that called is found from it. */
    .globl native_gate
    .hidden native_gate
    .globl native_gate_end
    .hidden native_gate_end
    .type native_gate, %function
    .p2align 4
native_gate:
    stp x29, x30, [sp, #-16]!
    mov x29, sp
    sub x9, x0, #(HEAD_THREAD >> 12), lsl #12
    ldur x9, [x9, #-(HEAD_THREAD & 0xFFF)]
    str x29, [x9, #THREAD_NATIVE_FP]
    ldr x9, [x9, #THREAD_HOST_SP]
    mov sp, x9
    blr x15
    mov sp, x29
    ldp x29, x30, [sp], #16
    ret
native_gate_end:
    .size native_gate, . - native_gate

    .section .note.GNU-stack, "", %progbits
