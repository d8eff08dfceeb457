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
    nacre_store *s = ALLOC_NEW(&e->allocator, nacre_store);
    if (!s) return NACRE_NO_MEMORY;
    const uint64_t stack_bytes_max = 1u << 30;
    struct store_limits inner = {.deadline_ms = limits->deadline_ms,
                                 .memory_bytes = limits->memory_bytes,
                                 .table_elements = limits->table_elements,
                                 .stack_bytes = u64_min(limits->stack_bytes, stack_bytes_max),
                                 .instances = limits->instances,
                                 .files = limits->files};
    nacre_status status = store_init(&s->store, e, &inner, limits->fuel);
    if (status != NACRE_OK) {
        ALLOC_FREE(&e->allocator, s);
        return status;
    }
    *store = s;
    return NACRE_OK;
}

void nacre_store_destroy(nacre_store *store) {
    if (!store) return;
    struct engine *e = store->store.engine;
    store_deinit(&store->store);
    ALLOC_FREE(&e->allocator, store);
}

uint64_t nacre_store_fuel(const nacre_store *store) { return thread_fuel(&store->store.thread); }

void nacre_store_set_fuel(nacre_store *store, uint64_t fuel) {
    store->store.thread.slice = 0;
    store->store.thread.fuel = fuel;
}

/* --- Host functions: values instead of slots --- */

struct nacre_caller {
    struct host_call *call;
    nacre_store *store;
};

struct callback {
    nacre_callback function;
    void *env;
    nacre_store *store;
    const struct wasm_type *type;
};

static nacre_status convert_results(const struct callback *cb, const nacre_value *results,
                                    uint64_t *slots) {
    const struct wasm_type *type = cb->type;
    for (uint32_t i = 0; i < type->result_count; i++) {
        wasm_valtype t = wasm_results(type)[i];
        TRY(api_to_slots(&cb->store->store, &results[i], t, slots));
        slots += wasm_slots(t);
    }
    return NACRE_OK;
}

static nacre_status call_back(void *env, struct host_call *call, uint64_t *slots) {
    const struct callback *cb = env;
    const struct wasm_type *type = cb->type;
    const struct wasm_types *types = &cb->store->store.engine->types;
    const struct allocator *a = &cb->store->store.engine->allocator;
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
    nacre_caller caller = {call, cb->store};
    nacre_value *results = values + type->param_count;
    nacre_status status = cb->function(cb->env, &caller, values, results);
    if (status == NACRE_OK && convert_results(cb, results, slots) != NACRE_OK)
        status = nacre_caller_fail(&caller, "a host function gave a result of another type");
    if (values != few) ALLOC_FREE_ARRAY(a, values, count);
    return status;
}

nacre_instance *nacre_caller_instance(nacre_caller *caller) {
    return (nacre_instance *)caller->call->instance;
}

nacre_status nacre_caller_fail(nacre_caller *caller, const char *text) {
    struct text t;
    text_init(&t, caller->store->text, sizeof caller->store->text);
    text_add(&t, text);
    caller->call->text = caller->store->text;
    return NACRE_TRAP;
}

nacre_status nacre_caller_exit(nacre_caller *caller, int32_t code) {
    caller->call->exit_code = code;
    return NACRE_EXIT;
}

/* The canonical type of a function described by kinds. */
static nacre_status add_type(struct store *store, const nacre_functype *type, uint32_t *id) {
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
    TRY(add_type(s, type, &id));
    *cb = (struct callback){callback, env, store, wasm_type_get(&s->engine->types, id)};
    return store_add_host(s, id, call_back, cb, func);
}

/* --- Definitions --- */

static struct extern_item item_of(const nacre_extern *e) {
    struct extern_item item = {.kind = (uint8_t)e->kind};
    switch (e->kind) {
    case NACRE_EXTERN_FUNC: item.of.func = e->of.func; break;
    case NACRE_EXTERN_TABLE: item.of.table = api_table(e->of.table); break;
    case NACRE_EXTERN_MEMORY: item.of.memory = api_memory(e->of.memory); break;
    case NACRE_EXTERN_GLOBAL: item.of.global = api_global(e->of.global); break;
    case NACRE_EXTERN_TAG: item.of.tag = (struct tag *)e->of.tag; break;
    }
    return item;
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
    struct extern_item item = item_of(definition);
    wasm_valtype any_function = WASM_REFTYPE(false, WASM_HEAP_FUNC);
    if (item.kind == WASM_EXTERN_FUNC &&
        !store_ref_fits(&store->store, item.of.func, any_function))
        return NACRE_ARGUMENT;
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
