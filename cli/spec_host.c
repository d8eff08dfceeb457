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

/* --- As a module --- */

struct writer {
    uint8_t *bytes;
    size_t size;
};

/* More than SPEC_HOST_SIZE is counted, and not written. */
static void put(struct writer *w, unsigned byte) {
    if (w->size < SPEC_HOST_SIZE) w->bytes[w->size] = (uint8_t)byte;
    w->size++;
}

static void put_bytes(struct writer *w, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) put(w, ((const uint8_t *)bytes)[i]);
}

static void put_all(struct writer *w, size_t count, const uint8_t *bytes) {
    put_bytes(w, bytes, count);
}
#define PUT(w, ...)                                                                       \
    put_all((w), sizeof((const uint8_t[]){__VA_ARGS__}), (const uint8_t[]){__VA_ARGS__})

/* LEB128 of two bytes: room for a section's size before that is known. */
static size_t begin_section(struct writer *w, uint8_t id) {
    PUT(w, id, 0, 0);
    return w->size;
}
static void end_section(struct writer *w, size_t begin) {
    size_t size = w->size - begin;
    if (w->size > SPEC_HOST_SIZE) return;
    w->bytes[begin - 2] = (uint8_t)(size | 0x80);
    w->bytes[begin - 1] = (uint8_t)(size >> 7);
}

static void put_export(struct writer *w, const char *name, uint8_t kind, size_t index) {
    put(w, (unsigned)strlen(name));
    put_bytes(w, name, strlen(name));
    PUT(w, kind, (uint8_t)index);
}

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static void put_types(struct writer *w) {
    size_t section = begin_section(w, 1);
    put(w, COUNT(functions));
    for (size_t i = 0; i < COUNT(functions); i++) {
        PUT(w, 0x60, (uint8_t)functions[i].count);
        for (uint32_t k = 0; k < functions[i].count; k++) put(w, functions[i].params[k]);
        put(w, 0);
    }
    end_section(w, section);
    section = begin_section(w, 3);
    put(w, COUNT(functions));
    for (size_t i = 0; i < COUNT(functions); i++) put(w, (unsigned)i);
    end_section(w, section);
}

/* Signed LEB128 of a number below 8,192: two bytes. */
static void put_constant(struct writer *w, unsigned opcode, int64_t number) {
    PUT(w, (uint8_t)opcode, (uint8_t)(number | 0x80), (uint8_t)(number >> 7));
}

static void put_globals(struct writer *w) {
    size_t section = begin_section(w, 6);
    put(w, COUNT(globals));
    for (size_t i = 0; i < COUNT(globals); i++) {
        const nacre_value *value = &globals[i].value;
        PUT(w, (uint8_t)value->kind, 0);
        switch (value->kind) {
        case NACRE_I32: put_constant(w, 0x41, value->of.i32); break;
        case NACRE_I64: put_constant(w, 0x42, value->of.i64); break;
        case NACRE_F32:
            put(w, 0x43);
            put_bytes(w, &value->of.f32, sizeof value->of.f32);
            break;
        default:
            put(w, 0x44);
            put_bytes(w, &value->of.f64, sizeof value->of.f64);
        }
        put(w, 0x0B);
    }
    end_section(w, section);
}

static void put_exports(struct writer *w) {
    size_t section = begin_section(w, 7);
    put(w, COUNT(functions) + COUNT(globals) + 3);
    for (size_t i = 0; i < COUNT(functions); i++)
        put_export(w, functions[i].name, NACRE_EXTERN_FUNC, i);
    for (size_t i = 0; i < COUNT(globals); i++)
        put_export(w, globals[i].name, NACRE_EXTERN_GLOBAL, i);
    put_export(w, "table", NACRE_EXTERN_TABLE, 0);
    put_export(w, "table64", NACRE_EXTERN_TABLE, 1);
    put_export(w, "memory", NACRE_EXTERN_MEMORY, 0);
    end_section(w, section);
}

const uint8_t *spec_host_module(uint8_t bytes[SPEC_HOST_SIZE], size_t *size) {
    struct writer w = {bytes, 0};
    PUT(&w, 0, 'a', 's', 'm', 1, 0, 0, 0);
    put_types(&w);
    size_t section = begin_section(&w, 4); /* tables of 10 to 20, the second with 64-bit indices */
    PUT(&w, 2, NACRE_FUNCREF, 1, 10, 20, NACRE_FUNCREF, 5, 10, 20);
    end_section(&w, section);
    section = begin_section(&w, 5);
    PUT(&w, 1, 1, 1, 2);
    end_section(&w, section);
    put_globals(&w);
    put_exports(&w);
    section = begin_section(&w, 10);
    put(&w, COUNT(functions));
    for (size_t i = 0; i < COUNT(functions); i++) PUT(&w, 2, 0, 0x0B);
    end_section(&w, section);
    *size = w.size;
    return w.size <= SPEC_HOST_SIZE ? bytes : NULL;
}
