/* cpu.c - what the processor can do, as image/cpu.def lists it. */
#include <time.h>

#include "port/posix/handles.h"

#if defined(__x86_64__)
#include <cpuid.h>

struct leaf {
    uint32_t number, subleaf;
    uint32_t registers[4]; /* EAX, EBX, ECX, EDX; zeros where there is no such leaf */
};

static void read_leaf(struct leaf *leaf, uint32_t number, uint32_t subleaf) {
    uint32_t *r = leaf->registers;
    if (leaf->number == number && leaf->subleaf == subleaf) return;
    *leaf = (struct leaf){.number = number, .subleaf = subleaf};
    if (subleaf > 0) { /* leaf 7 says in EAX how many it has */
        __get_cpuid_count(number, 0, &r[0], &r[1], &r[2], &r[3]);
        if (r[0] < subleaf) {
            memset(r, 0, sizeof leaf->registers);
            return;
        }
    }
    __get_cpuid_count(number, subleaf, &r[0], &r[1], &r[2], &r[3]);
}

/* Which registers the system keeps for each thread (XCR0); 0 without XSAVE. */
static uint64_t kept_state(void) {
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
    __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (uint64_t)d << 32 | a;
}

uint64_t posix_cpu_features(void *context) {
    uint64_t features = 0, kept = kept_state();
    struct leaf leaf = {0};
    (void)context;
#define IMAGE_CPU_X86(id, bit, name, level, leaf_number, subleaf, register, at, state) \
    read_leaf(&leaf, leaf_number, subleaf);                                            \
    if (leaf.registers[register] >> (at) & 1 && (kept & (state)) == (state))           \
        features |= UINT64_C(1) << (bit);
#include "image/cpu.def"
#undef IMAGE_CPU_X86
    return features;
}

#elif defined(__aarch64__)
#include <sys/auxv.h>

uint64_t posix_cpu_features(void *context) {
    const uint64_t words[] = {0, getauxval(AT_HWCAP), getauxval(AT_HWCAP2)};
    uint64_t features = 0;
    (void)context;
#define IMAGE_CPU_ARM(id, bit, name, word, at) \
    if (words[word] >> (at) & 1) features |= UINT64_C(1) << (bit);
#include "image/cpu.def"
#undef IMAGE_CPU_ARM
    return features;
}

#else
uint64_t posix_cpu_features(void *context) {
    (void)context;
    return 0;
}
#endif
