/* start_thread.c - threads of a program: each has a store of its own, where the program's module
 * is instantiated again with the same imports. They share memories that are shared, and nothing
 * else (host functions must cope with being called from several threads). */
#include "exec/host.h"

#include "base/status.h"
#include "exec/run.h"

struct started {
    struct store store;
    struct group *group;
    struct allocator allocator;
    uint32_t func, number, argument;
};

/* --- The same imports --- */

static nacre_status take_func(struct store *to, const struct instance *of, uint32_t index,
                              struct extern_item *item) {
    const struct func *func = &of->store->funcs[of->funcs[index]];
    if (func->instance) return NACRE_UNSUPPORTED;
    const struct host *host = &of->store->hosts[func->index];
    if (host->uses_type) wasm_types_keep(&to->engine->types, func->type); /* for the other's */
    return store_add_host(to, host, &item->of.func);
}

static nacre_status take_memory(struct store *to, const struct instance *of, uint32_t index,
                                struct extern_item *item) {
    const struct memory *memory = of->memories[index];
    if (!memory->shared) return NACRE_UNSUPPORTED;
    return store_add_shared(to, memory, &item->of.memory);
}

static nacre_status take_global(struct store *to, const struct instance *of, uint32_t index,
                                struct extern_item *item) {
    const struct global *global = of->globals[index];
    if (global->is_mutable || wasm_is_ref(global->type)) return NACRE_UNSUPPORTED;
    item->of.global = store_add_global(to, global->type, false);
    if (!item->of.global) return NACRE_NO_MEMORY;
    memcpy(item->of.global->value, global->value, sizeof global->value);
    return NACRE_OK;
}

static nacre_status take_tag(struct store *to, const struct instance *of, uint32_t index,
                             struct extern_item *item) {
    return store_add_tag(to, of->tags[index]->type, &item->of.tag);
}

static nacre_status take_table(struct store *to, const struct instance *of, uint32_t index,
                               struct extern_item *item) {
    (void)to;
    (void)of;
    (void)index;
    (void)item;
    return NACRE_UNSUPPORTED;
}

/* In the module's order. */
static nacre_status take_imports(struct store *to, const struct instance *of,
                                 struct extern_item **items) {
    static nacre_status (*const takers[WASM_EXTERN_COUNT])(
        struct store *to, const struct instance *of, uint32_t index, struct extern_item *item) = {
        [WASM_EXTERN_FUNC] = take_func,     [WASM_EXTERN_TABLE] = take_table,
        [WASM_EXTERN_MEMORY] = take_memory, [WASM_EXTERN_GLOBAL] = take_global,
        [WASM_EXTERN_TAG] = take_tag,
    };
    const struct wasm_module *m = &of->module->wasm;
    *items = ARENA_ARRAY(&to->arena, struct extern_item, m->import_count);
    if (!*items) return NACRE_NO_MEMORY;
    for (uint32_t i = 0; i < m->import_count; i++) {
        (*items)[i].kind = m->imports[i].kind;
        TRY(takers[m->imports[i].kind](to, of, m->imports[i].index, &(*items)[i]));
    }
    return NACRE_OK;
}

/* --- The thread --- */

/* The function that a thread begins with: (thread number, argument), no results. */
static nacre_status find_entry(const struct instance *instance, const char *name,
                               uint32_t *func) {
    const struct wasm_module *m = &instance->module->wasm;
    const struct wasm_export *e = wasm_export_find(m, name, strlen(name));
    if (!e || e->kind != WASM_EXTERN_FUNC) return NACRE_NOT_FOUND;
    const struct wasm_type *type = wasm_func_type(m, e->index);
    bool fits = type->param_count == 2 && type->result_count == 0 &&
                type->values[0] == WASM_I32 && type->values[1] == WASM_I32;
    *func = instance->funcs[e->index];
    return fits ? NACRE_OK : NACRE_TYPE;
}

/* What is left of the caller's time. */
static void take_deadline(struct store *store, const struct host_call *call) {
    const struct port *port = store_port(store);
    const uint64_t ns_per_ms = 1000000;
    uint64_t now;
    if (call->deadline_ns == UINT64_MAX) return;
    if (port->clock_now(port->context, PORT_CLOCK_MONOTONIC, &now) != NACRE_OK) now = UINT64_MAX;
    store->limits.deadline_ms = (call->deadline_ns - u64_min(now, call->deadline_ns)) / ns_per_ms;
}

static void end(struct started *s) {
    struct allocator a = s->allocator;
    struct group *group = s->group;
    store_deinit(&s->store);
    ALLOC_FREE(&a, s);
    group_end_thread(group);
}

static void run(void *argument) {
    struct started *s = argument;
    uint64_t slots[2] = {s->number, s->argument};
    nacre_error error;
    nacre_status status = run_func(&s->store, s->func, slots, &error);
    if (status != NACRE_OK) group_end(s->group, &error);
    end(s);
}

/* The module's start function runs in the thread's instance too: what ends it, such as fuel that
 * other threads have taken, ends the program, as in the thread itself. */
static nacre_status instantiate(struct started *s, const struct host_call *call,
                                struct instance **instance) {
    struct extern_item *imports;
    nacre_error error;
    TRY(take_imports(&s->store, call->instance, &imports));
    s->store.is_starting = true;
    nacre_status status =
        instance_create(&s->store, call->instance->module, imports, instance, &error);
    s->store.is_starting = false;
    if (status == NACRE_TRAP || status == NACRE_EXIT || status == NACRE_EXCEPTION)
        group_end(s->group, &error);
    return status;
}

static nacre_status start(struct started *s, const struct host_call *call, const char *name) {
    const struct port *port = store_port(call->store);
    struct instance *instance;
    take_deadline(&s->store, call);
    TRY(instantiate(s, call, &instance));
    TRY(find_entry(instance, name, &s->func));
    return port->threads->start(port->context, run, s);
}

uint32_t host_start_thread(const struct host_call *call, const char *name, uint32_t argument) {
    const struct allocator *a = &call->store->engine->allocator;
    struct group *group = call->store->group;
    if (!call->instance || !store_port(call->store)->threads) return 0;
    /* A start function that starts a thread would have that one's do so, and so on, all on one
     * native stack. */
    if (call->store->is_starting) return 0;
    uint32_t number = group_start_thread(group);
    struct started *s = number ? ALLOC_NEW(a, struct started) : NULL;
    if (s && store_init_beside(&s->store, call->store) != NACRE_OK) {
        ALLOC_FREE(a, s);
        s = NULL;
    }
    if (!s) {
        if (number) group_end_thread(group);
        return 0;
    }
    s->group = group;
    s->allocator = *a;
    s->number = number;
    s->argument = argument;
    if (start(s, call, name) == NACRE_OK) return number;
    end(s);
    return 0;
}
