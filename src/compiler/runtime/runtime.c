/*
 * runtime.c - functions that LLVM makes calls to. They become part of every image, compiled for
 * its machine without any library, so that an image needs nothing but itself.
 *
 * They may be handed addresses of linear memory that are not accessible, like any other code of an
 * image: a fault in them is one of their caller.
 */
#include <stddef.h>
#include <stdint.h>

typedef uint64_t block __attribute__((vector_size(16), aligned(1)));
typedef unsigned __int128 wide;

void *memmove(void *to, const void *from, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    return memmove(to, from, size);
}

/* All of a small piece is read before any of it is written. */
static void move_small(uint8_t *to, const uint8_t *from, size_t size) {
    if (size >= 8) {
        uint64_t first, last;
        __builtin_memcpy_inline(&first, from, 8);
        __builtin_memcpy_inline(&last, from + size - 8, 8);
        __builtin_memcpy_inline(to, &first, 8);
        __builtin_memcpy_inline(to + size - 8, &last, 8);
    } else if (size >= 4) {
        uint32_t first, last;
        __builtin_memcpy_inline(&first, from, 4);
        __builtin_memcpy_inline(&last, from + size - 4, 4);
        __builtin_memcpy_inline(to, &first, 4);
        __builtin_memcpy_inline(to + size - 4, &last, 4);
    } else if (size > 0) {
        uint8_t first = from[0], middle = from[size / 2], last = from[size - 1];
        to[0] = first;
        to[size / 2] = middle;
        to[size - 1] = last;
    }
}

void *memmove(void *to, const void *from, size_t size) {
    uint8_t *t = to;
    const uint8_t *f = from;
    if (size < 16) {
        move_small(t, f, size);
        return to;
    }
    block first = *(const block *)f, last = *(const block *)(f + size - 16);
    if (t < f || t >= f + size) {
        for (size_t i = 0; i + 16 < size; i += 16)
            *(block *)(t + i) = *(const block *)(f + i);
        *(block *)(t + size - 16) = last;
    } else {
        for (size_t i = size; i > 16; i -= 16)
            *(block *)(t + i - 16) = *(const block *)(f + i - 16);
        *(block *)t = first;
    }
    return to;
}

void *memset(void *to, int byte, size_t size) {
    uint8_t *t = to;
    uint64_t eight = (uint8_t)byte * UINT64_C(0x0101010101010101);
    if (size < 16) {
        for (size_t i = 0; i < size; i++) {
            t[i] = (uint8_t)byte;
            __asm__ volatile("" ::: "memory"); /* or it would call itself */
        }
        return to;
    }
    block value = {eight, eight};
    for (size_t i = 0; i + 16 <= size; i += 16) {
        *(block *)(t + i) = value;
        __asm__ volatile("" ::: "memory");
    }
    *(block *)(t + size - 16) = value;
    return to;
}

/* How often a loop with two ends goes around is found in 128 bits, once before it begins. */
wide __udivti3(wide a, wide b) {
    wide quotient = 0, rest = 0;
    for (int i = 127; i >= 0; i--) {
        wide carry = rest >> 127;
        rest = rest << 1 | (a >> i & 1);
        quotient <<= 1;
        if (!carry && rest < b) continue;
        rest -= b;
        quotient |= 1;
    }
    return quotient;
}
