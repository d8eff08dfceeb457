/* values.c - values: constants of every type, and whatever else gives one. */
#include "fuzz/generator/inside.h"

enum { CONSTANT_DEPTH = 3, VALUE_DEPTH = 3 };

static const int64_t integers[] = {
    0,   1,   -1,    2,     7,         8,         31,         32,          63,      64,  100, 127,
    -8, 128, 255, -2,  65535, 65536,     INT32_MAX, INT32_MIN, 0x80000000,   0xFFFFFFFFu,
    INT64_MAX,    INT64_MIN};
enum { INTEGERS = sizeof integers / sizeof *integers };

static int64_t random_integer(struct gen *g) {
    uint32_t i = pick(g, INTEGERS * 2);
    if (i < INTEGERS) return integers[i];
    uint64_t bits = 0;
    for (uint32_t n = pick(g, 8) + 1; n > 0; n--) bits = bits << 8 | pick(g, 256);
    return (int64_t)bits;
}

static void put_f32(struct gen *g, struct bytes *b) {
    static const uint32_t floats[] = {0,          0x3F800000, 0x80000000, 0x7F800000, 0xFF800000,
                                      0x7FC00000, 0x00000001, 0x4F000000, 0xCF000000, 0x3F000000,
                                      0xBF000000, 0x7F7FFFFF, 0x4B000001, 0x5F000000, 0x4F800000};
    uint32_t i = pick(g, 32);
    uint32_t bits = i < 15 ? floats[i] : (uint32_t)random_integer(g);
    put(b, &bits, sizeof bits);
}

static void put_f64(struct gen *g, struct bytes *b) {
    static const double floats[] = {
        0,      1,           -0.0,         0.5, -1.5, 1e300, 4503599627370497.0, -1e9,
        5e-324, 2147483648.0, 9223372036854775808.0, -2147483649.0};
    uint32_t i = pick(g, 32);
    int64_t bits = i >= 12 ? random_integer(g) : 0;
    if (i < 12) memcpy(&bits, &floats[i], sizeof bits);
    if (i == 31) bits = 0x7FF8000000000000;
    put(b, &bits, sizeof bits);
}

static void put_number(struct gen *g, struct bytes *b, char kind) {
    switch (kind) {
    case 'I':
        put_byte(b, 0x42);
        put_sleb(b, random_integer(g));
        break;
    case 'f':
        put_byte(b, 0x43);
        put_f32(g, b);
        break;
    case 'F':
        put_byte(b, 0x44);
        put_f64(g, b);
        break;
    case 'v':
        put(b, "\xFD\x0C", 2);
        for (int i = 0; i < 4; i++) put_f32(g, b);
        break;
    default:
        put_byte(b, 0x41);
        put_sleb(b, (int32_t)(uint32_t)random_integer(g));
    }
}

/* A constant, or a sum, difference or product of two. */
static void put_numbers(struct gen *g, struct bytes *b, char kind) {
    put_number(g, b, kind);
    if ((kind != 'i' && kind != 'I') || pick(g, 8) != 7) return;
    put_number(g, b, kind);
    put_byte(b, (uint8_t)((kind == 'i' ? 0x6A : 0x7C) + pick(g, 3)));
}

/* --- References --- */

static bool put_struct(struct gen *g, struct bytes *b, uint32_t type, int depth) {
    const struct deftype *t = &g->types[type];
    for (uint32_t i = 0; i < t->count; i++)
        if (!put_constant(g, b, unpacked(t->fields[i]), depth - 1)) return false;
    put(b, "\xFB\x00", 2);
    put_leb(b, type);
    return true;
}

static bool put_array(struct gen *g, struct bytes *b, uint32_t type, int depth) {
    uint32_t count = pick(g, 4);
    for (uint32_t i = 0; i < count; i++)
        if (!put_constant(g, b, unpacked(g->types[type].fields[0]), depth - 1)) return false;
    put(b, "\xFB\x08", 2);
    put_leb(b, type);
    put_leb(b, count);
    return true;
}

static bool put_function(struct gen *g, struct bytes *b, int32_t heap) {
    uint32_t from = pick(g, g->func_count);
    for (uint32_t i = 0; i < g->func_count; i++) {
        uint32_t f = (from + i) % g->func_count;
        if (!heap_fits(g, (int32_t)g->funcs[f], heap)) continue;
        put_byte(b, 0xD2);
        put_leb(b, f);
        return true;
    }
    return false;
}

/* A structure or array of a type that fits, or an i31. */
static bool put_object(struct gen *g, struct bytes *b, int32_t heap, int depth) {
    bool takes_i31 = heap_fits(g, HEAP_I31, heap);
    uint32_t from = g->type_count ? pick(g, g->type_count) : 0;
    for (uint32_t i = 0; i < g->type_count && !(takes_i31 && pick(g, 3) == 0); i++) {
        uint32_t t = (from + i) % g->type_count;
        if (g->types[t].kind == 'f' || !heap_fits(g, (int32_t)t, heap)) continue;
        size_t before = b->size;
        if (g->types[t].kind == 's' ? put_struct(g, b, t, depth) : put_array(g, b, t, depth))
            return true;
        b->size = before;
    }
    if (!takes_i31) return false;
    put_number(g, b, 'i');
    put(b, "\xFB\x1C", 2);
    return true;
}

static bool put_reference(struct gen *g, struct bytes *b, int32_t heap, int depth) {
    switch (heap_top(g, heap)) {
    case HEAP_FUNC: return heap != HEAP_NOFUNC && put_function(g, b, heap);
    case HEAP_EXN: return false;
    case HEAP_EXTERN:
        if (heap != HEAP_EXTERN || !put_object(g, b, HEAP_ANY, depth)) return false;
        put(b, "\xFB\x1B", 2);
        return true;
    default: return heap != HEAP_NONE && put_object(g, b, heap, depth);
    }
}

static void put_null(struct gen *g, struct bytes *b, int32_t heap) {
    int32_t top = heap_top(g, heap);
    int32_t bottom = top == HEAP_FUNC     ? HEAP_NOFUNC
                     : top == HEAP_EXTERN ? HEAP_NOEXTERN
                     : top == HEAP_EXN    ? HEAP_NOEXN
                                          : HEAP_NONE;
    put_byte(b, 0xD0);
    put_sleb(b, pick(g, 2) ? heap : bottom);
}

bool put_constant(struct gen *g, struct bytes *b, struct vt t, int depth) {
    size_t before = b->size;
    if (!is_ref(t)) {
        put_numbers(g, b, t.kind);
        return true;
    }
    bool prefers_null = depth <= 0 || pick(g, 3) == 0;
    if (!(t.kind == 'n' && prefers_null) && depth >= 0 && put_reference(g, b, t.heap, depth))
        return true;
    b->size = before;
    if (t.kind == 'n') put_null(g, b, t.heap);
    return t.kind == 'n';
}

/* --- Values in code --- */

static bool make_get_local(struct gen *g, struct vt t) {
    uint32_t from = g->local_count ? pick(g, g->local_count) : 0;
    for (uint32_t i = 0; i < g->local_count; i++) {
        uint32_t n = (from + i) % g->local_count;
        if (!(g->set >> n & 1) || !fits(g, g->locals[n], t)) continue;
        op(g, 0x20);
        put_leb(&g->code, n);
        push(g, g->locals[n]);
        return true;
    }
    return false;
}

static bool make_get_global(struct gen *g, struct vt t) {
    uint32_t from = g->global_count ? pick(g, g->global_count) : 0;
    for (uint32_t i = 0; i < g->global_count; i++) {
        uint32_t n = (from + i) % g->global_count;
        if (!fits(g, g->globals[n].type, t)) continue;
        op(g, 0x23);
        put_leb(&g->code, n);
        push(g, g->globals[n].type);
        return true;
    }
    return false;
}

static bool make_call(struct gen *g, struct vt t, int depth) {
    uint32_t from = pick(g, g->func_count);
    for (uint32_t i = 0; i < g->func_count; i++) {
        uint32_t f = (from + i) % g->func_count;
        struct vts params = params_of(g, g->funcs[f]), results = results_of(g, g->funcs[f]);
        if (results.count != 1 || !fits(g, results.list[0], t)) continue;
        for (uint32_t p = 0; p < params.count; p++) make_value(g, params.list[p], depth - 1);
        op(g, 0x10);
        put_leb(&g->code, f);
        pop(g, params.count);
        push(g, results.list[0]);
        return true;
    }
    return false;
}

/* Out of a structure's field of this very type. */
static bool make_get_field(struct gen *g, struct vt t, int depth) {
    int32_t type = find_type(g, 's');
    if (type < 0) return false;
    for (uint32_t i = 0; i < g->types[type].count; i++) {
        if (!fits(g, g->types[type].fields[i], t)) continue;
        struct vt field = g->types[type].fields[i];
        make_value(g, (struct vt){'n', type}, depth - 1);
        op_fb(g, 2);
        put_leb(&g->code, (uint32_t)type);
        put_leb(&g->code, i);
        pop(g, 1);
        push(g, field);
        return true;
    }
    return false;
}

/* A reference that is cast from a wider type: it may trap. */
static bool make_cast(struct gen *g, struct vt t, int depth) {
    if (!is_ref(t) || heap_top(g, t.heap) == HEAP_EXN) return false;
    make_value(g, (struct vt){'n', heap_top(g, t.heap)}, depth - 1);
    op_fb(g, t.kind == 'r' ? 0x16 : 0x17);
    put_sleb(&g->code, t.heap);
    pop(g, 1);
    push(g, t);
    return true;
}

static void make_constant(struct gen *g, struct vt t) {
    if (put_constant(g, &g->code, t, CONSTANT_DEPTH)) {
        push(g, t);
    } else {
        op(g, 0x00);
        set_dead(g);
    }
}

void make_value(struct gen *g, struct vt t, int depth) {
    bool made = false;
    if (depth > 0 && !is_over(g) && g->code.size < CODE_MAX && g->count < STACK_MAX - 20) {
        switch (pick(g, 10)) {
        case 0: case 1: case 2: made = make_get_local(g, t); break;
        case 3: made = make_get_global(g, t); break;
        case 4: case 5: made = !is_ref(t) && make_plain(g, t.kind, depth); break;
        case 6: made = make_call(g, t, depth); break;
        case 7: made = make_get_field(g, t, depth); break;
        case 8: made = make_cast(g, t, depth); break;
        default: break;
        }
    } else {
        made = make_get_local(g, t);
    }
    if (!made) make_constant(g, t);
}

/* Are the topmost values of these types? In dead code those that are missing are. */
static bool has_types(struct gen *g, const struct vts *types) {
    for (uint32_t i = 0; i < types->count; i++) {
        if (there(g) == i) return top_frame(g)->is_dead;
        if (!fits(g, g->stack[g->count - 1 - i], types->list[types->count - 1 - i])) return false;
    }
    return true;
}

void need(struct gen *g, const struct vts *types) {
    if (has_types(g, types) && pick(g, 4) != 3) return;
    for (uint32_t i = 0; i < types->count; i++) make_value(g, types->list[i], VALUE_DEPTH);
}

void make_index(struct gen *g, bool is64, uint32_t small) {
    uint32_t way = pick(g, 8);
    if (way == 7) {
        make_value(g, (struct vt){is64 ? 'I' : 'i', 0}, 2);
        return;
    }
    op(g, is64 ? 0x42 : 0x41);
    put_sleb(&g->code, (int64_t)pick(g, small));
    push(g, (struct vt){is64 ? 'I' : 'i', 0});
}
