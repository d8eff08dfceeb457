/* enclave.h - what an enclave's own code shares with its assembly and its port. */
#ifndef SGX_ENCLAVE_ENCLAVE_H
#define SGX_ENCLAVE_ENCLAVE_H

#include "sgx/block.h"
#include "sgx/gate.h"

/* Where the enclave begins, and what it was signed with. */
extern uint8_t __enclave_base[];
const struct enclave_config *enclave_config(void);

/* Is this memory of the host's alone? */
bool enclave_is_outside(const void *bytes, uint64_t size);

/* This thread's. */
static inline struct thread_block *enclave_thread(void) {
    struct thread_block *block;
    __asm__("mov %%gs:%c1, %0" : "=r"(block) : "i"(BLOCK_SELF));
    return block;
}

/* entry.S: leaves the enclave for the reason in the gate, until the host comes back. */
void enclave_exit(void);
/* entry.S: ENCLU. */
uint64_t enclave_leaf(uint32_t leaf, const volatile void *rbx, const volatile void *rcx,
                      volatile void *rdx);
uint64_t enclave_page(uint32_t leaf, const struct sgx_secinfo *secinfo, const uint8_t *page);

/* start.c, called by entry.S for every new call of the host's; leaves the reason to exit in the
 * gate. */
void enclave_enter(struct enclave_gate *gate, struct thread_block *block);
/* exception.c, called by entry.S. */
void enclave_exception(struct sgx_gpr *registers, struct thread_block *block);

/* cpuid.c: takes the host's answers, and makes of them what the enclave says of its processor. */
void enclave_learn_cpu(const struct gate_cpuid *answers);
void enclave_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t registers[4]);
uint64_t enclave_cpu_features(void);

#endif
