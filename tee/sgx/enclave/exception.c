/*
 * exception.c - what an enclave does about a fault of its own: the one that is expected is CPUID,
 * which enclaves may not use, in libraries that ask which instructions there are.
 */
#include "sgx/enclave/enclave.h"

static bool is_site(uint64_t rip) {
    const struct enclave_config *config = enclave_config();
    for (uint32_t i = 0; i < config->site_count; i++)
        if (rip == (uint64_t)__enclave_base + config->sites[i]) return true;
    return false;
}

static bool is_undefined(const struct sgx_gpr *r) {
    return r->exitinfo & SGX_EXIT_VALID && (r->exitinfo & 0xFF) == SGX_VECTOR_UD;
}

/* What the host says of the exception is not looked at: the processor has written these. */
void enclave_exception(struct sgx_gpr *r, struct thread_block *block) {
    enum gate_reason reason = GATE_BROKEN;
    if (!block->gate) return;
    if (is_undefined(r) && is_site(r->rip)) {
        uint32_t registers[4];
        enclave_cpuid((uint32_t)r->rax, (uint32_t)r->rcx, registers);
        r->rax = registers[0];
        r->rbx = registers[1];
        r->rcx = registers[2];
        r->rdx = registers[3];
        r->rip += ENCLAVE_SITE_BYTES;
        reason = GATE_HANDLED;
    }
    __atomic_store_n(&block->gate->reason, reason, __ATOMIC_RELEASE);
}
