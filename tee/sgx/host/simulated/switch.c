/* switch.c - which thread control structure is in use; see simulated.h */
#include "sgx/host/simulated/simulated.h"

#include <sys/mman.h>
#include <sys/syscall.h>

uint8_t *simulated_page(const struct simulated *s, uint64_t address) {
    const uint64_t at = address - (uint64_t)s->enclave->base;
    return at < s->enclave->size ? &s->pages[at / SGX_PAGE] : NULL;
}

struct sgx_gpr *simulated_frame(const struct simulated *s, const struct sgx_tcs *tcs) {
    uint8_t *frames = s->enclave->base + tcs->ossa;
    uint8_t *end = frames + (tcs->cssa + 1) * (uint64_t)SGX_SSA_BYTES;
    return (struct sgx_gpr *)(void *)end - 1;
}

/* May the frame that an exit would use be written? */
static bool has_frame(const struct simulated *s, const struct sgx_tcs *tcs, uint32_t cssa) {
    const uint8_t *page = simulated_page(
        s, (uint64_t)s->enclave->base + tcs->ossa + cssa * (uint64_t)SGX_SSA_BYTES);
    const uint8_t wanted = PAGE_VALID | SGX_R | SGX_W;
    return cssa < tcs->nssa && page && (*page & (wanted | PAGE_PENDING)) == wanted;
}

uint32_t simulated_take(struct simulated *s, uint64_t tcs, uint32_t function,
                        struct sgx_tcs **taken) {
    uint8_t *page = simulated_page(s, tcs);
    if (tcs % SGX_PAGE || !page || (*page & (PAGE_VALID | PAGE_TCS)) != (PAGE_VALID | PAGE_TCS))
        return SGX_VECTOR_PF;
    if (__atomic_fetch_or(page, PAGE_BUSY, __ATOMIC_ACQ_REL) & PAGE_BUSY) return SGX_VECTOR_GP;
    struct sgx_tcs *found = (struct sgx_tcs *)tcs;
    bool is_resume = function == SGX_ERESUME;
    if ((function != SGX_EENTER && !is_resume) || (is_resume && found->cssa == 0) ||
        !has_frame(s, found, found->cssa - is_resume)) {
        simulated_give(s, found);
        return SGX_VECTOR_GP;
    }
    *taken = found;
    return 0;
}

void simulated_give(const struct simulated *s, const struct sgx_tcs *tcs) {
    __atomic_fetch_and(simulated_page(s, (uint64_t)tcs), (uint8_t)~PAGE_BUSY, __ATOMIC_ACQ_REL);
}

void simulated_add_code(struct simulated *s, uint64_t from, uint64_t end) {
    uint64_t begin = __atomic_load_n(&s->code_begin, __ATOMIC_ACQUIRE);
    uint64_t behind = __atomic_load_n(&s->code_end, __ATOMIC_ACQUIRE);
    while ((behind == 0 || from < begin) &&
           !__atomic_compare_exchange_n(&s->code_begin, &begin, from, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
    }
    while (end > behind &&
           !__atomic_compare_exchange_n(&s->code_end, &behind, end, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
    }
}

int simulated_rights(uint8_t page) {
    if (page & PAGE_PENDING || !(page & PAGE_VALID)) return PROT_NONE;
    return (page & SGX_R ? PROT_READ : 0) | (page & SGX_W ? PROT_WRITE : 0) |
           (page & SGX_X ? PROT_EXEC : 0);
}

void simulated_protect(const struct simulated *s, uint64_t address) {
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_mprotect), "D"(address / SGX_PAGE * SGX_PAGE), "S"(SGX_PAGE),
                       "d"(simulated_rights(*simulated_page(s, address)))
                     : "rcx", "r11", "memory");
    (void)result;
}
