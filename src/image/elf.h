/* elf.h - what of ELF64 images are written as, and compiled objects are read as. Numbers and names
 * are those of the System V ABI, its "generic" part and the supplements for both machines. */
#ifndef IMAGE_ELF_H
#define IMAGE_ELF_H

#include "base/base.h"

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments, sections; /* the last two: offsets of the tables */
    uint32_t flags;
    uint16_t header_size, segment_size, segment_count, section_size, section_count, names_section;
};
struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
};
struct elf_section {
    uint32_t name, type;
    uint64_t flags, address, offset, size;
    uint32_t link, info;
    uint64_t alignment, entry_size;
};
struct elf_symbol {
    uint32_t name;
    uint8_t info, other; /* info: binding << 4 | type */
    uint16_t section;
    uint64_t value, size;
};
struct elf_relocation {
    uint64_t offset, info; /* info: symbol << 32 | type */
    int64_t addend;
};
struct elf_note {
    uint32_t name_size, content_size, type;
};

_Static_assert(sizeof(struct elf_header) == 64 && sizeof(struct elf_segment) == 56 &&
               sizeof(struct elf_section) == 64 && sizeof(struct elf_symbol) == 24 &&
               sizeof(struct elf_relocation) == 24, "as in the file");

#define ELF_IDENT "\x7F" "ELF\x02\x01\x01" /* 64 bits, little-endian, version 1 */

enum { ELF_REL = 1, ELF_DYN = 3, ELF_VERSION = 1 };
enum { ELF_LOAD = 1, ELF_NOTE_SEGMENT = 4, ELF_GNU_STACK = 0x6474E551 };
enum { ELF_X = 1, ELF_W = 2, ELF_R = 4 };
enum {
    ELF_NULL = 0,
    ELF_PROGBITS = 1,
    ELF_SYMTAB = 2,
    ELF_STRTAB = 3,
    ELF_RELA = 4,
    ELF_NOTE = 7,
    ELF_NOBITS = 8,
    ELF_REL_SECTION = 9,
    ELF_CREL = 0x40000014,
    ELF_X86_64_UNWIND = 0x70000001
};
enum { ELF_WRITE = 1, ELF_ALLOC = 2, ELF_EXEC = 4, ELF_TLS = 1024, ELF_COMPRESSED = 2048 };
enum { ELF_UNDEFINED = 0, ELF_SECTIONS_MAX = 0xFF00, ELF_ABSOLUTE = 0xFFF1, ELF_COMMON = 0xFFF2 };
enum { ELF_LOCAL = 0, ELF_GLOBAL = 1, ELF_WEAK = 2 };
enum { ELF_FUNC = 2, ELF_SECTION = 3, ELF_FILE = 4, ELF_TLS_SYMBOL = 6 };

#endif
