/* memory.c - the pages of a simulated enclave, and the loader; see simulated.h */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "client/client.h"
#include "sgx/host/simulated/simulated.h"
#include "sgx/sign/sigstruct.h"

static void destroy(struct sgx_enclave *e) {
    struct simulated *s = e->state;
    uint8_t unused[32];
    if (s->is_measured) measurement_end(&s->measurement, unused);
    simulated_unregister(s);
    if (s->pages) munmap(s->pages, e->size / SGX_PAGE);
    if (s->reserved) munmap(s->reserved, s->reserved_size);
    free(s);
    e->state = NULL;
}

/* Addresses that nobody else has, at a multiple of their size. */
static bool reserve(struct simulated *s, struct sgx_enclave *e) {
    const uint64_t size = 2 * e->size;
    void *at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return false;
    s->reserved = at;
    s->reserved_size = size;
    e->base = (uint8_t *)(((uintptr_t)at + e->size - 1) / e->size * e->size);
    at = mmap(NULL, e->size / SGX_PAGE, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    s->pages = at == MAP_FAILED ? NULL : at;
    /* A wish, as for memories outside of an enclave: what is added later is for large ones. */
    const struct enclave_config *c = e->image.config;
    (void)madvise(e->base + c->heap_offset + c->heap_bytes, c->heap_max_bytes - c->heap_bytes,
                  MADV_HUGEPAGE);
    return s->pages != NULL;
}

static nacre_status create(struct sgx_enclave *e, nacre_error *error) {
    static const uint8_t none[32]; /* it is not measured yet */
    if (!simulated_install())
        return client_fail(error, NACRE_UNSUPPORTED, "no handler for signals can be set");
    struct simulated *s = calloc(1, sizeof *s);
    if (!s) return client_fail(error, NACRE_NO_MEMORY, "no memory for an enclave");
    e->state = s;
    e->has_sgx2 = true;
    s->enclave = e;
    sigstruct_secs(&e->image.signature->sigstruct, none, &s->secs);
    s->secs.size = e->size;
    s->secs.ssaframesize = SGX_SSA_PAGES;
    if (!reserve(s, e) || !simulated_register(s)) {
        destroy(e);
        return client_fail(error, NACRE_NO_MEMORY, "no addresses for an enclave of %llu MiB",
                           (unsigned long long)(e->size >> 20));
    }
    s->secs.baseaddr = (uint64_t)e->base;
    s->is_measured = measurement_begin(&s->measurement, e->size) == NACRE_OK;
    if (s->is_measured) return NACRE_OK;
    destroy(e);
    return client_fail(error, NACRE_NO_MEMORY, "no memory to measure an enclave");
}

static nacre_status add(struct sgx_enclave *e, const struct enclave_pages *pages,
                        nacre_error *error) {
    struct simulated *s = e->state;
    const uint64_t size = pages->count * SGX_PAGE;
    const bool is_tcs = pages->secinfo & SGX_TCS;
    uint8_t *at = e->base + pages->offset;
    /* The TCS is the processor's alone, which here is the handler in this process. */
    const uint8_t rights = is_tcs ? SGX_R | SGX_W : pages->secinfo & (SGX_R | SGX_W | SGX_X);
    if (mprotect(at, size, PROT_READ | PROT_WRITE))
        return client_fail(error, NACRE_NO_MEMORY, "no memory for the enclave's pages");
    if (pages->bytes) memcpy(at, pages->bytes, size);
    (void)measurement_add(&s->measurement, pages);
    memset(s->pages + pages->offset / SGX_PAGE, PAGE_VALID | rights | (is_tcs ? PAGE_TCS : 0),
           pages->count);
    s->added_end = pages->offset / SGX_PAGE + pages->count;
    return NACRE_OK;
}

/* From one page to another: for those that follow each other with the same state. */
static void protect(const struct simulated *s, uint64_t from, uint64_t end, bool no_code) {
    while (from < end) {
        uint64_t to = from + 1;
        const uint8_t state = s->pages[from];
        while (to < end && s->pages[to] == state) to++;
        if (no_code ? state & SGX_X : state & PAGE_VALID)
            (void)mprotect(s->enclave->base + from * SGX_PAGE, (to - from) * SGX_PAGE,
                           no_code ? PROT_READ : simulated_rights(state));
        from = to;
    }
}

/* As the system's ioctl, which does not touch pages that are no regular ones. */
static bool make_code(struct sgx_enclave *e, uint64_t offset, uint64_t size) {
    struct simulated *s = e->state;
    const uint64_t from = offset / SGX_PAGE, end = from + size / SGX_PAGE;
    for (uint64_t i = from; i < end; i++)
        if ((s->pages[i] & (PAGE_VALID | PAGE_PENDING | PAGE_TCS)) != PAGE_VALID) return false;
    for (uint64_t i = from; i < end; i++)
        s->pages[i] = PAGE_VALID | PAGE_RESTRICTED | (s->pages[i] & SGX_R);
    protect(s, from, end, false);
    simulated_add_code(s, from, end);
    return true;
}

/* What may be executed may only be read any more: by a handler, which looks for ENCLU. */
static void stop(struct sgx_enclave *e) {
    struct simulated *s = e->state;
    (void)simulated_install();
    protect(s, 0, s->added_end, true);
    protect(s, __atomic_load_n(&s->code_begin, __ATOMIC_ACQUIRE),
            __atomic_load_n(&s->code_end, __ATOMIC_ACQUIRE), true);
}

static nacre_status init(struct sgx_enclave *e, nacre_error *error) {
    struct simulated *s = e->state;
    measurement_end(&s->measurement, s->secs.mrenclave);
    s->is_measured = false;
    const struct sgx_sigstruct *signature = &e->image.signature->sigstruct;
    enum sigstruct_fault fault = sigstruct_check(signature, &s->secs);
    if (fault != SIGSTRUCT_OK)
        return client_fail(error, NACRE_MALFORMED, "the enclave's signature: %s",
                           sigstruct_fault_text(fault));
    simulated_patch_sites(s);
    if (!secure_getenv("NACRE_SIMULATED_FAULTS")) simulated_patch_leaves(s);
    protect(s, 0, s->added_end, false); /* jumps have been written by now */
    return NACRE_OK;
}

/* By a jump, where no frame is in use. */
static void prepare(struct simulated *s, struct simulated_thread *t, uint64_t tcs,
                    uint32_t function) {
    t->entry = 0;
    if (!s->is_patched || function != SGX_EENTER || ((const struct sgx_tcs *)tcs)->cssa) return;
    if (simulated_take(s, tcs, function, &t->tcs)) return;
    t->gpr = simulated_frame(s, t->tcs);
    t->fs = s->secs.baseaddr + t->tcs->ofsbase;
    t->entry = s->secs.baseaddr + t->tcs->oentry;
}

static bool enter(struct sgx_enclave *e, struct enclave_gate *gate, uint32_t function,
                  struct sgx_run *run) {
    struct simulated_thread *t = simulated_thread();
    if (!t) return false;
    prepare(e->state, t, run->tcs, function);
    simulated_switch(gate, run, t, function);
    if (t->tcs) simulated_give(e->state, t->tcs);
    t->tcs = NULL;
    return true;
}

const struct sgx_loader sgx_simulated = {create, add, init, make_code, stop,
                                            destroy, enter};
