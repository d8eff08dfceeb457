/*
 * gate.h - how host and enclave meet: memory of the host's, which the enclave trusts in nothing.
 *
 * A thread of the host enters with a gate of its own (RDI). It comes back with the reason in the
 * gate: for a call that is in a slot to be answered, upon which it enters again; or for good. What
 * one gate has the enclave reads at its first entry, and keeps: later ones may not change it.
 */
#ifndef SGX_GATE_H
#define SGX_GATE_H

#include "proto/slot.h"
#include "sgx/image.h"

enum gate_reason {
    GATE_NONE,
    GATE_CALL,    /* of the gate's slot: the host answers it and enters again */
    GATE_WAIT,    /* until the call in the gate's slot, which the host's worker has taken, is
                   * answered; then the host enters again */
    GATE_DONE,    /* the thread has ended; the first one: the session */
    GATE_HANDLED, /* an exception was: ERESUME */
    GATE_REFUSED, /* the entry was not one that can be, now */
    GATE_BROKEN,  /* an exception that nothing in the enclave may cause */
};

/* Answers of CPUID, which an enclave can't ask for: (leaf, subleaf), EAX to EDX. */
struct gate_cpuid {
    uint32_t leaf, subleaf, registers[4];
};
/* All that anybody in an enclave asks for. */
#define GATE_CPUID_LEAVES(LEAF) \
    LEAF(0, 0) LEAF(1, 0) LEAF(7, 0) LEAF(7, 1) LEAF(0x80000001, 0)
enum {
#define LEAF(leaf, subleaf) +1
    GATE_CPUID_COUNT = GATE_CPUID_LEAVES(LEAF)
#undef LEAF
};

/* Of an enclave. */
struct gate_host {
    struct calls_slot *slots; /* one for each thread */
    uint32_t has_sgx2;        /* pages can be added while it runs */
    uint32_t worker;          /* atomic: not 0 while a thread of the host looks at all slots */
    struct gate_cpuid cpuid[GATE_CPUID_COUNT];
};

/* Of a thread. */
struct enclave_gate {
    const struct gate_host *host;
    uint32_t reason; /* enum gate_reason */
    uint32_t slot;
};

#endif
