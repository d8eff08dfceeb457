/* cpu.h - what processors may have, as bits of struct image_note's `cpu_features`; see cpu.def. */
#ifndef IMAGE_CPU_H
#define IMAGE_CPU_H

#include "image/image.h"

enum image_cpu_x86 {
#define IMAGE_CPU_X86(id, bit, name, level, leaf, subleaf, register, at, state) \
    IMAGE_CPU_X86_##id = bit,
#include "image/cpu.def"
#undef IMAGE_CPU_X86
};
enum image_cpu_arm {
#define IMAGE_CPU_ARM(id, bit, name, word, at) IMAGE_CPU_ARM_##id = bit,
#include "image/cpu.def"
#undef IMAGE_CPU_ARM
};

/* LLVM's name of a feature of the machine's list, or NULL. */
const char *image_cpu_name(uint32_t machine, uint32_t bit);

/* All features that the x86-64 psABI's level (1 to 4) asks for. */
uint64_t image_cpu_x86_level(uint32_t level);

#endif
