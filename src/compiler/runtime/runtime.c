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

/* 16 to 64 bytes. */
static void move_blocks(uint8_t *to, const uint8_t *from, size_t size) {
    block first = *(const block *)from, last = *(const block *)(from + size - 16);
    if (size > 32) {
        block second = *(const block *)(from + 16), third = *(const block *)(from + size - 32);
        *(block *)(to + 16) = second;
        *(block *)(to + size - 32) = third;
    }
    *(block *)to = first;
    *(block *)(to + size - 16) = last;
}

/* More, of which the first and the last 64 bytes were read before. */
struct four {
    block b[4];
};

static struct four read_four(const uint8_t *at) {
    const block *b = (const block *)at;
    return (struct four){{b[0], b[1], b[2], b[3]}};
}

static void write_four(uint8_t *at, struct four four) {
    block *b = (block *)at;
    b[0] = four.b[0];
    b[1] = four.b[1];
    b[2] = four.b[2];
    b[3] = four.b[3];
}

static void move_up(uint8_t *to, const uint8_t *from, size_t size) {
    struct four last = read_four(from + size - 64);
    for (size_t i = 0; i < size - 64; i += 64) write_four(to + i, read_four(from + i));
    write_four(to + size - 64, last);
}

static void move_down(uint8_t *to, const uint8_t *from, size_t size) {
    struct four first = read_four(from);
    for (size_t i = size; i > 64; i -= 64) write_four(to + i - 64, read_four(from + i - 64));
    write_four(to, first);
}

void *memmove(void *to, const void *from, size_t size) {
    if (size < 16) move_small(to, from, size);
    else if (size <= 64) move_blocks(to, from, size);
    else if ((uintptr_t)to - (uintptr_t)from >= size) move_up(to, from, size);
    else move_down(to, from, size);
    return to;
}

void *memset(void *to, int byte, size_t size) {
    uint8_t *t = to;
    uint64_t eight = (uint8_t)byte * UINT64_C(0x0101010101010101);
    if (size < 8) {
        for (size_t i = 0; i < size; i++) {
            t[i] = (uint8_t)byte;
            __asm__ volatile("" ::: "memory"); /* or it would call itself */
        }
        return to;
    }
    if (size < 16) {
        __builtin_memcpy_inline(t, &eight, 8);
        __builtin_memcpy_inline(t + size - 8, &eight, 8);
        return to;
    }
    block value = {eight, eight};
    for (size_t i = 0; i < size - 16; i += 16) {
        *(block *)(t + i) = value;
        __asm__ volatile("" ::: "memory");
    }
    *(block *)(t + size - 16) = value;
    return to;
}
