/* config.h - what depends on how this was built. */
#ifndef CLIENT_CONFIG_H
#define CLIENT_CONFIG_H

/* A sanitizer reserves terabytes of address space, so that there is no bound to set. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CLIENT_LIMITS_ADDRESSES 0
#endif
#endif
#ifndef CLIENT_LIMITS_ADDRESSES
#define CLIENT_LIMITS_ADDRESSES 1
#endif

#if defined(__aarch64__)
#define CLIENT_MACHINE IMAGE_AARCH64
#else
#define CLIENT_MACHINE IMAGE_X86_64
#endif

#endif
