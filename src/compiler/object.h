/*
 * object.h - reading a relocatable ELF64 object. It comes from our own compilation; still, nothing
 * outside of its bytes is read, whatever they are.
 */
#ifndef COMPILER_OBJECT_H
#define COMPILER_OBJECT_H

#include "compiler/link.h"
#include "image/elf.h"

struct object {
    const uint8_t *bytes;
    uint64_t size;
    uint64_t sections; /* offset of the table */
    uint32_t section_count;
    uint64_t symbols; /* offset of the table */
    uint32_t symbol_count;
    uint32_t first_global; /* symbol */
    struct elf_section names, strings; /* of sections, of symbols */
};

/* Fails with NACRE_UNSUPPORTED for what is no object of the machine. */
nacre_status object_open(struct object *object, const struct link_object *from, uint32_t machine,
                         nacre_error *error);

/* The index must be below section_count, symbol_count. */
struct elf_section object_section(const struct object *object, uint32_t index);
struct elf_symbol object_symbol(const struct object *object, uint32_t index);
/* Relocation of a section of those whose contents are inside, see object_contents. */
struct elf_relocation object_relocation(const struct object *object,
                                        const struct elf_section *relocations, uint32_t index);

/* Names end with a NUL inside of the object; "" when they do not. */
const char *object_section_name(const struct object *object, const struct elf_section *section);
const char *object_symbol_name(const struct object *object, const struct elf_symbol *symbol);

/* The bytes of a section, or NULL when they are not inside of the object. */
const uint8_t *object_contents(const struct object *object, const struct elf_section *section);

/* The section of a name, 0: there is none. */
uint32_t object_find_section(const struct object *object, const char *name);
/* The section with the relocations of another, 0: there is none. */
uint32_t object_find_relocations(const struct object *object, uint32_t target);

/* Does a name start with a word? */
bool object_name_starts(const char *name, const char *word);
int object_compare_names(const char *a, const char *b); /* as strcmp */

#endif
