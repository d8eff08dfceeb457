/* signature.c - see signature.h */
#include "compiler/signature.h"

/* Are the types' params and results of the same kinds? */
static bool is_same(const struct wasm_type *a, const struct wasm_type *b) {
    if (a->param_count != b->param_count || a->result_count != b->result_count) return false;
    for (uint32_t i = 0; i < a->param_count + a->result_count; i++) {
        bool a_is_ref = wasm_is_ref(a->values[i]), b_is_ref = wasm_is_ref(b->values[i]);
        if (a_is_ref != b_is_ref || (!a_is_ref && a->values[i] != b->values[i])) return false;
    }
    return true;
}

/* Modules have few signatures: some dozens. A module with very many types gets one for each of
 * those that are not found among the last ones. */
static nacre_status find(struct signatures *s, const struct wasm_type *type, uint32_t *number) {
    enum { LOOKED_AT = 1000 };
    uint32_t first = s->count > LOOKED_AT ? s->count - LOOKED_AT : 0;
    for (uint32_t i = first; i < s->count; i++)
        if (is_same(s->list[i].type, type)) return *number = i, NACRE_OK;
    if (!alloc_reserve(s->allocator, (void **)&s->list, &s->capacity, s->count + 1,
                       sizeof *s->list))
        return NACRE_NO_MEMORY;
    s->list[s->count] = (struct signature){.type = type};
    *number = s->count++;
    return NACRE_OK;
}

static nacre_status number_types(struct signatures *s, const struct wasm_module *m) {
    for (uint32_t i = 0; i < m->type_count; i++) {
        const struct wasm_type *type = wasm_type_get(m->registry, m->types[i]);
        s->of_type[i] = UINT32_MAX;
        if (type->kind == WASM_TYPE_FUNC) TRY(find(s, type, &s->of_type[i]));
    }
    for (uint32_t i = 0; i < m->func_count; i++)
        TRY(find(s, wasm_func_type(m, i), &s->of_func[i]));
    return NACRE_OK;
}

nacre_status signatures_init(struct signatures *s, const struct allocator *allocator,
                             const struct wasm_module *m) {
    *s = (struct signatures){.allocator = allocator, .type_count = m->type_count,
                             .func_count = m->func_count};
    s->of_type = ALLOC_ARRAY(allocator, uint32_t, m->type_count);
    s->of_func = ALLOC_ARRAY(allocator, uint32_t, m->func_count);
    return s->of_type && s->of_func ? number_types(s, m) : NACRE_NO_MEMORY;
}

void signatures_deinit(struct signatures *s) {
    ALLOC_FREE_ARRAY(s->allocator, s->list, s->capacity);
    if (s->of_type) ALLOC_FREE_ARRAY(s->allocator, s->of_type, s->type_count);
    if (s->of_func) ALLOC_FREE_ARRAY(s->allocator, s->of_func, s->func_count);
}
