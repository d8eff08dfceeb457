/* cpu.c - see cpu.h */
#include "image/cpu.h"

static const char *x86_name(uint32_t number) {
    switch (number) {
#define IMAGE_CPU_X86(id, bit, name, level, leaf, subleaf, register, at, state) \
    case bit: return name;
#include "image/cpu.def"
#undef IMAGE_CPU_X86
    default: return NULL;
    }
}

static const char *arm_name(uint32_t number) {
    switch (number) {
#define IMAGE_CPU_ARM(id, bit, name, word, at) \
    case bit: return name;
#include "image/cpu.def"
#undef IMAGE_CPU_ARM
    default: return NULL;
    }
}

const char *image_cpu_name(uint32_t machine, uint32_t bit) {
    if (machine == IMAGE_X86_64) return x86_name(bit);
    return machine == IMAGE_AARCH64 ? arm_name(bit) : NULL;
}

uint64_t image_cpu_x86_level(uint32_t level) {
    uint64_t features = 0;
#define IMAGE_CPU_X86(id, bit, name, at_level, leaf, subleaf, register, at, state) \
    if ((at_level) != 0 && (at_level) <= level) features |= UINT64_C(1) << (bit);
#include "image/cpu.def"
#undef IMAGE_CPU_X86
    return features;
}
