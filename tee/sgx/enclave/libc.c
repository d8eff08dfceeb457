/*
 * libc.c - the few functions of a C library that there are in an enclave: what compilers call by
 * themselves (base/base.h), and what Mbed TLS and libsodium want. tests/tee/sgx-symbols.txt lists
 * them.
 */
#include "port/default.h"
#include "sgx/enclave/enclave.h"

#undef memcpy
#undef memmove
#undef memset

/* Short copies in words; the processor's own instructions are fast for the rest. */
__attribute__((no_builtin)) void *memcpy(void *restrict to, const void *restrict from,
                                         size_t size) {
    void *begin = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return begin;
}

__attribute__((no_builtin)) void *memmove(void *to, const void *from, size_t size) {
    uint8_t *end = (uint8_t *)to + size;
    const uint8_t *from_end = (const uint8_t *)from + size;
    if ((uintptr_t)to - (uintptr_t)from >= size) return memcpy(to, from, size);
    while (size % 8) {
        *--end = *--from_end;
        size--;
    }
    for (; size; size -= 8) {
        end -= 8;
        from_end -= 8;
        store_u64(end, load_u64(from_end));
    }
    return to;
}

__attribute__((no_builtin)) void *memset(void *to, int byte, size_t size) {
    void *begin = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
    return begin;
}

__attribute__((no_builtin)) int memcmp(const void *a, const void *b, size_t size) {
    const uint8_t *x = a, *y = b;
    for (; size >= 8 && load_u64(x) == load_u64(y); size -= 8, x += 8, y += 8) continue;
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
