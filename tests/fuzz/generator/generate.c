/* generate.c - the module around the functions; see generate.h. */
#include "fuzz/generator/inside.h"

#include <stdio.h>

bool is_over(const struct gen *g) { return g->at == g->end; }

uint32_t pick(struct gen *g, uint32_t n) {
    if (n <= 1 || is_over(g)) return 0;
    uint32_t value = *g->at++;
    if (n > 256 && !is_over(g)) value |= (uint32_t)*g->at++ << 8;
    if (n > 65536 && !is_over(g)) value |= (uint32_t)*g->at++ << 16;
    return value % n;
}

/* --- What the functions will need, with its types --- */

static void make_imports(struct gen *g) {
    static const struct vts none = {0}, i = {{{'i', 0}}, 1}, two = {{{'I', 0}, {'F', 0}}, 2},
                            out = {{{'i', 0}, {'f', 0}}, 2};
    const struct vts *types[IMPORTS][2] = {{&i, &i}, {&none, &none}, {&two, &out}};
    for (uint32_t n = 0; n < IMPORTS; n++) {
        int32_t type = func_type(g, types[n][0], types[n][1]);
        char name[2] = {(char)('0' + n)};
        g->funcs[g->func_count++] = (uint32_t)type;
        build_import_func(g->b, "h", name, (uint32_t)type);
    }
}

static void plan_funcs(struct gen *g) {
    uint32_t count = 1 + pick(g, FUNCS_MAX - IMPORTS);
    for (uint32_t n = 0; n < count; n++) {
        struct vts params = {0}, results = {0};
        int32_t type = find_type(g, 'f');
        if (type < 0 || pick(g, 2)) {
            for (uint32_t i = pick(g, 4); i > 0; i--)
                params.list[params.count++] = random_vt(g, g->type_count);
            for (uint32_t i = pick(g, 3); i > 0; i--)
                results.list[results.count++] = random_vt(g, g->type_count);
            type = func_type(g, &params, &results);
        }
        g->funcs[g->func_count++] = type < 0 ? g->funcs[1] : (uint32_t)type;
    }
}

/* Tags need function types without results. */
static void make_tags(struct gen *g) {
    static const struct vts none = {0};
    for (uint32_t n = pick(g, 4); n > 0; n--) {
        struct vts params = {0};
        for (uint32_t i = pick(g, 4); i > 0; i--)
            params.list[params.count++] = random_vt(g, g->type_count);
        int32_t type = func_type(g, &params, &none);
        if (type < 0) break;
        struct bytes *s = entry(g->b, 13);
        put_byte(s, 0);
        put_leb(s, (uint32_t)type);
        g->tags[g->tag_count++] = (uint32_t)type;
    }
}

/* The first one for loops. */
static void make_loop_memory(struct gen *g) {
    bool is_imported = pick(g, 4) == 3, is_shared = pick(g, 6) == 5;
    struct bytes *s = entry(g->b, is_imported ? 2 : 5);
    g->memory_is64[g->memory_count++] = pick(g, 8) == 7;
    if (is_imported) {
        put_name(s, "h");
        put_name(s, "m");
        put_byte(s, 2);
    }
    put_byte(s, (uint8_t)(1 | is_shared << 1 | g->memory_is64[0] << 2));
    put_leb(s, (1 + pick(g, 4)) % 4);
    put_leb(s, 3);
}

static void make_memories(struct gen *g) {
    uint32_t count = pick(g, 3);
    if (g->options->has_loops) {
        make_loop_memory(g);
        if (count == 0) count = 1;
    }
    for (uint32_t n = g->memory_count; n < count; n++) {
        struct bytes *s = entry(g->b, 5);
        g->memory_is64[n] = pick(g, 3) == 2;
        bool is_shared = pick(g, 3) == 2;
        put_byte(s, (uint8_t)(1 | is_shared << 1 | g->memory_is64[n] << 2));
        put_leb(s, pick(g, 3));
        put_leb(s, 3);
        g->memory_count++;
    }
}

static void put_table(struct gen *g, struct vt t, bool is64, uint32_t size) {
    struct bytes *s = entry(g->b, 4);
    put_vt(s, t);
    put_byte(s, is64 ? 5 : 1);
    put_leb(s, size);
    put_leb(s, 20);
    g->tables[g->table_count].type = t;
    g->tables[g->table_count++].is64 = is64;
}

/* One of functions, maybe one of anything. */
static void make_tables(struct gen *g) {
    put_table(g, (struct vt){'n', HEAP_FUNC}, pick(g, 4) == 3, FUNCS_MAX);
    struct vt t = random_vt(g, g->type_count);
    if (is_ref(t)) put_table(g, (struct vt){'n', t.heap}, pick(g, 4) == 3, pick(g, 6));
}

static void put_global(struct gen *g, struct vt t, bool is_mutable) {
    struct bytes value = {0};
    if (put_constant(g, &value, t, 2)) {
        struct bytes *s = entry(g->b, 6);
        put_vt(s, t);
        put_byte(s, is_mutable);
        put(s, value.data, value.size);
        put_byte(s, 0x0B);
        g->globals[g->global_count].type = t;
        g->globals[g->global_count++].is_mutable = is_mutable;
    }
    free(value.data);
}

/* The first counts calls (see guard_calls), and is not to be set by statements. */
static void make_globals(struct gen *g) {
    put(entry(g->b, 6), "\x7F\x01\x41\x00\x0B", 5);
    g->globals[g->global_count++].type = (struct vt){'i', 0};
    if (g->options->has_loops) {
        put(entry(g->b, 6), "\x7F\x01\x41\x00\x0B", 5);
        g->globals[g->global_count++].type = (struct vt){'i', 0};
        put(entry(g->b, 6), "\x7F\x01\x41\x00\x0B", 5);
        g->globals[g->global_count++].type = (struct vt){'i', 0};
        put(entry(g->b, 6), "\x7E\x01\x42\x00\x0B", 5);
        g->globals[g->global_count++].type = (struct vt){'I', 0};
    }
    for (uint32_t n = pick(g, GLOBALS_MAX - g->global_count); n > 0; n--) {
        struct vt t = random_vt(g, g->type_count);
        put_global(g, t, pick(g, 4) != 3);
    }
}

/* --- Segments --- */

/* Every function in table 0; then passive ones. */
static void make_elems(struct gen *g) {
    struct bytes *s = entry(g->b, 9);
    put(s, "\x06\x00", 2);
    put(s, g->tables[0].is64 ? "\x42\x00\x0B" : "\x41\x00\x0B", 3);
    put_vt(s, (struct vt){'n', HEAP_FUNC});
    put_leb(s, g->func_count);
    for (uint32_t f = 0; f < g->func_count; f++) {
        put_byte(s, 0xD2);
        put_leb(s, f);
        put_byte(s, 0x0B);
    }
    g->elems[g->elem_count++] = (struct vt){'n', HEAP_FUNC};
    for (uint32_t n = pick(g, 3); n > 0; n--) {
        struct vt t = random_vt(g, g->type_count);
        struct bytes items = {0};
        uint32_t count = 0;
        if (!is_ref(t)) t = (struct vt){'n', HEAP_ANY};
        for (uint32_t i = pick(g, 6); i > 0 && put_constant(g, &items, t, 2); i--, count++)
            put_byte(&items, 0x0B);
        s = entry(g->b, 9);
        put_byte(s, 0x05);
        put_vt(s, t);
        put_leb(s, count);
        put(s, items.data, items.size);
        free(items.data);
        g->elems[g->elem_count++] = t;
    }
}

/* One in memory 0, if there is one, and passive ones. */
static void make_datas(struct gen *g) {
    for (uint32_t n = 0; n < DATAS; n++) {
        struct bytes *s = entry(g->b, 11);
        bool is_active = n == 0 && g->memory_count && pick(g, 2);
        put_byte(s, is_active ? 0 : 1);
        if (is_active) put(s, g->memory_is64[0] ? "\x42\x00\x0B" : "\x41\x00\x0B", 3);
        uint32_t size = pick(g, 40);
        put_leb(s, size);
        while (size--) put_byte(s, (uint8_t)pick(g, 256));
    }
    g->b->counts[12] = DATAS;
}

static void export_all(struct gen *g) {
    const uint32_t counts[] = {g->func_count, g->table_count, g->memory_count, g->global_count,
                               g->tag_count};
    static const char letters[] = "ftmgx";
    for (uint8_t kind = 0; kind < 5; kind++)
        for (uint32_t i = 0; i < counts[kind]; i++) {
            char name[8];
            snprintf(name, sizeof name, "%c%u", letters[kind], i);
            build_export(g->b, name, kind, i);
        }
}

/* A function that takes and gives nothing may be run at the start. */
static void choose_start(struct gen *g) {
    uint32_t f = IMPORTS + pick(g, g->func_count - IMPORTS);
    if (g->types[g->funcs[f]].count == 0 && pick(g, 2)) g->b->counts[8] = f;
}

/* The types come last: bodies add to them. */
static void put_type_section(struct gen *g) {
    for (uint32_t i = 0; i < g->type_count; i++) {
        const struct deftype *t = &g->types[i];
        struct bytes *s = &g->b->sections[1];
        if (t->group == i) g->b->counts[1]++;
        if (t->group == i && (t->group_size > 1 || i % 3 == 2)) {
            put_byte(s, 0x4E);
            put_leb(s, t->group_size);
        }
        if (!t->is_final || t->super >= 0) {
            put_byte(s, t->is_final ? 0x4F : 0x50);
            put_leb(s, t->super >= 0);
            if (t->super >= 0) put_leb(s, (uint32_t)t->super);
        }
        put_byte(s, t->kind == 'f' ? 0x60 : t->kind == 's' ? 0x5F : 0x5E);
        if (t->kind == 's') put_leb(s, t->count);
        for (uint32_t f = 0; f <= t->count; f++) {
            if (t->kind == 'f' && f == 0) put_leb(s, t->param_count);
            if (t->kind == 'f' && f == t->param_count) put_leb(s, t->count - t->param_count);
            if (f == t->count) break;
            put_vt(s, t->fields[f]);
            if (t->kind != 'f') put_byte(s, t->is_mutable[f]);
        }
    }
}

void generate(const uint8_t *seed, size_t size, const struct generate_options *options,
              struct builder *b) {
    struct gen *g = calloc(1, sizeof *g);
    if (!g) abort();
    g->at = seed;
    g->end = seed + size;
    g->options = options;
    g->b = b;
    make_types(g);
    make_imports(g);
    plan_funcs(g);
    make_tags(g);
    make_memories(g);
    make_tables(g);
    make_globals(g);
    make_elems(g);
    make_datas(g);
    for (uint32_t f = IMPORTS; f < g->func_count; f++) make_body(g, g->funcs[f]);
    choose_start(g);
    export_all(g);
    put_type_section(g);
    free(g->code.data);
    free(g);
}
