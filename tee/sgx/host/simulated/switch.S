/* switch.S - into a simulated enclave and back; simulated.h has the prototypes. */
#include "sgx/arch.h"
#include "sgx/host/simulated/simulated.h"

#define FRAME_RUN -48
#define FRAME_THREAD -56
#define FRAME_MXCSR -64
#define FRAME_CONTROL -60
#define RUN_TCS 0
#define RUN_FUNCTION 8
#define RUN_VECTOR 12
#define RUN_ERROR_CODE 14
#define RUN_ADDRESS 16

#define GPR_RAX 0
#define GPR_RCX 8
#define GPR_RBX 24
#define GPR_RFLAGS 128
#define GPR_RIP 136
#define GPR_ROOM (SGX_GPR_BYTES + 8)

#define SYS_arch_prctl 158
#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002

    .intel_syntax noprefix
    .text

/* simulated_switch(rdi gate, rsi run, rdx thread, ecx function): ENCLU, or, where the thread says
 * so, at once what its handler would do. */
    .globl simulated_switch
    .hidden simulated_switch
    .type simulated_switch, @function
    .p2align 4
simulated_switch:
    push rbp
    mov rbp, rsp
    push rbx
    push r12
    push r13
    push r14
    push r15
    push rsi
    push rdx
    sub rsp, 16
    stmxcsr [rbp + FRAME_MXCSR]
    fnstcw [rbp + FRAME_CONTROL]
    mov rbx, [rsi + RUN_TCS]
    mov eax, ecx
    mov r8, [rdx + SIMULATED_ENTRY]
    test r8, r8
    jnz 3f
    lea rcx, [rip + simulated_enclu] /* where an asynchronous exit goes on */
    .globl simulated_enclu
    .hidden simulated_enclu
simulated_enclu:
    enclu
1:  mov rax, [rbp + FRAME_RUN] /* EEXIT comes here */
    mov dword ptr [rax + RUN_FUNCTION], SGX_EEXIT
2:  ldmxcsr [rbp + FRAME_MXCSR]
    fldcw [rbp + FRAME_CONTROL]
    lea rsp, [rbp - 40]
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret

    /* eax leaf, rdi vector, rsi error code, rdx address */
    .globl simulated_fault
    .hidden simulated_fault
simulated_fault:
    mov rcx, [rbp + FRAME_RUN]
    mov [rcx + RUN_FUNCTION], eax
    mov [rcx + RUN_VECTOR], di
    mov [rcx + RUN_ERROR_CODE], si
    mov [rcx + RUN_ADDRESS], rdx
    jmp 2b

    /* Without a fault. */
3:  mov rcx, [rdx + SIMULATED_GPR]
    mov [rcx + SGX_GPR_URSP], rsp
    mov [rcx + SGX_GPR_URBP], rbp
    mov rsi, [rdx + SIMULATED_FS]
    cmp dword ptr [rdx + SIMULATED_HAS_FSGSBASE], 0
    je 4f
    wrfsbase rsi
    wrgsbase rsi
    jmp 6f
4:  mov r9, rdi
    cmp rsi, [rdx + SIMULATED_GS_NOW]
    je 5f
    mov [rdx + SIMULATED_GS_NOW], rsi
    mov edi, ARCH_SET_GS
    mov eax, SYS_arch_prctl
    syscall
5:  mov edi, ARCH_SET_FS
    mov eax, SYS_arch_prctl
    syscall
    mov rdi, r9
6:  lea rcx, [rip + 1b]
    xor eax, eax
    jmp r8
    .size simulated_switch, . - simulated_switch

/* From the enclave, whose registers were cleared: rbx 1b, rsp and rbp as above. Where each change
 * of GS takes a system call it is left as it is: nothing here uses it. */
    .globl simulated_exit
    .hidden simulated_exit
    .type simulated_exit, @function
    .p2align 4
simulated_exit:
    mov rdx, [rbp + FRAME_THREAD]
    mov rsi, [rdx + SIMULATED_HOST_FS]
    cmp dword ptr [rdx + SIMULATED_HAS_FSGSBASE], 0
    je 1f
    mov rdi, [rdx + SIMULATED_HOST_GS]
    wrfsbase rsi
    wrgsbase rdi
    jmp rbx
1:  mov edi, ARCH_SET_FS
    mov eax, SYS_arch_prctl
    syscall
    jmp rbx
    .size simulated_exit, . - simulated_exit

/* Called in place of ENCLU by code that keeps no register but those that a call keeps, with rax,
 * rbx, rcx as ENCLU has them; behind it on the stack is where to go on. */
    .globl simulated_page_call
    .hidden simulated_page_call
    .type simulated_page_call, @function
    .p2align 4
simulated_page_call:
    push rbp
    mov rbp, rsp
    sub rsp, GPR_ROOM
    and rsp, -16
    mov [rsp + GPR_RAX], rax
    mov [rsp + GPR_RCX], rcx
    mov [rsp + GPR_RBX], rbx
    mov qword ptr [rsp + GPR_RFLAGS], 0
    mov rax, [rbp + 8]
    mov [rsp + GPR_RIP], rax
    mov rdi, rsp
    call simulated_page_leaf
    mov rcx, [rsp + GPR_RAX]
    mov rsp, rbp
    pop rbp
    test rax, rax
    jnz 1f
    mov rax, rcx
    ret
1:  jmp rax
    .size simulated_page_call, . - simulated_page_call

    .section .note.GNU-stack, "", @progbits
