/* type.c - types of values, functions, globals, tables, memories and tags. See capi.h */
#include "capi/capi.h"

/* --- Values: there are so few that each is made once --- */

enum { V128 = 4, ANYREF = 130, EXNREF = 131 }; /* kinds that the standard does not have */

static const wasm_valtype_t valtypes[] = {
    {WASM_I32, NACRE_I32}, {WASM_I64, NACRE_I64},
    {WASM_F32, NACRE_F32}, {WASM_F64, NACRE_F64},
    {WASM_EXTERNREF, NACRE_EXTERNREF}, {WASM_FUNCREF, NACRE_FUNCREF},
    {V128, NACRE_V128}, {ANYREF, NACRE_ANYREF}, {EXNREF, NACRE_EXNREF},
};
enum { VALTYPES = sizeof valtypes / sizeof *valtypes };

wasm_valtype_t *wasm_valtype_new(wasm_valkind_t kind) {
    for (size_t i = 0; i < VALTYPES; i++)
        if (valtypes[i].kind == kind) return wasm_valtype_copy(&valtypes[i]);
    return NULL;
}

wasm_valtype_t *capi_valtype(nacre_kind kind) {
    size_t i = 0;
    while (i < VALTYPES - 1 && valtypes[i].inner != kind) i++;
    return wasm_valtype_copy(&valtypes[i]);
}

wasm_valtype_t *wasm_valtype_copy(const wasm_valtype_t *type) {
    return (wasm_valtype_t *)(uintptr_t)type;
}

void wasm_valtype_delete(wasm_valtype_t *type) { (void)type; }

wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t *type) { return type->kind; }

/* --- What can be imported: one structure for all --- */

static wasm_externtype_t *new_type(wasm_externkind_t kind) {
    wasm_externtype_t *type = calloc(1, sizeof *type);
    if (type) type->kind = kind;
    return type;
}

void wasm_externtype_delete(wasm_externtype_t *type) {
    if (!type) return;
    wasm_valtype_vec_delete(&type->params);
    wasm_valtype_vec_delete(&type->results);
    wasm_functype_delete(type->functype);
    free(type);
}

wasm_externtype_t *wasm_externtype_copy(const wasm_externtype_t *type) {
    wasm_externtype_t *copy = new_type(type->kind);
    if (!copy) return NULL;
    copy->mutability = type->mutability;
    copy->limits = type->limits;
    copy->value = type->value;
    wasm_valtype_vec_copy(&copy->params, &type->params);
    wasm_valtype_vec_copy(&copy->results, &type->results);
    if (type->functype) copy->functype = wasm_functype_copy(type->functype);
    if (copy->params.size == type->params.size && copy->results.size == type->results.size &&
        !copy->functype == !type->functype)
        return copy;
    wasm_externtype_delete(copy);
    return NULL;
}

wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t *type) { return type->kind; }

#define CAPI_TYPE(name, is)                                                                 \
    void wasm_##name##_delete(wasm_##name##_t *type) {                                      \
        wasm_externtype_delete((wasm_externtype_t *)type);                                  \
    }                                                                                       \
    wasm_##name##_t *wasm_##name##_copy(const wasm_##name##_t *type) {                      \
        return (wasm_##name##_t *)wasm_externtype_copy((const wasm_externtype_t *)type);    \
    }                                                                                       \
    wasm_externtype_t *wasm_##name##_as_externtype(wasm_##name##_t *type) {                 \
        return (wasm_externtype_t *)type;                                                   \
    }                                                                                       \
    const wasm_externtype_t *wasm_##name##_as_externtype_const(const wasm_##name##_t *type) { \
        return (const wasm_externtype_t *)type;                                             \
    }                                                                                       \
    wasm_##name##_t *wasm_externtype_as_##name(wasm_externtype_t *type) {                   \
        return type && type->kind == WASM_EXTERN_##is ? (wasm_##name##_t *)type : NULL;     \
    }                                                                                       \
    const wasm_##name##_t *wasm_externtype_as_##name##_const(const wasm_externtype_t *type) { \
        return type && type->kind == WASM_EXTERN_##is ? (const wasm_##name##_t *)type : NULL; \
    }                                                                                       \
    static const wasm_externtype_t *inner_##name(const wasm_##name##_t *type) {             \
        return (const wasm_externtype_t *)type;                                             \
    }
#include "capi/types.def"
#undef CAPI_TYPE

/* Takes over what a vector of the program's holds. */
static wasm_valtype_vec_t take(wasm_valtype_vec_t *vec) {
    wasm_valtype_vec_t taken = *vec;
    wasm_valtype_vec_new_empty(vec);
    return taken;
}

static bool is_whole(const wasm_valtype_vec_t *vec) {
    for (size_t i = 0; i < vec->size; i++)
        if (!vec->data[i]) return false;
    return true;
}

wasm_functype_t *wasm_functype_new(wasm_valtype_vec_t *params, wasm_valtype_vec_t *results) {
    wasm_valtype_vec_t p = take(params), r = take(results);
    wasm_externtype_t *type = is_whole(&p) && is_whole(&r) ? new_type(WASM_EXTERN_FUNC) : NULL;
    if (!type) {
        wasm_valtype_vec_delete(&p);
        wasm_valtype_vec_delete(&r);
        return NULL;
    }
    type->params = p;
    type->results = r;
    return (wasm_functype_t *)type;
}

const wasm_valtype_vec_t *wasm_functype_params(const wasm_functype_t *type) {
    return &inner_functype(type)->params;
}

const wasm_valtype_vec_t *wasm_functype_results(const wasm_functype_t *type) {
    return &inner_functype(type)->results;
}

wasm_globaltype_t *wasm_globaltype_new(wasm_valtype_t *value, wasm_mutability_t mutability) {
    wasm_externtype_t *type = value ? new_type(WASM_EXTERN_GLOBAL) : NULL;
    if (!type) return NULL;
    type->value = value;
    type->mutability = mutability;
    return (wasm_globaltype_t *)type;
}

const wasm_valtype_t *wasm_globaltype_content(const wasm_globaltype_t *type) {
    return inner_globaltype(type)->value;
}

wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t *type) {
    return inner_globaltype(type)->mutability;
}

wasm_tabletype_t *wasm_tabletype_new(wasm_valtype_t *value, const wasm_limits_t *limits) {
    wasm_externtype_t *type = value ? new_type(WASM_EXTERN_TABLE) : NULL;
    if (!type) return NULL;
    type->value = value;
    type->limits = *limits;
    return (wasm_tabletype_t *)type;
}

const wasm_valtype_t *wasm_tabletype_element(const wasm_tabletype_t *type) {
    return inner_tabletype(type)->value;
}

const wasm_limits_t *wasm_tabletype_limits(const wasm_tabletype_t *type) {
    return &inner_tabletype(type)->limits;
}

wasm_memorytype_t *wasm_memorytype_new(const wasm_limits_t *limits) {
    wasm_externtype_t *type = new_type(WASM_EXTERN_MEMORY);
    if (type) type->limits = *limits;
    return (wasm_memorytype_t *)type;
}

const wasm_limits_t *wasm_memorytype_limits(const wasm_memorytype_t *type) {
    return &inner_memorytype(type)->limits;
}

wasm_tagtype_t *wasm_tagtype_new(wasm_functype_t *functype) {
    wasm_externtype_t *type = functype ? new_type(WASM_EXTERN_TAG) : NULL;
    if (type) type->functype = functype;
    else wasm_functype_delete(functype);
    return (wasm_tagtype_t *)type;
}

const wasm_functype_t *wasm_tagtype_functype(const wasm_tagtype_t *type) {
    return inner_tagtype(type)->functype;
}

/* --- From Nacre's --- */

static wasm_functype_t *functype_of(const nacre_functype *type) {
    wasm_valtype_vec_t params, results;
    wasm_valtype_vec_new_uninitialized(&params, type->param_count);
    wasm_valtype_vec_new_uninitialized(&results, type->result_count);
    bool has_all = params.size == type->param_count && results.size == type->result_count;
    for (size_t i = 0; i < params.size; i++) params.data[i] = capi_valtype(type->params[i]);
    for (size_t i = 0; i < results.size; i++) results.data[i] = capi_valtype(type->results[i]);
    wasm_functype_t *functype = wasm_functype_new(&params, &results);
    if (has_all) return functype;
    wasm_functype_delete(functype);
    return NULL;
}

static wasm_limits_t limits_of(const nacre_externtype *type) {
    const uint32_t most = wasm_limits_max_default;
    return (wasm_limits_t){type->min < most ? (uint32_t)type->min : most,
                           type->max < most ? (uint32_t)type->max : most};
}

wasm_externtype_t *capi_externtype(const nacre_externtype *type) {
    wasm_limits_t limits = limits_of(type);
    wasm_mutability_t mutability = type->is_mutable ? WASM_VAR : WASM_CONST;
    switch (type->kind) {
    case NACRE_EXTERN_FUNC: return (wasm_externtype_t *)functype_of(&type->func);
    case NACRE_EXTERN_TAG: return (wasm_externtype_t *)wasm_tagtype_new(functype_of(&type->func));
    case NACRE_EXTERN_MEMORY: return (wasm_externtype_t *)wasm_memorytype_new(&limits);
    case NACRE_EXTERN_TABLE:
        return (wasm_externtype_t *)wasm_tabletype_new(capi_valtype(type->value), &limits);
    default:
        return (wasm_externtype_t *)wasm_globaltype_new(capi_valtype(type->value), mutability);
    }
}
