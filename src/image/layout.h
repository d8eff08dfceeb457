/* layout.h - the beginning of an image, which follows from its note: written by image_write,
 * compared by image_open. Private to this folder. */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include "image/elf.h"
#include "image/image.h"

enum { LAYOUT_ALIGNMENT = 16, LAYOUT_OWNER_SIZE = 6 }; /* "Nacre" and its NUL */

struct layout_start {
    struct elf_header header;
    struct elf_segment segments[4];
    uint32_t unused; /* so that the note is aligned to 8 */
    struct elf_note note_header;
    char owner[8];
    struct image_note note;
};
_Static_assert(sizeof(struct layout_start) == 312 + sizeof(struct image_note), "no padding");

/* What a signed image ends with. */
struct layout_end {
    struct elf_note note_header;
    char owner[8];
    struct image_proof proof;
};
_Static_assert(sizeof(struct layout_end) == 20 + sizeof(struct image_proof), "no padding");

/* A machine's page size; 0: not a machine that is known. */
static inline uint64_t layout_page(uint32_t machine) {
    if (machine == IMAGE_X86_64) return IMAGE_PAGE_X86_64;
    return machine == IMAGE_AARCH64 ? IMAGE_PAGE_AARCH64 : 0;
}
static inline uint64_t layout_align(uint64_t offset, uint64_t alignment) {
    return (offset + alignment - 1) & ~(alignment - 1);
}

/* Fills in all but the note, from the note and the place and count of the section headers. */
void layout_start_fill(struct layout_start *start, uint64_t sections, uint32_t section_count);

void layout_end_fill(struct layout_end *end, const struct image_proof *proof);

/* The checksum of an image's bytes, of which there are at least note->lines.offset. */
uint64_t layout_checksum(const uint8_t *bytes, const struct image_note *note);

#endif
