/* spec_host.c - see spec_host.h; what it holds is fixed by the core suite's interpreter. */
#include "spec_host.h"

#include <string.h>

static const char module_name[] = "spectest";

/* The print functions: a test never looks at what they print. */
static nacre_status print(void *env, nacre_caller *caller, const nacre_value *args,
                          nacre_value *results) {
    (void)env, (void)caller, (void)args, (void)results;
    return NACRE_OK;
}

static const struct {
    const char *name;
    uint32_t count;
    nacre_kind params[2];
} functions[] = {
    {"print", 0, {0}},
    {"print_i32", 1, {NACRE_I32}},
    {"print_i64", 1, {NACRE_I64}},
    {"print_f32", 1, {NACRE_F32}},
    {"print_f64", 1, {NACRE_F64}},
    {"print_i32_f32", 2, {NACRE_I32, NACRE_F32}},
    {"print_f64_f64", 2, {NACRE_F64, NACRE_F64}},
};

static nacre_status define(nacre_store *store, const char *name, const nacre_extern *item) {
    return nacre_store_define(store, module_name, strlen(module_name), name, strlen(name), item);
}

static nacre_status define_functions(nacre_store *store) {
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        nacre_functype type = {.param_count = functions[i].count, .params = functions[i].params};
        nacre_extern item = {.kind = NACRE_EXTERN_FUNC};
        nacre_status status = nacre_func_create(store, &type, print, NULL, &item.of.func);
        if (status == NACRE_OK)
            status = define(store, functions[i].name, &item);
        if (status != NACRE_OK) return status;
    }
    return NACRE_OK;
}

static const struct {
    const char *name;
    nacre_value value;
} globals[] = {
    {"global_i32", {.kind = NACRE_I32, .of.i32 = 666}},
    {"global_i64", {.kind = NACRE_I64, .of.i64 = 666}},
    {"global_f32", {.kind = NACRE_F32, .of.f32 = 666.6f}},
    {"global_f64", {.kind = NACRE_F64, .of.f64 = 666.6}},
};

static nacre_status define_globals(nacre_store *store) {
    for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++) {
        nacre_extern item = {.kind = NACRE_EXTERN_GLOBAL};
        nacre_status status =
            nacre_global_create(store, &globals[i].value, false, &item.of.global);
        if (status == NACRE_OK)
            status = define(store, globals[i].name, &item);
        if (status != NACRE_OK) return status;
    }
    return NACRE_OK;
}

static nacre_status define_table(nacre_store *store, const char *name, bool is64) {
    nacre_extern item = {.kind = NACRE_EXTERN_TABLE};
    nacre_status status =
        nacre_table_create(store, NACRE_FUNCREF, 10, 20, is64, &item.of.table);
    return status == NACRE_OK ? define(store, name, &item) : status;
}

static nacre_status define_memory(nacre_store *store) {
    nacre_extern item = {.kind = NACRE_EXTERN_MEMORY};
    nacre_status status = nacre_memory_create(store, 1, 2, false, &item.of.memory);
    return status == NACRE_OK ? define(store, "memory", &item) : status;
}

nacre_status spec_host_define(nacre_store *store) {
    nacre_status status = define_functions(store);
    if (status == NACRE_OK) status = define_globals(store);
    if (status == NACRE_OK) status = define_table(store, "table", false);
    if (status == NACRE_OK) status = define_memory(store);
    if (status != NACRE_OK) return status;
    /* table64 may be refused by an engine without 64-bit tables: only who imports it fails. */
    status = define_table(store, "table64", true);
    return status == NACRE_NO_MEMORY ? status : NACRE_OK;
}
