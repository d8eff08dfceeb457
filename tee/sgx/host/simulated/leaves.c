/* leaves.c - the leaves of ENCLU that do not switch; see simulated.h */
#include "sgx/host/simulated/simulated.h"

enum { ZERO_FLAG = 1 << 6, SGX_PAGE_ATTRIBUTES_MISMATCH = 11 };

void *simulated_operand(const struct simulated *s, uint64_t address, uint64_t size,
                        uint64_t align, uint8_t rights) {
    const uint8_t wanted = PAGE_VALID | rights;
    if (address % align) return NULL;
    for (uint64_t at = address / SGX_PAGE * SGX_PAGE; at < address + size; at += SGX_PAGE) {
        const uint8_t *page = simulated_page(s, at);
        if (!page || (*page & (wanted | PAGE_PENDING | PAGE_TCS)) != wanted) return NULL;
    }
    return (void *)address;
}

uint32_t simulated_answer(struct sgx_gpr *r, uint64_t status) {
    r->rax = status;
    r->rflags = status ? r->rflags | ZERO_FLAG : r->rflags & ~(uint64_t)ZERO_FLAG;
    return 0;
}

/* A page that is not there is added by the system, when the leaf faults on it: EAUG. */
static uint8_t *page_of(const struct simulated *s, uint64_t address) {
    uint8_t *page = simulated_page(s, address);
    if (!page || address % SGX_PAGE) return NULL;
    if (!(*page & PAGE_VALID)) *page = PAGE_VALID | PAGE_PENDING | SGX_R | SGX_W;
    return page;
}

static uint8_t rights_of(const struct sgx_secinfo *secinfo) {
    return secinfo->flags & (SGX_R | SGX_W | SGX_X);
}

static uint32_t accept(struct simulated *s, struct sgx_gpr *r) {
    const struct sgx_secinfo *secinfo = simulated_operand(s, r->rbx, sizeof *secinfo, 64, SGX_R);
    uint8_t *page = page_of(s, r->rcx);
    if (!secinfo || !page) return SGX_VECTOR_GP;
    const bool is_pending = secinfo->flags & SGX_PENDING;
    const bool is_restricted = secinfo->flags & SGX_RESTRICTED;
    const uint8_t wanted = PAGE_VALID | (is_pending ? PAGE_PENDING : 0) |
                           (is_restricted ? PAGE_RESTRICTED : 0) | rights_of(secinfo);
    if (*page != wanted) return simulated_answer(r, SGX_PAGE_ATTRIBUTES_MISMATCH);
    *page &= (uint8_t)~(PAGE_PENDING | PAGE_RESTRICTED);
    simulated_protect(s, r->rcx);
    return simulated_answer(r, 0);
}

static uint32_t extend_rights(struct simulated *s, struct sgx_gpr *r) {
    const struct sgx_secinfo *secinfo = simulated_operand(s, r->rbx, sizeof *secinfo, 64, SGX_R);
    if (!secinfo || !simulated_operand(s, r->rcx, SGX_PAGE, SGX_PAGE, 0)) return SGX_VECTOR_GP;
    *simulated_page(s, r->rcx) |= rights_of(secinfo);
    simulated_protect(s, r->rcx);
    return 0;
}

const simulated_leaf simulated_leaves[8] = {
    [SGX_EREPORT] = simulated_report,
    [SGX_EGETKEY] = simulated_get_key,
    [SGX_EACCEPT] = accept,
    [SGX_EMODPE] = extend_rights,
};
