/* value.c - kinds and values of the public interface. See api.h */
#include "api/api.h"

nacre_kind api_kind(const struct wasm_types *types, wasm_valtype type) {
    return (nacre_kind)wasm_valtype_top(types, type);
}

nacre_functype api_functype(const struct wasm_types *types, uint32_t id) {
    const struct wasm_type *t = wasm_type_get(types, id);
    _Static_assert(sizeof(nacre_kind) == sizeof *t->tops, "the registry's codes are kinds");
    const nacre_kind *kinds = (const nacre_kind *)t->tops;
    return (nacre_functype){.param_count = t->param_count, .result_count = t->result_count,
                            .params = kinds, .results = kinds + t->param_count};
}

wasm_valtype api_type(nacre_kind kind) {
    switch (kind) {
    case NACRE_I32: case NACRE_I64: case NACRE_F32: case NACRE_F64: case NACRE_V128:
        return (wasm_valtype)kind;
    case NACRE_FUNCREF: case NACRE_EXTERNREF: case NACRE_ANYREF: case NACRE_EXNREF:
        return WASM_REFTYPE(true, (uint32_t)WASM_HEAP_ABSTRACT | (uint32_t)kind);
    }
    return WASM_BOTTOM;
}

nacre_status api_to_slots(const struct store *store, const nacre_value *value, wasm_valtype type,
                          uint64_t *slots) {
    if (api_kind(&store->engine->types, type) != value->kind) return NACRE_TYPE;
    switch (value->kind) {
    case NACRE_I32: slots[0] = (uint32_t)value->of.i32; break;
    case NACRE_I64: slots[0] = (uint64_t)value->of.i64; break;
    case NACRE_F32: slots[0] = __builtin_bit_cast(uint32_t, value->of.f32); break;
    case NACRE_F64: slots[0] = __builtin_bit_cast(uint64_t, value->of.f64); break;
    case NACRE_V128: memcpy(slots, value->of.v128, sizeof value->of.v128); break;
    default:
        if (!store_ref_fits(store, value->of.ref, type)) return NACRE_ARGUMENT;
        slots[0] = value->of.ref;
    }
    return NACRE_OK;
}

nacre_status api_put_values(const struct store *store, const wasm_valtype *types, uint32_t count,
                            const nacre_value *values, uint64_t *slots, uint32_t *bad) {
    for (*bad = 0; *bad < count; ++*bad) {
        TRY(api_to_slots(store, &values[*bad], types[*bad], slots));
        slots += wasm_slots(types[*bad]);
    }
    return NACRE_OK;
}

void api_from_slots(const struct wasm_types *types, wasm_valtype type, const uint64_t *slots,
                    nacre_value *value) {
    memset(value, 0, sizeof *value);
    value->kind = api_kind(types, type);
    switch (value->kind) {
    case NACRE_I32: value->of.i32 = (int32_t)(uint32_t)slots[0]; break;
    case NACRE_I64: value->of.i64 = (int64_t)slots[0]; break;
    case NACRE_F32: value->of.f32 = __builtin_bit_cast(float, (uint32_t)slots[0]); break;
    case NACRE_F64: value->of.f64 = __builtin_bit_cast(double, slots[0]); break;
    case NACRE_V128: memcpy(value->of.v128, slots, sizeof value->of.v128); break;
    default: value->of.ref = (nacre_ref)slots[0];
    }
}
