/*
 * entry.S - the only ways into an enclave and out of it, for x86-64.
 *
 * EENTER comes here with RAX the number of frames in use (CSSA) and RCX where EEXIT is to go; all
 * else is the host's: flags, RSP, vector registers. Nothing of it is used before it is made what
 * the ABI says, and nothing of ours is left when the enclave is left.
 */
#include "sgx/block.h"

    .intel_syntax noprefix

/* What XRSTOR makes of this: every register of x87, SSE, AVX and AVX-512 as after a reset, as no
 * bit of XSTATE_BV is set; MXCSR and the control word are those of the ABI. */
    .section .rodata, "a", @progbits
    .p2align 6
clean:
    .short 0x37F
    .skip 22
    .long 0x1F80, 0xFFFF
    .skip 576 - 32
#define STATE 0xE7

    .section .text.entry, "ax", @progbits

/* Clobbers RAX, RDX. The stack must be the enclave's. */
.macro CLEAN_FLAGS
    push 0
    popfq
.endm
.macro CLEAN_STATE
    mov eax, STATE
    xor edx, edx
    xrstor [rip + clean]
.endm

/* ENCLU's place, and room behind it: a loader that simulates may put a jump there. */
.macro LEAVE
    mov eax, SGX_EEXIT
    enclu
    ud2
    .fill 16, 1, 0xCC
.endm

/* Where the host was when it came here, to whom nothing is left but what EEXIT needs: RBX. */
.macro FORGET frame, return
    CLEAN_STATE
    mov rbx, gs:[\return]
    lea rcx, [rip + __enclave_base]
    add rcx, gs:[BLOCK_SSA]
    lea rcx, [rcx + (\frame + 1) * SGX_SSA_BYTES - SGX_GPR_BYTES]
    mov rsp, [rcx + SGX_GPR_URSP]
    mov rbp, [rcx + SGX_GPR_URBP]
    xor edx, edx
    xor esi, esi
    xor edi, edi
    xor r8d, r8d
    xor r9d, r9d
    xor r10d, r10d
    xor r11d, r11d
    xor r12d, r12d
    xor r13d, r13d
    xor r14d, r14d
    xor r15d, r15d
    xor ecx, ecx
.endm

    .globl enclave_entry
    .hidden enclave_entry
    .type enclave_entry, @function
enclave_entry:
    cld
    lea r10, [rip + __enclave_base]
    test rax, rax
    jnz 1f
    mov gs:[BLOCK_RETURN], rcx
    mov rcx, gs:[BLOCK_SP]
    test rcx, rcx
    jnz 2f

    /* A new call, by the host: enclave_enter(gate, block). */
    mov rsp, gs:[BLOCK_STACK]
    add rsp, r10
    CLEAN_FLAGS
    CLEAN_STATE
    xor ebp, ebp
    mov rsi, gs:[BLOCK_EXCEPTION_STACK] /* its end is where the block begins */
    add rsi, r10
    call enclave_enter
    jmp enclave_leave

    /* The host has answered: back to who called enclave_exit. */
2:  mov rsp, rcx
    mov qword ptr gs:[BLOCK_SP], 0
    CLEAN_FLAGS
    CLEAN_STATE
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret

    /* An exception, in the frame before: enclave_exception(its registers, block). */
1:  mov gs:[BLOCK_RETURN_1], rcx
    mov rsi, gs:[BLOCK_EXCEPTION_STACK]
    add rsi, r10
    mov rsp, rsi
    CLEAN_FLAGS
    CLEAN_STATE
    xor ebp, ebp
    mov rdi, gs:[BLOCK_SSA]
    lea rdi, [r10 + rdi + SGX_SSA_BYTES - SGX_GPR_BYTES]
    call enclave_exception
    FORGET 1, BLOCK_RETURN_1
    .globl enclave_leave_exception
    .hidden enclave_leave_exception
enclave_leave_exception:
    LEAVE
    .size enclave_entry, . - enclave_entry

/* void enclave_exit(void): to the host, until it enters again. */
    .globl enclave_exit
    .hidden enclave_exit
    .type enclave_exit, @function
enclave_exit:
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    mov gs:[BLOCK_SP], rsp
enclave_leave:
    FORGET 0, BLOCK_RETURN
    LEAVE
    .size enclave_exit, . - enclave_exit

/* uint64_t enclave_leaf(edi leaf, rsi rbx, rdx rcx, rcx rdx): what ENCLU leaves in RAX. */
    .globl enclave_leaf
    .hidden enclave_leaf
    .type enclave_leaf, @function
enclave_leaf:
    push rbx
    mov eax, edi
    mov rbx, rsi
    mov rsi, rcx
    mov rcx, rdx
    mov rdx, rsi
    enclu
    pop rbx
    ret
    .size enclave_leaf, . - enclave_leaf

/* uint64_t enclave_page(edi leaf, rsi secinfo, rdx page): the same, of EACCEPT and EMODPE, which
 * have no third operand. A loader that simulates may put a call in their place. */
    .globl enclave_page
    .hidden enclave_page
    .type enclave_page, @function
enclave_page:
    push rbx
    mov eax, edi
    mov rbx, rsi
    mov rcx, rdx
    enclu
    .fill 13, 1, 0x90
    pop rbx
    ret
    .size enclave_page, . - enclave_page

    .section .note.GNU-stack, "", @progbits
