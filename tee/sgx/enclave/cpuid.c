/*
 * cpuid.c - the processor's features, from answers of the host's. Most lies make instructions
 * fault that are not there, or slow ones be used. For others the host is not asked: registers that
 * the enclave was not promised (XCR0, which the processor itself tells, and the signer has
 * limited), and what believe_processor has.
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

static uint32_t *find(uint32_t leaf, uint32_t subleaf) {
    for (uint32_t i = 0; i < GATE_CPUID_COUNT; i++)
        if (known[i].leaf == leaf && known[i].subleaf == subleaf) return known[i].registers;
    return NULL;
}

/* LZCNT and TZCNT are BSR and BSF to processors that don't know them (some with SGX don't): no
 * fault, but other results. Of 1, the first finds 31 zeros, the other's bit is at 0; and the
 * second says that its result is zero, the other that its operand is not. */
static bool counts_leading(void) {
    uint32_t count;
    __asm__("lzcnt %1, %0" : "=r"(count) : "r"(1) : "cc");
    return count == 31;
}

static bool counts_trailing(void) {
    uint32_t count;
    bool is_zero;
    __asm__("tzcnt %2, %0" : "=r"(count), "=@ccz"(is_zero) : "r"(1));
    return is_zero;
}

/* Without AES and PCLMULQDQ Mbed TLS looks up tables, and who watches which lines of the cache are
 * used learns keys. All processors with SGX have them; if they are switched off, they fault. */
static void believe_processor(void) {
    const uint32_t aes = UINT32_C(1) << 25, pclmulqdq = 1 << 1, bmi = 1 << 3, lzcnt = 1 << 5;
    find(1, 0)[2] |= aes | pclmulqdq;
    if (!counts_trailing()) find(7, 0)[1] &= ~bmi;
    if (!counts_leading()) find(0x80000001, 0)[2] &= ~lzcnt;
}

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
    believe_processor();
}

void enclave_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t registers[4]) {
    const uint32_t *answer = find(leaf, subleaf);
    for (uint32_t i = 0; i < 4; i++) registers[i] = answer ? answer[i] : 0;
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
