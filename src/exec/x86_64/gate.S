/* gate.S - between the host's stack and the guest's, for x86-64; native.h has the prototypes. */
#include "exec/native_layout.h"

    .intel_syntax noprefix
    .text

/* native_enter(rdi thread, rsi context, rdx code, rcx slots, r8 enter, r9 stack) */
    .globl native_enter
    .hidden native_enter
    .type native_enter, @function
    .p2align 4
native_enter:
    push rbp
    mov rbp, rsp
    push rbx
    push r12
    push r13
    push r14
    push r15
    push rdi                     /* aligns the stack to 16 */
    mov [rdi + THREAD_HOST_SP], rsp
    mov rbx, rdi
    mov rdi, rsi
    mov rsi, rdx
    mov rdx, rcx
    mov rsp, r9
    xor ebp, ebp                 /* ends the chain of frames */
    call r8
    mov rdi, rbx
    xor esi, esi                 /* NACRE_OK; on into native_leave */
    .size native_enter, . - native_enter

/* native_leave(rdi thread, esi status): returns the status from the innermost native_enter. */
    .globl native_leave
    .hidden native_leave
    .type native_leave, @function
native_leave:
    mov rsp, [rdi + THREAD_HOST_SP]
    mov eax, esi
    pop rdi
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret
    .size native_leave, . - native_leave

/* native_gate(rdi context, rsi, rdx, rcx, r8, r9, r10 helper): calls the helper on the host's
 * stack. Its frame is known to the thread meanwhile: the code that called is found from it. */
    .globl native_gate
    .hidden native_gate
    .globl native_gate_end
    .hidden native_gate_end
    .type native_gate, @function
    .p2align 4
native_gate:
    push rbp
    mov rbp, rsp
    mov rax, [rdi - HEAD_THREAD]
    mov [rax + THREAD_NATIVE_FP], rbp
    mov rsp, [rax + THREAD_HOST_SP]
    call r10
    mov rsp, rbp
    pop rbp
    ret
native_gate_end:
    .size native_gate, . - native_gate

    .section .note.GNU-stack, "", @progbits
