/* config.h - what instruction sets can do, and which it is: the only conditional code of the
 * trusted core. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

/* Two facts about instruction sets, asked nowhere else: does one instruction round to an
 * integral value, and does one give IEEE 754-2019 minimum and maximum? Without it clang calls
 * libm for the first and lets signalling NaNs through the second. */
#if defined(__aarch64__)
#define FP_HAS_ROUND 1
#define FP_HAS_MINIMUM 1
#elif defined(__SSE4_1__)
#define FP_HAS_ROUND 1
#define FP_HAS_MINIMUM 0
#else
#define FP_HAS_ROUND 0
#define FP_HAS_MINIMUM 0
#endif

/* What ELF calls the instruction set (e_machine): of images that can run here. */
#if defined(__x86_64__)
#define CONFIG_ELF_MACHINE 62
#else
#define CONFIG_ELF_MACHINE 183
#endif

#endif
