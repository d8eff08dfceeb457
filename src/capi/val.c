/* val.c - values between the program and the store. See capi.h */
#include "capi/capi.h"

void wasm_val_delete(wasm_val_t *val) {
    if (val && wasm_valkind_is_ref(val->kind)) capi_ref_drop(val->of.ref);
}

void wasm_val_copy(wasm_val_t *out, const wasm_val_t *val) {
    *out = *val;
    if (wasm_valkind_is_ref(val->kind)) out->of.ref = capi_ref_copy(val->of.ref);
}

/* --- From the program --- */

/* The number that stands for a reference: what the guest has once, it may have for ever. */
static bool number_of(wasm_store_t *store, wasm_ref_t *ref, uint32_t *number) {
    if (!ref->number) {
        if (store->number_count >= NACRE_EXTERN_NUMBER_MAX ||
            !capi_list_set(&store->numbers, store->number_count, ref))
            return false;
        ref->number = ++store->number_count;
    }
    *number = ref->number - 1;
    return true;
}

bool capi_ref_in(wasm_store_t *store, const wasm_ref_t *ref, nacre_kind kind, nacre_ref *inner) {
    uint32_t number;
    *inner = NACRE_NULL;
    if (!ref) return true;
    if (ref->store != store) return false;
    if (kind == NACRE_FUNCREF) {
        if (ref->kind != CAPI_FUNC) return false;
        *inner = ((const wasm_extern_t *)ref)->item.of.func;
    } else if (ref->kind == CAPI_OBJECT) {
        *inner = ((const struct capi_object *)ref)->object;
    } else {
        if (!number_of(store, (wasm_ref_t *)(uintptr_t)ref, &number)) return false;
        *inner = nacre_extern_ref(number);
    }
    return true;
}

bool capi_val_in(wasm_store_t *store, const wasm_val_t *val, nacre_kind kind, nacre_value *inner) {
    *inner = (nacre_value){.kind = kind};
    if (val->kind != wasm_valtype_kind(capi_valtype(kind))) return false;
    switch (kind) {
    case NACRE_I32: inner->of.i32 = val->of.i32; return true;
    case NACRE_I64: inner->of.i64 = val->of.i64; return true;
    case NACRE_F32: inner->of.f32 = val->of.f32; return true;
    case NACRE_F64: inner->of.f64 = val->of.f64; return true;
    case NACRE_V128: return false;
    default: return capi_ref_in(store, val->of.ref, kind, &inner->of.ref);
    }
}

/* --- To the program --- */

static wasm_ref_t *object_out(wasm_store_t *store, nacre_ref ref) {
    struct capi_object *object = capi_ref_new(store, CAPI_OBJECT, sizeof *object);
    if (object && nacre_ref_keep(store->store, ref) == NACRE_OK) {
        object->object = ref;
    } else if (object) {
        capi_ref_drop(object);
        object = NULL;
    }
    return (wasm_ref_t *)object;
}

static bool ref_out(wasm_store_t *store, const nacre_value *inner, wasm_ref_t **ref) {
    nacre_extern func = {.kind = NACRE_EXTERN_FUNC, .of.func = inner->of.ref};
    *ref = NULL;
    if (inner->of.ref == NACRE_NULL) return true;
    if (inner->kind == NACRE_FUNCREF) {
        *ref = (wasm_ref_t *)capi_extern(store, &func);
        return *ref;
    }
    if (nacre_ref_referent(store->store, inner) == NACRE_REFERENT_NUMBER)
        *ref = capi_ref_copy(
            capi_list_get(&store->numbers, nacre_extern_number(inner->of.ref)));
    if (!*ref) *ref = object_out(store, inner->of.ref);
    return *ref;
}

bool capi_val_out(wasm_store_t *store, const nacre_value *inner, wasm_val_t *val) {
    val->kind = wasm_valtype_kind(capi_valtype(inner->kind));
    switch (inner->kind) {
    case NACRE_I32: val->of.i32 = inner->of.i32; return true;
    case NACRE_I64: val->of.i64 = inner->of.i64; return true;
    case NACRE_F32: val->of.f32 = inner->of.f32; return true;
    case NACRE_F64: val->of.f64 = inner->of.f64; return true;
    case NACRE_V128: return false;
    default: return ref_out(store, inner, &val->of.ref);
    }
}

bool capi_vals_out(wasm_store_t *store, const nacre_value *inner, size_t count, wasm_val_t *vals) {
    for (size_t i = 0; i < count; i++) {
        if (capi_val_out(store, &inner[i], &vals[i])) continue;
        while (i-- > 0) wasm_val_delete(&vals[i]);
        return false;
    }
    return true;
}
