/*
 * source_lines.h - the source lines of a module, from the debug information that its own compiler
 * left in custom sections (.debug_line and what it refers to; DWARF for WebAssembly). LLVM reads
 * it: the module may be anybody's, and this is a process of its own.
 */
#ifndef COMPILER_SOURCE_LINES_H
#define COMPILER_SOURCE_LINES_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct source_section {
    const char *name; /* as ".debug_line" */
    uint32_t name_size, size;
    const uint8_t *bytes;
};

/* From an offset in the module on, up to the next row's. */
struct source_row {
    uint32_t wasm;
    uint32_t file; /* number in the list, plus one; 0: none is known */
    uint32_t line, column;
};

struct source_lines {
    struct source_row *rows; /* by offset */
    uint32_t count;
    char **files; /* paths */
    uint32_t file_count;
};

/* None, if the sections have none that can be read. Addresses in them are offsets from `code`,
 * where the code section begins. False: no memory. */
bool source_lines_read(struct source_lines *lines, const struct source_section *sections,
                       uint32_t count, uint32_t code, uint32_t code_size);
void source_lines_free(struct source_lines *lines);

/* The row of an instruction, or NULL. */
const struct source_row *source_lines_find(const struct source_lines *lines, uint32_t wasm);

#ifdef __cplusplus
}
#endif
#endif
