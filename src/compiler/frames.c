/* frames.c - see frames.h */
#include "compiler/frames.h"

enum { ADDRESS_BYTES = 8 };

/* A row: the function's address, which a relocation fills in, and its frame's size as LEB128. */
static bool read_rows(const uint8_t *at, const uint8_t *end, uint64_t *most) {
    while (at < end) {
        uint64_t size = 0;
        uint32_t shift = 0;
        uint8_t byte;
        if (end - at <= ADDRESS_BYTES) return false;
        at += ADDRESS_BYTES;
        do {
            if (at == end || shift > 56) return false;
            byte = *at++;
            size |= (uint64_t)(byte & 0x7F) << shift;
            shift += 7;
        } while (byte & 0x80);
        *most = u64_max(*most, size);
    }
    return true;
}

bool frames_most(const struct object *object, uint64_t *bytes) {
    *bytes = 0;
    for (uint32_t i = 1; i < object->section_count; i++) {
        const struct elf_section section = object_section(object, i);
        if (object_compare_names(object_section_name(object, &section), ".stack_sizes") != 0)
            continue;
        const uint8_t *rows = object_contents(object, &section);
        if (!rows || !read_rows(rows, rows + section.size, bytes)) return false;
    }
    return true;
}
