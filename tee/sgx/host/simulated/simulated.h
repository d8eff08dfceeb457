/*
 * simulated.h - an enclave in an ordinary process: the same bytes at the same offsets, and ENCLU,
 * at which the processor faults, done by a handler of the signal, as the manual says. It protects
 * nothing from the host.
 *
 * What only a processor could do is left out: memory is not encrypted, and the host can read and
 * write all of it. What may be done with a page is enforced, by mprotect.
 */
#ifndef SGX_HOST_SIMULATED_SIMULATED_H
#define SGX_HOST_SIMULATED_SIMULATED_H

/* Offsets for switch.S. */
#define SIMULATED_TCS 0
#define SIMULATED_HOST_FS 8
#define SIMULATED_HOST_GS 16
#define SIMULATED_ENTRY 24
#define SIMULATED_FS 32
#define SIMULATED_GPR 40
#define SIMULATED_HAS_FSGSBASE 48
#define SIMULATED_GS_NOW 56

#ifndef __ASSEMBLER__
#include <signal.h>

#include "sgx/host/loader.h"
#include "sgx/measure.h"

/* Of a page that is there: EPCM. */
enum page_state { PAGE_VALID = 8, PAGE_PENDING = 16, PAGE_TCS = 32, PAGE_BUSY = 64,
                  PAGE_RESTRICTED = 128 };
/* and SGX_R, SGX_W, SGX_X */

struct simulated {
    struct sgx_enclave *enclave;
    struct sgx_secs secs;
    uint8_t *pages; /* enum page_state for each */
    uint64_t added_end; /* the page behind the last that was there from the beginning */
    uint64_t code_begin, code_end; /* atomic: pages of code that were added later are in these */
    struct measurement measurement;
    bool is_measured; /* it has begun, and has not ended */
    uint8_t *reserved; /* the mapping that `base` was cut out of */
    uint64_t reserved_size;
    bool is_patched; /* jumps stand in place of ENCLU, but of that which is seldom needed */
    uint64_t trap;   /* where the enclave has INT3, then */
};

/* A thread that enters. It stands at the begin of the stack for its signals, where the handler
 * finds it, whatever FS is. */
struct simulated_thread {
    struct sgx_tcs *tcs; /* inside of an enclave; NULL: outside */
    uint64_t host_fs, host_gs;
    /* For switch.S: where to go, with which FS, and where registers are kept. */
    uint64_t entry, fs;
    struct sgx_gpr *gpr;
    uint32_t has_fsgsbase, unused;
    uint64_t gs_now; /* without it: what GS was set to last */
};
enum { SIMULATED_STACK_BYTES = 65536 }; /* and so it is aligned */

_Static_assert(offsetof(struct simulated_thread, host_fs) == SIMULATED_HOST_FS &&
                   offsetof(struct simulated_thread, host_gs) == SIMULATED_HOST_GS &&
                   offsetof(struct simulated_thread, entry) == SIMULATED_ENTRY &&
                   offsetof(struct simulated_thread, fs) == SIMULATED_FS &&
                   offsetof(struct simulated_thread, gpr) == SIMULATED_GPR &&
                   offsetof(struct simulated_thread, has_fsgsbase) == SIMULATED_HAS_FSGSBASE &&
                   offsetof(struct simulated_thread, gs_now) == SIMULATED_GS_NOW,
               "as switch.S has it");

/* --- leaves.c: what ENCLU does, by the registers of the interrupted code. --- */

/* Of a trap that the leaf gives instead: SGX_VECTOR_GP and the like; 0: it was done. */
typedef uint32_t (*simulated_leaf)(struct simulated *s, struct sgx_gpr *registers);
/* By leaf; NULL: there is none, or it is one that switches. */
extern const simulated_leaf simulated_leaves[8];
/* keys.c */
uint32_t simulated_get_key(struct simulated *s, struct sgx_gpr *registers);
uint32_t simulated_report(struct simulated *s, struct sgx_gpr *registers);
/* Memory of the enclave, that it may read, or write too; NULL: it is not. */
void *simulated_operand(const struct simulated *s, uint64_t address, uint64_t size,
                        uint64_t align, uint8_t rights);
/* A status in RAX, and whether it is none in ZF. Returns 0. */
uint32_t simulated_answer(struct sgx_gpr *r, uint64_t status);
/* The address as a page's state, if it is in the enclave; else NULL. */
uint8_t *simulated_page(const struct simulated *s, uint64_t address);
/* What its state allows, as mprotect takes it; and has the system allow that. FS may be the
 * enclave's: neither needs what stands there for the C library. */
int simulated_rights(uint8_t page);
void simulated_protect(const struct simulated *s, uint64_t address);

/* --- switch.c --- */

/* EENTER or ERESUME on a TCS of an enclave. SGX_VECTOR_GP: it can't be entered now. */
uint32_t simulated_take(struct simulated *s, uint64_t tcs, uint32_t function,
                        struct sgx_tcs **taken);
struct sgx_gpr *simulated_frame(const struct simulated *s, const struct sgx_tcs *tcs);
void simulated_give(const struct simulated *s, const struct sgx_tcs *tcs);

/* Notes that these pages may become code, for who stops the enclave. */
void simulated_add_code(struct simulated *s, uint64_t from, uint64_t end);

/* --- patch.c --- */

void simulated_patch_sites(const struct simulated *s);
void simulated_patch_leaves(struct simulated *s);

/* --- signals.c --- */

/* The handler: for ENCLU and faults. Any other signal makes who is inside leave and resume. */
void simulated_signal(int number, siginfo_t *info, void *context);
/* For this process, before each enclave, and before one is stopped: others' handlers must not be
 * above it, as FS may be the enclave's. And for this thread. False, NULL: the system does not let
 * it. */
bool simulated_install(void);
struct simulated_thread *simulated_thread(void);
/* From now on addresses in it are known to be an enclave's, and no longer. */
bool simulated_register(struct simulated *s);
void simulated_unregister(const struct simulated *s);

/* --- switch.S --- */

void simulated_switch(struct enclave_gate *gate, struct sgx_run *run,
                      struct simulated_thread *thread, uint32_t function);
/* Addresses in it: where ENCLU stands, and where a fault goes on. */
extern const uint8_t simulated_enclu[], simulated_fault[];
/* Where a patched EEXIT jumps, and what is called for a patched EACCEPT or EMODPE. */
extern const uint8_t simulated_exit[], simulated_page_call[];
/* signals.c, called by the latter, while FS is the enclave's: does the leaf. Returns 0, or where
 * to go on instead. */
uint64_t simulated_page_leaf(struct sgx_gpr *registers);
#endif
#endif
