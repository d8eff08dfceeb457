/*
 * link.h - from the relocatable ELF objects that LLVM makes to code that is linked: one .text and
 * one .rodata with every reference between them resolved, the functions' places, the line table.
 *
 * The objects come from our own compilation, so what is wrong with them is a bug of ours: it is
 * reported, never ignored. Any kind of section that code would need (writable data, thread-local
 * storage, a relocation that is not known) and any symbol that nobody defines is an error. Objects
 * are position independent, and their symbols hidden or local to the program: code that would
 * compare with an entry of a table of addresses (GOT) can't be linked.
 */
#ifndef COMPILER_LINK_H
#define COMPILER_LINK_H

#include "image/image.h"

struct link_object {
    const uint8_t *bytes;
    uint64_t size;
};

/* What is global in its object and in .text. */
struct link_symbol {
    const char *name; /* in the object's bytes, which the linked code borrows */
    uint32_t offset, size; /* in text */
};

struct linked {
    const struct allocator *allocator;
    uint8_t *text, *rodata;
    uint64_t text_size, rodata_size;
    uint64_t frame_most; /* bytes of the stack that a function takes; 0: the objects don't say */
    struct link_symbol *symbols; /* by name */
    uint32_t symbol_count;
    struct image_line *lines; /* by code offset; a row for each change */
    uint32_t line_count;
    uint32_t symbol_capacity, line_capacity;
};

/* Links objects in their order: .text is what they have of it, one after the other, and so is
 * .rodata; equal constants are not merged. The debug information's line numbers are offsets in the
 * module.
 * NACRE_UNSUPPORTED (what is in them is not known here: the text names it), NACRE_LIMIT,
 * NACRE_NO_MEMORY. */
nacre_status link_objects(struct linked *linked, const struct allocator *allocator,
                          uint32_t machine, const struct link_object *objects, uint32_t count,
                          nacre_error *error);
void link_deinit(struct linked *linked);

/* The function of a name, or NULL. */
const struct link_symbol *link_find(const struct linked *linked, const char *name);

#endif
