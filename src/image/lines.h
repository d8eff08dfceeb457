/*
 * lines.h - the table from code to the module's offsets: made when an image is written, decoded
 * only when a trap asks. It is a tenth of the code's size, so it is packed by bits:
 *
 *     struct lines_head
 *     struct lines_block     one for each LINES_BLOCK_ROWS rows, by code offset
 *     bits                   of each block, from a byte's beginning, lowest bit first
 *
 * A block's first row stands in its struct; each further one is two numbers:
 *     code    the distance from the row before, less 1, in units of 1 << unit_shift bytes
 *     wasm    0: the code is of no instruction; or, after such a row, of the same one as before
 *             else the distance from the last offset, folded so that forwards is shorter than
 *             backwards (code goes forwards most of the time): see lines_fold
 * A number n is an exponential Golomb code of order k (given in the head): of n + (1 << k), as
 * many zeros as its highest bit is above bit k, a one for it, and the bits below it, lowest first.
 */
#ifndef IMAGE_LINES_H
#define IMAGE_LINES_H

#include "image/image.h"

enum { LINES_BLOCK_ROWS = 256, LINES_ORDER_MAX = 16 };

struct lines_head {
    uint8_t unit_shift, code_order, wasm_order, unused;
    uint32_t row_count;
};
struct lines_block {
    uint32_t code, wasm;
    uint32_t bits; /* offset from the head's first byte */
};

/* Distances forwards take three of four numbers: 0, 1, 2, -1 -> 3, 3 -> 4, ... */
static inline uint64_t lines_fold(int64_t distance) {
    if (distance < 0) return (uint64_t)-distance * 4 - 1;
    return (uint64_t)distance + (uint64_t)distance / 3;
}
static inline int64_t lines_unfold(uint64_t folded) {
    if (folded % 4 == 3) return -(int64_t)(folded / 4 + 1);
    return (int64_t)(folded - folded / 4);
}

/* The bytes of the table: *packed was taken from the allocator with *size. Rows are by code
 * offset, and no two have the same. NACRE_NO_MEMORY, NACRE_LIMIT. */
nacre_status lines_pack(const struct image_line *lines, uint32_t count,
                        const struct allocator *allocator, uint8_t **packed, uint32_t *size);

/* The wasm offset of the last row at or before `code`; 0 when there is none, or the table, which
 * may be any bytes, makes no sense there. */
uint32_t lines_find(const uint8_t *packed, uint64_t size, uint32_t code);

#endif
