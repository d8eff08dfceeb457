/* fixed.c - see fixed.h */
#include "compiler/fixed.h"

/* --- What is in them --- */

static struct reader reader_of(const struct wasm_module *m, uint32_t offset, uint32_t size) {
    const uint8_t *at = m->bytes + offset;
    return (struct reader){.start = m->bytes, .at = at, .end = at + size};
}

bool fixed_offset(const struct wasm_module *m, const struct wasm_expr *expr, uint64_t *out) {
    struct reader r = reader_of(m, expr->offset, expr->size);
    uint8_t op;
    int32_t value;
    int64_t wide = 0;
    if (!reader_u8(&r, &op)) return false;
    if (op == 0x42) {
        if (!reader_leb_i64(&r, &wide)) return false;
        *out = (uint64_t)wide;
    } else {
        if (op != 0x41 || !reader_leb_i32(&r, &value)) return false;
        *out = (uint32_t)value;
    }
    return reader_u8(&r, &op) && op == 0x0B;
}

/* ref.func or ref.null, and the end. */
static bool read_item_expr(struct reader *r, uint32_t *func) {
    uint8_t op;
    int64_t heap_type;
    if (!reader_u8(r, &op)) return false;
    if (op == 0xD2) {
        if (!reader_leb_u32(r, func)) return false;
    } else {
        *func = FIXED_NULL;
        if (op != 0xD0 || !reader_leb_i33(r, &heap_type)) return false;
    }
    return reader_u8(r, &op) && op == 0x0B;
}

static bool read_segment(const struct wasm_module *m, const struct wasm_elem *elem,
                         struct fixed_table *table) {
    struct reader r = reader_of(m, elem->items, elem->items_size);
    uint64_t to;
    if (!fixed_offset(m, &elem->offset, &to)) return false;
    if (to > table->size || elem->count > table->size - to) return false;
    for (uint32_t i = 0; i < elem->count; i++) {
        uint32_t *func = &table->funcs[to + i];
        if (elem->has_exprs ? !read_item_expr(&r, func) : !reader_leb_u32(&r, func)) return false;
        table->has_imports |= *func < m->imported[WASM_EXTERN_FUNC];
    }
    return true;
}

/* --- Which tables --- */

/* Elements of all fixed tables together: others are as good as any table. */
enum { ELEMENTS_MAX = 1 << 22 };

/* With an imported table, functions of an instance can be called that failed half way through its
 * element segments. */
static void find_candidates(const struct wasm_module *m, struct fixed_table *tables) {
    if (m->changes_tables || m->imported[WASM_EXTERN_TABLE] > 0) return;
    for (uint32_t i = 0; i < m->table_count; i++) {
        const struct wasm_table *t = &m->tables[i];
        bool is_plain = t->init.size == 0 && !t->limits.is64;
        if (is_plain && t->limits.min <= ELEMENTS_MAX) tables[i].size = (uint32_t)t->limits.min;
    }
    for (uint32_t i = 0; i < m->export_count; i++)
        if (m->exports[i].kind == WASM_EXTERN_TABLE) tables[m->exports[i].index].size = 0;
}

static void clear(const struct allocator *allocator, struct fixed_table *table) {
    ALLOC_FREE_ARRAY(allocator, table->funcs, table->size);
    *table = (struct fixed_table){0};
}

/* Room for a table that has a segment, all null. */
static bool take_funcs(const struct allocator *allocator, struct fixed_table *table,
                       uint32_t *left) {
    if (table->funcs) return true;
    if (table->size > *left) {
        table->size = 0;
        return true;
    }
    *left -= table->size;
    table->funcs = ALLOC_ARRAY(allocator, uint32_t, table->size);
    for (uint32_t i = 0; table->funcs && i < table->size; i++) table->funcs[i] = FIXED_NULL;
    return table->funcs;
}

void fixed_free(const struct wasm_module *m, const struct allocator *allocator,
                struct fixed_table *list) {
    if (!list) return;
    for (uint32_t i = 0; i < m->table_count; i++) clear(allocator, &list[i]);
    ALLOC_FREE_ARRAY(allocator, list, m->table_count);
}

bool fixed_find(const struct wasm_module *m, const struct allocator *allocator,
                struct fixed_table **list) {
    uint32_t left = ELEMENTS_MAX;
    *list = NULL;
    if (m->table_count == 0) return true;
    struct fixed_table *tables = ALLOC_ARRAY(allocator, struct fixed_table, m->table_count);
    if (!tables) return false;
    find_candidates(m, tables);
    for (uint32_t i = 0; i < m->elem_count; i++) {
        const struct wasm_elem *elem = &m->elems[i];
        if (elem->mode != WASM_SEGMENT_ACTIVE) continue;
        struct fixed_table *table = &tables[elem->table];
        if (table->size == 0) continue;
        if (!take_funcs(allocator, table, &left)) {
            fixed_free(m, allocator, tables);
            return false;
        }
        if (table->size > 0 && !read_segment(m, elem, table)) clear(allocator, table);
    }
    *list = tables;
    return true;
}
