/*
 * libc.c - the few functions of a C library that there are in an enclave: what compilers call by
 * themselves (base/base.h), and what Mbed TLS and libsodium want: what else they name does not
 * link.
 */
#include "port/default.h"
#include "sgx/enclave/enclave.h"

#undef memcpy
#undef memmove
#undef memset

/* From here on the processor's own instructions, which take dozens of cycles to begin. */
enum { REP_LEAST = 1536 };

/* Wherever they lie, and whatever they are of. */
typedef uint64_t vector __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t word __attribute__((aligned(1), may_alias));
typedef uint32_t half __attribute__((aligned(1), may_alias));
typedef uint16_t quarter __attribute__((aligned(1), may_alias));

static inline vector load(const uint8_t *p) { return *(const vector *)p; }
static inline void store(uint8_t *p, vector v) { *(vector *)p = v; }

/* One or two of a type, which overlap if they have to. All is read before anything is written,
 * here and below: so it does not matter how the two places overlap. */
#define MOVE_ENDS(type)                                                \
    do {                                                               \
        const size_t last = size - sizeof(type);                       \
        const type begin = *(const type *)from;                        \
        const type end = *(const type *)(from + last);                 \
        *(type *)to = begin;                                           \
        *(type *)(to + last) = end;                                    \
    } while (0)

static inline void move_short(uint8_t *to, const uint8_t *from, size_t size) {
    if (size >= sizeof(vector)) MOVE_ENDS(vector);
    else if (size >= sizeof(word)) MOVE_ENDS(word);
    else if (size >= sizeof(half)) MOVE_ENDS(half);
    else if (size >= sizeof(quarter)) MOVE_ENDS(quarter);
    else if (size) *to = *from;
}

/* More than 32 bytes, upwards or downwards: 32 at a time, and what is left at the other end. */
__attribute__((no_builtin)) static inline void move_up(uint8_t *to, const uint8_t *from,
                                                       size_t size) {
    const vector end[] = {load(from + size - 32), load(from + size - 16)};
    uint8_t *last = to + size - 32;
    for (; to < last; to += 32, from += 32) {
        const vector a = load(from), b = load(from + 16);
        store(to, a);
        store(to + 16, b);
    }
    store(last, end[0]);
    store(last + 16, end[1]);
}

__attribute__((no_builtin)) static inline void move_down(uint8_t *to, const uint8_t *from,
                                                         size_t size) {
    const vector begin[] = {load(from), load(from + 16)};
    for (; size > 32; size -= 32) {
        const vector a = load(from + size - 32), b = load(from + size - 16);
        store(to + size - 32, a);
        store(to + size - 16, b);
    }
    store(to, begin[0]);
    store(to + 16, begin[1]);
}

__attribute__((no_builtin)) void *memcpy(void *restrict to, const void *restrict from,
                                         size_t size) {
    void *begin = to;
    if (size <= 32) move_short(to, from, size);
    else if (size < REP_LEAST) move_up(to, from, size);
    else __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return begin;
}

__attribute__((no_builtin)) void *memmove(void *to, const void *from, size_t size) {
    if (size <= 32) move_short(to, from, size);
    else if ((uintptr_t)from - (uintptr_t)to < size) move_up(to, from, size);
    else if ((uintptr_t)to - (uintptr_t)from < size) move_down(to, from, size);
    else memcpy(to, from, size);
    return to;
}

__attribute__((no_builtin)) void *memset(void *to, int byte, size_t size) {
    uint8_t *at = to, *end = at + size;
    const uint64_t word = (uint8_t)byte * UINT64_C(0x0101010101010101);
    if (size >= REP_LEAST) {
        __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
    } else if (size >= 16) {
        for (; end - at > 16; at += 16) store(at, (vector){word, word});
        store(end - 16, (vector){word, word});
    } else if (size >= 8) {
        store_u64(at, word);
        store_u64(end - 8, word);
    } else {
        while (at < end) *at++ = (uint8_t)byte;
    }
    return to;
}

/* Words in the order of their bytes. */
__attribute__((no_builtin)) int memcmp(const void *a, const void *b, size_t size) {
    const uint8_t *x = a, *y = b;
    for (; size >= 8; size -= 8, x += 8, y += 8) {
        const uint64_t in_x = load_u64(x), in_y = load_u64(y);
        if (in_x != in_y) return __builtin_bswap64(in_x) < __builtin_bswap64(in_y) ? -1 : 1;
    }
    for (; size; size--, x++, y++)
        if (*x != *y) return *x < *y ? -1 : 1;
    return 0;
}

__attribute__((no_builtin)) size_t strlen(const char *text) {
    size_t size = 0;
    while (text[size]) size++;
    return size;
}

/* --- For libsodium: its own are in one file with memory of the system's, and devices. --- */

void sodium_memzero(void *bytes, size_t size);
int sodium_memcmp(const void *a, const void *b, size_t size);
int sodium_is_zero(const unsigned char *bytes, size_t size);
void randombytes_buf(void *bytes, size_t size);
void sodium_misuse(void);
int sodium_runtime_has_aesni(void);
int sodium_runtime_has_pclmul(void);
int sodium_runtime_has_avx(void);

/* No compiler may leave it out, as nobody reads what it writes. */
void sodium_memzero(void *bytes, size_t size) {
    memset(bytes, 0, size);
    __asm__ volatile("" : : "r"(bytes) : "memory");
}

/* In the same time, whatever they are. */
int sodium_memcmp(const void *a, const void *b, size_t size) {
    const volatile uint8_t *x = a, *y = b;
    uint8_t differs = 0;
    for (size_t i = 0; i < size; i++) differs |= x[i] ^ y[i];
    return differs ? -1 : 0;
}

int sodium_is_zero(const unsigned char *bytes, size_t size) {
    const volatile uint8_t *x = bytes;
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++) any |= x[i];
    return any == 0;
}

/* A processor without random numbers makes no keys. */
void randombytes_buf(void *bytes, size_t size) {
    if (port_default()->random(NULL, bytes, size) != NACRE_OK) __builtin_trap();
}

/* Its AES-GCM asks, and an enclave has been started only where the first two are there. */
int sodium_runtime_has_aesni(void) { return 1; }
int sodium_runtime_has_pclmul(void) { return 1; }
int sodium_runtime_has_avx(void) { return 0; }

void sodium_misuse(void) { __builtin_trap(); }

/* --- For Mbed TLS --- */

int strcmp(const char *a, const char *b);
void *calloc(size_t count, size_t size);
void free(void *pointer);

__attribute__((no_builtin)) int strcmp(const char *a, const char *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (int)(unsigned char)*a - (int)(unsigned char)*b;
}

/* What is handed out has its size before it, and stays aligned to 16. */
enum { HEAD = 16 };

void *calloc(size_t count, size_t size) {
    const struct allocator a = port_default_allocator();
    size_t all;
    if (!size_mul(count, size, &all) || all > SIZE_MAX - HEAD) return NULL;
    uint8_t *bytes = a.resize(a.context, NULL, 0, all + HEAD);
    if (!bytes) return NULL;
    memset(bytes, 0, all + HEAD);
    store_u64(bytes, all + HEAD);
    return bytes + HEAD;
}

void free(void *pointer) {
    const struct allocator a = port_default_allocator();
    if (!pointer) return;
    uint8_t *bytes = (uint8_t *)pointer - HEAD;
    (void)a.resize(a.context, bytes, load_u64(bytes), 0);
}

/* memcpy where the compiler knew how much room there is. */
void *__memcpy_chk(void *restrict to, const void *restrict from, size_t size, size_t room);

void *__memcpy_chk(void *restrict to, const void *restrict from, size_t size, size_t room) {
    if (size > room) __builtin_trap();
    return memcpy(to, from, size);
}

/* --- For both --- */

_Noreturn void abort(void);
_Noreturn void __stack_chk_fail(void);
_Noreturn void enclave_absent(void);

/* What nothing in an enclave calls: tests and files of Mbed TLS. See enclave.ld. */
_Noreturn void enclave_absent(void) { __builtin_trap(); }
_Noreturn void abort(void) { __builtin_trap(); }
_Noreturn void __stack_chk_fail(void) { __builtin_trap(); }
