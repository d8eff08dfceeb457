/* lines.c - see lines.h */
#include "image/lines.h"

enum { ZEROS_MAX = 40 }; /* of a code: distances have 32 bits, folded ones 35 */

static unsigned high_bit(uint64_t value) { return 63 - (unsigned)__builtin_clzll(value); }

static unsigned code_bits(uint64_t number, unsigned order) {
    unsigned high = high_bit(number + (UINT64_C(1) << order));
    return (high - order) + 1 + high;
}

/* --- Reading --- */

struct bits {
    const uint8_t *bytes;
    uint64_t at, end; /* in bits */
};

static bool read_bit(struct bits *b, uint32_t *bit) {
    if (b->at >= b->end) return false;
    *bit = b->bytes[b->at / 8] >> (b->at % 8) & 1;
    b->at++;
    return true;
}

static bool read_number(struct bits *b, unsigned order, uint64_t *number) {
    unsigned zeros = 0;
    uint32_t bit;
    for (;;) {
        if (!read_bit(b, &bit)) return false;
        if (bit) break;
        if (++zeros > ZEROS_MAX) return false;
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < order + zeros; i++) {
        if (!read_bit(b, &bit)) return false;
        value |= (uint64_t)bit << i;
    }
    *number = value + (UINT64_C(1) << (order + zeros)) - (UINT64_C(1) << order);
    return true;
}

static struct lines_block block_at(const uint8_t *packed, uint32_t index) {
    struct lines_block block;
    memcpy(&block, packed + sizeof(struct lines_head) + (uint64_t)index * sizeof block,
           sizeof block);
    return block;
}

/* The last block that begins at or before `code`; the first one if none does. */
static uint32_t find_block(const uint8_t *packed, uint32_t count, uint32_t code) {
    uint32_t low = 0, high = count; /* begins at or before; begins after */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (block_at(packed, middle).code <= code) low = middle;
        else high = middle;
    }
    return low;
}

/* Whatever the bytes are: sums wrap, and rows that wrap just are not found. */
static uint32_t find_in_block(const struct lines_head *head, struct lines_block block,
                              struct bits *bits, uint32_t rows, uint32_t code) {
    uint32_t at = block.code, wasm = block.wasm, last = block.wasm;
    for (uint32_t i = 1; i < rows; i++) {
        uint64_t distance, folded;
        if (!read_number(bits, head->code_order, &distance)) return 0;
        if (!read_number(bits, head->wasm_order, &folded)) return 0;
        at += (uint32_t)((distance + 1) << head->unit_shift);
        if (at > code) return wasm;
        if (folded == 0) {
            wasm = wasm ? 0 : last;
        } else {
            last += (uint32_t)(uint64_t)lines_unfold(folded);
            wasm = last;
        }
    }
    return wasm;
}

uint32_t lines_find(const uint8_t *packed, uint64_t size, uint32_t code) {
    struct lines_head head;
    if (size < sizeof head || size > UINT32_MAX) return 0;
    memcpy(&head, packed, sizeof head);
    if (head.row_count == 0 || head.unit_shift > 2) return 0;
    if (head.code_order > LINES_ORDER_MAX || head.wasm_order > LINES_ORDER_MAX) return 0;
    uint32_t blocks = (head.row_count - 1) / LINES_BLOCK_ROWS + 1;
    if (blocks > (size - sizeof head) / sizeof(struct lines_block)) return 0;
    uint32_t index = find_block(packed, blocks, code);
    struct lines_block block = block_at(packed, index);
    if (block.code > code || block.bits > size) return 0;
    uint32_t rows = u32_min(head.row_count - index * LINES_BLOCK_ROWS, LINES_BLOCK_ROWS);
    struct bits bits = {.bytes = packed, .at = (uint64_t)block.bits * 8, .end = size * 8};
    return find_in_block(&head, block, &bits, rows, code);
}

/* --- Writing --- */

/* Goes over the rows and, once there is somewhere to write to, packs them. */
struct packer {
    const struct image_line *lines;
    uint32_t count;
    struct lines_head head;
    uint8_t *bytes; /* zeroed; NULL: only counts */
    uint64_t at;    /* in bits */
    /* What all distances would take in each order, when counting. */
    uint64_t code_bits[LINES_ORDER_MAX + 1], wasm_bits[LINES_ORDER_MAX + 1];
};

static void write_number(struct packer *p, uint64_t number, unsigned order) {
    uint64_t value = number + (UINT64_C(1) << order);
    unsigned high = high_bit(value);
    p->at += high - order; /* zeros */
    p->bytes[p->at / 8] |= (uint8_t)(1u << (p->at % 8));
    p->at++;
    for (unsigned i = 0; i < high; i++, p->at++)
        p->bytes[p->at / 8] |= (uint8_t)((value >> i & 1) << (p->at % 8));
}

static void pack_row(struct packer *p, uint64_t distance, uint64_t folded) {
    if (p->bytes) {
        write_number(p, distance, p->head.code_order);
        write_number(p, folded, p->head.wasm_order);
        return;
    }
    for (unsigned order = 0; order <= LINES_ORDER_MAX; order++) {
        p->code_bits[order] += code_bits(distance, order);
        p->wasm_bits[order] += code_bits(folded, order);
    }
}

static void begin_block(struct packer *p, uint32_t index) {
    const struct image_line *line = &p->lines[index];
    if (!p->bytes) return;
    p->at = (p->at + 7) / 8 * 8;
    struct lines_block block = {line->code, line->wasm, (uint32_t)(p->at / 8)};
    memcpy(p->bytes + sizeof p->head + index / LINES_BLOCK_ROWS * sizeof block, &block,
           sizeof block);
}

static void pack_rows(struct packer *p) {
    uint32_t last = 0; /* offset in the module that distances count from */
    for (uint32_t i = 0; i < p->count; i++) {
        const struct image_line *line = &p->lines[i];
        if (i % LINES_BLOCK_ROWS == 0) {
            begin_block(p, i);
            last = line->wasm;
            continue;
        }
        const struct image_line *before = line - 1;
        uint64_t distance = ((uint64_t)(line->code - before->code) >> p->head.unit_shift) - 1;
        if (line->wasm == 0 || line->wasm == last) {
            pack_row(p, distance, 0);
        } else {
            pack_row(p, distance, lines_fold((int64_t)line->wasm - (int64_t)last));
            last = line->wasm;
        }
    }
}

static unsigned best_order(const uint64_t bits[LINES_ORDER_MAX + 1]) {
    unsigned best = 0;
    for (unsigned order = 1; order <= LINES_ORDER_MAX; order++)
        if (bits[order] < bits[best]) best = order;
    return best;
}

/* Rows that say what the one before said would read as something else: they are left out. */
static uint32_t drop_repeated(struct image_line *to, const struct image_line *lines,
                              uint32_t count) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (lines[i].wasm != (kept ? to[kept - 1].wasm : 0)) to[kept++] = lines[i];
    return kept;
}

static uint8_t common_shift(const struct image_line *lines, uint32_t count) {
    uint32_t all = 4;
    for (uint32_t i = 0; i < count; i++) all |= lines[i].code;
    return (uint8_t)__builtin_ctz(all);
}

nacre_status lines_pack(const struct image_line *lines, uint32_t count,
                        const struct allocator *allocator, uint8_t **packed, uint32_t *size) {
    struct image_line *kept = ALLOC_ARRAY(allocator, struct image_line, count);
    if (!kept) return NACRE_NO_MEMORY;
    struct packer p = {.lines = kept, .count = drop_repeated(kept, lines, count)};
    p.head.unit_shift = common_shift(kept, p.count);
    p.head.row_count = p.count;
    pack_rows(&p);
    p.head.code_order = (uint8_t)best_order(p.code_bits);
    p.head.wasm_order = (uint8_t)best_order(p.wasm_bits);

    uint64_t blocks = ((uint64_t)p.count + LINES_BLOCK_ROWS - 1) / LINES_BLOCK_ROWS;
    uint64_t fixed = sizeof p.head + blocks * sizeof(struct lines_block);
    uint64_t bits = p.code_bits[p.head.code_order] + p.wasm_bits[p.head.wasm_order];
    uint64_t bytes = fixed + bits / 8 + blocks + 1; /* each block may end inside a byte */
    nacre_status status = bytes > UINT32_MAX ? NACRE_LIMIT : NACRE_OK;
    uint8_t *all = NULL;
    if (status == NACRE_OK && !(all = alloc_zeroed(allocator, (size_t)bytes, 1)))
        status = NACRE_NO_MEMORY;
    if (status == NACRE_OK) {
        memcpy(all, &p.head, sizeof p.head);
        p.bytes = all;
        p.at = fixed * 8;
        pack_rows(&p);
        *packed = all;
        *size = (uint32_t)bytes;
    }
    ALLOC_FREE_ARRAY(allocator, kept, count);
    return status;
}
