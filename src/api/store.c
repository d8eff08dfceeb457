/* store.c - implements stores, definitions and host functions of nacre/instance.h */
#include "api/api.h"

#include "base/status.h"

nacre_status nacre_store_create(nacre_engine *engine, const nacre_limits *limits,
                                nacre_store **store) {
    struct engine *e = &engine->engine;
    nacre_limits defaults;
    nacre_limits_init(&defaults);
    if (!limits) limits = &defaults;
    bool is_metered = limits->fuel != NACRE_UNLIMITED || limits->deadline_ms != NACRE_UNLIMITED;
    if (is_metered && !e->metering) return NACRE_ARGUMENT;
    uint64_t stack_bytes = u64_max(limits->stack_bytes, NACRE_STACK_BYTES_MIN);
    struct store_limits inner = {.deadline_ms = limits->deadline_ms,
                                 .memory_bytes = limits->memory_bytes,
                                 .table_elements = limits->table_elements,
                                 .stack_bytes = u64_min(stack_bytes, NACRE_STACK_BYTES_MAX),
                                 .reserve_bytes = limits->reserve_bytes,
                                 .instances = limits->instances,
                                 .files = limits->files,
                                 .threads = limits->threads};
    nacre_store *s = spares_take(&e->stores);
    bool is_spare = s != NULL;
    if (!s) s = ALLOC_NEW(&e->allocator, nacre_store);
    if (!s) return NACRE_NO_MEMORY;
    nacre_status status = is_spare ? store_restart(&s->store, &inner, limits->fuel)
                                   : store_init(&s->store, e, &inner, limits->fuel);
    if (status != NACRE_OK) {
        api_release_store(s);
        return status;
    }
    s->wasi = NULL;
    *store = s;
    return NACRE_OK;
}

void api_release_store(nacre_store *store) {
    struct engine *e = store->store.engine;
    store_deinit(&store->store);
    ALLOC_FREE(&e->allocator, store);
}

void nacre_store_destroy(nacre_store *store) {
    if (!store) return;
    struct engine *e = store->store.engine;
    store_clear(&store->store);
    if (!spares_put(&e->stores, store)) api_release_store(store);
}

uint64_t nacre_store_fuel(const nacre_store *store) { return thread_fuel(&store->store.thread); }

void nacre_store_set_fuel(nacre_store *store, uint64_t fuel) {
    store->store.thread.image.slice = 0;
    group_set_fuel(store->store.group, fuel);
}

/* --- Host functions: values instead of slots --- */

struct callback {
    nacre_callback function;
    void *env;
    const struct wasm_type *type;
};

static nacre_status call_back(void *env, struct host_call *call, uint64_t *slots) {
    const struct callback *cb = env;
    const struct wasm_type *type = cb->type;
    const struct store *store = call->store; /* not always that which it was created in */
    const struct wasm_types *types = &store->engine->types;
    const struct allocator *a = &store->engine->allocator;
    uint32_t count = type->param_count + type->result_count;
    enum { FEW = 16 };
    nacre_value few[FEW] = {0};
    nacre_value *values = count <= FEW ? few : ALLOC_ARRAY(a, nacre_value, count);
    if (!values) return NACRE_NO_MEMORY;
    const uint64_t *at = slots;
    for (uint32_t i = 0; i < count; i++) {
        wasm_valtype t = type->values[i];
        static const uint64_t zero[2];
        bool is_param = i < type->param_count;
        api_from_slots(types, t, is_param ? at : zero, &values[i]);
        if (is_param) at += wasm_slots(t);
    }
    nacre_caller caller = {call};
    nacre_value *results = values + type->param_count;
    nacre_status status = cb->function(cb->env, &caller, values, results);
    uint32_t bad;
    if (status == NACRE_OK &&
        api_put_values(store, wasm_results(type), type->result_count, results, slots,
                       &bad) != NACRE_OK)
        status = nacre_caller_fail(&caller, "a host function gave a result of another type");
    if (values != few) ALLOC_FREE_ARRAY(a, values, count);
    return status;
}

nacre_instance *nacre_caller_instance(nacre_caller *caller) {
    return (nacre_instance *)caller->call->instance;
}

nacre_status nacre_caller_fail(nacre_caller *caller, const char *text) {
    struct text t;
    text_init(&t, caller->call->store->text, sizeof caller->call->store->text);
    text_add(&t, text);
    caller->call->text = caller->call->store->text;
    return NACRE_TRAP;
}

nacre_status nacre_caller_exit(nacre_caller *caller, int32_t code) {
    caller->call->exit_code = code;
    return NACRE_EXIT;
}

nacre_status api_add_type(struct store *store, const nacre_functype *type, uint32_t *id) {
    uint32_t count = type->param_count + type->result_count;
    if (type->param_count > WASM_PARAMS_MAX || type->result_count > WASM_RESULTS_MAX)
        return NACRE_ARGUMENT;
    const struct allocator *a = &store->engine->allocator;
    wasm_valtype *values = ALLOC_ARRAY(a, wasm_valtype, count);
    if (!values) return NACRE_NO_MEMORY;
    nacre_status status = NACRE_OK;
    for (uint32_t i = 0; i < count; i++) {
        values[i] = api_type(i < type->param_count ? type->params[i]
                                                   : type->results[i - type->param_count]);
        if (values[i] == WASM_BOTTOM) status = NACRE_ARGUMENT;
    }
    struct wasm_type t = {.is_final = true, .super = WASM_NO_TYPE,
                          .param_count = type->param_count, .result_count = type->result_count,
                          .values = values};
    if (status == NACRE_OK) status = wasm_types_add(&store->engine->types, &t, 1, id);
    ALLOC_FREE_ARRAY(a, values, count);
    return status;
}

nacre_status nacre_func_create(nacre_store *store, const nacre_functype *type,
                               nacre_callback callback, void *env, nacre_ref *func) {
    struct store *s = &store->store;
    uint32_t id;
    struct callback *cb = arena_take(&s->arena, 1, sizeof *cb);
    if (!cb) return NACRE_NO_MEMORY;
    TRY(api_add_type(s, type, &id));
    *cb = (struct callback){callback, env, wasm_type_get(&s->engine->types, id)};
    const struct host host = {call_back, cb, id, true};
    return store_add_host(s, &host, func);
}

/* --- Definitions --- */

uint32_t nacre_store_threads(const nacre_store *store) {
    return __atomic_load_n(&store->store.group->threads, __ATOMIC_ACQUIRE);
}

nacre_status nacre_store_define_shared(nacre_store *store, const nacre_module *module) {
    const struct wasm_module *m = &module->code.wasm;
    struct store *s = &store->store;
    for (uint32_t i = 0; i < m->import_count; i++) {
        const struct wasm_import *import = &m->imports[i];
        struct extern_item item = {.kind = WASM_EXTERN_MEMORY};
        const struct extern_item *defined;
        if (import->kind != WASM_EXTERN_MEMORY || !m->memories[import->index].is_shared) continue;
        TRY(store_find(s, import->module, import->name, &defined));
        if (defined) continue;
        TRY(store_add_memory(s, &m->memories[import->index], &item.of.memory));
        TRY(store_define(s, import->module, import->name, &item));
    }
    return NACRE_OK;
}

struct extern_item api_item(const nacre_extern *e) {
    struct extern_item item = {.kind = (uint8_t)e->kind};
    switch (e->kind) {
    case NACRE_EXTERN_FUNC: item.of.func = e->of.func; break;
    case NACRE_EXTERN_TABLE: item.of.table = api_table(e->of.table); break;
    case NACRE_EXTERN_MEMORY: item.of.memory = api_memory(e->of.memory); break;
    case NACRE_EXTERN_GLOBAL: item.of.global = api_global(e->of.global); break;
    case NACRE_EXTERN_TAG: item.of.tag = api_tag(e->of.tag); break;
    }
    return item;
}

bool api_item_fits(const struct store *store, const struct extern_item *item) {
    return item->kind != WASM_EXTERN_FUNC ||
           store_ref_fits(store, item->of.func, WASM_REFTYPE(false, WASM_HEAP_FUNC));
}

static nacre_status define(struct store *store, const char *module, size_t module_size,
                           const char *name, size_t name_size, const struct extern_item *item) {
    const char *m = store_copy_name(store, module, module_size);
    const char *n = store_copy_name(store, name, name_size);
    if (!m || !n) return NACRE_NO_MEMORY;
    return store_define(store, (struct wasm_name){m, (uint32_t)module_size},
                        (struct wasm_name){n, (uint32_t)name_size}, item);
}

nacre_status nacre_store_define(nacre_store *store, const char *module, size_t module_size,
                                const char *name, size_t name_size,
                                const nacre_extern *definition) {
    struct extern_item item = api_item(definition);
    if (!api_item_fits(&store->store, &item)) return NACRE_ARGUMENT;
    return define(&store->store, module, module_size, name, name_size, &item);
}

nacre_status nacre_store_define_instance(nacre_store *store, const char *module,
                                         size_t module_size, nacre_instance *instance) {
    const struct instance *i = api_instance(instance);
    const struct wasm_module *m = &i->module->wasm;
    for (uint32_t n = 0; n < m->export_count; n++) {
        struct extern_item item = instance_item(i, &m->exports[n]);
        TRY(define(&store->store, module, module_size, m->exports[n].name.bytes,
                   m->exports[n].name.size, &item));
    }
    return NACRE_OK;
}
