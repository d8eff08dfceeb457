/* link.c - see link.h */
#include "compiler/link.h"

#include "base/sort.h"
#include "base/status.h"
#include "compiler/dwarf_line.h"
#include "compiler/frames.h"
#include "compiler/object.h"
#include "compiler/relocate.h"

/* Where a section of an object is in what is linked. */
enum place { DROPPED, IN_TEXT, IN_RODATA };
struct placement {
    uint32_t place; /* enum place */
    uint64_t offset;
};

struct unit {
    struct object object;
    struct placement *placements; /* by section */
    /* Where a symbol is, once that was asked: calls of one function are many. */
    int64_t *positions;
    uint8_t *is_known;
};

/* A symbol that is not local to its object. */
struct global {
    const char *name;
    uint32_t unit, symbol;
    bool is_weak;
};

struct linker {
    const struct allocator *allocator;
    uint32_t machine;
    struct unit *units;
    uint32_t unit_count;
    uint64_t text_size, rodata_size;
    uint8_t *text, *rodata;
    struct global *globals;
    uint32_t *by_name; /* indices of globals, one for each name */
    uint32_t global_count, global_capacity, name_count;
    nacre_error *error;
};

static nacre_status fail(struct linker *l, nacre_status status, const char *what,
                         const char *name) {
    error_set(l->error, status, NACRE_NO_OFFSET, "link: ");
    struct text t = error_text(l->error);
    text_add(&t, what);
    text_add(&t, name);
    return status;
}

static nacre_status no_memory(struct linker *l) { return fail(l, NACRE_NO_MEMORY, "memory", ""); }

/* --- Sections --- */

static bool is_unneeded(const struct elf_section *section, const char *name) {
    return !(section->flags & ELF_ALLOC) || section->type == ELF_NOTE ||
           section->type == ELF_X86_64_UNWIND || object_compare_names(name, ".eh_frame") == 0;
}

/* The assembler makes empty ones of its own accord. */
static nacre_status place_section(struct linker *l, struct unit *unit, uint32_t index) {
    struct elf_section section = object_section(&unit->object, index);
    const char *name = object_section_name(&unit->object, &section);
    struct placement *placement = &unit->placements[index];
    if (section.type == ELF_REL_SECTION || section.type == ELF_CREL)
        return fail(l, NACRE_UNSUPPORTED, "relocations without addends: ", name);
    if (is_unneeded(&section, name)) return NACRE_OK;
    bool is_text = section.flags & ELF_EXEC;
    bool is_rodata = !is_text && object_name_starts(name, ".rodata");
    if (section.size == 0 && !is_text && !is_rodata) return NACRE_OK;
    if (section.flags & (ELF_WRITE | ELF_TLS) || section.type != ELF_PROGBITS ||
        !(is_text || is_rodata))
        return fail(l, NACRE_UNSUPPORTED, "a section that code may not have: ", name);
    if (!object_contents(&unit->object, &section))
        return fail(l, NACRE_UNSUPPORTED, "a section that is not there: ", name);
    uint64_t most = is_text ? IMAGE_PAGE_X86_64 : IMAGE_RODATA_ALIGNMENT;
    uint64_t alignment = u64_max(section.alignment, 1);
    if (alignment > most || alignment & (alignment - 1))
        return fail(l, NACRE_UNSUPPORTED, "an alignment of more than is kept: ", name);
    uint64_t *size = is_text ? &l->text_size : &l->rodata_size;
    placement->place = is_text ? IN_TEXT : IN_RODATA;
    placement->offset = (*size + alignment - 1) & ~(alignment - 1);
    *size = placement->offset + section.size;
    if (*size > INT32_MAX) return fail(l, NACRE_LIMIT, "more than 2 GiB of code", "");
    return NACRE_OK;
}

static nacre_status place_sections(struct linker *l, struct unit *unit) {
    const struct object *object = &unit->object;
    unit->placements = ALLOC_ARRAY(l->allocator, struct placement, object->section_count);
    unit->positions = ALLOC_ARRAY(l->allocator, int64_t, object->symbol_count);
    unit->is_known = ALLOC_ARRAY(l->allocator, uint8_t, object->symbol_count);
    if (!unit->placements || !unit->positions || !unit->is_known) return no_memory(l);
    for (uint32_t i = 1; i < object->section_count; i++) TRY(place_section(l, unit, i));
    return NACRE_OK;
}

static nacre_status note_frames(struct linker *l, const struct unit *unit,
                                struct linked *linked) {
    uint64_t most;
    if (!frames_most(&unit->object, &most))
        return fail(l, NACRE_UNSUPPORTED, "sizes of frames that can't be read", "");
    linked->frame_most = u64_max(linked->frame_most, most);
    return NACRE_OK;
}

static uint8_t *placed_bytes(const struct linker *l, const struct placement *placement) {
    return (placement->place == IN_TEXT ? l->text : l->rodata) + placement->offset;
}

/* From .text's first byte. */
static int64_t placed_position(const struct linker *l, const struct placement *placement) {
    int64_t offset = (int64_t)placement->offset;
    if (placement->place == IN_TEXT) return offset;
    return offset - (int64_t)image_rodata_distance(l->machine, l->rodata_size);
}

/* Between sections is what traps: int3; udf. */
static nacre_status copy_sections(struct linker *l) {
    l->text = alloc_zeroed(l->allocator, (size_t)l->text_size, 1);
    l->rodata = alloc_zeroed(l->allocator, (size_t)l->rodata_size, 1);
    if (!l->text || !l->rodata) return no_memory(l);
    if (l->machine == IMAGE_X86_64) memset(l->text, 0xCC, (size_t)l->text_size);
    for (uint32_t i = 0; i < l->unit_count; i++) {
        const struct unit *unit = &l->units[i];
        for (uint32_t k = 1; k < unit->object.section_count; k++) {
            if (unit->placements[k].place == DROPPED) continue;
            struct elf_section section = object_section(&unit->object, k);
            memcpy(placed_bytes(l, &unit->placements[k]),
                   object_contents(&unit->object, &section), (size_t)section.size);
        }
    }
    return NACRE_OK;
}

/* --- Symbols --- */

static int compare_globals(const struct linker *l, uint32_t a, uint32_t b) {
    return object_compare_names(l->globals[a].name, l->globals[b].name);
}

/* The one that counts comes first. */
static bool global_before(const void *context, uint32_t a, uint32_t b) {
    const struct linker *l = context;
    int order = compare_globals(l, a, b);
    if (order) return order < 0;
    if (l->globals[a].is_weak != l->globals[b].is_weak) return l->globals[b].is_weak;
    return a < b;
}

static nacre_status collect_globals(struct linker *l) {
    for (uint32_t i = 0; i < l->unit_count; i++) {
        const struct object *object = &l->units[i].object;
        for (uint32_t k = u32_max(object->first_global, 1); k < object->symbol_count; k++) {
            struct elf_symbol symbol = object_symbol(object, k);
            const char *name = object_symbol_name(object, &symbol);
            uint8_t binding = symbol.info >> 4;
            if (symbol.section == ELF_UNDEFINED) continue;
            if (symbol.section >= object->section_count ||
                (binding != ELF_GLOBAL && binding != ELF_WEAK))
                return fail(l, NACRE_UNSUPPORTED, "a symbol of a kind that is not known: ", name);
            if (!alloc_reserve(l->allocator, (void **)&l->globals, &l->global_capacity,
                               l->global_count + 1, sizeof *l->globals))
                return no_memory(l);
            l->globals[l->global_count++] =
                (struct global){name, i, k, binding == ELF_WEAK};
        }
    }
    return NACRE_OK;
}

static nacre_status sort_globals(struct linker *l) {
    l->by_name = ALLOC_ARRAY(l->allocator, uint32_t, l->global_count);
    if (!l->by_name) return no_memory(l);
    for (uint32_t i = 0; i < l->global_count; i++) l->by_name[i] = i;
    sort_indices(l->by_name, l->global_count, global_before, l);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l->global_count; i++) {
        uint32_t global = l->by_name[i];
        if (kept && compare_globals(l, l->by_name[kept - 1], global) == 0) {
            if (l->globals[global].is_weak) continue;
            return fail(l, NACRE_UNSUPPORTED, "defined twice: ", l->globals[global].name);
        }
        l->by_name[kept++] = global;
    }
    l->name_count = kept;
    return NACRE_OK;
}

static const struct global *find_global(const struct linker *l, const char *name) {
    uint32_t low = 0, high = l->name_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct global *global = &l->globals[l->by_name[middle]];
        int order = object_compare_names(name, global->name);
        if (order == 0) return global;
        if (order < 0) high = middle;
        else low = middle + 1;
    }
    return NULL;
}

/* Where a defined symbol is; NULL: not in what is linked. */
static const struct placement *symbol_placement(const struct unit *unit,
                                                const struct elf_symbol *symbol) {
    if (symbol->section == ELF_UNDEFINED || symbol->section >= unit->object.section_count)
        return NULL;
    const struct placement *placement = &unit->placements[symbol->section];
    return placement->place == DROPPED ? NULL : placement;
}

static nacre_status find_symbol(struct linker *l, const struct unit *unit, uint32_t index,
                                int64_t *position) {
    struct elf_symbol symbol = object_symbol(&unit->object, index);
    const char *name = object_symbol_name(&unit->object, &symbol);
    if (symbol.info >> 4 != ELF_LOCAL) {
        const struct global *global = find_global(l, name);
        if (!global) return fail(l, NACRE_UNSUPPORTED, "not defined: ", name);
        unit = &l->units[global->unit];
        symbol = object_symbol(&unit->object, global->symbol);
    }
    const struct placement *placement = symbol_placement(unit, &symbol);
    if (!placement || (symbol.info & 15) > ELF_FILE)
        return fail(l, NACRE_UNSUPPORTED, "neither code nor a constant: ", name);
    *position = placed_position(l, placement) + (int64_t)symbol.value;
    return NACRE_OK;
}

static nacre_status resolve(struct linker *l, struct unit *unit, uint32_t index,
                            int64_t *position) {
    if (index >= unit->object.symbol_count)
        return fail(l, NACRE_UNSUPPORTED, "a symbol that is not there", "");
    if (!unit->is_known[index]) {
        TRY(find_symbol(l, unit, index, &unit->positions[index]));
        unit->is_known[index] = 1;
    }
    *position = unit->positions[index];
    return NACRE_OK;
}

/* --- Relocations --- */

static nacre_status report_relocation(struct linker *l, nacre_status status, uint32_t type,
                                      const struct unit *unit, uint32_t symbol_index) {
    struct elf_symbol symbol = object_symbol(&unit->object, symbol_index);
    fail(l, status, status == NACRE_LIMIT ? "too far, or not aligned: " : "not known here: ",
         "relocation ");
    struct text t = error_text(l->error);
    text_add_u64(&t, type);
    text_add(&t, " to ");
    text_add(&t, object_symbol_name(&unit->object, &symbol));
    return status;
}

static nacre_status relocate_section(struct linker *l, struct unit *unit,
                                     const struct elf_section *relocations) {
    const struct placement *placement = &unit->placements[relocations->info];
    struct elf_section target = object_section(&unit->object, relocations->info);
    uint64_t count = relocations->size / sizeof(struct elf_relocation);
    if (!object_contents(&unit->object, relocations) || count > UINT32_MAX)
        return fail(l, NACRE_UNSUPPORTED, "relocations that are not there", "");
    for (uint32_t i = 0; i < count; i++) {
        struct elf_relocation from = object_relocation(&unit->object, relocations, i);
        uint32_t symbol = (uint32_t)(from.info >> 32);
        if ((uint32_t)from.info == 0) continue; /* none */
        struct relocation r = {
            .type = (uint32_t)from.info,
            .section = placed_bytes(l, placement),
            .size = target.size,
            .offset = from.offset,
            .position = placed_position(l, placement) + (int64_t)from.offset,
            .addend = from.addend,
        };
        TRY(resolve(l, unit, symbol, &r.symbol));
        nacre_status status = relocate(&r, l->machine);
        if (status != NACRE_OK) return report_relocation(l, status, r.type, unit, symbol);
    }
    return NACRE_OK;
}

static nacre_status relocate_all(struct linker *l) {
    for (uint32_t i = 0; i < l->unit_count; i++) {
        struct unit *unit = &l->units[i];
        for (uint32_t k = 1; k < unit->object.section_count; k++) {
            struct elf_section section = object_section(&unit->object, k);
            if (section.type != ELF_RELA || section.info >= unit->object.section_count) continue;
            if (unit->placements[section.info].place == DROPPED) continue;
            TRY(relocate_section(l, unit, &section));
        }
    }
    return NACRE_OK;
}

/* --- Results --- */

struct locating {
    const struct linker *linker;
    const struct unit *unit;
};

static bool locate(void *context, uint32_t index, int64_t *offset) {
    const struct locating *locating = context;
    const struct unit *unit = locating->unit;
    if (index >= unit->object.symbol_count) return false;
    struct elf_symbol symbol = object_symbol(&unit->object, index);
    const struct placement *placement = symbol_placement(unit, &symbol);
    if (!placement || placement->place != IN_TEXT) return false;
    *offset = placed_position(locating->linker, placement) + (int64_t)symbol.value;
    return true;
}

static nacre_status read_lines(struct linker *l, struct linked *linked) {
    struct dwarf_lines lines = {.allocator = l->allocator, .locate = locate};
    nacre_status status = NACRE_OK;
    for (uint32_t i = 0; status == NACRE_OK && i < l->unit_count; i++) {
        struct locating locating = {l, &l->units[i]};
        lines.context = &locating;
        status = dwarf_lines_add(&lines, &l->units[i].object, l->error);
    }
    if (status == NACRE_OK)
        status = dwarf_lines_merge(&lines, &linked->lines, &linked->line_count,
                                   &linked->line_capacity, l->error);
    dwarf_lines_deinit(&lines);
    return status;
}

static nacre_status list_symbols(struct linker *l, struct linked *linked) {
    linked->symbols = ALLOC_ARRAY(l->allocator, struct link_symbol, l->name_count);
    if (!linked->symbols) return no_memory(l);
    linked->symbol_capacity = l->name_count;
    for (uint32_t i = 0; i < l->name_count; i++) {
        const struct global *global = &l->globals[l->by_name[i]];
        const struct unit *unit = &l->units[global->unit];
        struct elf_symbol symbol = object_symbol(&unit->object, global->symbol);
        const struct placement *placement = symbol_placement(unit, &symbol);
        if (!placement || placement->place != IN_TEXT) continue;
        if (!range_inside(placement->offset + symbol.value, symbol.size, l->text_size))
            return fail(l, NACRE_UNSUPPORTED, "outside of the code: ", global->name);
        linked->symbols[linked->symbol_count++] = (struct link_symbol){
            global->name, (uint32_t)(placement->offset + symbol.value), (uint32_t)symbol.size};
    }
    return NACRE_OK;
}

static nacre_status run(struct linker *l, const struct link_object *objects,
                        struct linked *linked) {
    for (uint32_t i = 0; i < l->unit_count; i++) {
        TRY(object_open(&l->units[i].object, &objects[i], l->machine, l->error));
        TRY(place_sections(l, &l->units[i]));
        TRY(note_frames(l, &l->units[i], linked));
    }
    TRY(collect_globals(l));
    TRY(sort_globals(l));
    TRY(copy_sections(l));
    TRY(relocate_all(l));
    TRY(list_symbols(l, linked));
    TRY(read_lines(l, linked));
    linked->text = l->text;
    linked->rodata = l->rodata;
    linked->text_size = l->text_size;
    linked->rodata_size = l->rodata_size;
    l->text = l->rodata = NULL;
    return NACRE_OK;
}

nacre_status link_objects(struct linked *linked, const struct allocator *allocator,
                          uint32_t machine, const struct link_object *objects, uint32_t count,
                          nacre_error *error) {
    struct linker l = {
        .allocator = allocator, .machine = machine, .unit_count = count, .error = error};
    struct linked made = {.allocator = allocator};
    nacre_status status;
    l.units = ALLOC_ARRAY(allocator, struct unit, count);
    status = l.units ? run(&l, objects, &made) : no_memory(&l);
    if (status == NACRE_OK) *linked = made;
    else link_deinit(&made);

    for (uint32_t i = 0; l.units && i < count; i++) {
        struct unit *unit = &l.units[i];
        ALLOC_FREE_ARRAY(allocator, unit->placements, unit->object.section_count);
        ALLOC_FREE_ARRAY(allocator, unit->positions, unit->object.symbol_count);
        ALLOC_FREE_ARRAY(allocator, unit->is_known, unit->object.symbol_count);
    }
    ALLOC_FREE_ARRAY(allocator, l.units, count);
    ALLOC_FREE_ARRAY(allocator, l.globals, l.global_capacity);
    ALLOC_FREE_ARRAY(allocator, l.by_name, l.global_count);
    alloc_free(allocator, l.text, (size_t)l.text_size, 1);
    alloc_free(allocator, l.rodata, (size_t)l.rodata_size, 1);
    return status;
}

void link_deinit(struct linked *linked) {
    const struct allocator *allocator = linked->allocator;
    alloc_free(allocator, linked->text, (size_t)linked->text_size, 1);
    alloc_free(allocator, linked->rodata, (size_t)linked->rodata_size, 1);
    ALLOC_FREE_ARRAY(allocator, linked->symbols, linked->symbol_capacity);
    ALLOC_FREE_ARRAY(allocator, linked->lines, linked->line_capacity);
    *linked = (struct linked){.allocator = allocator};
}

const struct link_symbol *link_find(const struct linked *linked, const char *name) {
    uint32_t low = 0, high = linked->symbol_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct link_symbol *symbol = &linked->symbols[middle];
        int order = object_compare_names(name, symbol->name);
        if (order == 0) return symbol;
        if (order < 0) high = middle;
        else low = middle + 1;
    }
    return NULL;
}
