/* object.c - see object.h */
#include "compiler/object.h"

#include "base/status.h"

static nacre_status fail(nacre_error *error, const char *what) {
    return error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET, what);
}

struct elf_section object_section(const struct object *object, uint32_t index) {
    struct elf_section section;
    memcpy(&section, object->bytes + object->sections + (uint64_t)index * sizeof section,
           sizeof section);
    return section;
}

struct elf_symbol object_symbol(const struct object *object, uint32_t index) {
    struct elf_symbol symbol;
    memcpy(&symbol, object->bytes + object->symbols + (uint64_t)index * sizeof symbol,
           sizeof symbol);
    return symbol;
}

struct elf_relocation object_relocation(const struct object *object,
                                        const struct elf_section *relocations, uint32_t index) {
    struct elf_relocation relocation;
    memcpy(&relocation,
           object->bytes + relocations->offset + (uint64_t)index * sizeof relocation,
           sizeof relocation);
    return relocation;
}

const uint8_t *object_contents(const struct object *object, const struct elf_section *section) {
    if (!range_inside(section->offset, section->size, object->size)) return NULL;
    return object->bytes + section->offset;
}

/* A table of strings ends with a NUL, so that each of its strings does. */
static const char *string_at(const struct object *object, const struct elf_section *table,
                             uint32_t at) {
    return at < table->size ? (const char *)object->bytes + table->offset + at : "";
}

static bool is_string_table(const struct object *object, const struct elf_section *section) {
    const uint8_t *bytes = object_contents(object, section);
    return section->type == ELF_STRTAB && bytes && section->size > 0 &&
           bytes[section->size - 1] == '\0';
}

const char *object_section_name(const struct object *object, const struct elf_section *section) {
    return string_at(object, &object->names, section->name);
}

const char *object_symbol_name(const struct object *object, const struct elf_symbol *symbol) {
    return string_at(object, &object->strings, symbol->name);
}

static nacre_status open_symbols(struct object *o, nacre_error *error) {
    for (uint32_t i = 1; i < o->section_count; i++) {
        struct elf_section section = object_section(o, i);
        if (section.type != ELF_SYMTAB) continue;
        uint64_t count = section.size / sizeof(struct elf_symbol);
        if (!object_contents(o, &section) || count > UINT32_MAX || section.info > count ||
            section.link >= o->section_count)
            return fail(error, "object: symbols that are not there");
        o->symbols = section.offset;
        o->symbol_count = (uint32_t)count;
        o->first_global = section.info;
        o->strings = object_section(o, section.link);
        if (!is_string_table(o, &o->strings))
            return fail(error, "object: names of symbols that are not there");
        break;
    }
    return NACRE_OK;
}

nacre_status object_open(struct object *object, const struct link_object *from, uint32_t machine,
                         nacre_error *error) {
    struct object o = {.bytes = from->bytes, .size = from->size};
    struct elf_header header;
    if (o.size < sizeof header) return fail(error, "object: too short");
    memcpy(&header, o.bytes, sizeof header);
    if (memcmp(header.ident, ELF_IDENT, sizeof ELF_IDENT - 1) != 0 || header.type != ELF_REL)
        return fail(error, "object: not relocatable ELF64");
    if (header.machine != machine) return fail(error, "object: of another machine");
    uint64_t table = (uint64_t)header.section_count * sizeof(struct elf_section);
    if (header.section_size != sizeof(struct elf_section) || header.section_count == 0 ||
        header.section_count >= ELF_SECTIONS_MAX || header.names_section >= header.section_count ||
        !range_inside(header.sections, table, o.size))
        return fail(error, "object: sections that are not there");
    o.sections = header.sections;
    o.section_count = header.section_count;
    o.names = object_section(&o, header.names_section);
    if (!is_string_table(&o, &o.names))
        return fail(error, "object: names of sections that are not there");
    TRY(open_symbols(&o, error));
    *object = o;
    return NACRE_OK;
}

int object_compare_names(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) a++, b++;
    return (int)(uint8_t)*a - (int)(uint8_t)*b;
}

bool object_name_starts(const char *name, const char *word) {
    while (*word != '\0' && *name == *word) name++, word++;
    return *word == '\0';
}

uint32_t object_find_section(const struct object *object, const char *name) {
    for (uint32_t i = 1; i < object->section_count; i++) {
        struct elf_section section = object_section(object, i);
        if (object_compare_names(object_section_name(object, &section), name) == 0) return i;
    }
    return 0;
}

uint32_t object_find_relocations(const struct object *object, uint32_t target) {
    for (uint32_t i = 1; i < object->section_count; i++) {
        struct elf_section section = object_section(object, i);
        if (section.type == ELF_RELA && section.info == target) return i;
    }
    return 0;
}
