/* instance.c - implements instances and calls of nacre/instance.h */
#include "api/api.h"

#include "base/status.h"

nacre_status nacre_instance_create(nacre_store *store, const nacre_module *module,
                                   nacre_instance **instance, nacre_error *error) {
    struct instance *i;
    /* A module does not change for those who use it: lowering its functions is under a lock. */
    struct code_module *code = (struct code_module *)(uintptr_t)&module->code;
    TRY(instance_create(&store->store, code, &i, error));
    *instance = (nacre_instance *)i;
    return NACRE_OK;
}

nacre_status nacre_instance_export(const nacre_instance *instance, const char *name,
                                   size_t name_size, nacre_extern *item) {
    const struct instance *i = api_instance(instance);
    const struct wasm_export *export = wasm_export_find(&i->module->wasm, name, name_size);
    if (!export) return NACRE_NOT_FOUND;
    struct extern_item found = instance_item(i, export);
    item->kind = (nacre_extern_kind)found.kind;
    switch (item->kind) {
    case NACRE_EXTERN_FUNC: item->of.func = found.of.func; break;
    case NACRE_EXTERN_TABLE: item->of.table = (nacre_table *)found.of.table; break;
    case NACRE_EXTERN_MEMORY: item->of.memory = (nacre_memory *)found.of.memory; break;
    case NACRE_EXTERN_GLOBAL: item->of.global = (nacre_global *)found.of.global; break;
    case NACRE_EXTERN_TAG: item->of.tag = (nacre_tag *)found.of.tag; break;
    }
    return NACRE_OK;
}

static const struct wasm_type *type_of(const struct store *store, nacre_ref func) {
    if (!store_ref_fits(store, func, WASM_REFTYPE(false, WASM_HEAP_FUNC))) return NULL;
    return wasm_type_get(&store->engine->types, store->funcs[func].type);
}

/* The kinds of a type, made once a store: a module may have very many types. */
static const nacre_kind *kinds_of(nacre_store *store, const struct wasm_type *type) {
    struct api_kinds **at = &store->kinds;
    for (uint32_t id = type->id; *at && (*at)->type != type; id >>= 1) at = &(*at)->next[id & 1];
    if (*at) return (*at)->kinds;
    uint32_t count = type->param_count + type->result_count;
    struct api_kinds *k =
        arena_take(&store->store.arena, 1, sizeof *k + count * sizeof(nacre_kind));
    if (!k) return NULL;
    for (uint32_t i = 0; i < count; i++)
        k->kinds[i] = api_kind(&store->store.engine->types, type->values[i]);
    k->type = type;
    *at = k;
    return k->kinds;
}

nacre_status nacre_func_type(nacre_store *store, nacre_ref func, nacre_functype *type) {
    const struct wasm_type *t = type_of(&store->store, func);
    if (!t) return NACRE_ARGUMENT;
    const nacre_kind *kinds = kinds_of(store, t);
    if (!kinds) return NACRE_NO_MEMORY;
    *type = (nacre_functype){.param_count = t->param_count, .result_count = t->result_count,
                             .params = kinds, .results = kinds + t->param_count};
    return NACRE_OK;
}

static nacre_status bad_call(nacre_error *error, nacre_status status, const char *what,
                             uint32_t expected, uint32_t given) {
    error_set(error, status, NACRE_NO_OFFSET, what);
    struct text t = error_text(error);
    text_add(&t, ": expected ");
    text_add_u64(&t, expected);
    text_add(&t, ", given ");
    text_add_u64(&t, given);
    return status;
}

static nacre_status put_args(const struct store *store, const struct wasm_type *type,
                             const nacre_value *args, uint64_t *slots, nacre_error *error) {
    for (uint32_t i = 0; i < type->param_count; i++) {
        wasm_valtype t = wasm_params(type)[i];
        nacre_status status = api_to_slots(store, &args[i], t, slots);
        if (status != NACRE_OK) {
            error_set(error, status, NACRE_NO_OFFSET, "argument ");
            struct text text = error_text(error);
            text_add_u64(&text, i + 1);
            text_add(&text, " is not a value of type ");
            wasm_valtype_text(&text, t);
            return status;
        }
        slots += wasm_slots(t);
    }
    return NACRE_OK;
}

static nacre_status call(struct store *store, nacre_ref func, const struct wasm_type *type,
                         const nacre_value *args, nacre_value *results, uint64_t *slots,
                         nacre_error *error) {
    TRY(put_args(store, type, args, slots, error));
    TRY(run_func(store, func, slots, error));
    for (uint32_t i = 0; i < type->result_count; i++) {
        wasm_valtype t = wasm_results(type)[i];
        api_from_slots(&store->engine->types, t, slots, &results[i]);
        slots += wasm_slots(t);
    }
    return NACRE_OK;
}

nacre_status nacre_call(nacre_store *store, nacre_ref func, const nacre_value *args,
                        uint32_t arg_count, nacre_value *results, uint32_t result_count,
                        nacre_error *error) {
    struct store *s = &store->store;
    const struct allocator *a = &s->engine->allocator;
    const struct wasm_type *type = type_of(s, func);
    if (!type)
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "no function of this store");
    if (arg_count != type->param_count)
        return bad_call(error, NACRE_TYPE, "wrong number of arguments", type->param_count,
                        arg_count);
    if (result_count != type->result_count)
        return bad_call(error, NACRE_TYPE, "wrong number of results", type->result_count,
                        result_count);
    enum { FEW = 32 };
    uint64_t few[FEW];
    uint32_t count = u32_max(type->param_slots, type->result_slots);
    uint64_t *slots = count <= FEW ? few : ALLOC_ARRAY(a, uint64_t, count);
    if (!slots) return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "out of memory");
    nacre_status status = call(s, func, type, args, results, slots, error);
    if (slots != few) ALLOC_FREE_ARRAY(a, slots, count);
    return status;
}

/* --- The profile --- */

/* Puts a row among those before it, most instructions first; the last falls off a full list. */
static void insert_row(nacre_profile_row *rows, size_t count, size_t capacity,
                       nacre_profile_row row) {
    size_t at = count < capacity ? count : capacity;
    while (at > 0 && rows[at - 1].instructions < row.instructions) {
        if (at < capacity) rows[at] = rows[at - 1];
        at--;
    }
    if (at < capacity) rows[at] = row;
}

size_t nacre_instance_profile(const nacre_instance *instance, nacre_profile_row *rows,
                              size_t capacity) {
    const struct instance *i = api_instance(instance);
    size_t count = 0;
    if (!i->profile) return 0;
    for (uint32_t f = 0; f < i->module->wasm.func_count; f++) {
        if (i->profile[f].calls == 0) continue;
        insert_row(rows, count++, capacity,
                   (nacre_profile_row){f, i->profile[f].instructions, i->profile[f].calls});
    }
    return count;
}
