/* image.c - see image.h */
#include "sgx/image.h"

#include "image/elf.h"
#include "sgx/block.h"

static uint64_t pages_up(uint64_t bytes) {
    return (bytes + SGX_PAGE - 1) / SGX_PAGE * SGX_PAGE;
}

/* --- The file --- */

static nacre_status malformed(const char **text, const char *what) {
    *text = what;
    return NACRE_MALFORMED;
}

/* Segments follow each other from 0 on, each on pages of its own, and none is for writing and
 * executing. */
static nacre_status add_segment(struct enclave_image *image, const struct elf_segment *s,
                                const char **text) {
    uint64_t flags = (s->flags & ELF_R ? SGX_R : 0) | (s->flags & ELF_W ? SGX_W : 0) |
                     (s->flags & ELF_X ? SGX_X : 0);
    uint64_t size = pages_up(s->memory_size);
    if (image->segment_count == ENCLAVE_SEGMENTS_MAX)
        return malformed(text, "more segments than an enclave has");
    if (!range_inside(s->offset, s->file_size, image->file_size) ||
        s->file_size > s->memory_size || size < s->memory_size || size > UINT32_MAX)
        return malformed(text, "a segment that is not in the file");
    if (s->address % SGX_PAGE || s->address < image->image_end || s->address > UINT32_MAX)
        return malformed(text, "segments that are not one behind the other, on pages");
    if (!(flags & SGX_R) || (flags & SGX_W && flags & SGX_X))
        return malformed(text, "a segment that can't be read, or written and executed");
    image->segments[image->segment_count++] = (struct enclave_segment){
        .offset = s->address, .file_offset = s->offset, .file_size = s->file_size, .size = size,
        .flags = flags};
    image->image_end = s->address + size;
    return NACRE_OK;
}

static nacre_status add_note(struct enclave_image *image, const struct elf_segment *s,
                             const char **text) {
    struct elf_note note;
    static const char name[ENCLAVE_NOTE_NAME_BYTES] = ENCLAVE_NOTE_NAME;
    const uint64_t head = sizeof note + sizeof name;
    if (!range_inside(s->offset, s->file_size, image->file_size) || s->file_size < head)
        return malformed(text, "a note that is not in the file");
    uint8_t *bytes = image->file + s->offset;
    memcpy(&note, bytes, sizeof note);
    if (note.name_size != sizeof ENCLAVE_NOTE_NAME ||
        memcmp(bytes + sizeof note, name, sizeof name) != 0 ||
        note.content_size != s->file_size - head || ((uintptr_t)bytes + head) % 8)
        return NACRE_OK; /* somebody else's */
    if (note.type == ENCLAVE_NOTE_CONFIG && note.content_size == sizeof *image->config)
        image->config = (struct enclave_config *)(void *)(bytes + head);
    if (note.type == ENCLAVE_NOTE_SIGNATURE && note.content_size == sizeof *image->signature)
        image->signature = (struct enclave_signature *)(void *)(bytes + head);
    return NACRE_OK;
}

static nacre_status read_segments(struct enclave_image *image, const struct elf_header *header,
                                  const char **text) {
    if (header->segment_size != sizeof(struct elf_segment) ||
        !range_inside(header->segments, (uint64_t)header->segment_count * header->segment_size,
                      image->file_size))
        return malformed(text, "a table of segments that is not in the file");
    for (uint32_t i = 0; i < header->segment_count; i++) {
        struct elf_segment s;
        memcpy(&s, image->file + header->segments + i * sizeof s, sizeof s);
        if (s.type == ELF_LOAD) TRY(add_segment(image, &s, text));
        if (s.type == ELF_NOTE_SEGMENT) TRY(add_note(image, &s, text));
    }
    return NACRE_OK;
}

static bool is_code(const struct enclave_image *image, uint64_t offset, uint64_t size) {
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct enclave_segment *s = &image->segments[i];
        if (s->flags & SGX_X && range_inside(offset - s->offset, size, s->file_size)) return true;
    }
    return false;
}

static nacre_status check_config(const struct enclave_image *image, const char **text) {
    const struct enclave_config *c = image->config;
    if (c->version != ENCLAVE_VERSION) return malformed(text, "an enclave of another version");
    if (c->site_count > ENCLAVE_SITES_MAX || c->baked_count > ENCLAVE_BAKED_MAX)
        return malformed(text, "a list that is longer than it can be");
    if (c->code >= ENCLAVE_CODE_COUNT) return malformed(text, "an unknown choice of code");
    for (uint32_t i = 0; i < c->site_count; i++)
        if (!is_code(image, c->sites[i], ENCLAVE_SITE_BYTES))
            return malformed(text, "a site that is not in code");
    return NACRE_OK;
}

/* The contents of baked images stand in the file in this order. */
static nacre_status check_baked(const struct enclave_image *image, const char **text) {
    const struct enclave_config *c = image->config;
    uint64_t at = image->signature->baked_file_offset;
    if (at % SGX_PAGE || at > image->file_size)
        return malformed(text, "baked images that are not in the file");
    for (uint32_t i = 0; i < c->baked_count; i++) {
        const struct enclave_baked *b = &c->baked[i];
        if (b->size == 0 || b->size > UINT32_MAX ||
            !range_inside(at, pages_up(b->size), image->file_size) ||
            !range_inside(b->code_offset, b->code_size, b->size) || b->code_offset % SGX_PAGE)
            return malformed(text, "a baked image that is not in the file");
        at += pages_up(b->size);
    }
    return NACRE_OK;
}

nacre_status enclave_image_open(struct enclave_image *image, uint8_t *file, uint64_t size,
                                const char **text) {
    struct elf_header header;
    const uint16_t x86_64 = 62;
    *image = (struct enclave_image){.file = file, .file_size = size};
    if (size < sizeof header) return malformed(text, "a file that is too short for an enclave");
    memcpy(&header, file, sizeof header);
    if (memcmp(header.ident, ELF_IDENT, sizeof ELF_IDENT - 1) != 0 || header.type != ELF_DYN ||
        header.machine != x86_64)
        return malformed(text, "no ELF file of an enclave for x86-64");
    TRY(read_segments(image, &header, text));
    if (!image->config || !image->signature)
        return malformed(text, "an ELF file that is no enclave of Nacre");
    if (!is_code(image, header.entry, 1)) return malformed(text, "an entry that is not in code");
    image->entry = header.entry;
    TRY(check_config(image, text));
    return check_baked(image, text);
}

/* --- The layout --- */

static uint64_t power_of_two(uint64_t least) {
    uint64_t size = SGX_PAGE;
    while (size < least) size *= 2;
    return size;
}

/* Nothing here wraps: each part is below 2^40. */
static bool lay_out(const struct enclave_image *image, struct enclave_config *c) {
    const uint64_t most = UINT64_C(1) << 40;
    if (c->thread_count == 0 || c->thread_count > ENCLAVE_THREADS_MAX ||
        c->stack_bytes == 0 || c->stack_bytes % SGX_PAGE || c->stack_bytes > most ||
        c->heap_bytes == 0 || c->heap_bytes % ENCLAVE_UNIT || c->heap_max_bytes % ENCLAVE_UNIT ||
        c->heap_bytes > c->heap_max_bytes || c->heap_max_bytes > most)
        return false;
    uint64_t at = image->image_end;
    for (uint32_t i = 0; i < c->baked_count; i++) {
        c->baked[i].offset = at;
        at += pages_up(c->baked[i].size);
    }
    c->threads_offset = at;
    at += c->thread_count * thread_bytes(c->stack_bytes);
    c->heap_offset = (at + ENCLAVE_UNIT - 1) / ENCLAVE_UNIT * ENCLAVE_UNIT;
    c->size = power_of_two(c->heap_offset + c->heap_max_bytes);
    return true;
}

bool enclave_image_lay_out(struct enclave_image *image) {
    struct enclave_config config = *image->config;
    if (!lay_out(image, &config)) return false;
    *image->config = config;
    return true;
}

bool enclave_image_is_laid_out(const struct enclave_image *image) {
    struct enclave_config config = *image->config;
    return lay_out(image, &config) && memcmp(&config, image->config, sizeof config) == 0;
}

/* --- Pages --- */

typedef nacre_status (*add_pages)(void *env, const struct enclave_pages *pages);

/* `size` bytes of the file, then zeros, up to `all`, which are whole pages. */
static nacre_status add_bytes(add_pages add, void *env, struct enclave_pages pages,
                              const uint8_t *bytes, uint64_t size, uint64_t all) {
    uint8_t last[SGX_PAGE] __attribute__((aligned(16))) = {0};
    const uint64_t whole = size / SGX_PAGE, rest = size % SGX_PAGE;
    pages.is_measured = true;
    if (whole) {
        pages.count = whole;
        pages.bytes = bytes;
        TRY(add(env, &pages));
    }
    if (rest) {
        memcpy(last, bytes + whole * SGX_PAGE, rest);
        pages.offset += pages.count * SGX_PAGE;
        pages.count = 1;
        pages.bytes = last;
        TRY(add(env, &pages));
    }
    pages.offset += pages.count * SGX_PAGE;
    pages.count = all / SGX_PAGE - whole - (rest != 0);
    pages.bytes = NULL;
    return pages.count ? add(env, &pages) : NACRE_OK;
}

static nacre_status add_segments(const struct enclave_image *image, add_pages add, void *env) {
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct enclave_segment *s = &image->segments[i];
        const struct enclave_pages pages = {.offset = s->offset, .secinfo = SGX_REG | s->flags};
        TRY(add_bytes(add, env, pages, image->file + s->file_offset, s->file_size, s->size));
    }
    return NACRE_OK;
}

/* What is before its code, the code, and what is behind it. */
static nacre_status add_baked(const struct enclave_image *image, add_pages add, void *env) {
    const uint8_t *bytes = image->file + image->signature->baked_file_offset;
    for (uint32_t i = 0; i < image->config->baked_count; i++) {
        const struct enclave_baked *b = &image->config->baked[i];
        const uint64_t end = b->code_offset + pages_up(b->code_size), all = pages_up(b->size);
        const struct { uint64_t from, to, flags; } parts[] = {
            {0, b->code_offset, SGX_R}, {b->code_offset, end, SGX_R | SGX_X}, {end, all, SGX_R}};
        for (size_t n = 0; n < ARRAY_COUNT(parts); n++) {
            const struct enclave_pages pages = {
                .offset = b->offset + parts[n].from, .is_measured = true,
                .count = (parts[n].to - parts[n].from) / SGX_PAGE,
                .secinfo = SGX_REG | parts[n].flags, .bytes = bytes + parts[n].from};
            if (pages.count) TRY(add(env, &pages));
        }
        bytes += all;
    }
    return NACRE_OK;
}

static nacre_status add_thread(const struct enclave_image *image, uint32_t index, add_pages add,
                               void *env) {
    const struct enclave_config *c = image->config;
    const uint64_t at = c->threads_offset + index * thread_bytes(c->stack_bytes);
    const uint64_t block_at = at + thread_block_at(c->stack_bytes);
    const uint64_t ssa_at = block_at + SGX_PAGE, tcs_at = at + thread_tcs_at(c->stack_bytes);
    union {
        struct thread_block block;
        struct sgx_tcs tcs;
        uint8_t bytes[SGX_PAGE];
    } page = {.bytes = {0}};
    const uint64_t rw = SGX_REG | SGX_R | SGX_W;
    TRY(add(env, &(struct enclave_pages){.offset = at + SGX_PAGE, .secinfo = rw,
                                         .count = c->stack_bytes / SGX_PAGE}));
    TRY(add(env, &(struct enclave_pages){.offset = block_at - SGX_PAGE, .secinfo = rw,
                                         .count = 1}));
    page.block = (struct thread_block){.stack = at + SGX_PAGE + c->stack_bytes,
                                       .exception_stack = block_at, .ssa = ssa_at,
                                       .index = index};
    TRY(add(env, &(struct enclave_pages){.offset = block_at, .secinfo = rw, .count = 1,
                                         .is_measured = true, .bytes = page.bytes}));
    TRY(add(env, &(struct enclave_pages){.offset = ssa_at, .secinfo = rw,
                                         .count = SGX_SSA_FRAMES * SGX_SSA_PAGES}));
    page.tcs = (struct sgx_tcs){.ossa = ssa_at, .nssa = SGX_SSA_FRAMES, .oentry = image->entry,
                                .ofsbase = block_at, .ogsbase = block_at,
                                .fslimit = SGX_PAGE - 1, .gslimit = SGX_PAGE - 1};
    return add(env, &(struct enclave_pages){.offset = tcs_at, .secinfo = SGX_TCS, .count = 1,
                                            .is_measured = true, .bytes = page.bytes});
}

nacre_status enclave_image_pages(const struct enclave_image *image,
                                 nacre_status (*add)(void *env, const struct enclave_pages *pages),
                                 void *env) {
    const struct enclave_config *c = image->config;
    TRY(add_segments(image, add, env));
    TRY(add_baked(image, add, env));
    for (uint32_t i = 0; i < c->thread_count; i++) TRY(add_thread(image, i, add, env));
    return add(env, &(struct enclave_pages){.offset = c->heap_offset,
                                            .count = c->heap_bytes / SGX_PAGE,
                                            .secinfo = SGX_REG | SGX_R | SGX_W});
}
