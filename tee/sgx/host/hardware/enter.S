/* enter.S - into an enclave by the vDSO; hardware.h has the prototype. */
    .intel_syntax noprefix
    .text

/* hardware_enter(rdi enter, rsi gate, edx function, rcx run): what enter returns. An enclave may
 * change every register but RSP and RBP, and the vector state. */
    .globl hardware_enter
    .hidden hardware_enter
    .type hardware_enter, @function
    .p2align 4
hardware_enter:
    push rbp
    mov rbp, rsp
    push rbx
    push r12
    push r13
    push r14
    push r15
    sub rsp, 24
    stmxcsr [rbp - 48]
    fnstcw [rbp - 44]
    mov rax, rdi
    mov rdi, rsi
    xor esi, esi
    xor r8d, r8d
    xor r9d, r9d
    mov [rsp], rcx               /* the seventh argument */
    mov ecx, edx
    xor edx, edx
    call rax
    cld
    ldmxcsr [rbp - 48]
    fldcw [rbp - 44]
    lea rsp, [rbp - 40]
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret
    .size hardware_enter, . - hardware_enter

    .section .note.GNU-stack, "", @progbits
