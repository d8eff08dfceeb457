/* decode_table.c - the table section (core specification 5.5.7). */
#include "wasm/decode.h"

/* 0x40 0x00 before a table's type announces an initial value. */
static nacre_status decode_table(struct decoder *d, struct wasm_table *table) {
    enum { WITH_INIT = 0x40 };
    size_t offset = reader_offset(&d->r);
    uint8_t reserved;
    if (d->r.at < d->r.end && *d->r.at == WITH_INIT) {
        TRY(decode_use(d, WASM_FEATURE_TYPED_REFS, offset));
        d->r.at++;
        READ(d, reader_u8(&d->r, &reserved));
        if (reserved != 0)
            return decode_fail(d, NACRE_MALFORMED, offset + 1, "malformed table");
        TRY(decode_tabletype(d, table));
        return decode_expr(d, table->type, &table->init);
    }
    TRY(decode_tabletype(d, table));
    if (!wasm_is_defaultable(table->type))
        return decode_fail(d, NACRE_INVALID, offset,
                           "type mismatch: a table of non-null references needs a value");
    return NACRE_OK;
}

nacre_status decode_table_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t imported = m->table_count, count;
    TRY(decode_count(d, WASM_TABLES_MAX, "tables", &count));
    size_t all = (size_t)imported + count;
    struct wasm_table *tables = ARENA_ARRAY(&m->arena, struct wasm_table, all);
    if (!tables) return decode_no_memory(d);
    if (imported) memcpy(tables, m->tables, imported * sizeof *tables);
    m->tables = tables;
    for (uint32_t i = 0; i < count; i++) {
        TRY(decode_table(d, &tables[imported + i]));
        m->table_count++;
    }
    return m->table_count > 1 ? decode_use(d, WASM_FEATURE_REFTYPES, reader_offset(&d->r))
                              : NACRE_OK;
}
