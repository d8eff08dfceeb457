/* decode_data.c - the data count section and the data section (core specification 5.5.14, 16). */
#include "wasm/decode.h"

nacre_status decode_data_count_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    size_t offset = reader_offset(&d->r);
    READ(d, reader_leb_u32(&d->r, &m->data_count));
    if (m->data_count > WASM_SEGMENTS_MAX)
        return decode_fail(d, NACRE_LIMIT, offset, "too many data segments, the limit is 100000");
    m->has_data_count = true;
    return NACRE_OK;
}

static nacre_status decode_data(struct decoder *d, struct wasm_data *data) {
    enum { PASSIVE = 1, EXPLICIT_MEMORY = 2 };
    const struct wasm_module *m = d->module;
    size_t offset = reader_offset(&d->r);
    uint32_t flags;
    const uint8_t *bytes;
    READ(d, reader_leb_u32(&d->r, &flags));
    if (flags > EXPLICIT_MEMORY)
        return decode_fail(d, NACRE_MALFORMED, offset, "malformed data segment kind");
    if (flags != 0) TRY(decode_use(d, WASM_FEATURE_BULK, offset));
    data->mode = flags == PASSIVE ? WASM_SEGMENT_PASSIVE : WASM_SEGMENT_ACTIVE;
    if (data->mode == WASM_SEGMENT_ACTIVE) {
        if (flags == EXPLICIT_MEMORY) READ(d, reader_leb_u32(&d->r, &data->memory));
        if (data->memory >= m->memory_count)
            return decode_fail(d, NACRE_INVALID, offset, "unknown memory");
        bool is64 = m->memories[data->memory].is64;
        TRY(decode_expr(d, is64 ? WASM_I64 : WASM_I32, &data->offset));
    }
    READ(d, reader_leb_u32(&d->r, &data->size));
    data->bytes = (uint32_t)reader_offset(&d->r);
    READ(d, reader_bytes(&d->r, data->size, &bytes));
    return NACRE_OK;
}

nacre_status decode_data_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    size_t offset = reader_offset(&d->r);
    uint32_t count;
    TRY(decode_count(d, WASM_SEGMENTS_MAX, "data segments", &count));
    if (m->has_data_count && count != m->data_count)
        return decode_fail(d, NACRE_MALFORMED, offset,
                           "data count and data section have inconsistent lengths");
    m->datas = ARENA_ARRAY(&m->arena, struct wasm_data, count);
    if (!m->datas) return decode_no_memory(d);
    m->data_count = count;
    for (uint32_t i = 0; i < count; i++) TRY(decode_data(d, &m->datas[i]));
    return NACRE_OK;
}
