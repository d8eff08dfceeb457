/*
 * cpuid.c - the processor's features, from answers of the host's. A lie makes instructions fault
 * that are not there, or slow ones be used: what an instruction does it can't change. So it is
 * enough that no feature is believed whose registers the enclave was not promised (XCR0, which
 * the processor itself tells, and the signer has limited).
 */
#include "image/cpu.h"
#include "sgx/enclave/enclave.h"

static struct gate_cpuid known[GATE_CPUID_COUNT];

static const struct { uint32_t leaf, subleaf; } wanted[] = {
#define LEAF(leaf, subleaf) {leaf, subleaf},
    GATE_CPUID_LEAVES(LEAF)
#undef LEAF
};

static uint64_t kept_state(void) {
    uint32_t a, d;
    __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (uint64_t)d << 32 | a;
}

/* Where each feature of the list is told, and the state that it needs. */
static const struct { uint32_t leaf, subleaf, at, number, bit; uint64_t state; } features[] = {
#define IMAGE_CPU_X86(id, bit, name, level, leaf, subleaf, at, number, state) \
    {leaf, subleaf, at, number, bit, state},
#include "image/cpu.def"
#undef IMAGE_CPU_X86
};

void enclave_learn_cpu(const struct gate_cpuid *answers) {
    const uint64_t kept = kept_state();
    for (uint32_t i = 0; i < GATE_CPUID_COUNT; i++) {
        known[i] = answers[i];
        known[i].leaf = wanted[i].leaf;
        known[i].subleaf = wanted[i].subleaf;
        for (size_t n = 0; n < ARRAY_COUNT(features); n++)
            if (features[n].leaf == known[i].leaf && features[n].subleaf == known[i].subleaf &&
                (kept & features[n].state) != features[n].state)
                known[i].registers[features[n].at] &= ~(UINT32_C(1) << features[n].number);
    }
}

void enclave_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t registers[4]) {
    memset(registers, 0, 4 * sizeof *registers);
    for (uint32_t i = 0; i < GATE_CPUID_COUNT; i++)
        if (known[i].leaf == leaf && known[i].subleaf == subleaf)
            memcpy(registers, known[i].registers, sizeof known[i].registers);
}

uint64_t enclave_cpu_features(void) {
    uint64_t bits = 0;
    for (size_t n = 0; n < ARRAY_COUNT(features); n++) {
        uint32_t registers[4];
        enclave_cpuid(features[n].leaf, features[n].subleaf, registers);
        if (registers[features[n].at] >> features[n].number & 1)
            bits |= UINT64_C(1) << features[n].bit;
    }
    return bits;
}
