/* layout.c - see layout.h */
#include "image/layout.h"

#include "base/hash.h"

static void note_fill(struct elf_note *note, char owner[8], uint32_t type, size_t size) {
    *note = (struct elf_note){LAYOUT_OWNER_SIZE, (uint32_t)size, type};
    memset(owner, 0, 8);
    memcpy(owner, "Nacre", LAYOUT_OWNER_SIZE);
}

static struct elf_segment segment(uint32_t type, uint32_t flags, uint64_t offset, uint64_t size,
                                  uint64_t alignment) {
    return (struct elf_segment){
        .type = type,
        .flags = flags,
        .offset = offset,
        .address = offset,
        .physical = offset,
        .file_size = size,
        .memory_size = size,
        .alignment = alignment,
    };
}

void layout_start_fill(struct layout_start *start, uint64_t sections, uint32_t section_count) {
    const struct image_note *note = &start->note;
    uint64_t page = layout_page(note->machine);
    uint64_t text = note->text.offset;
    uint64_t note_at = offsetof(struct layout_start, note_header);
    start->header = (struct elf_header){
        .type = ELF_DYN,
        .machine = (uint16_t)note->machine,
        .version = ELF_VERSION,
        .segments = offsetof(struct layout_start, segments),
        .sections = sections,
        .header_size = sizeof start->header,
        .segment_size = sizeof start->segments[0],
        .segment_count = ARRAY_COUNT(start->segments),
        .section_size = sizeof(struct elf_section),
        .section_count = (uint16_t)section_count,
        .names_section = (uint16_t)(section_count - 1),
    };
    memcpy(start->header.ident, ELF_IDENT, sizeof ELF_IDENT - 1);
    start->segments[0] = segment(ELF_LOAD, ELF_R, 0, text, page);
    start->segments[1] =
        segment(ELF_LOAD, ELF_R | ELF_X, text, layout_align(note->text.count, page), page);
    start->segments[2] = segment(ELF_NOTE_SEGMENT, ELF_R, note_at,
                                 sizeof *start - note_at, 4);
    start->segments[3] = segment(ELF_GNU_STACK, ELF_R | ELF_W, 0, 0, 16);
    start->unused = 0;
    note_fill(&start->note_header, start->owner, IMAGE_NOTE_TYPE, sizeof start->note);
}

void layout_end_fill(struct layout_end *end, const struct image_proof *proof) {
    note_fill(&end->note_header, end->owner, IMAGE_PROOF_TYPE, sizeof end->proof);
    end->proof = *proof;
}

uint64_t layout_checksum(const uint8_t *bytes, const struct image_note *note) {
    static const struct hash_key key; /* no secret: it need not withstand anybody */
    struct layout_start start;
    struct hash h;
    memcpy(&start, bytes, sizeof start);
    start.note.checksum = 0;
    hash_start(&h, &key);
    hash_add(&h, &start, sizeof start);
    hash_add(&h, bytes + sizeof start, (size_t)(note->lines.offset - sizeof start));
    return hash_end(&h);
}
