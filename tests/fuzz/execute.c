/*
 * execute.c - fuzz target: a valid module is made of the bytes, and everything that it exports is
 * called, in several ways that must not differ:
 *
 *   - two instances in one store, which share nothing: the same results, the same fuel;
 *   - all of that again in another engine;
 *   - and without metering, with a collection before every object, unless a limit ended it before.
 *
 * The first byte has options. Bytes that begin as a module are taken as that. Nothing is compared
 * of a module that waits for so long that a deadline ends it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <nacre/instance.h>

#include "fuzz/generator/generate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUEL = 50000, VALUES_MAX = 1000, EXPORTS_MAX = 100, HOST_DEPTH_MAX = 3 };

/* What happened, as a hash, to be compared. */
struct outcome {
    uint64_t hash;
    uint64_t fuel;   /* left, after each call, too */
    bool is_limited; /* a limit ended something: without it things would go on */
    bool is_late;    /* that was the deadline: no two runs are alike */
};

static void add(struct outcome *o, const void *bytes, size_t size) {
    const uint8_t *b = bytes;
    for (size_t i = 0; i < size; i++) o->hash = (o->hash ^ b[i]) * 0x100000001B3u;
}
static void add_u64(struct outcome *o, uint64_t value) { add(o, &value, sizeof value); }

/* A reference to a function or an object is known by being one: its number depends on others. */
static void add_value(struct outcome *o, const nacre_value *v) {
    add_u64(o, v->kind);
    switch (v->kind) {
    case NACRE_I32: add(o, &v->of.i32, 4); break;
    case NACRE_I64: add(o, &v->of.i64, 8); break;
    case NACRE_F32: add(o, &v->of.f32, 4); break;
    case NACRE_F64: add(o, &v->of.f64, 8); break;
    case NACRE_V128: add(o, v->of.v128, 16); break;
    case NACRE_FUNCREF: add_u64(o, v->of.ref != NACRE_NULL); break;
    default: add_u64(o, v->of.ref & 3 ? v->of.ref : v->of.ref != NACRE_NULL);
    }
}

static void add_status(struct outcome *o, nacre_status status, const nacre_error *error) {
    nacre_trap trap = status == NACRE_TRAP ? error->trap : NACRE_TRAP_NONE;
    add_u64(o, (uint64_t)status << 32 | trap);
    o->is_limited |= status == NACRE_LIMIT || status == NACRE_NO_MEMORY ||
                     trap == NACRE_TRAP_OUT_OF_FUEL || trap == NACRE_TRAP_STACK_EXHAUSTED ||
                     trap == NACRE_TRAP_OUT_OF_MEMORY;
    o->is_late |= trap == NACRE_TRAP_DEADLINE;
}

/* --- The host --- */

struct host {
    nacre_store *store;
    nacre_instance *instance; /* whose f3 is called back; NULL while it is made */
    int depth;
    bool is_limited, is_late; /* as in an outcome, of what was called back */
};

static nacre_status triple(void *env, nacre_caller *caller, const nacre_value *args,
                           nacre_value *results) {
    (void)env, (void)caller;
    results[0].of.i32 = (int32_t)((uint32_t)args[0].of.i32 * 3 + 1);
    return NACRE_OK;
}

static nacre_status mix(void *env, nacre_caller *caller, const nacre_value *args,
                        nacre_value *results) {
    (void)env;
    if (args[0].of.i64 == 7) return nacre_caller_fail(caller, "seven");
    results[0].of.i32 = (int32_t)args[0].of.i64;
    results[1].of.f32 = 0.5f;
    return NACRE_OK;
}

static nacre_status call_func(struct host *host, nacre_ref func, struct outcome *o);

/* Calls the first function of the instance; what that ends with, this ends with. */
static nacre_status call_back(void *env, nacre_caller *caller, const nacre_value *args,
                              nacre_value *results) {
    struct host *host = env;
    nacre_extern item;
    struct outcome ignored = {0};
    (void)caller, (void)args, (void)results;
    if (!host->instance || host->depth >= HOST_DEPTH_MAX) return NACRE_OK;
    if (nacre_instance_export(host->instance, "f3", 2, &item) != NACRE_OK) return NACRE_OK;
    host->depth++;
    nacre_status status = call_func(host, item.of.func, &ignored);
    host->depth--;
    host->is_limited |= ignored.is_limited;
    host->is_late |= ignored.is_late;
    return status == NACRE_ARGUMENT ? NACRE_OK : status;
}

static void define(struct host *host) {
    static const nacre_kind kinds[][2] = {{NACRE_I32}, {NACRE_I64, NACRE_F64},
                                          {NACRE_I32, NACRE_F32}};
    const nacre_functype types[] = {
        {1, 1, kinds[0], kinds[0]}, {0, 0, NULL, NULL}, {2, 2, kinds[1], kinds[2]}};
    const nacre_callback callbacks[] = {triple, call_back, mix};
    for (int i = 0; i < 3; i++) {
        nacre_extern item = {.kind = NACRE_EXTERN_FUNC};
        char name = (char)('0' + i);
        if (nacre_func_create(host->store, &types[i], callbacks[i], host, &item.of.func) ||
            nacre_store_define(host->store, "h", 1, &name, 1, &item))
            __builtin_trap();
    }
}

/* --- Running --- */

static void choose(nacre_value *v, uint32_t n) {
    static const int32_t integers[] = {0, 1, -1, 7, INT32_MAX, INT32_MIN, 65536, 100};
    int32_t i = integers[n % 8];
    switch (v->kind) {
    case NACRE_I32: v->of.i32 = i; break;
    case NACRE_I64: v->of.i64 = (int64_t)i * (n & 1 ? 1 : 0x100000001); break;
    case NACRE_F32: v->of.f32 = (float)i / 4; break;
    case NACRE_F64: v->of.f64 = (double)i / 3; break;
    case NACRE_EXTERNREF: v->of.ref = nacre_extern_ref(n); break;
    default: break; /* null, zeros */
    }
}

static nacre_status call_func(struct host *host, nacre_ref func, struct outcome *o) {
    nacre_value args[VALUES_MAX], results[VALUES_MAX];
    nacre_functype type;
    nacre_error error;
    if (nacre_func_type(host->store, func, &type) != NACRE_OK) __builtin_trap();
    memset(args, 0, type.param_count * sizeof *args);
    for (uint32_t i = 0; i < type.param_count; i++) {
        args[i].kind = type.params[i];
        choose(&args[i], i + type.param_count);
    }
    nacre_status status =
        nacre_call(host->store, func, args, type.param_count, results, type.result_count, &error);
    add_status(o, status, &error);
    for (uint32_t i = 0; status == NACRE_OK && i < type.result_count; i++)
        add_value(o, &results[i]);
    return status;
}

static void add_item(struct outcome *o, const nacre_extern *item) {
    nacre_value value;
    if (item->kind == NACRE_EXTERN_MEMORY) {
        add_u64(o, nacre_memory_size(item->of.memory));
        const uint8_t *bytes = nacre_memory_data(item->of.memory);
        if (bytes) add(o, bytes, nacre_memory_size(item->of.memory));
    } else if (item->kind == NACRE_EXTERN_GLOBAL) {
        nacre_global_get(item->of.global, &value);
        add_value(o, &value);
    } else if (item->kind == NACRE_EXTERN_TABLE) {
        uint64_t size = nacre_table_size(item->of.table);
        add_u64(o, size);
        for (uint64_t i = 0; i < size && i < 30; i++)
            if (nacre_table_get(item->of.table, i, &value) == NACRE_OK) add_value(o, &value);
    }
}

/* One instance: everything is called, then looked at. */
static struct outcome run(struct host *host, const nacre_module *module, bool counts_fuel) {
    struct outcome o = {.hash = 1};
    nacre_error error;
    nacre_item item;
    nacre_extern found;
    host->instance = NULL;
    if (counts_fuel) nacre_store_set_fuel(host->store, FUEL);
    nacre_status status = nacre_instance_create(host->store, module, &host->instance, &error);
    add_status(&o, status, &error);
    for (int only_funcs = 1; status == NACRE_OK && only_funcs >= 0; only_funcs--)
        for (uint32_t i = 0; nacre_module_export(module, i, &item) == NACRE_OK; i++) {
            if (i == EXPORTS_MAX || o.is_late) break;
            if (nacre_instance_export(host->instance, item.name, item.name_size, &found))
                __builtin_trap();
            if (only_funcs != (found.kind == NACRE_EXTERN_FUNC)) continue;
            if (counts_fuel) nacre_store_set_fuel(host->store, FUEL);
            if (only_funcs) (void)call_func(host, found.of.func, &o);
            else add_item(&o, &found);
            o.fuel = o.fuel * 31 + nacre_store_fuel(host->store);
        }
    o.is_limited |= host->is_limited;
    o.is_late |= host->is_late;
    return o;
}

struct way {
    bool metering, gc_stress, profile, must_load;
};

/* Both instances' outcomes; false when the module was not loaded. */
static bool run_twice(const uint8_t *bytes, size_t size, struct way way, struct outcome out[2]) {
    nacre_config config;
    nacre_limits limits;
    nacre_engine *engine;
    nacre_module *module = NULL;
    nacre_error error;
    struct host host = {0};
    nacre_config_init(&config);
    config.metering = way.metering;
    config.gc_stress = way.gc_stress;
    config.profile = way.profile;
    nacre_limits_init(&limits);
    limits.memory_bytes = 1u << 24;
    limits.table_elements = 10000;
    limits.stack_bytes = 1u << 17;
    limits.deadline_ms = way.metering ? 1000 : NACRE_UNLIMITED;
    if (nacre_engine_create(&config, &engine) != NACRE_OK) __builtin_trap();
    if (nacre_store_create(engine, &limits, &host.store) != NACRE_OK) __builtin_trap();
    define(&host);
    nacre_status status = nacre_module_create(engine, bytes, size, &module, &error);
    if (way.must_load && status != NACRE_OK) __builtin_trap();
    for (int i = 0; status == NACRE_OK && i < 2; i++) out[i] = run(&host, module, way.metering);
    nacre_store_destroy(host.store);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    return status == NACRE_OK;
}

static void expect_same(const struct outcome *a, const struct outcome *b, bool with_fuel) {
    if (a->is_late || b->is_late) return;
    if (a->hash != b->hash || (with_fuel && a->fuel != b->fuel)) __builtin_trap();
}

static void check(const uint8_t *bytes, size_t size, uint8_t options, bool is_generated) {
    struct outcome first[2], again[2], other[2];
    struct way way = {.metering = true, .must_load = is_generated};
    if (!run_twice(bytes, size, way, first)) return;
    if (!run_twice(bytes, size, way, again)) __builtin_trap();
    for (int i = 0; i < 2; i++) expect_same(&first[i], &again[i], true);
    if (first[0].is_limited || first[1].is_limited || first[0].is_late || first[1].is_late) return;
    expect_same(&first[0], &first[1], true);
    if (!is_generated) return; /* its NaNs may be any */
    way = (struct way){.gc_stress = options & 2, .profile = options & 4, .must_load = true};
    if (!run_twice(bytes, size, way, other)) __builtin_trap();
    for (int i = 0; i < 2; i++) expect_same(&first[i], &other[i], false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct builder b = {0};
    const uint8_t *bytes;
    if (size >= 4 && memcmp(data, "\0asm", 4) == 0) {
        check(data, size, 0, false);
        return 0;
    }
    if (size == 0) return 0;
    struct generate_options options = {.is_portable = data[0] & 1};
    generate(data + 1, size - 1, &options, &b);
    build_module(&b, &bytes, &size);
    check(bytes, size, data[0], true);
    build_free(&b);
    return 0;
}
