/*
 * block.h - a thread of an enclave: its pages, and the block that FS and GS point to inside.
 *
 *   0          guard: no page
 *   4096       stack
 *   +stack     guard
 *   +4096      exception stack, one page
 *   +4096      block, one page: struct thread_block, for assembly by its offsets
 *   +4096      state save frames
 *   +8192      TCS
 *   +4096      the end
 */
#ifndef SGX_BLOCK_H
#define SGX_BLOCK_H

#include "sgx/arch.h"

#define BLOCK_SELF 0      /* address of the block */
#define BLOCK_SP 8        /* of the enclave's stack, while a call is out; 0: none is */
#define BLOCK_RETURN 16   /* where the host wants EEXIT to go, for each depth */
#define BLOCK_RETURN_1 24
#define BLOCK_STACK 32    /* offset of the stack's end in the enclave; measured, as is all */
#define BLOCK_CANARY 40   /* where compilers look for it: fs:40 */
#define BLOCK_EXCEPTION_STACK 48 /* offset of its end */
#define BLOCK_SSA 56      /* offset of the first frame */
#define BLOCK_INDEX 64    /* of the thread */

#define THREAD_EXTRA_PAGES (5 + SGX_SSA_FRAMES * SGX_SSA_PAGES) /* all but the stack */

#ifndef __ASSEMBLER__
struct thread_block {
    struct thread_block *self;
    uint64_t sp, host_return[2], stack, canary, exception_stack, ssa, index;
    struct enclave_gate *gate; /* outside; NULL: not entered yet */
};
_Static_assert(offsetof(struct thread_block, sp) == BLOCK_SP &&
                   offsetof(struct thread_block, host_return) == BLOCK_RETURN &&
                   offsetof(struct thread_block, stack) == BLOCK_STACK &&
                   offsetof(struct thread_block, canary) == BLOCK_CANARY &&
                   offsetof(struct thread_block, exception_stack) == BLOCK_EXCEPTION_STACK &&
                   offsetof(struct thread_block, ssa) == BLOCK_SSA &&
                   offsetof(struct thread_block, index) == BLOCK_INDEX,
               "as assembly has it");

/* Offsets from the first of a thread's pages. */
static inline uint64_t thread_bytes(uint64_t stack_bytes) {
    return stack_bytes + (uint64_t)THREAD_EXTRA_PAGES * SGX_PAGE;
}
static inline uint64_t thread_block_at(uint64_t stack_bytes) {
    return stack_bytes + 3 * SGX_PAGE;
}
static inline uint64_t thread_tcs_at(uint64_t stack_bytes) {
    return thread_bytes(stack_bytes) - SGX_PAGE;
}
#endif
#endif
