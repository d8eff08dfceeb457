/* dwarf_line.h - the line tables of objects (DWARF 4 and 5, section 6.2), whose line numbers are
 * offsets in the WebAssembly module. */
#ifndef COMPILER_DWARF_LINE_H
#define COMPILER_DWARF_LINE_H

#include "compiler/object.h"

/* A sequence of rows by code offset; the last one has wasm 0, where the code ends. */
struct dwarf_run {
    uint32_t first, count;
};

struct dwarf_lines {
    const struct allocator *allocator;
    struct image_line *rows;
    struct dwarf_run *runs;
    uint32_t row_count, row_capacity, run_count, run_capacity;
    /* The offset in linked text of a symbol of an object; false when it is not in text. */
    bool (*locate)(void *context, uint32_t symbol, int64_t *offset);
    void *context;
};

/* Adds the rows of an object; one without debug information has none.
 * NACRE_UNSUPPORTED, NACRE_NO_MEMORY. */
nacre_status dwarf_lines_add(struct dwarf_lines *lines, const struct object *object,
                             nacre_error *error);

/* All rows by code offset, only those that change something: *merged was taken from the allocator
 * with *capacity elements. NACRE_UNSUPPORTED, NACRE_NO_MEMORY. */
nacre_status dwarf_lines_merge(const struct dwarf_lines *lines, struct image_line **merged,
                               uint32_t *count, uint32_t *capacity, nacre_error *error);

void dwarf_lines_deinit(struct dwarf_lines *lines);

#endif
