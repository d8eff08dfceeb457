/* decode_global.c - the global section and the tag section (core specification 5.5.9, 5.5.15). */
#include "wasm/decode.h"

nacre_status decode_global_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t imported = m->global_count, count;
    TRY(decode_count(d, WASM_GLOBALS_MAX, "globals", &count));
    struct wasm_global *all = ARENA_ARRAY(&m->arena, struct wasm_global, (size_t)imported + count);
    if (!all) return decode_no_memory(d);
    if (imported) memcpy(all, m->globals, imported * sizeof *all);
    m->globals = all;
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_global *global = &all[imported + i];
        TRY(decode_globaltype(d, global));
        TRY(decode_expr(d, global->type, &global->init));
        m->global_count++; /* its value may only name globals before it */
    }
    return NACRE_OK;
}

nacre_status decode_tag_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t imported = m->tag_count, count;
    TRY(decode_count(d, WASM_TAGS_MAX, "tags", &count));
    uint32_t *all = ARENA_ARRAY(&m->arena, uint32_t, (size_t)imported + count);
    if (!all) return decode_no_memory(d);
    if (imported) memcpy(all, m->tags, imported * sizeof *all);
    m->tags = all;
    for (uint32_t i = 0; i < count; i++) TRY(decode_tagtype(d, &all[imported + i]));
    m->tag_count = imported + count;
    return NACRE_OK;
}
