/* debug.c - see debug.h */
#include "compiler/debug.h"

#include "compiler/source_lines.h"

enum {
    DW_TAG_COMPILE_UNIT = 0x11,
    DW_AT_NAME = 0x03, DW_AT_STMT_LIST = 0x10, DW_AT_LOW_PC = 0x11, DW_AT_HIGH_PC = 0x12,
    DW_FORM_ADDR = 0x01, DW_FORM_DATA8 = 0x07, DW_FORM_STRING = 0x08, DW_FORM_SEC_OFFSET = 0x17,
    DW_LNS_COPY = 1, DW_LNS_ADVANCE_PC = 2, DW_LNS_ADVANCE_LINE = 3, DW_LNS_SET_FILE = 4,
    DW_LNS_SET_COLUMN = 5, DW_LNE_END_SEQUENCE = 1, DW_LNE_SET_ADDRESS = 2,
    VERSION = 4, ADDRESS_BYTES = 8
};

/* --- Bytes --- */

struct bytes {
    const struct allocator *allocator;
    uint8_t *at;
    uint32_t count, capacity;
    bool is_short; /* of memory */
};

static void put(struct bytes *b, const void *from, size_t size) {
    if (size > UINT32_MAX - b->count ||
        !alloc_reserve(b->allocator, (void **)&b->at, &b->capacity, b->count + (uint32_t)size,
                       1)) {
        b->is_short = true;
        return;
    }
    memcpy(b->at + b->count, from, size);
    b->count += (uint32_t)size;
}

static void put_uint(struct bytes *b, uint64_t value, unsigned size) {
    uint8_t little[8];
    for (unsigned i = 0; i < size; i++) little[i] = (uint8_t)(value >> (8 * i));
    put(b, little, size);
}

static void put_text(struct bytes *b, const char *text) { put(b, text, strlen(text) + 1); }

static void put_uleb(struct bytes *b, uint64_t value) {
    do {
        uint8_t low = value & 0x7F;
        value >>= 7;
        put_uint(b, low | (value ? 0x80u : 0u), 1);
    } while (value);
}

static void put_sleb(struct bytes *b, int64_t value) {
    for (bool more = true; more;) {
        uint8_t low = value & 0x7F;
        value >>= 7;
        more = !((value == 0 && !(low & 0x40)) || (value == -1 && (low & 0x40)));
        put_uint(b, low | (more ? 0x80u : 0u), 1);
    }
}

/* A place for a length of what follows it, filled in when that is there. */
static uint32_t begin_length(struct bytes *b) {
    put_uint(b, 0, 4);
    return b->count;
}
static void end_length(struct bytes *b, uint32_t from) {
    if (!b->is_short) store_u32(b->at + from - 4, b->count - from);
}

/* --- The line table: DWARF 4, section 6.2 --- */

static void put_header(struct bytes *b, const struct source_lines *lines) {
    static const uint8_t operands[] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};
    put_uint(b, VERSION, 2);
    uint32_t length = begin_length(b);
    put_uint(b, 1, 1); /* minimum_instruction_length */
    put_uint(b, 1, 1); /* maximum_operations_per_instruction */
    put_uint(b, 1, 1); /* default_is_stmt */
    put_uint(b, 0, 1); /* line_base, line_range: no special opcodes are used */
    put_uint(b, 1, 1);
    put_uint(b, sizeof operands + 1, 1);
    put(b, operands, sizeof operands);
    put_uint(b, 0, 1); /* no folders: paths are whole */
    for (uint32_t i = 0; i < lines->file_count; i++) {
        put_text(b, lines->files[i]);
        put(b, "\0\0\0", 3); /* folder, time, size: not known */
    }
    put_uint(b, 0, 1);
    end_length(b, length);
}

struct row {
    uint32_t code, file, line, column;
};

static void put_row(struct bytes *b, struct row *last, const struct row *next) {
    if (next->file != last->file) {
        put_uint(b, DW_LNS_SET_FILE, 1);
        put_uleb(b, next->file);
    }
    if (next->column != last->column) {
        put_uint(b, DW_LNS_SET_COLUMN, 1);
        put_uleb(b, next->column);
    }
    if (next->line != last->line) {
        put_uint(b, DW_LNS_ADVANCE_LINE, 1);
        put_sleb(b, (int64_t)next->line - (int64_t)last->line);
    }
    put_uint(b, DW_LNS_ADVANCE_PC, 1);
    put_uleb(b, next->code - last->code);
    put_uint(b, DW_LNS_COPY, 1);
    *last = *next;
}

static uint32_t put_address(struct bytes *b) {
    put_uint(b, 0, 1);
    put_uleb(b, ADDRESS_BYTES + 1);
    put_uint(b, DW_LNE_SET_ADDRESS, 1);
    put_uint(b, 0, ADDRESS_BYTES); /* where text begins: image_write knows */
    return b->count - ADDRESS_BYTES;
}

/* One sequence of all code. What has no line is of line 0. */
static void put_line_table(struct bytes *b, struct image_debug *debug,
                           const struct linked *linked, const struct source_lines *lines) {
    uint32_t length = begin_length(b);
    put_header(b, lines);
    debug->line_address = put_address(b);
    struct row last = {0, 1, 1, 0};
    for (uint32_t i = 0; i < linked->line_count; i++) {
        const struct image_line *at = &linked->lines[i];
        const struct source_row *source = at->wasm ? source_lines_find(lines, at->wasm) : NULL;
        struct row next = {at->code, last.file, 0, 0};
        if (source) next = (struct row){at->code, source->file, source->line, source->column};
        if (next.file == last.file && next.line == last.line && next.column == last.column)
            continue;
        put_row(b, &last, &next);
    }
    put_uint(b, DW_LNS_ADVANCE_PC, 1);
    put_uleb(b, linked->text_size - last.code);
    put_uint(b, 0, 1);
    put_uleb(b, 1);
    put_uint(b, DW_LNE_END_SEQUENCE, 1);
    end_length(b, length);
}

/* --- The unit: section 7.5 --- */

static void put_abbreviations(struct bytes *b) {
    static const uint8_t unit[] = {
        1, DW_TAG_COMPILE_UNIT, 0,
        DW_AT_NAME, DW_FORM_STRING, DW_AT_STMT_LIST, DW_FORM_SEC_OFFSET,
        DW_AT_LOW_PC, DW_FORM_ADDR, DW_AT_HIGH_PC, DW_FORM_DATA8, 0, 0, 0};
    put(b, unit, sizeof unit);
}

static void put_unit(struct bytes *b, struct image_debug *debug, const struct linked *linked) {
    uint32_t length = begin_length(b);
    put_uint(b, VERSION, 2);
    put_uint(b, 0, 4); /* abbreviations */
    put_uint(b, ADDRESS_BYTES, 1);
    put_uleb(b, 1);
    put_text(b, "module.wasm");
    put_uint(b, 0, 4); /* line table */
    debug->unit_address = b->count;
    put_uint(b, 0, ADDRESS_BYTES);
    put_uint(b, linked->text_size, 8);
    end_length(b, length);
}

/* --- All --- */

static struct image_bytes bytes_of(const struct bytes *b) {
    return (struct image_bytes){b->at, b->count, b->capacity};
}

static bool is_debug(const struct wasm_section *s) {
    static const char prefix[] = ".debug_";
    return s->id == 0 && s->name.size > sizeof prefix - 1 &&
           memcmp(s->name.bytes, prefix, sizeof prefix - 1) == 0;
}

/* A custom section's contents follow its name. */
static bool read_lines(struct source_lines *lines, const struct wasm_module *m,
                       const struct allocator *allocator) {
    enum { CODE_SECTION = 10 };
    uint32_t count = 0, code = 0, code_size = 0;
    struct source_section *sections =
        ALLOC_ARRAY(allocator, struct source_section, m->section_count);
    if (!sections) return false;
    for (uint32_t i = 0; i < m->section_count; i++) {
        const struct wasm_section *s = &m->sections[i];
        if (s->id == CODE_SECTION) code = s->offset, code_size = s->size;
        if (!is_debug(s)) continue;
        const uint8_t *at = (const uint8_t *)s->name.bytes + s->name.size;
        sections[count++] = (struct source_section){
            .name = s->name.bytes, .name_size = s->name.size, .bytes = at,
            .size = (uint32_t)(m->bytes + s->offset + s->size - at)};
    }
    bool done = source_lines_read(lines, sections, count, code, code_size);
    ALLOC_FREE_ARRAY(allocator, sections, m->section_count);
    return done;
}

bool debug_make(struct image_debug *debug, const struct allocator *allocator,
                const struct linked *linked, const struct wasm_module *module) {
    struct source_lines lines;
    struct bytes line = {.allocator = allocator}, unit = line, abbreviations = line;
    *debug = (struct image_debug){0};
    if (!read_lines(&lines, module, allocator)) return false;
    bool is_known = lines.count > 0;
    if (is_known) put_line_table(&line, debug, linked, &lines);
    source_lines_free(&lines);
    if (!is_known) return true;
    put_abbreviations(&abbreviations);
    put_unit(&unit, debug, linked);
    debug->line = bytes_of(&line);
    debug->unit = bytes_of(&unit);
    debug->abbreviations = bytes_of(&abbreviations);
    if (!line.is_short && !unit.is_short && !abbreviations.is_short) return true;
    debug_free(debug, allocator);
    return false;
}

void debug_free(struct image_debug *debug, const struct allocator *allocator) {
    struct image_bytes *const all[] = {&debug->line, &debug->unit, &debug->abbreviations};
    for (size_t i = 0; i < ARRAY_COUNT(all); i++)
        ALLOC_FREE_ARRAY(allocator, all[i]->bytes, all[i]->capacity);
    *debug = (struct image_debug){0};
}
