/* decode_extern.c - types of tables, memories, globals and tags (core specification 5.3.8 on). */
#include "wasm/decode.h"

nacre_status decode_limits(struct decoder *d, struct wasm_limits *limits) {
    enum { HAS_MAX = 1, SHARED = 2, IS64 = 4 };
    size_t offset = reader_offset(&d->r);
    uint8_t flags;
    READ(d, reader_u8(&d->r, &flags));
    if (flags > (HAS_MAX | SHARED | IS64))
        return decode_fail(d, NACRE_MALFORMED, offset, "malformed limits flags");
    *limits = (struct wasm_limits){.max = UINT64_MAX, .has_max = flags & HAS_MAX,
                                   .is64 = flags & IS64, .is_shared = flags & SHARED};
    if (limits->is64) TRY(decode_use(d, WASM_FEATURE_MEMORY64, offset));
    READ(d, reader_leb_u64(&d->r, &limits->min));
    if (limits->has_max) READ(d, reader_leb_u64(&d->r, &limits->max));
    return NACRE_OK;
}

static nacre_status check_limits(struct decoder *d, const struct wasm_limits *limits,
                                 uint64_t range, size_t offset, const char *what) {
    if (limits->min > range || (limits->has_max && limits->max > range))
        return decode_fail(d, NACRE_INVALID, offset, what);
    if (limits->min > limits->max)
        return decode_fail(d, NACRE_INVALID, offset,
                           "size minimum must not be greater than maximum");
    return NACRE_OK;
}

nacre_status decode_tabletype(struct decoder *d, struct wasm_table *table) {
    TRY(decode_reftype(d, &table->type));
    size_t offset = reader_offset(&d->r);
    TRY(decode_limits(d, &table->limits));
    if (table->limits.is_shared)
        return decode_fail(d, NACRE_MALFORMED, offset, "tables can't be shared");
    return check_limits(d, &table->limits, table->limits.is64 ? UINT64_MAX : UINT32_MAX, offset,
                        "table size must be at most 2^32 - 1");
}

nacre_status decode_memorytype(struct decoder *d, struct wasm_limits *limits) {
    size_t offset = reader_offset(&d->r);
    TRY(decode_limits(d, limits));
    if (limits->is_shared) {
        TRY(decode_use(d, WASM_FEATURE_THREADS, offset));
        if (!limits->has_max)
            return decode_fail(d, NACRE_INVALID, offset, "shared memory must have maximum");
    }
    return limits->is64
        ? check_limits(d, limits, UINT64_C(1) << 48, offset,
                       "memory size must be at most 2^48 pages")
        : check_limits(d, limits, UINT64_C(1) << 16, offset,
                       "memory size must be at most 65536 pages (4 GiB)");
}

nacre_status decode_globaltype(struct decoder *d, struct wasm_global *global) {
    uint8_t mutability;
    TRY(decode_valtype(d, decode_all_types(d), &global->type));
    size_t offset = reader_offset(&d->r);
    READ(d, reader_u8(&d->r, &mutability));
    if (mutability > 1) return decode_fail(d, NACRE_MALFORMED, offset, "malformed mutability");
    global->is_mutable = mutability;
    return NACRE_OK;
}

nacre_status decode_tagtype(struct decoder *d, uint32_t *type) {
    size_t offset = reader_offset(&d->r);
    uint8_t attribute;
    READ(d, reader_u8(&d->r, &attribute));
    if (attribute != 0) return decode_fail(d, NACRE_MALFORMED, offset, "malformed tag attribute");
    TRY(decode_use(d, WASM_FEATURE_EXCEPTIONS, offset));
    TRY(decode_type_index(d, WASM_TYPE_FUNC, type));
    if (wasm_type_get(d->module->registry, *type)->result_count != 0)
        return decode_fail(d, NACRE_INVALID, offset, "non-empty tag result type");
    return NACRE_OK;
}
