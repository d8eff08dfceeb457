/* dwarf_line.c - see dwarf_line.h */
#include "compiler/dwarf_line.h"

#include "base/reader.h"
#include "base/sort.h"
#include "base/status.h"

enum {
    DW_LNS_EXTENDED = 0,
    DW_LNS_COPY = 1,
    DW_LNS_ADVANCE_PC = 2,
    DW_LNS_ADVANCE_LINE = 3,
    DW_LNS_CONST_ADD_PC = 8,
    DW_LNS_FIXED_ADVANCE_PC = 9
};
enum { DW_LNE_END_SEQUENCE = 1, DW_LNE_SET_ADDRESS = 2 };
enum { R_X86_64_64 = 1, R_AARCH64_ABS64 = 257 };

/* The machine of 6.2.2, as far as rows differ in code and line. */
struct program {
    struct dwarf_lines *lines;
    const struct object *object;
    struct elf_section relocations;
    uint32_t relocation_count, next_relocation;
    struct reader r;
    uint8_t unit, line_range, opcode_base;
    int8_t line_base;
    const uint8_t *operand_counts; /* of standard opcodes, from 1 */
    uint64_t code;
    uint64_t line;
    bool is_dropped; /* the code is not in text */
    uint32_t run;    /* first row of the sequence */
};

static nacre_status fail(nacre_error *error, const char *what) {
    return error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET, what);
}

static bool read_uint(struct reader *r, unsigned bytes, uint64_t *value) {
    const uint8_t *at;
    if (!reader_bytes(r, bytes, &at)) return false;
    *value = 0;
    for (unsigned i = 0; i < bytes; i++) *value |= (uint64_t)at[i] << (8 * i);
    return true;
}

static nacre_status add_row(struct program *p, uint64_t wasm, nacre_error *error) {
    struct dwarf_lines *lines = p->lines;
    if (p->is_dropped) return NACRE_OK;
    if (p->code > UINT32_MAX || wasm > UINT32_MAX)
        return fail(error, "line table: code or line that is too large");
    if (lines->row_count > p->run && lines->rows[lines->row_count - 1].code > p->code)
        return fail(error, "line table: code goes backwards");
    if (lines->row_count == UINT32_MAX ||
        !alloc_reserve(lines->allocator, (void **)&lines->rows, &lines->row_capacity,
                       lines->row_count + 1, sizeof *lines->rows))
        return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "line table");
    lines->rows[lines->row_count++] = (struct image_line){(uint32_t)p->code, (uint32_t)wasm};
    return NACRE_OK;
}

static void begin_sequence(struct program *p) {
    p->code = 0;
    p->line = 1;
    p->is_dropped = true; /* until an address says where it is */
    p->run = p->lines->row_count;
}

static nacre_status end_sequence(struct program *p, nacre_error *error) {
    struct dwarf_lines *lines = p->lines;
    TRY(add_row(p, 0, error));
    if (!p->is_dropped) {
        if (!alloc_reserve(lines->allocator, (void **)&lines->runs, &lines->run_capacity,
                           lines->run_count + 1, sizeof *lines->runs))
            return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "line table");
        lines->runs[lines->run_count++] =
            (struct dwarf_run){p->run, lines->row_count - p->run};
    }
    begin_sequence(p);
    return NACRE_OK;
}

/* The address is what a relocation makes of it; relocations are in the order of their places. */
static nacre_status set_address(struct program *p, nacre_error *error) {
    uint64_t at = reader_offset(&p->r);
    while (p->next_relocation < p->relocation_count) {
        struct elf_relocation r =
            object_relocation(p->object, &p->relocations, p->next_relocation);
        if (r.offset > at) break;
        p->next_relocation++;
        if (r.offset != at) continue;
        uint32_t type = (uint32_t)r.info;
        int64_t offset;
        if (type != R_X86_64_64 && type != R_AARCH64_ABS64) break;
        p->is_dropped = !p->lines->locate(p->lines->context, (uint32_t)(r.info >> 32), &offset);
        if (!p->is_dropped) p->code = (uint64_t)(offset + r.addend);
        return NACRE_OK;
    }
    return fail(error, "line table: an address that is not known");
}

static nacre_status run_extended(struct program *p, nacre_error *error) {
    uint64_t size;
    uint8_t opcode;
    const uint8_t *skipped;
    nacre_status status = NACRE_OK;
    if (!reader_leb_u64(&p->r, &size) || size == 0 || !reader_u8(&p->r, &opcode))
        return fail(error, "line table: cut off");
    if (size - 1 > reader_left(&p->r)) return fail(error, "line table: cut off");
    if (opcode == DW_LNE_SET_ADDRESS && size == 9) status = set_address(p, error);
    if (opcode == DW_LNE_END_SEQUENCE) status = end_sequence(p, error);
    (void)reader_bytes(&p->r, (size_t)size - 1, &skipped);
    return status;
}

static void advance(struct program *p, uint64_t units) { p->code += units * p->unit; }

static nacre_status run_standard(struct program *p, uint8_t opcode, nacre_error *error) {
    uint64_t value = 0;
    int64_t distance = 0;
    bool ok = true;
    switch (opcode) {
    case DW_LNS_COPY: return add_row(p, p->line, error);
    case DW_LNS_ADVANCE_PC:
        ok = reader_leb_u64(&p->r, &value);
        advance(p, value);
        break;
    case DW_LNS_ADVANCE_LINE:
        ok = reader_leb_i64(&p->r, &distance);
        p->line += (uint64_t)distance;
        break;
    case DW_LNS_CONST_ADD_PC: advance(p, (255u - p->opcode_base) / p->line_range); break;
    case DW_LNS_FIXED_ADVANCE_PC:
        ok = read_uint(&p->r, 2, &value);
        p->code += value;
        break;
    default: /* file, column, statement, block, and what is not known */
        for (uint8_t i = 0; ok && i < p->operand_counts[opcode - 1]; i++)
            ok = reader_leb_u64(&p->r, &value);
    }
    return ok ? NACRE_OK : fail(error, "line table: cut off");
}

static nacre_status run_program(struct program *p, nacre_error *error) {
    begin_sequence(p);
    while (reader_left(&p->r)) {
        uint8_t opcode;
        (void)reader_u8(&p->r, &opcode);
        if (opcode >= p->opcode_base) {
            uint8_t special = (uint8_t)(opcode - p->opcode_base);
            advance(p, special / p->line_range);
            p->line += (uint64_t)(int64_t)(p->line_base + special % p->line_range);
            TRY(add_row(p, p->line, error));
        } else if (opcode == DW_LNS_EXTENDED) {
            TRY(run_extended(p, error));
        } else {
            TRY(run_standard(p, opcode, error));
        }
    }
    return NACRE_OK;
}

/* One unit's header, up to the program; names of files and folders are passed over. */
static nacre_status read_header(struct program *p, const uint8_t **next, nacre_error *error) {
    struct reader *r = &p->r;
    uint64_t size, version, header_size, ignored, units, operations, base, range, opcodes;
    unsigned width = 4;
    bool ok = read_uint(r, 4, &size);
    if (ok && size == 0xFFFFFFFF) {
        width = 8;
        ok = read_uint(r, 8, &size);
    }
    if (!ok || size > reader_left(r)) return fail(error, "line table: cut off");
    const uint8_t *end = r->at + size;
    *next = end;
    r->end = end;
    if (!read_uint(r, 2, &version)) return fail(error, "line table: cut off");
    if (version != 4 && version != 5) return fail(error, "line table: not DWARF 4 or 5");
    if (version == 5 && !read_uint(r, 2, &ignored)) /* sizes of addresses and selectors */
        return fail(error, "line table: cut off");
    if (!read_uint(r, width, &header_size) || header_size > reader_left(r))
        return fail(error, "line table: cut off");
    const uint8_t *program = r->at + header_size;
    r->end = program;
    if (!read_uint(r, 1, &units) || !read_uint(r, 1, &operations) || !read_uint(r, 1, &ignored) ||
        !read_uint(r, 1, &base) || !read_uint(r, 1, &range) || !read_uint(r, 1, &opcodes) ||
        opcodes == 0 || !reader_bytes(r, (size_t)opcodes - 1, &p->operand_counts))
        return fail(error, "line table: cut off");
    if (operations != 1 || range == 0) return fail(error, "line table: of another kind");
    p->unit = (uint8_t)units;
    p->line_base = (int8_t)(uint8_t)base;
    p->line_range = (uint8_t)range;
    p->opcode_base = (uint8_t)opcodes;
    r->at = program;
    r->end = end;
    return NACRE_OK;
}

nacre_status dwarf_lines_add(struct dwarf_lines *lines, const struct object *object,
                             nacre_error *error) {
    struct program p = {.lines = lines, .object = object};
    uint32_t index = object_find_section(object, ".debug_line");
    if (index == 0) return NACRE_OK;
    struct elf_section section = object_section(object, index);
    const uint8_t *bytes = object_contents(object, &section);
    if (!bytes || section.flags & ELF_COMPRESSED)
        return fail(error, "line table: not there, or compressed");
    uint32_t relocations = object_find_relocations(object, index);
    if (relocations) {
        p.relocations = object_section(object, relocations);
        uint64_t count = p.relocations.size / sizeof(struct elf_relocation);
        if (!object_contents(object, &p.relocations) || count > UINT32_MAX)
            return fail(error, "line table: relocations that are not there");
        p.relocation_count = (uint32_t)count;
    }
    const uint8_t *end = bytes + section.size;
    p.r = (struct reader){.start = bytes, .at = bytes, .end = end};
    while (reader_left(&p.r)) {
        const uint8_t *next;
        TRY(read_header(&p, &next, error));
        TRY(run_program(&p, error));
        p.r.at = next;
        p.r.end = end;
    }
    return NACRE_OK;
}

static bool run_before(const void *context, uint32_t a, uint32_t b) {
    const struct dwarf_lines *lines = context;
    uint32_t a_code = lines->rows[lines->runs[a].first].code;
    uint32_t b_code = lines->rows[lines->runs[b].first].code;
    return a_code != b_code ? a_code < b_code : a < b;
}

/* Of rows at the same offset the last one counts: the others are of no code at all. */
static uint32_t keep_changes(struct image_line *rows, uint32_t count) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i + 1 < count && rows[i + 1].code == rows[i].code) continue;
        if (rows[i].wasm != (kept ? rows[kept - 1].wasm : 0)) rows[kept++] = rows[i];
    }
    return kept;
}

nacre_status dwarf_lines_merge(const struct dwarf_lines *lines, struct image_line **merged,
                               uint32_t *count, uint32_t *capacity, nacre_error *error) {
    uint32_t total = 0;
    nacre_status status = NACRE_OK;
    uint32_t *order = ALLOC_ARRAY(lines->allocator, uint32_t, lines->run_count);
    struct image_line *rows =
        ALLOC_ARRAY(lines->allocator, struct image_line, lines->row_count);
    if (!order || !rows) {
        status = error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "line table");
        goto out;
    }
    for (uint32_t i = 0; i < lines->run_count; i++) order[i] = i;
    sort_indices(order, lines->run_count, run_before, lines);
    for (uint32_t i = 0; i < lines->run_count; i++) {
        const struct dwarf_run *run = &lines->runs[order[i]];
        const struct image_line *first = &lines->rows[run->first];
        if (total && rows[total - 1].code > first->code) {
            status = fail(error, "line table: sequences that overlap");
            goto out;
        }
        memcpy(rows + total, first, run->count * sizeof *rows);
        total += run->count;
    }
    *merged = rows;
    *count = keep_changes(rows, total);
    *capacity = lines->row_count;
    rows = NULL;
out:
    ALLOC_FREE_ARRAY(lines->allocator, order, lines->run_count);
    ALLOC_FREE_ARRAY(lines->allocator, rows, lines->row_count);
    return status;
}

void dwarf_lines_deinit(struct dwarf_lines *lines) {
    ALLOC_FREE_ARRAY(lines->allocator, lines->rows, lines->row_capacity);
    ALLOC_FREE_ARRAY(lines->allocator, lines->runs, lines->run_capacity);
}
