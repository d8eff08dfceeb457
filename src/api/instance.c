/* instance.c - implements instances and calls of nacre/instance.h */
#include "api/api.h"

#include "base/status.h"

static nacre_status bad_count(nacre_error *error, nacre_status status, const char *what,
                              uint32_t expected, uint32_t given) {
    error_set(error, status, NACRE_NO_OFFSET, what);
    struct text t = error_text(error);
    text_add(&t, ": expected ");
    text_add_u64(&t, expected);
    text_add(&t, ", given ");
    text_add_u64(&t, given);
    return status;
}

static nacre_status create(nacre_store *store, const nacre_module *module,
                           const struct extern_item *imports, nacre_instance **instance,
                           nacre_error *error) {
    struct instance *i;
    /* A module does not change for those who use it: lowering its functions is under a lock. */
    struct code_module *code = (struct code_module *)(uintptr_t)&module->code;
    TRY(instance_create(&store->store, code, imports, &i, error));
    *instance = (nacre_instance *)i;
    return NACRE_OK;
}

nacre_status nacre_instance_create(nacre_store *store, const nacre_module *module,
                                   nacre_instance **instance, nacre_error *error) {
    return create(store, module, NULL, instance, error);
}

nacre_status nacre_instance_create_with(nacre_store *store, const nacre_module *module,
                                        const nacre_extern *imports, uint32_t count,
                                        nacre_instance **instance, nacre_error *error) {
    const struct allocator *a = &store->store.engine->allocator;
    uint32_t expected = module->code.wasm.import_count;
    if (count != expected)
        return bad_count(error, NACRE_IMPORT_TYPE, "wrong number of imports", expected, count);
    struct extern_item *items = ALLOC_ARRAY(a, struct extern_item, count);
    if (!items) return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "out of memory");
    nacre_status status = NACRE_OK;
    for (uint32_t i = 0; i < count && status == NACRE_OK; i++) {
        items[i] = api_item(&imports[i]);
        if (!api_item_fits(&store->store, &items[i]))
            status = error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET,
                               "an import is no function of this store");
    }
    if (status == NACRE_OK) status = create(store, module, items, instance, error);
    ALLOC_FREE_ARRAY(a, items, count);
    return status;
}

const nacre_module *nacre_instance_module(const nacre_instance *instance) {
    return (const nacre_module *)api_instance(instance)->module;
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

nacre_status nacre_func_type(nacre_store *store, nacre_ref func, nacre_functype *type) {
    const struct wasm_type *t = type_of(&store->store, func);
    if (!t) return NACRE_ARGUMENT;
    *type = api_functype(&store->store.engine->types, t->id);
    return NACRE_OK;
}

static nacre_status put_args(const struct store *store, const struct wasm_type *type,
                             const nacre_value *args, uint64_t *slots, nacre_error *error) {
    uint32_t bad;
    nacre_status status =
        api_put_values(store, wasm_params(type), type->param_count, args, slots, &bad);
    if (status == NACRE_OK) return NACRE_OK;
    error_set(error, status, NACRE_NO_OFFSET, "argument ");
    struct text text = error_text(error);
    text_add_u64(&text, bad + 1);
    text_add(&text, " is not a value of type ");
    wasm_valtype_text(&text, wasm_params(type)[bad]);
    return status;
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
        return bad_count(error, NACRE_TYPE, "wrong number of arguments", type->param_count,
                         arg_count);
    if (result_count != type->result_count)
        return bad_count(error, NACRE_TYPE, "wrong number of results", type->result_count,
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

/* Does a row come before another one? No two are equal. */
static bool comes_before(const nacre_profile_row *a, const nacre_profile_row *b) {
    if (a->instructions != b->instructions) return a->instructions > b->instructions;
    return a->function < b->function;
}

/* The rows are a heap with the last one of all at its root: puts a row in place of the root. */
static void replace_root(nacre_profile_row *rows, size_t count, nacre_profile_row row) {
    size_t at = 0, child;
    while ((child = 2 * at + 1) < count) {
        if (child + 1 < count && comes_before(&rows[child], &rows[child + 1])) child++;
        if (!comes_before(&row, &rows[child])) break;
        rows[at] = rows[child];
        at = child;
    }
    rows[at] = row;
}

static void add_leaf(nacre_profile_row *rows, size_t at, nacre_profile_row row) {
    for (; at > 0 && comes_before(&rows[(at - 1) / 2], &row); at = (at - 1) / 2)
        rows[at] = rows[(at - 1) / 2];
    rows[at] = row;
}

/* A heap, because a module has up to a million functions and whoever asks may want them all. */
size_t nacre_instance_profile(const nacre_instance *instance, nacre_profile_row *rows,
                              size_t capacity) {
    const struct instance *i = api_instance(instance);
    size_t count = 0;
    if (!i->profile) return 0;
    for (uint32_t f = 0; f < i->module->wasm.func_count; f++) {
        nacre_profile_row row = {f, i->profile[f].instructions, i->profile[f].calls};
        if (row.calls == 0) continue;
        if (count < capacity) add_leaf(rows, count, row);
        else if (capacity && comes_before(&row, &rows[0])) replace_root(rows, capacity, row);
        count++;
    }
    for (size_t left = count < capacity ? count : capacity; left > 1; left--) {
        nacre_profile_row last = rows[0];
        replace_root(rows, left - 1, rows[left - 1]);
        rows[left - 1] = last;
    }
    return count;
}
