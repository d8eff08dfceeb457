/* decode_memory.c - the memory section (core specification 5.5.8). */
#include "wasm/decode.h"

nacre_status decode_memory_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t imported = m->memory_count, count;
    TRY(decode_count(d, WASM_MEMORIES_MAX, "memories", &count));
    struct wasm_limits *all = ARENA_ARRAY(&m->arena, struct wasm_limits, (size_t)imported + count);
    if (!all) return decode_no_memory(d);
    if (imported) memcpy(all, m->memories, imported * sizeof *all);
    m->memories = all;
    for (uint32_t i = 0; i < count; i++) TRY(decode_memorytype(d, &all[imported + i]));
    m->memory_count = imported + count;
    return m->memory_count > 1 ? decode_use(d, WASM_FEATURE_MULTI_MEMORY, reader_offset(&d->r))
                               : NACRE_OK;
}
