/* write.c - image_write: lays an image out and makes its bytes; see image.h */
#include "base/sort.h"
#include "image/layout.h"
#include "image/lines.h"

/* Sections, in the file's order; the last ones are for tools. */
enum {
    SECTION_NONE,
    SECTION_NOTE,
    SECTION_TABLES,
    SECTION_LINES,
    SECTION_RODATA,
    SECTION_TEXT,
    SECTION_MEMORY,
    SECTION_SYMTAB,
    SECTION_STRTAB,
    SECTION_LINE,
    SECTION_UNIT,
    SECTION_ABBREVIATIONS,
    SECTION_NAMES,
    SECTION_COUNT
};
static const char section_names[] = "\0.note.nacre\0.nacre.tables\0.nacre.lines\0.rodata\0.text\0"
                                    ".nacre.memory\0.symtab\0.strtab\0"
                                    ".debug_line\0.debug_info\0.debug_abbrev\0.shstrtab";

struct writer {
    const struct image_source *source;
    const struct allocator *allocator;
    struct image_note note;
    uint32_t *order; /* as in the note, or NULL */
    uint8_t *lines;
    uint32_t lines_size;
    uint64_t symtab, strtab, strtab_size, names, sections, size; /* offsets in the file */
    uint64_t line, unit, abbreviations;
    uint8_t *bytes;
};

uint64_t image_rodata_distance(uint32_t machine, uint64_t rodata_size) {
    (void)machine; /* both have pages of more than the alignment */
    return layout_align(rodata_size, IMAGE_RODATA_ALIGNMENT);
}

/* --- The order of functions --- */

static bool func_before(const void *context, uint32_t a, uint32_t b) {
    const struct image_source *s = context;
    return s->funcs[a] != s->funcs[b] ? s->funcs[a] < s->funcs[b] : a < b;
}

static nacre_status order_funcs(struct writer *w) {
    const struct image_source *s = w->source;
    uint32_t i = 1;
    while (i < s->func_count && s->funcs[i - 1] < s->funcs[i]) i++;
    if (i >= s->func_count) return NACRE_OK;
    w->order = ALLOC_ARRAY(w->allocator, uint32_t, s->func_count);
    if (!w->order) return NACRE_NO_MEMORY;
    for (i = 0; i < s->func_count; i++) w->order[i] = i;
    sort_indices(w->order, s->func_count, func_before, s);
    return NACRE_OK;
}

/* --- Layout --- */

/* Sizes are of what is in memory already, so that no sum of a few dozens of them can wrap. */
static struct image_part place(uint64_t *at, uint64_t count, size_t size) {
    struct image_part part = {layout_align(*at, LAYOUT_ALIGNMENT), count};
    *at = part.offset + count * size;
    return part;
}

/* A symbol's name, up to a NUL, as none can hold one. */
static uint32_t name_size(const struct wasm_name *name) {
    uint32_t size = 0;
    while (size < name->size && name->bytes[size] != '\0') size++;
    return size;
}

static void lay_out(struct writer *w) {
    const struct image_source *s = w->source;
    struct image_note *note = &w->note;
    uint64_t page = layout_page(note->machine);
    uint64_t at = sizeof(struct layout_start);
    note->funcs = place(&at, s->func_count, sizeof(uint32_t));
    note->sizes = place(&at, s->func_count, sizeof(uint32_t));
    note->order = place(&at, w->order ? s->func_count : 0, sizeof(uint32_t));
    note->func_signatures = place(&at, s->function_count, sizeof(uint32_t));
    note->signatures = place(&at, s->signature_count, sizeof(struct image_signature));
    note->type_signatures = place(&at, s->type_count, sizeof(uint32_t));
    note->lines = place(&at, w->lines_size, 1);
    uint64_t distance = image_rodata_distance(note->machine, s->rodata_size);
    note->text = (struct image_part){layout_align(at + distance, page), s->text_size};
    note->rodata = (struct image_part){note->text.offset - distance, s->rodata_size};
    at = note->text.offset + layout_align(s->text_size, page);
    if (s->memory_size) at = layout_align(at, WASM_PAGE_SIZE);
    note->memory = place(&at, s->memory_size, 1);

    w->symtab = place(&at, s->symbol_count + UINT64_C(1), sizeof(struct elf_symbol)).offset;
    w->strtab_size = 1;
    for (uint32_t i = 0; i < s->symbol_count; i++)
        w->strtab_size += name_size(&s->symbols[i].name) + UINT64_C(1);
    w->strtab = place(&at, w->strtab_size, 1).offset;
    w->line = place(&at, s->debug.line.count, 1).offset;
    w->unit = place(&at, s->debug.unit.count, 1).offset;
    w->abbreviations = place(&at, s->debug.abbreviations.count, 1).offset;
    w->names = place(&at, sizeof section_names, 1).offset;
    w->sections = place(&at, SECTION_COUNT, sizeof(struct elf_section)).offset;
    w->size = at;
}

/* --- Contents --- */

static void put_array(struct writer *w, struct image_part part, const void *from, size_t size) {
    if (part.count) memcpy(w->bytes + part.offset, from, (size_t)part.count * size);
}

/* Code is known by its offset in text, and in the file by that in the file. */
static void put_code_offsets(struct writer *w, uint64_t at, const uint32_t *from, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        store_u32(w->bytes + at + i * 4, from[i] + (uint32_t)w->note.text.offset);
}

static void put_tables(struct writer *w) {
    const struct image_source *s = w->source;
    const struct image_note *note = &w->note;
    put_code_offsets(w, note->funcs.offset, s->funcs, s->func_count);
    put_array(w, note->sizes, s->sizes, sizeof(uint32_t));
    put_array(w, note->order, w->order, sizeof(uint32_t));
    put_array(w, note->func_signatures, s->func_signatures, sizeof(uint32_t));
    put_array(w, note->type_signatures, s->type_signatures, sizeof(uint32_t));
    for (uint32_t i = 0; i < s->signature_count; i++) {
        const uint32_t both[2] = {s->signatures[i].enter, s->signatures[i].leave};
        put_code_offsets(w, note->signatures.offset + UINT64_C(8) * i, both, 2);
    }
    put_array(w, note->lines, w->lines, 1);
}

/* Behind the code, up to the page's end, is what traps. */
static void put_text(struct writer *w) {
    const struct image_note *note = &w->note;
    put_array(w, note->rodata, w->source->rodata, 1);
    put_array(w, note->text, w->source->text, 1);
    uint64_t end = note->text.offset + note->text.count;
    uint8_t trap = note->machine == IMAGE_X86_64 ? 0xCC : 0; /* int3; udf */
    memset(w->bytes + end, trap,
           (size_t)(layout_align(end, layout_page(note->machine)) - end));
}

static void put_symbols(struct writer *w) {
    const struct image_source *s = w->source;
    uint64_t name_at = 1;
    for (uint32_t i = 0; i < s->symbol_count; i++) {
        const struct image_symbol *symbol = &s->symbols[i];
        uint32_t size = name_size(&symbol->name);
        struct elf_symbol out = {
            .name = (uint32_t)name_at,
            .info = ELF_LOCAL << 4 | ELF_FUNC,
            .section = SECTION_TEXT,
            .value = w->note.text.offset + symbol->offset,
            .size = symbol->size,
        };
        memcpy(w->bytes + w->symtab + (UINT64_C(1) + i) * sizeof out, &out, sizeof out);
        /* Terminals show these names: nothing in them controls one. */
        for (uint32_t k = 0; k < size; k++) {
            uint8_t byte = (uint8_t)symbol->name.bytes[k];
            w->bytes[w->strtab + name_at + k] = byte < ' ' || byte == 0x7F ? '?' : byte;
        }
        name_at += size + UINT64_C(1);
    }
}

static void put_debug(struct writer *w) {
    const struct image_debug *debug = &w->source->debug;
    if (debug->line.count == 0) return;
    memcpy(w->bytes + w->line, debug->line.bytes, debug->line.count);
    memcpy(w->bytes + w->unit, debug->unit.bytes, debug->unit.count);
    memcpy(w->bytes + w->abbreviations, debug->abbreviations.bytes, debug->abbreviations.count);
    store_u64(w->bytes + w->line + debug->line_address, w->note.text.offset);
    store_u64(w->bytes + w->unit + debug->unit_address, w->note.text.offset);
}

static struct elf_section section(uint32_t type, uint64_t flags, uint64_t offset, uint64_t size,
                                  uint64_t alignment) {
    return (struct elf_section){
        .type = type,
        .flags = flags,
        .address = flags & ELF_ALLOC ? offset : 0,
        .offset = offset,
        .size = size,
        .alignment = alignment,
    };
}

static void put_sections(struct writer *w) {
    const struct image_note *note = &w->note;
    uint64_t note_at = offsetof(struct layout_start, note_header);
    uint64_t tables = sizeof(struct layout_start);
    struct elf_section out[SECTION_COUNT] = {
        [SECTION_NOTE] = section(ELF_NOTE, ELF_ALLOC, note_at, tables - note_at, 4),
        [SECTION_TABLES] =
            section(ELF_PROGBITS, ELF_ALLOC, tables, note->lines.offset - tables, 8),
        [SECTION_LINES] =
            section(ELF_PROGBITS, ELF_ALLOC, note->lines.offset, note->lines.count, 16),
        [SECTION_RODATA] = section(ELF_PROGBITS, ELF_ALLOC, note->rodata.offset,
                                   note->rodata.count, IMAGE_RODATA_ALIGNMENT),
        [SECTION_TEXT] = section(ELF_PROGBITS, ELF_ALLOC | ELF_EXEC, note->text.offset,
                                 note->text.count, layout_page(note->machine)),
        [SECTION_MEMORY] = section(ELF_PROGBITS, 0, note->memory.offset, note->memory.count,
                                   WASM_PAGE_SIZE),
        [SECTION_SYMTAB] = section(ELF_SYMTAB, 0, w->symtab,
                                   (w->source->symbol_count + UINT64_C(1)) *
                                       sizeof(struct elf_symbol), 8),
        [SECTION_STRTAB] = section(ELF_STRTAB, 0, w->strtab, w->strtab_size, 1),
        [SECTION_LINE] = section(ELF_PROGBITS, 0, w->line, w->source->debug.line.count, 1),
        [SECTION_UNIT] = section(ELF_PROGBITS, 0, w->unit, w->source->debug.unit.count, 1),
        [SECTION_ABBREVIATIONS] = section(ELF_PROGBITS, 0, w->abbreviations,
                                          w->source->debug.abbreviations.count, 1),
        [SECTION_NAMES] = section(ELF_STRTAB, 0, w->names, sizeof section_names, 1),
    };
    out[SECTION_SYMTAB].link = SECTION_STRTAB;
    out[SECTION_SYMTAB].info = w->source->symbol_count + 1; /* the first that is not local */
    out[SECTION_SYMTAB].entry_size = sizeof(struct elf_symbol);
    uint32_t name = 0;
    for (uint32_t i = 0; i < SECTION_COUNT; i++) {
        out[i].name = name;
        name += (uint32_t)strlen(section_names + name) + 1;
    }
    memcpy(w->bytes + w->names, section_names, sizeof section_names);
    memcpy(w->bytes + w->sections, out, sizeof out);
}

static void put_start(struct writer *w) {
    struct layout_start start = {.note = w->note};
    layout_start_fill(&start, w->sections, SECTION_COUNT);
    memcpy(w->bytes, &start, sizeof start);
    start.note.checksum = layout_checksum(w->bytes, &start.note);
    memcpy(w->bytes, &start, sizeof start);
}

/* An id ends with its first NUL; what is behind that is the same every time. */
static void clean_id(char id[IMAGE_ID_BYTES]) {
    uint32_t size = 0;
    while (size < IMAGE_ID_BYTES - 1 && id[size] != '\0') size++;
    memset(id + size, 0, IMAGE_ID_BYTES - size);
}

nacre_status image_write(const struct image_source *source, const struct allocator *allocator,
                         uint8_t **bytes, uint64_t *size) {
    struct writer w = {.source = source, .allocator = allocator, .note = source->note};
    nacre_status status = NACRE_OK;
    w.note.version = IMAGE_VERSION;
    w.note.abi = IMAGE_ABI;
    w.note.checksum = 0;
    clean_id(w.note.compiler);
    clean_id(w.note.target);
    clean_id(w.note.options);
    if ((status = order_funcs(&w)) != NACRE_OK) goto out;
    status = lines_pack(source->lines, source->line_count, allocator, &w.lines, &w.lines_size);
    if (status != NACRE_OK) goto out;
    lay_out(&w);
    if (w.size > UINT32_MAX) {
        status = NACRE_LIMIT;
        goto out;
    }
    w.bytes = alloc_zeroed(allocator, (size_t)w.size, 1);
    if (!w.bytes) {
        status = NACRE_NO_MEMORY;
        goto out;
    }
    put_tables(&w);
    put_text(&w);
    put_array(&w, w.note.memory, source->memory, 1);
    put_symbols(&w);
    put_debug(&w);
    put_sections(&w);
    put_start(&w);
    *bytes = w.bytes;
    *size = w.size;
out:
    ALLOC_FREE_ARRAY(allocator, w.order, source->func_count);
    alloc_free(allocator, w.lines, w.lines_size, 1);
    return status;
}

nacre_status image_proof_append(const struct image_proof *proof, const struct allocator *allocator,
                                uint8_t **bytes, uint64_t *size) {
    struct layout_end end;
    size_t longer = (size_t)*size + sizeof end;
    uint8_t *moved = allocator->resize(allocator->context, *bytes, (size_t)*size, longer);
    if (!moved) return NACRE_NO_MEMORY;
    layout_end_fill(&end, proof);
    memcpy(moved + *size, &end, sizeof end);
    *bytes = moved;
    *size = longer;
    return NACRE_OK;
}
