/* start.c - what an enclave does when its host calls: sets itself up once, then runs a session or
 * a thread of one. */
#include "core/session.h"
#include "port/default.h"
#include "port/sgx/sgx.h"
#include "sgx/enclave/enclave.h"

/* What has become of the enclave. */
enum stage { STAGE_NEW, STAGE_STARTING, STAGE_RUNNING, STAGE_OVER };
static uint32_t stage; /* atomic */

/* Filled in by the linker: where pointers stand in constant data (DT_RELR of the ELF format). */
extern const uint64_t __relr_begin[], __relr_end[];

static void add_base(uint64_t at) {
    uint64_t *pointer = (uint64_t *)(void *)(__enclave_base + at);
    *pointer += (uint64_t)__enclave_base;
}

/* An even entry is a place; an odd one a bit for each of the 63 words behind the last place. */
static void relocate(void) {
    uint64_t next = 0;
    for (const uint64_t *entry = __relr_begin; entry < __relr_end; entry++) {
        if (!(*entry & 1)) {
            add_base(*entry);
            next = *entry + 8;
            continue;
        }
        for (uint32_t i = 0; i < 63; i++)
            if (*entry >> (i + 1) & 1) add_base(next + i * 8);
        next += 63 * 8;
    }
}

bool enclave_is_outside(const void *bytes, uint64_t size) {
    const uint64_t at = (uint64_t)bytes, base = (uint64_t)__enclave_base;
    const uint64_t user_end = UINT64_C(1) << 47;
    if (at == 0 || !range_inside(at, size, user_end)) return false;
    return at + size <= base || at >= base + enclave_config()->size;
}

/* Random, so that nobody outside knows it; the first word of it is of no use to a string. */
static bool make_canary(struct thread_block *block) {
    uint64_t canary;
    if (!sgx_random_word(&canary)) return false;
    block->canary = canary & ~UINT64_C(0xFF);
    return true;
}

static bool take_gate(struct thread_block *block, struct enclave_gate *gate) {
    if ((uintptr_t)gate % _Alignof(struct enclave_gate) ||
        !enclave_is_outside(gate, sizeof *gate))
        return false;
    if (block->gate) return block->gate == gate;
    block->self = block;
    block->gate = gate;
    return make_canary(block);
}

static enum gate_reason run_session(struct thread_block *block) {
    relocate();
    if (!sgx_open(__atomic_load_n(&block->gate->host, __ATOMIC_RELAXED))) return GATE_REFUSED;
    const struct allocator allocator = port_default_allocator();
    __atomic_store_n(&stage, STAGE_RUNNING, __ATOMIC_RELEASE);
    (void)session_run(sgx_calls(), &allocator);
    __atomic_store_n(&stage, STAGE_OVER, __ATOMIC_RELEASE);
    return GATE_DONE;
}

void enclave_enter(struct enclave_gate *gate, struct thread_block *block) {
    uint32_t now = STAGE_NEW;
    enum gate_reason reason = GATE_REFUSED;
    if (!take_gate(block, gate)) return; /* nowhere to tell it */
    if (__atomic_compare_exchange_n(&stage, &now, STAGE_STARTING, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        reason = run_session(block);
    else if (now == STAGE_RUNNING && sgx_run_thread())
        reason = GATE_DONE;
    __atomic_store_n(&gate->reason, reason, __ATOMIC_RELEASE);
}
