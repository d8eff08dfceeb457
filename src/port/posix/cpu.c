/* cpu.c - what the processor can do, as image/cpu.def lists it. */
#include <time.h>

#include "port/posix/handles.h"

#if defined(__x86_64__)
#include <sys/platform/x86.h>

enum { LEAF_1_0 = CPUID_INDEX_1, LEAF_7_0 = CPUID_INDEX_7, LEAF_7_1 = CPUID_INDEX_7_ECX_1,
       LEAF_0x80000001_0 = CPUID_INDEX_80000001 };

/* Which registers the system keeps for each thread (XCR0); 0 without XSAVE. */
static uint64_t kept_state(void) {
    uint32_t a, d;
    if (!CPU_FEATURE_PRESENT(OSXSAVE)) return 0;
    __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (uint64_t)d << 32 | a;
}

/* The C library has asked the processor. In a virtual machine each question is one to the host,
 * which takes longer than all the rest of this. */
uint64_t posix_cpu_features(void *context) {
    uint64_t features = 0, kept = kept_state();
    (void)context;
#define IMAGE_CPU_X86(id, bit, name, level, leaf, subleaf, register, at, state)               \
    if (__x86_get_cpuid_feature_leaf(LEAF_##leaf##_##subleaf)->cpuid_array[register] >> (at) & \
            1 && (kept & (state)) == (state))                                                 \
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
