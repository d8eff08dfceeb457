/* decode_type.c - types (core specification 5.3) and the type section (5.5.4). */
#include "wasm/decode.h"

nacre_status decode_heaptype(struct decoder *d, struct type_scope scope, uint32_t *heap) {
    size_t offset = reader_offset(&d->r);
    int64_t value;
    READ(d, reader_leb_i33(&d->r, &value));
    if (value >= 0) {
        TRY(decode_use(d, WASM_FEATURE_TYPED_REFS, offset));
        if (value >= scope.limit) return decode_fail(d, NACRE_INVALID, offset, "unknown type");
        uint32_t index = (uint32_t)value;
        *heap = index >= scope.first ? WASM_HEAP_GROUP + (index - scope.first)
                                     : d->module->types[index];
        return NACRE_OK;
    }
    uint32_t code = (uint32_t)value & 0x7F; /* one byte: -0x40 to -1 */
    if (value < -0x40 || code < 0x69 || code > 0x74)
        return decode_fail(d, NACRE_MALFORMED, offset, "malformed heap type");
    *heap = WASM_HEAP_ABSTRACT | code;
    if (*heap == WASM_HEAP_FUNC || *heap == WASM_HEAP_EXTERN)
        return decode_use(d, WASM_FEATURE_REFTYPES, offset);
    return decode_use(d, *heap == WASM_HEAP_EXN || *heap == WASM_HEAP_NOEXN
                             ? WASM_FEATURE_EXCEPTIONS : WASM_FEATURE_GC, offset);
}

nacre_status decode_valtype(struct decoder *d, struct type_scope scope, wasm_valtype *type) {
    size_t offset = reader_offset(&d->r);
    uint8_t code;
    uint32_t heap;
    READ(d, reader_u8(&d->r, &code));
    switch (code) {
    case WASM_I32: case WASM_I64: case WASM_F32: case WASM_F64:
        *type = code;
        return NACRE_OK;
    case WASM_V128:
        *type = code;
        return decode_use(d, WASM_FEATURE_SIMD, offset);
    case WASM_REF: case WASM_REF_NULL:
        TRY(decode_use(d, WASM_FEATURE_TYPED_REFS, offset));
        TRY(decode_heaptype(d, scope, &heap));
        *type = WASM_REFTYPE(code == WASM_REF_NULL, heap);
        return NACRE_OK;
    default: /* an abstract heap type alone stands for its nullable reference */
        if (code < 0x69 || code > 0x74)
            return decode_fail(d, NACRE_MALFORMED, offset, "malformed value type");
        d->r.at--;
        TRY(decode_heaptype(d, scope, &heap));
        *type = WASM_REFTYPE(true, heap);
        return NACRE_OK;
    }
}

nacre_status decode_reftype(struct decoder *d, wasm_valtype *type) {
    size_t offset = reader_offset(&d->r);
    wasm_valtype t;
    TRY(decode_valtype(d, decode_all_types(d), &t));
    if (!wasm_is_ref(t))
        return decode_fail(d, NACRE_MALFORMED, offset, "malformed reference type");
    *type = t;
    return NACRE_OK;
}

nacre_status decode_type_index(struct decoder *d, enum wasm_type_kind kind, uint32_t *id) {
    size_t offset = reader_offset(&d->r);
    uint32_t index;
    READ(d, reader_leb_u32(&d->r, &index));
    if (index >= d->module->type_count)
        return decode_fail(d, NACRE_INVALID, offset, "unknown type");
    uint32_t found = d->module->types[index];
    if (wasm_type_get(d->module->registry, found)->kind != kind)
        return decode_fail(d, NACRE_INVALID, offset, "type of another kind");
    *id = found;
    return NACRE_OK;
}

/* --- The type section: recursive groups of subtypes of composite types --- */

/* Where the arrays of the group being read are gathered; taken from the module's arena, which
 * holds them until the module goes. */
static nacre_status decode_functype(struct decoder *d, struct type_scope scope,
                                    struct wasm_type *t) {
    struct reader at_params = d->r;
    wasm_valtype skipped;
    TRY(decode_count(d, WASM_PARAMS_MAX, "parameters", &t->param_count));
    for (uint32_t i = 0; i < t->param_count; i++) TRY(decode_valtype(d, scope, &skipped));
    TRY(decode_count(d, WASM_RESULTS_MAX, "results", &t->result_count));
    if (t->result_count > 1) TRY(decode_use(d, WASM_FEATURE_MULTI_VALUE, reader_offset(&d->r)));
    t->values = ARENA_ARRAY(&d->module->arena, wasm_valtype, t->param_count + t->result_count);
    if (!t->values) return decode_no_memory(d);
    d->r = at_params;
    READ(d, reader_leb_u32(&d->r, &t->param_count));
    for (uint32_t i = 0; i < t->param_count; i++) TRY(decode_valtype(d, scope, &t->values[i]));
    READ(d, reader_leb_u32(&d->r, &t->result_count));
    for (uint32_t i = 0; i < t->result_count; i++)
        TRY(decode_valtype(d, scope, &t->values[t->param_count + i]));
    return NACRE_OK;
}

static nacre_status decode_field(struct decoder *d, struct type_scope scope,
                                 struct wasm_field *field) {
    uint8_t mutability;
    if (d->r.at < d->r.end && (*d->r.at == WASM_I8 || *d->r.at == WASM_I16)) {
        field->type = *d->r.at++;
    } else {
        TRY(decode_valtype(d, scope, &field->type));
    }
    size_t offset = reader_offset(&d->r);
    READ(d, reader_u8(&d->r, &mutability));
    if (mutability > 1) return decode_fail(d, NACRE_MALFORMED, offset, "malformed mutability");
    field->is_mutable = mutability;
    return NACRE_OK;
}

static nacre_status decode_fields(struct decoder *d, struct type_scope scope,
                                  struct wasm_type *t) {
    t->field_count = 1;
    if (t->kind == WASM_TYPE_STRUCT)
        TRY(decode_count(d, WASM_FIELDS_MAX, "fields", &t->field_count));
    t->fields = ARENA_ARRAY(&d->module->arena, struct wasm_field, t->field_count);
    if (!t->fields) return decode_no_memory(d);
    for (uint32_t i = 0; i < t->field_count; i++) TRY(decode_field(d, scope, &t->fields[i]));
    return NACRE_OK;
}

static nacre_status decode_composite(struct decoder *d, struct type_scope scope,
                                     struct wasm_type *t) {
    enum { FUNC = 0x60, STRUCT = 0x5F, ARRAY = 0x5E };
    size_t offset = reader_offset(&d->r);
    uint8_t form;
    READ(d, reader_u8(&d->r, &form));
    if (form == FUNC) return decode_functype(d, scope, t);
    if (form != STRUCT && form != ARRAY)
        return decode_fail(d, NACRE_MALFORMED, offset, "integer representation too long");
    TRY(decode_use(d, WASM_FEATURE_GC, offset));
    t->kind = form == STRUCT ? WASM_TYPE_STRUCT : WASM_TYPE_ARRAY;
    return decode_fields(d, scope, t);
}

static nacre_status decode_super(struct decoder *d, struct type_scope scope,
                                 const struct wasm_type *group, struct wasm_type *t) {
    const struct wasm_module *m = d->module;
    uint32_t count, index, self = scope.first + (uint32_t)(t - group);
    TRY(decode_count(d, 1, "supertypes", &count));
    if (count == 0) return NACRE_OK;
    size_t offset = reader_offset(&d->r);
    READ(d, reader_leb_u32(&d->r, &index));
    if (index >= self) return decode_fail(d, NACRE_INVALID, offset, "unknown type");
    bool is_inside = index >= scope.first;
    t->super = is_inside ? WASM_HEAP_GROUP + (index - scope.first) : m->types[index];
    t->depth = 1 + (is_inside ? group[index - scope.first].depth
                              : wasm_type_get(m->registry, t->super)->depth);
    if (t->depth > WASM_SUBTYPE_DEPTH_MAX) /* each will have a list of its supertypes */
        return decode_fail(d, NACRE_LIMIT, offset, "subtypes nest deeper than 63");
    return NACRE_OK;
}

static nacre_status decode_subtype(struct decoder *d, struct type_scope scope,
                                   const struct wasm_type *group, struct wasm_type *t) {
    enum { SUB = 0x50, SUB_FINAL = 0x4F };
    *t = (struct wasm_type){.is_final = true, .super = WASM_NO_TYPE};
    size_t offset = reader_offset(&d->r);
    if (d->r.at < d->r.end && (*d->r.at == SUB || *d->r.at == SUB_FINAL)) {
        TRY(decode_use(d, WASM_FEATURE_GC, offset));
        t->is_final = *d->r.at++ == SUB_FINAL;
        TRY(decode_super(d, scope, group, t));
    }
    return decode_composite(d, scope, t);
}

static nacre_status check_supers(struct decoder *d, uint32_t first, uint32_t count,
                                 size_t offset) {
    const struct wasm_types *types = d->module->registry;
    for (uint32_t id = first; id < first + count; id++) {
        const struct wasm_type *t = wasm_type_get(types, id);
        if (t->super == WASM_NO_TYPE) continue;
        if (!wasm_type_extends(types, t, wasm_type_get(types, t->super)))
            return decode_fail(d, NACRE_INVALID, offset, "sub type does not match super type");
    }
    return NACRE_OK;
}

static nacre_status decode_group(struct decoder *d, uint32_t *capacity) {
    enum { REC = 0x4E };
    struct wasm_module *m = d->module;
    size_t offset = reader_offset(&d->r);
    uint32_t count = 1, first;
    if (d->r.at < d->r.end && *d->r.at == REC) {
        d->r.at++;
        TRY(decode_use(d, WASM_FEATURE_GC, offset));
        TRY(decode_count(d, WASM_TYPES_MAX, "types", &count));
    }
    if (count == 0) return NACRE_OK;
    if (count > WASM_TYPES_MAX - m->type_count)
        return decode_fail(d, NACRE_LIMIT, offset, "too many types, the limit is 1000000");
    struct wasm_type *group = ARENA_ARRAY(&m->arena, struct wasm_type, count);
    if (!group || !alloc_reserve(m->arena.allocator, (void **)&m->types, capacity,
                                 m->type_count + count, sizeof *m->types))
        return decode_no_memory(d);
    struct type_scope scope = {m->type_count, m->type_count + count};
    for (uint32_t i = 0; i < count; i++) TRY(decode_subtype(d, scope, group, &group[i]));
    nacre_status status = wasm_types_add(m->registry, group, count, &first);
    if (status != NACRE_OK)
        return decode_fail(d, status, offset, "no room for the module's types in the engine");
    for (uint32_t i = 0; i < count; i++) m->types[m->type_count++] = first + i;
    return check_supers(d, first, count, offset);
}

void wasm_module_release_types(struct wasm_module *m) {
    while (m->type_count > 0) { /* the last first, so that ids are free up to the end */
        uint32_t id = m->types[--m->type_count];
        if (wasm_type_get(m->registry, id)->group_size) wasm_types_release(m->registry, id);
    }
}

nacre_status decode_type_section(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t groups, capacity = 0;
    nacre_status status = NACRE_OK;
    TRY(decode_count(d, WASM_TYPES_MAX, "types", &groups));
    for (uint32_t i = 0; i < groups && status == NACRE_OK; i++)
        status = decode_group(d, &capacity);
    /* The ids move to the arena; groups made their number unknown until now. */
    uint32_t *types = ARENA_ARRAY(&m->arena, uint32_t, m->type_count);
    if (types && m->type_count) memcpy(types, m->types, m->type_count * sizeof *types);
    if (!types) wasm_module_release_types(m);
    ALLOC_FREE_ARRAY(m->arena.allocator, m->types, capacity);
    m->types = types;
    return status != NACRE_OK || types ? status : decode_no_memory(d);
}
