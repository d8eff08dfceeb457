/* types.c - the generator's types: random ones, and what fits what (core specification 3.3). */
#include "fuzz/generator/inside.h"

bool is_ref(struct vt t) { return t.kind == 'r' || t.kind == 'n'; }

bool same_vt(struct vt a, struct vt b) {
    return a.kind == b.kind && (!is_ref(a) || a.heap == b.heap);
}

struct vt unpacked(struct vt field) {
    return field.kind == '8' || field.kind == '6' ? (struct vt){'i', 0} : field;
}

void put_vt(struct bytes *b, struct vt t) {
    if (t.kind == '8' || t.kind == '6') {
        put_byte(b, t.kind == '8' ? 0x78 : 0x77);
    } else if (!is_ref(t)) {
        put_byte(b, valtype_of(t.kind));
    } else {
        if (t.kind == 'r' || t.heap >= 0) put_byte(b, t.kind == 'r' ? 0x64 : 0x63);
        put_sleb(b, t.heap);
    }
}

struct vt random_vt(struct gen *g, uint32_t type_limit) {
    static const char kinds[] = "iiiIIfFvnnnrr";
    static const int32_t heaps[] = {HEAP_ANY,    HEAP_EQ,   HEAP_I31,    HEAP_STRUCT, HEAP_ARRAY,
                                    HEAP_EXTERN, HEAP_FUNC, HEAP_EXN,    HEAP_NONE,
                                    HEAP_NOFUNC, HEAP_ANY,  HEAP_NOEXTERN};
    struct vt t = {kinds[pick(g, sizeof kinds - 1)], 0};
    if (!is_ref(t)) return t;
    uint32_t heap = pick(g, 2 * (sizeof heaps / sizeof *heaps));
    if (heap < sizeof heaps / sizeof *heaps) t.heap = heaps[heap];
    else t.heap = type_limit ? (int32_t)pick(g, type_limit) : HEAP_ANY;
    /* nothing is of these but null */
    if (t.heap == HEAP_NONE || t.heap == HEAP_NOFUNC || t.heap == HEAP_NOEXTERN) t.kind = 'n';
    return t;
}

/* --- Matching --- */

int32_t heap_top(const struct gen *g, int32_t heap) {
    if (heap >= 0) return g->types[heap].kind == 'f' ? HEAP_FUNC : HEAP_ANY;
    switch (heap) {
    case HEAP_FUNC: case HEAP_NOFUNC: return HEAP_FUNC;
    case HEAP_EXTERN: case HEAP_NOEXTERN: return HEAP_EXTERN;
    case HEAP_EXN: case HEAP_NOEXN: return HEAP_EXN;
    default: return HEAP_ANY;
    }
}

bool heap_fits(const struct gen *g, int32_t heap, int32_t above) {
    if (heap == above) return true;
    if (heap_top(g, heap) != heap_top(g, above)) return false;
    if (heap == HEAP_NONE || heap == HEAP_NOFUNC || heap == HEAP_NOEXTERN || heap == HEAP_NOEXN)
        return true;
    if (above == heap_top(g, above)) return true;
    if (heap >= 0 && above >= 0) {
        int32_t super = g->types[heap].super;
        return super >= 0 && heap_fits(g, super, above);
    }
    if (above >= 0) return false;
    if (heap < 0) return above == HEAP_EQ && heap != HEAP_ANY;
    return above == HEAP_EQ || above == (g->types[heap].kind == 's' ? HEAP_STRUCT : HEAP_ARRAY);
}

bool fits(const struct gen *g, struct vt t, struct vt above) {
    if (!is_ref(t) || !is_ref(above)) return t.kind == above.kind;
    return (t.kind == 'r' || above.kind == 'n') && heap_fits(g, t.heap, above.heap);
}

/* --- Making --- */

static struct vt random_field(struct gen *g, uint32_t type_limit) {
    uint32_t packed = pick(g, 8);
    if (packed == 6) return (struct vt){'8', 0};
    if (packed == 7) return (struct vt){'6', 0};
    return random_vt(g, type_limit);
}

/* A supertype for a type of its kind: one before it that has room for more fields. */
static int32_t random_super(struct gen *g, const struct deftype *t, uint32_t index) {
    if (index == 0 || pick(g, 2) == 0) return -1;
    uint32_t super = pick(g, index);
    const struct deftype *s = &g->types[super];
    return s->kind == t->kind && !s->is_final && s->count < FIELDS_MAX ? (int32_t)super : -1;
}

static void make_type(struct gen *g, uint32_t index, uint32_t group, uint32_t limit) {
    static const char kinds[] = "ssaf";
    struct deftype *t = &g->types[index];
    *t = (struct deftype){.kind = kinds[pick(g, 4)], .group = group};
    t->super = random_super(g, t, index);
    if (t->super >= 0) {
        const struct deftype *s = &g->types[t->super];
        t->count = s->count;
        t->param_count = s->param_count;
        memcpy(t->fields, s->fields, sizeof t->fields);
        memcpy(t->is_mutable, s->is_mutable, sizeof t->is_mutable);
    }
    uint32_t more = t->kind == 'a' ? 1 : pick(g, 4);
    if (t->super >= 0 && t->kind != 's') more = 0;
    for (; more && t->count < FIELDS_MAX; more--, t->count++) {
        t->fields[t->count] = t->kind == 'f' ? random_vt(g, limit) : random_field(g, limit);
        t->is_mutable[t->count] = pick(g, 4) != 3;
    }
    if (t->kind == 'f' && t->super < 0) t->param_count = pick(g, t->count + 1);
    t->is_final = pick(g, 3) == 2;
}

int32_t find_type(struct gen *g, char kind) {
    uint32_t from = g->type_count ? pick(g, g->type_count) : 0;
    for (uint32_t i = 0; i < g->type_count; i++) {
        uint32_t t = (from + i) % g->type_count;
        if (g->types[t].kind == kind) return (int32_t)t;
    }
    return -1;
}

struct vts params_of(const struct gen *g, uint32_t type) {
    struct vts types = {.count = g->types[type].param_count};
    for (uint32_t i = 0; i < types.count; i++) types.list[i] = g->types[type].fields[i];
    return types;
}

struct vts results_of(const struct gen *g, uint32_t type) {
    const struct deftype *t = &g->types[type];
    struct vts types = {.count = t->count - t->param_count};
    for (uint32_t i = 0; i < types.count; i++) types.list[i] = t->fields[t->param_count + i];
    return types;
}

static bool same_all(const struct vts *a, const struct vts *b) {
    if (a->count != b->count) return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!same_vt(a->list[i], b->list[i])) return false;
    return true;
}

int32_t func_type(struct gen *g, const struct vts *params, const struct vts *results) {
    for (uint32_t i = 0; i < g->type_count; i++) {
        if (g->types[i].kind != 'f') continue;
        struct vts p = params_of(g, i), r = results_of(g, i);
        if (same_all(&p, params) && same_all(&r, results)) return (int32_t)i;
    }
    if (g->type_count == TYPES_MAX || params->count + results->count > FIELDS_MAX) return -1;
    struct deftype *t = &g->types[g->type_count];
    *t = (struct deftype){.kind = 'f', .is_final = true, .super = -1, .group = g->type_count,
                          .group_size = 1, .param_count = params->count,
                          .count = params->count + results->count};
    memcpy(t->fields, params->list, params->count * sizeof *t->fields);
    memcpy(t->fields + params->count, results->list, results->count * sizeof *t->fields);
    return (int32_t)g->type_count++;
}

void make_types(struct gen *g) {
    enum { GROUPS = 6, GROUP_MAX = 4 };
    uint32_t groups = pick(g, GROUPS + 1);
    while (groups--) {
        uint32_t first = g->type_count, count = 1 + pick(g, GROUP_MAX);
        g->type_count += count;
        for (uint32_t i = first; i < first + count; i++) make_type(g, i, first, first + count);
        g->types[first].group_size = count;
    }
}
