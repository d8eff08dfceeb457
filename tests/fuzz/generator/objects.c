/* objects.c - references, structures, arrays, tables, bulk memory. */
#include "fuzz/generator/inside.h"

static const struct vt an_i32 = {'i', 0};

static bool is_defaultable(struct vt t) { return t.kind != 'r'; }
static bool is_packed(struct vt t) { return t.kind == '8' || t.kind == '6'; }
static bool is_number(struct vt t) { return !is_ref(t); }

/* An instruction with one type index; the operands are there. */
static void finish(struct gen *g, uint32_t code, uint32_t type, uint32_t operands) {
    op_fb(g, code);
    put_leb(&g->code, type);
    pop(g, operands);
}

static void make_small(struct gen *g) { make_index(g, false, 6); }

/* --- Structures --- */

static void make_struct(struct gen *g, uint32_t type) {
    const struct deftype *t = &g->types[type];
    bool has_default = true;
    for (uint32_t i = 0; i < t->count; i++) has_default &= is_defaultable(t->fields[i]);
    if (has_default && pick(g, 3) == 0) {
        finish(g, 1, type, 0);
    } else {
        for (uint32_t i = 0; i < t->count; i++) make_value(g, unpacked(t->fields[i]), 2);
        finish(g, 0, type, t->count);
    }
    push(g, (struct vt){'r', (int32_t)type});
}

static void make_struct_access(struct gen *g, uint32_t type) {
    const struct deftype *t = &g->types[type];
    if (t->count == 0) return;
    uint32_t field = pick(g, t->count);
    struct vt f = t->fields[field];
    make_value(g, (struct vt){pick(g, 2) ? 'n' : 'r', (int32_t)type}, 3);
    if (t->is_mutable[field] && pick(g, 2)) {
        make_value(g, unpacked(f), 2);
        finish(g, 5, type, 2);
        put_leb(&g->code, field);
    } else {
        finish(g, is_packed(f) ? 3 + pick(g, 2) : 2, type, 1);
        put_leb(&g->code, field);
        push(g, unpacked(f));
    }
}

/* --- Arrays --- */

/* A segment of elements that fit the array; -1: none. */
static int32_t find_elem(struct gen *g, struct vt element) {
    for (uint32_t i = 0; i < g->elem_count; i++)
        if (is_ref(element) && fits(g, g->elems[i], element)) return (int32_t)i;
    return -1;
}

static void make_array(struct gen *g, uint32_t type) {
    struct vt element = g->types[type].fields[0];
    int32_t elem = find_elem(g, element);
    uint32_t way = pick(g, 4), count = pick(g, 5);
    if (way == 0 && is_defaultable(element)) {
        make_small(g);
        finish(g, 7, type, 1);
    } else if (way == 1 && (is_number(element) || elem >= 0)) {
        make_small(g);
        make_small(g);
        finish(g, is_number(element) ? 9 : 10, type, 2);
        put_leb(&g->code, is_number(element) ? pick(g, DATAS) : (uint32_t)elem);
    } else if (way == 2) {
        for (uint32_t i = 0; i < count; i++) make_value(g, unpacked(element), 2);
        finish(g, 8, type, count);
        put_leb(&g->code, count);
    } else {
        make_value(g, unpacked(element), 2);
        make_small(g);
        finish(g, 6, type, 2);
    }
    push(g, (struct vt){'r', (int32_t)type});
}

static void make_array_value(struct gen *g, uint32_t type) {
    make_value(g, (struct vt){pick(g, 4) ? 'r' : 'n', (int32_t)type}, 3);
}

static void make_array_get(struct gen *g, uint32_t type) {
    struct vt element = g->types[type].fields[0];
    make_array_value(g, type);
    make_small(g);
    finish(g, is_packed(element) ? 12 + pick(g, 2) : 11, type, 2);
    push(g, unpacked(element));
}

static void make_array_change(struct gen *g, uint32_t type) {
    struct vt element = g->types[type].fields[0];
    int32_t elem = find_elem(g, element);
    if (!g->types[type].is_mutable[0]) return;
    make_array_value(g, type);
    make_small(g);
    switch (pick(g, 4)) {
    case 0:
        make_value(g, unpacked(element), 2);
        make_small(g);
        finish(g, 16, type, 4);
        break;
    case 1:
        make_array_value(g, type);
        make_small(g);
        make_small(g);
        finish(g, 17, type, 5);
        put_leb(&g->code, type);
        break;
    case 2:
        if (is_number(element) || elem >= 0) {
            make_small(g);
            make_small(g);
            finish(g, is_number(element) ? 18 : 19, type, 4);
            put_leb(&g->code, is_number(element) ? pick(g, DATAS) : (uint32_t)elem);
            break;
        } /* fall through */
    default:
        make_value(g, unpacked(element), 2);
        finish(g, 14, type, 3);
    }
}

/* --- Any reference --- */

static void make_reference(struct gen *g) {
    struct vt t = random_vt(g, g->type_count), any = {'n', HEAP_ANY}, eq = {'n', HEAP_EQ};
    if (!is_ref(t)) t = any;
    uint32_t way = pick(g, 8);
    if (way == 0 || way == 1) { /* ref.is_null, ref.as_non_null */
        make_value(g, t, 2);
        if (there(g) == 0) return;
        t = g->stack[g->count - 1];
        op(g, way ? 0xD4 : 0xD1);
        pop(g, 1);
        push(g, way ? (struct vt){'r', t.heap} : an_i32);
    } else if (way == 2) {
        make_value(g, eq, 2);
        make_value(g, eq, 2);
        op(g, 0xD3);
        pop(g, 2);
        push(g, an_i32);
    } else if (way == 3 && heap_top(g, t.heap) != HEAP_EXN) { /* ref.test */
        make_value(g, (struct vt){'n', heap_top(g, t.heap)}, 3);
        op_fb(g, t.kind == 'r' ? 0x14 : 0x15);
        put_sleb(&g->code, t.heap);
        pop(g, 1);
        push(g, an_i32);
    } else if (way == 4) {
        make_value(g, an_i32, 2);
        op_fb(g, 0x1C);
        pop(g, 1);
        push(g, (struct vt){'r', HEAP_I31});
    } else if (way == 5) {
        make_value(g, (struct vt){'n', HEAP_I31}, 2);
        op_fb(g, 0x1D + pick(g, 2));
        pop(g, 1);
        push(g, an_i32);
    } else {
        bool to_any = pick(g, 2);
        char kind = pick(g, 2) ? 'n' : 'r';
        make_value(g, (struct vt){kind, to_any ? HEAP_EXTERN : HEAP_ANY}, 3);
        if (there(g) == 0) return;
        kind = g->stack[g->count - 1].kind;
        op_fb(g, to_any ? 0x1A : 0x1B);
        pop(g, 1);
        push(g, (struct vt){kind, to_any ? HEAP_ANY : HEAP_EXTERN});
    }
}

/* --- Tables, memories --- */

static void make_table_op(struct gen *g) {
    uint32_t n = pick(g, g->table_count), from = pick(g, g->table_count);
    bool is64 = g->tables[n].is64;
    struct vt t = g->tables[n].type, index = {is64 ? 'I' : 'i', 0};
    uint32_t way = pick(g, 6);
    if (way == 0) { /* table.get */
        make_index(g, is64, FUNCS_MAX);
        op(g, 0x25);
        put_leb(&g->code, n);
        pop(g, 1);
        push(g, t);
    } else if (way == 1) { /* table.set */
        make_index(g, is64, FUNCS_MAX);
        make_value(g, t, 2);
        op(g, 0x26);
        put_leb(&g->code, n);
        pop(g, 2);
    } else if (way == 2) {
        op_fc(g, 16);
        put_leb(&g->code, n);
        push(g, index);
    } else if (way == 3) { /* table.grow */
        make_value(g, t, 2);
        make_index(g, is64, 4);
        op_fc(g, 15);
        put_leb(&g->code, n);
        pop(g, 2);
        push(g, index);
    } else if (way == 4) { /* table.fill */
        make_index(g, is64, FUNCS_MAX);
        make_value(g, t, 2);
        make_index(g, is64, 6);
        op_fc(g, 17);
        put_leb(&g->code, n);
        pop(g, 3);
    } else if (fits(g, g->tables[from].type, t)) { /* table.copy */
        make_index(g, is64, FUNCS_MAX);
        make_index(g, g->tables[from].is64, FUNCS_MAX);
        make_index(g, is64 && g->tables[from].is64, 6);
        op_fc(g, 14);
        put_leb(&g->code, n);
        put_leb(&g->code, from);
        pop(g, 3);
    }
}

static void make_table_init(struct gen *g) {
    uint32_t table = pick(g, g->table_count);
    int32_t elem = find_elem(g, g->tables[table].type);
    if (elem < 0) return;
    make_index(g, g->tables[table].is64, FUNCS_MAX);
    make_small(g);
    make_small(g);
    op_fc(g, 12);
    put_leb(&g->code, (uint32_t)elem);
    put_leb(&g->code, table);
    pop(g, 3);
}

static void make_memory_copy(struct gen *g) {
    if (g->memory_count == 0) return;
    uint32_t to = pick(g, g->memory_count), from = pick(g, g->memory_count);
    make_index(g, g->memory_is64[to], 65600);
    make_index(g, g->memory_is64[from], 65600);
    make_index(g, g->memory_is64[to] && g->memory_is64[from], 1000);
    op_fc(g, 10);
    put_leb(&g->code, to);
    put_leb(&g->code, from);
    pop(g, 3);
}

void make_object(struct gen *g) {
    int32_t s = find_type(g, 's'), a = find_type(g, 'a');
    switch (pick(g, 12)) {
    case 0: case 1: if (s >= 0) make_struct(g, (uint32_t)s); break;
    case 2: case 3: if (s >= 0) make_struct_access(g, (uint32_t)s); break;
    case 4: if (a >= 0) make_array(g, (uint32_t)a); break;
    case 5: if (a >= 0) make_array_get(g, (uint32_t)a); break;
    case 6: if (a >= 0) make_array_change(g, (uint32_t)a); break;
    case 7:
        if (a < 0) break;
        make_array_value(g, (uint32_t)a);
        op_fb(g, 15);
        pop(g, 1);
        push(g, an_i32);
        break;
    case 8: make_table_op(g); break;
    case 9: make_table_init(g); break;
    case 10: make_memory_copy(g); break;
    default: make_reference(g);
    }
}
