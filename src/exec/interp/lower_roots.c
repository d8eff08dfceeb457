/* lower_roots.c - which slots of a frame hold references while a function calls or makes objects:
 * found by lowering it again, when the collector first asks for it.
 *
 * A function of n bytes may have n/2 values on its operand stack at each of n/2 calls. So that
 * neither time nor memory are quadratic, a module has a budget in proportion to its size, which no
 * program needs; once it is used up, frames of its functions keep the collector from its work. */
#include "exec/interp/lower.h"

/* Of an op where a collection may happen. Points without operands that count are left out. */
struct root_point {
    uint32_t offset; /* of a unit of the op: its first, or of a call its last */
    uint32_t first, count; /* in slots */
};

struct func_roots {
    struct root_point *points; /* by offset */
    uint32_t point_count, point_capacity;
    uint16_t *slots; /* of the locals, then of each point's operands */
    uint32_t slot_count, slot_capacity;
    uint32_t local_count;
    uint64_t budget; /* entries that may still be looked at */
};

static void add_slot(struct lower *l, uint32_t slot) {
    struct func_roots *r = l->roots;
    if (!alloc_reserve(l->allocator, (void **)&r->slots, &r->slot_capacity, r->slot_count + 1,
                       sizeof *r->slots)) {
        lower_fail(l, NACRE_NO_MEMORY, "out of memory while finding roots");
        return;
    }
    r->slots[r->slot_count++] = (uint16_t)slot;
}

void note_local_roots(struct lower *l, const struct walk *walk) {
    if (!l->roots) return;
    for (uint32_t i = 0; i < walk->local_count; i++)
        if (lower_type(l, walk->locals[i]) == WASM_REF) add_slot(l, l->local_slots[i]);
    l->roots->local_count = l->roots->slot_count;
}

void note_roots(struct lower *l, uint32_t offset) {
    struct func_roots *r = l->roots;
    if (!r) return;
    if (r->budget <= l->entry_count) {
        r->budget = 0;
        lower_fail(l, NACRE_LIMIT, "too many roots");
        return;
    }
    r->budget -= l->entry_count + 1;
    uint32_t first = r->slot_count;
    for (uint32_t i = 0; i < l->entry_count; i++)
        if (l->entries[i].type == WASM_REF && l->entries[i].kind == ENTRY_SLOT)
            add_slot(l, l->entries[i].slot);
    if (r->slot_count == first) return;
    if (!alloc_reserve(l->allocator, (void **)&r->points, &r->point_capacity, r->point_count + 1,
                       sizeof *r->points)) {
        lower_fail(l, NACRE_NO_MEMORY, "out of memory while finding roots");
        return;
    }
    r->points[r->point_count++] = (struct root_point){offset, first, r->slot_count - first};
}

/* --- Asking --- */

void free_roots(struct code_module *module, struct func_roots *r) {
    const struct allocator *a = &module->engine->allocator;
    if (!r) return;
    ALLOC_FREE_ARRAY(a, r->points, r->point_capacity);
    ALLOC_FREE_ARRAY(a, r->slots, r->slot_capacity);
    ALLOC_FREE(a, r);
}

/* The roots of a function, found now unless they are known; NULL for lack of memory or budget. */
static const struct func_roots *find_roots(struct code_module *module, uint32_t func) {
    const struct allocator *a = &module->engine->allocator;
    if (!module->roots)
        module->roots = ALLOC_ARRAY(a, struct func_roots *, module->wasm.func_count);
    if (!module->roots || module->roots[func]) return module->roots ? module->roots[func] : NULL;
    if (module->roots_budget == 0) return NULL;
    struct func_roots *r = ALLOC_NEW(a, struct func_roots);
    if (!r) return NULL;
    r->budget = module->roots_budget;
    nacre_status status = lower_for_roots(module, func, r);
    if (status != NACRE_NO_MEMORY) module->roots_budget = r->budget;
    if (status != NACRE_OK) {
        free_roots(module, r);
        return NULL;
    }
    return module->roots[func] = r;
}

static const struct root_point *find_point(const struct func_roots *r, uint32_t offset) {
    uint32_t low = 0, high = r->point_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (r->points[middle].offset < offset) low = middle + 1;
        else high = middle;
    }
    return low < r->point_count && r->points[low].offset == offset ? &r->points[low] : NULL;
}

bool interp_roots(struct code_module *module, uint32_t func, uint32_t offset,
                  struct frame_roots *roots) {
    lock_take(&module->lock);
    const struct func_roots *r = find_roots(module, func);
    lock_give(&module->lock);
    if (!r) return false;
    const struct root_point *point = find_point(r, offset);
    *roots = (struct frame_roots){.locals = r->slots, .local_count = r->local_count};
    if (point) {
        roots->operands = r->slots + point->first;
        roots->operand_count = point->count;
    }
    return true;
}
