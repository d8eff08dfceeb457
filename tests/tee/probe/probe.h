/*
 * probe.h - an enclave without an engine, for tests: it does by itself what is asked of it. An
 * order is a byte, enum probe, and what it is about; the answer a byte, and what came of it.
 */
#ifndef TESTS_TEE_PROBE_PROBE_H
#define TESTS_TEE_PROBE_PROBE_H

#include <stdint.h>

enum probe {
    PROBE_ENTRY,       /* struct probe_entry, as the thread found it */
    PROBE_FEATURES,    /* what the processor has, 64 bits */
    PROBE_CPUID,       /* about: leaf, subleaf: its answer, 4 registers; all of 32 bits */
    PROBE_REPORT,      /* a struct sgx_report of this enclave for itself; about: 64 bytes */
    PROBE_SEAL,        /* about: enum port_seal_to, 1 byte, then bytes to be sealed */
    PROBE_UNSEAL,      /* about: sealed bytes */
    PROBE_UNDEFINED,   /* an instruction that there is not */
    PROBE_WRITE_CODE,  /* writes to code */
    PROBE_RUN_DATA,    /* executes data */
    PROBE_TOUCH,       /* touches a page that was never accepted */
    PROBE_ACCEPT,      /* accepts a page that is not the enclave's */
    PROBE_TOUCH_GUARD, /* goes below its stack */
    PROBE_DEEP,        /* goes far below its stack, in large steps */
    PROBE_GROW,        /* about: 64 bits, bytes to reserve and commit: are they zero? */
    PROBE_SPIN,        /* about: 64 bits: so many steps of a checksum in vector registers */
    PROBE_THREADS,     /* about: 32 bits: so many threads take turns; how many there were */
    PROBE_MAKE_CODE,   /* makes code of a new page: what it returns when it is called, or 0 */
    PROBE_WRITE_MADE,  /* and writes to it */
    PROBE_RUN_UNMADE,  /* and calls it although it was not made code */
    PROBE_SECRETS,     /* leaves with all registers full of 0x5EC2E7... */
};

struct probe_entry {
    uint64_t flags;
    uint32_t mxcsr, control;
    uint64_t fs_self, gs_self, vectors; /* vectors: all of them, joined by OR */
};

#define PROBE_SECRET 0x5EC2E75EC2E75EC2ull

#endif
