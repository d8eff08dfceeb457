/* base.h - the few definitions that every file of the trusted core shares. */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nacre/status.h>

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)

/* Hands a failure on to the caller. Only where nothing has to be released. */
#define TRY(call)                                             \
    do {                                                      \
        nacre_status try_status_ = (call);                    \
        if (try_status_ != NACRE_OK) return try_status_;      \
    } while (0)

/* The only functions of the C library that the trusted core may call: a compiler may emit calls
 * to them anyway. A freestanding build has no <string.h>, so they are declared here. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);

/* Freestanding, compilers know these functions only by their builtin names. */
#define memcpy(to, from, size) __builtin_memcpy((to), (from), (size))
#define memmove(to, from, size) __builtin_memmove((to), (from), (size))
#define memset(to, byte, size) __builtin_memset((to), (byte), (size))

static inline uint64_t u64_min(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t u64_max(uint64_t a, uint64_t b) { return a > b ? a : b; }
static inline uint32_t u32_min(uint32_t a, uint32_t b) { return a < b ? a : b; }
static inline uint32_t u32_max(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* Checked arithmetic: false, and *out untouched, when the result does not fit. */
static inline bool u32_add(uint32_t a, uint32_t b, uint32_t *out) {
    uint32_t sum;
    if (__builtin_add_overflow(a, b, &sum)) return false;
    *out = sum;
    return true;
}
static inline bool u64_add(uint64_t a, uint64_t b, uint64_t *out) {
    uint64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) return false;
    *out = sum;
    return true;
}
static inline bool size_mul(size_t a, size_t b, size_t *out) {
    size_t product;
    if (__builtin_mul_overflow(a, b, &product)) return false;
    *out = product;
    return true;
}
/* Is [offset, offset + size) inside of [0, limit)? No sum can wrap. */
static inline bool range_inside(uint64_t offset, uint64_t size, uint64_t limit) {
    return size <= limit && offset <= limit - size;
}

/* Unaligned little-endian access. */
static inline uint32_t load_u32(const void *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline uint64_t load_u64(const void *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static inline void store_u16(void *p, uint16_t v) { memcpy(p, &v, sizeof v); }
static inline void store_u32(void *p, uint32_t v) { memcpy(p, &v, sizeof v); }
static inline void store_u64(void *p, uint64_t v) { memcpy(p, &v, sizeof v); }

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "Nacre runs on little-endian machines");

#endif
