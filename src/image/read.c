/* read.c - image_open: is this an image, whole, and for this module and machine? See image.h */
#include "base/status.h"
#include "image/cpu.h"
#include "image/layout.h"
#include "image/lines.h"

/* An attacker chooses every byte. Offsets and counts are 64 bits; they are compared with the
 * file's size, which is below 4 GiB, before anything is computed from them. */
struct reading {
    const uint8_t *bytes;
    uint64_t size;
    const struct image_wanted *wanted;
    const struct image_note *note;
    nacre_error *error;
};

static nacre_status malformed(nacre_error *error, uint64_t offset, const char *what) {
    nacre_status status = error_set(error, NACRE_MALFORMED, offset, "image: ");
    struct text t = error_text(error);
    text_add(&t, what);
    return status;
}

static nacre_status unsupported(nacre_error *error, const char *what, const char *more) {
    nacre_status status = error_set(error, NACRE_UNSUPPORTED, NACRE_NO_OFFSET, "image: ");
    struct text t = error_text(error);
    text_add(&t, what);
    text_add(&t, more);
    return status;
}

/* --- The file's end --- */

/* Where the section headers end, which are last but for a proof; 0: nowhere. */
static uint64_t sections_end(const uint8_t *bytes, uint64_t size) {
    struct elf_header header;
    if (size < sizeof(struct layout_start) || size > UINT32_MAX) return 0;
    memcpy(&header, bytes, sizeof header);
    uint64_t table = (uint64_t)header.section_count * sizeof(struct elf_section);
    if (header.section_count == 0 || !range_inside(header.sections, table, size)) return 0;
    return header.sections + table;
}

bool image_proof_find(const uint8_t *bytes, uint64_t size, uint64_t *signed_size,
                      struct image_proof *proof) {
    struct layout_end end, expected;
    uint64_t at = sections_end(bytes, size);
    if (at == 0 || size - at != sizeof end) return false;
    memcpy(&end, bytes + at, sizeof end);
    layout_end_fill(&expected, &end.proof);
    if (memcmp(&end, &expected, sizeof end) != 0) return false;
    *signed_size = at;
    *proof = end.proof;
    return true;
}

static nacre_status check_end(const struct reading *r) {
    const struct image_wanted *wanted = r->wanted;
    uint64_t end = sections_end(r->bytes, r->size), signed_size;
    struct image_proof proof;
    if (end == 0) return malformed(r->error, 0, "not one, or cut off");
    bool is_signed = image_proof_find(r->bytes, r->size, &signed_size, &proof);
    if (end != r->size && !is_signed) return malformed(r->error, end, "something behind its end");
    if (!wanted->public_key) return NACRE_OK;
    if (!is_signed) return unsupported(r->error, "not signed", "");
    if (!wanted->verify(wanted->public_key, r->bytes, (size_t)signed_size, proof.signature))
        return unsupported(r->error, "the signature is not that of the key wanted", "");
    return NACRE_OK;
}

/* --- The beginning, and what it is for --- */

/* Versions come first: the rest of another one's note may mean something else. */
static nacre_status check_version(const struct reading *r) {
    const struct image_note *note = r->note;
    struct layout_start start, expected;
    memcpy(&start, r->bytes, sizeof start);
    if (memcmp(start.header.ident, ELF_IDENT, sizeof ELF_IDENT - 1) != 0)
        return malformed(r->error, 0, "not an ELF file");
    if (start.note_header.type != IMAGE_NOTE_TYPE || memcmp(start.owner, "Nacre", 6) != 0)
        return malformed(r->error, offsetof(struct layout_start, note_header), "no note");
    if (note->version != IMAGE_VERSION || note->abi != IMAGE_ABI)
        return unsupported(r->error, "made by another version of Nacre", "");
    if (note->machine != r->wanted->machine || layout_page(note->machine) == 0)
        return unsupported(r->error, "made for another machine", "");
    expected.note = *note;
    layout_start_fill(&expected, start.header.sections, start.header.section_count);
    if (memcmp(&start, &expected, sizeof start) != 0)
        return malformed(r->error, 0, "headers that do not match the note");
    return NACRE_OK;
}

static bool is_text(const char id[IMAGE_ID_BYTES]) { return id[IMAGE_ID_BYTES - 1] == '\0'; }

static const char *flag_name(uint32_t flag) {
    switch (flag) {
    case IMAGE_EXPLICIT_BOUNDS: return "explicit bounds checks";
    case IMAGE_METERING: return "metering";
    case IMAGE_EXCEPTIONS: return "exceptions";
    case IMAGE_DETERMINISTIC: return "canonical NaNs";
    case IMAGE_CONTINUATION: return "one function, from a loop on";
    default: return "a flag that is not known";
    }
}

static nacre_status check_purpose(const struct reading *r) {
    const struct image_note *note = r->note;
    const struct image_wanted *wanted = r->wanted;
    uint64_t wrong = (note->flags ^ wanted->flags) & wanted->flags_known;
    wrong |= note->flags & ~(uint32_t)IMAGE_FLAGS;
    if (wrong) {
        uint32_t flag = (uint32_t)(wrong & -wrong);
        return unsupported(r->error, note->flags & flag ? "compiled with " : "compiled without ",
                           flag_name(flag));
    }
    uint64_t lacking = note->cpu_features & ~wanted->cpu_features;
    if (lacking) {
        uint32_t bit = (uint32_t)__builtin_ctzll(lacking);
        const char *name = image_cpu_name(note->machine, bit);
        return unsupported(r->error, "the processor lacks ", name ? name : "what is not known");
    }
    if (note->wasm_features & ~wanted->wasm_features)
        return unsupported(r->error, "the module uses a feature that is not allowed", "");
    if (memcmp(note->module_sha256, wanted->module_sha256, sizeof note->module_sha256) != 0)
        return unsupported(r->error, "made for another module", "");
    if (!is_text(note->compiler) || !is_text(note->target) || !is_text(note->options))
        return malformed(r->error, NACRE_NO_OFFSET, "a text without an end");
    return NACRE_OK;
}

/* --- Tables --- */

/* All parts lie between the note and the code, the tables before the lines, since that far the
 * checksum goes. */
static bool part_fits(const struct image_part *part, size_t size, uint64_t limit) {
    return part->offset % LAYOUT_ALIGNMENT == 0 && part->offset >= sizeof(struct layout_start) &&
           part->count <= limit / size && range_inside(part->offset, part->count * size, limit);
}

static nacre_status check_layout(const struct reading *r) {
    const struct image_note *note = r->note;
    uint64_t page = layout_page(note->machine), lines = note->lines.offset;
    if (!range_inside(note->text.offset, note->text.count, r->size) ||
        note->text.offset % page != 0)
        return malformed(r->error, NACRE_NO_OFFSET, "code outside of the file");
    uint64_t text_size = layout_align(note->text.count, page);
    if (!range_inside(note->text.offset, text_size, r->size))
        return malformed(r->error, NACRE_NO_OFFSET, "code outside of the file");
    if (!part_fits(&note->lines, 1, note->text.offset) ||
        !part_fits(&note->rodata, 1, note->text.offset))
        return malformed(r->error, NACRE_NO_OFFSET, "a part outside of the file");
    if (!part_fits(&note->funcs, sizeof(uint32_t), lines) ||
        !part_fits(&note->sizes, sizeof(uint32_t), lines) ||
        !part_fits(&note->order, sizeof(uint32_t), lines) ||
        !part_fits(&note->func_signatures, sizeof(uint32_t), lines) ||
        !part_fits(&note->signatures, sizeof(struct image_signature), lines) ||
        !part_fits(&note->type_signatures, sizeof(uint32_t), lines))
        return malformed(r->error, NACRE_NO_OFFSET, "a table outside of the file");
    if (note->checksum != layout_checksum(r->bytes, note))
        return malformed(r->error, NACRE_NO_OFFSET, "damaged");
    return NACRE_OK;
}

/* What memory 0 begins with: its first size is enough for it. */
static bool memory_fits(const struct reading *r) {
    const struct image_note *note = r->note;
    const struct wasm_module *m = r->wanted->module;
    uint64_t size = note->memory.count, at = note->memory_at;
    if (size == 0) return true;
    return image_has_memory(m) && size % WASM_PAGE_SIZE == 0 && at % WASM_PAGE_SIZE == 0 &&
           note->memory.offset % WASM_PAGE_SIZE == 0 &&
           range_inside(note->memory.offset, size, r->size) &&
           range_inside(at / WASM_PAGE_SIZE, size / WASM_PAGE_SIZE, m->memories[0].min);
}

static nacre_status check_continuation(const struct reading *r) {
    const struct image_note *note = r->note;
    if (note->func != r->wanted->func || note->loop != r->wanted->loop)
        return unsupported(r->error, "made for another loop", "");
    if (note->funcs.count != 1 || note->sizes.count != 1 || note->order.count != 0 ||
        note->func_signatures.count != 0 || note->signatures.count != 0 ||
        note->type_signatures.count != 0 || note->memory.count != 0)
        return malformed(r->error, NACRE_NO_OFFSET, "more than one function");
    return NACRE_OK;
}

static nacre_status check_counts(const struct reading *r) {
    const struct image_note *note = r->note;
    const struct wasm_module *m = r->wanted->module;
    if (note->flags & IMAGE_CONTINUATION) return check_continuation(r);
    uint32_t defined = m->func_count - m->imported[WASM_EXTERN_FUNC];
    if (note->funcs.count != defined || note->sizes.count != defined ||
        (note->order.count != 0 && note->order.count != defined) ||
        note->func_signatures.count != m->func_count ||
        note->type_signatures.count != m->type_count)
        return malformed(r->error, NACRE_NO_OFFSET, "tables of another size than the module's");
    if (!memory_fits(r))
        return malformed(r->error, NACRE_NO_OFFSET, "a memory that is not the module's");
    return NACRE_OK;
}

/* Functions lie inside of the code and do not overlap, so that at most one holds an address; as
 * each begins behind the one before, the order has each of them once. */
static bool check_funcs(const struct image *image) {
    const struct image_note *note = image->note;
    uint64_t free = note->text.offset, end = note->text.offset + note->text.count;
    for (uint32_t i = 0; i < note->funcs.count; i++) {
        uint32_t func = image->order ? image->order[i] : i;
        if (func >= note->funcs.count) return false;
        uint64_t at = image->funcs[func], size = image->sizes[func];
        if (at < free || size == 0 || !range_inside(at, size, end)) return false;
        free = at + size;
    }
    return true;
}

static bool check_signatures(const struct image *image, const struct wasm_module *m) {
    const struct image_note *note = image->note;
    uint64_t text = note->text.offset, size = note->text.count;
    for (uint32_t i = 0; i < note->signatures.count; i++)
        if (image->signatures[i].enter - text >= size || image->signatures[i].leave - text >= size)
            return false;
    for (uint32_t i = 0; i < m->func_count; i++)
        if (image->func_signatures[i] >= note->signatures.count) return false;
    for (uint32_t i = 0; i < m->type_count; i++) {
        uint32_t signature = image->type_signatures[i];
        bool is_func = wasm_type_get(m->registry, m->types[i])->kind == WASM_TYPE_FUNC;
        if (is_func ? signature >= note->signatures.count : signature != UINT32_MAX) return false;
    }
    return true;
}

nacre_status image_open(struct image *image, const uint8_t *bytes, uint64_t size,
                        const struct image_wanted *wanted, nacre_error *error) {
    struct reading r = {.bytes = bytes, .size = size, .wanted = wanted, .error = error};
    if ((uintptr_t)bytes % LAYOUT_ALIGNMENT != 0)
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "image: not aligned");
    TRY(check_end(&r));
    r.note = (const struct image_note *)(bytes + offsetof(struct layout_start, note));
    TRY(check_version(&r));
    TRY(check_purpose(&r));
    TRY(check_layout(&r));
    TRY(check_counts(&r));

    const struct image_note *note = r.note;
    struct image found = {
        .bytes = bytes,
        .size = size,
        .note = note,
        .funcs = (const uint32_t *)(bytes + note->funcs.offset),
        .sizes = (const uint32_t *)(bytes + note->sizes.offset),
        .order = note->order.count ? (const uint32_t *)(bytes + note->order.offset) : NULL,
        .func_signatures = (const uint32_t *)(bytes + note->func_signatures.offset),
        .type_signatures = (const uint32_t *)(bytes + note->type_signatures.offset),
        .signatures = (const struct image_signature *)(bytes + note->signatures.offset),
    };
    if (note->flags & IMAGE_CONTINUATION)
        found.first = note->func - wanted->module->imported[WASM_EXTERN_FUNC];
    else if (!check_signatures(&found, wanted->module))
        return malformed(error, note->signatures.offset, "signatures that do not match");
    if (!check_funcs(&found))
        return malformed(error, note->funcs.offset, "functions that overlap or are outside");
    *image = found;
    return NACRE_OK;
}

nacre_status image_look(const uint8_t *bytes, uint64_t size, struct image_note *note,
                        nacre_error *error) {
    struct image_wanted any = {0};
    struct reading r = {.bytes = bytes, .size = size, .wanted = &any, .error = error};
    if ((uintptr_t)bytes % LAYOUT_ALIGNMENT != 0)
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "image: not aligned");
    TRY(check_end(&r));
    r.note = (const struct image_note *)(bytes + offsetof(struct layout_start, note));
    any.machine = r.note->machine; /* any that is known */
    TRY(check_version(&r));
    TRY(check_layout(&r));
    if (!is_text(r.note->compiler) || !is_text(r.note->target) || !is_text(r.note->options))
        return malformed(error, NACRE_NO_OFFSET, "a text without an end");
    *note = *r.note;
    return NACRE_OK;
}

/* --- Lookups --- */

uint64_t image_line_find(const struct image *image, uint64_t at, bool is_return) {
    const struct image_note *note = image->note;
    uint64_t code = at - note->text.offset;
    if (is_return) code--; /* the call's last byte */
    if (code >= note->text.count) return NACRE_NO_OFFSET;
    uint32_t wasm = lines_find(image->bytes + note->lines.offset, note->lines.count,
                               (uint32_t)code);
    return wasm ? wasm : NACRE_NO_OFFSET;
}

uint32_t image_func_find(const struct image *image, uint64_t at) {
    uint32_t low = 0, high = (uint32_t)image->note->funcs.count; /* at or before; after */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t func = image->order ? image->order[middle] : middle;
        if (image->funcs[func] <= at) low = middle + 1;
        else high = middle;
    }
    if (low == 0) return UINT32_MAX;
    uint32_t func = image->order ? image->order[low - 1] : low - 1;
    return at - image->funcs[func] < image->sizes[func] ? image->first + func : UINT32_MAX;
}
