/* transcript.c - runs a module and writes down what happened; see transcript.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/outcome/transcript.h"
#include "base/fp.h"

enum {
    SLOTS_MAX = 4096,
    LOG_MAX = 1 << 20,
    ELEMENTS_SHOWN = 40,
    OBJECT_DEPTH = 2,  /* that is looked into objects which refer to each other */
    FIELDS_SHOWN = 20,
    CALLED_BACK_MAX = 3, /* deep */
    CALLED_BACK_SLOTS = 64,
    DEADLINE_MS = 2000 /* a wait that nobody ends stops the module */
};

/* The one that is being written; what is written of a thing is taken back when it turns out that
 * it can't be compared. */
static struct transcript *out;
static const struct transcript_way *way;
static struct store *store;
static struct instance *instance; /* NULL while it is made */
static uint32_t called_back;
static bool is_limited; /* what was called back came to a limit */

static void say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    int size = vsnprintf(out->text + out->size, LOG_MAX - out->size, format, args);
    va_end(args);
    if (size > 0) out->size += (size_t)size;
    if (out->size >= LOG_MAX) out->size = LOG_MAX - 1;
}

static void tell_moment(void) {
    if (way->moment) way->moment(way->env, &store->thread);
}

/* --- Types and values as words --- */

static const char *type_word(const struct wasm_types *types, wasm_valtype t) {
    switch (wasm_code(t)) {
    case WASM_I32: return "i32";
    case WASM_I64: return "i64";
    case WASM_F32: return "f32";
    case WASM_F64: return "f64";
    case WASM_V128: return "v128";
    default: break;
    }
    switch (wasm_heap_top(types, wasm_heap(t))) {
    case WASM_HEAP_FUNC: return "anyfunc";
    case WASM_HEAP_EXTERN: return "externref";
    case WASM_HEAP_EXN: return "exnref";
    default: return "anyref";
    }
}

/* Can a value of the type cross over to JavaScript? */
static bool crosses(const struct wasm_types *types, wasm_valtype t) {
    return t != WASM_V128 &&
           !(wasm_is_ref(t) && wasm_heap_top(types, wasm_heap(t)) == WASM_HEAP_EXN);
}
static bool all_cross(const struct wasm_types *types, const struct wasm_type *t) {
    for (uint32_t i = 0; i < t->param_count + t->result_count; i++)
        if (!crosses(types, t->values[i])) return false;
    return true;
}

static void say_types(const struct wasm_types *types, const wasm_valtype *list, uint32_t count) {
    if (count == 0) say(" -");
    for (uint32_t i = 0; i < count; i++) say("%s%s", i ? "," : " ", type_word(types, list[i]));
}

static void say_object(uint32_t ref, int depth);

static void say_reference(const struct wasm_types *types, wasm_valtype t, uint32_t ref,
                          int depth) {
    uint32_t top = wasm_heap_top(types, wasm_heap(t));
    if (ref == 0) say(" null");
    else if (top == WASM_HEAP_FUNC && way->is_full) say(" func:%u", ref);
    else if (top == WASM_HEAP_FUNC) say(" func");
    else if (heap_is_i31(ref)) say(" i31:%d", (int32_t)ref >> 1);
    else if (heap_is_number(ref)) say(" extern:%u", ref >> 2);
    else if (way->is_full && depth > 0) say_object(ref, depth - 1);
    else say(" ref");
}

static void say_number(wasm_valtype t, const uint64_t *slot) {
    uint32_t low = (uint32_t)*slot;
    bool any_nan = !way->is_full;
    switch (wasm_code(t)) {
    case WASM_I64: say(" i64:%llx", (unsigned long long)*slot); return;
    case WASM_F32:
        if (any_nan && fp_from_bits_f32(low) != fp_from_bits_f32(low)) say(" f32:nan");
        else say(" f32:%x", low);
        return;
    case WASM_F64:
        if (any_nan && fp_from_bits_f64(*slot) != fp_from_bits_f64(*slot)) say(" f64:nan");
        else say(" f64:%llx", (unsigned long long)*slot);
        return;
    case WASM_V128:
        say(" v128");
        if (way->is_full) say(":%llx:%llx", (unsigned long long)slot[0],
                              (unsigned long long)slot[1]);
        return;
    default: say(" i32:%x", low);
    }
}

static void say_value_of(const struct wasm_types *types, wasm_valtype t, const uint64_t *slot,
                         int depth) {
    if (wasm_is_ref(t)) say_reference(types, t, (uint32_t)*slot, depth);
    else say_number(t, slot);
}
static void say_value(const struct wasm_types *types, wasm_valtype t, const uint64_t *slot) {
    say_value_of(types, t, slot, OBJECT_DEPTH);
}

/* --- Objects --- */

static void say_field(const struct wasm_types *types, wasm_valtype t, const uint8_t *bytes,
                      int depth) {
    uint64_t slot[2] = {0};
    memcpy(slot, bytes, wasm_storage_size(t)); /* a packed one is small */
    say_value_of(types, t, slot, depth);
}

static void say_exception(const struct wasm_type *type, const uint8_t *bytes, int depth) {
    const struct wasm_types *types = &store->engine->types;
    for (uint32_t i = 0; i < type->param_count; i++) {
        uint64_t slots[2] = {0};
        memcpy(slots, bytes, wasm_slots(type->values[i]) * sizeof *slots);
        bytes += wasm_slots(type->values[i]) * sizeof *slots;
        say_value_of(types, type->values[i], slots, depth);
    }
}

/* Its type, and what is in it: not where it is, which depends on what was collected when. */
static void say_object(uint32_t ref, int depth) {
    const struct wasm_types *types = &store->engine->types;
    if (!heap_holds(&store->heap, ref)) {
        say(" lost");
        return;
    }
    const struct object *object = heap_object(&store->heap, ref);
    const struct wasm_type *type = wasm_type_get(types, object->type);
    say(" type%u(", object->type);
    uint32_t count = type->field_count;
    if (type->kind == WASM_TYPE_FUNC) say_exception(type, object->bytes, depth);
    if (type->kind == WASM_TYPE_ARRAY) say("%u:", count = object->length);
    for (uint32_t i = 0; type->kind != WASM_TYPE_FUNC && i < u32_min(count, FIELDS_SHOWN); i++) {
        bool is_struct = type->kind == WASM_TYPE_STRUCT;
        const struct wasm_field *field = &type->fields[is_struct ? i : 0];
        uint32_t offset = is_struct ? field->offset : i * type->bytes;
        say_field(types, field->type, object->bytes + offset, depth);
    }
    say(" )");
}

/* --- Imports --- */

struct import_env {
    const struct wasm_types *types;
    const struct wasm_type *type;
    uint32_t index;
    bool can_return; /* what it takes and gives can cross over, and there are results to give */
};

/* May it differ from one way of running to the other? */
static bool is_of_a_limit(nacre_status status, const nacre_error *error) {
    if (status == NACRE_LIMIT || status == NACRE_NO_MEMORY) return true;
    return status == NACRE_TRAP && (error->trap == NACRE_TRAP_STACK_EXHAUSTED ||
                                    error->trap == NACRE_TRAP_OUT_OF_MEMORY ||
                                    error->trap == NACRE_TRAP_DEADLINE);
}

static void say_fuel(void) {
    say(" fuel:%llu", (unsigned long long)thread_fuel(&store->thread));
}

static bool choose(const struct wasm_types *types, wasm_valtype t, uint32_t n, uint64_t *slot);

/* Calls the first exported function that can be called. */
static nacre_status call_back(void) {
    uint64_t slots[CALLED_BACK_SLOTS] = {0}, *slot = slots;
    nacre_error error;
    const struct wasm_types *types = &store->engine->types;
    if (!instance || called_back >= CALLED_BACK_MAX) return NACRE_OK;
    const struct wasm_module *m = &instance->module->wasm;
    uint32_t n = m->imported[WASM_EXTERN_FUNC];
    if (n == m->func_count) return NACRE_OK;
    const struct wasm_type *type = wasm_func_type(m, n);
    if (u32_max(type->param_slots, type->result_slots) > CALLED_BACK_SLOTS) return NACRE_OK;
    for (uint32_t i = 0; i < type->param_count; i++) {
        if (!choose(types, wasm_params(type)[i], i, slot)) return NACRE_OK;
        slot += wasm_slots(wasm_params(type)[i]);
    }
    called_back++;
    nacre_status status = run_func(store, instance->funcs[n], slots, &error);
    called_back--;
    is_limited |= is_of_a_limit(status, &error);
    say("back %d\n", (int)status);
    return status;
}

static nacre_status imported(void *env, struct host_call *call, uint64_t *slots) {
    const struct import_env *e = env;
    const uint64_t *slot = slots;
    (void)call;
    tell_moment();
    if (!e->can_return) return NACRE_TRAP; /* of the host: the module ends there */
    say("log %u", e->index);
    for (uint32_t i = 0; i < e->type->param_count; i++) {
        say_value(e->types, wasm_params(e->type)[i], slot);
        slot += wasm_slots(wasm_params(e->type)[i]);
    }
    if (way->is_full) say_fuel();
    say("\n");
    memset(slots, 0, e->type->result_slots * sizeof *slots);
    return way->is_full && e->type->param_count == 0 ? call_back() : NACRE_OK;
}

static bool import_func(struct store *s, const struct wasm_module *m, uint32_t n,
                        struct extern_item *item) {
    const struct wasm_type *t = wasm_func_type(m, m->imports[n].index);
    struct import_env *env = arena_take(&s->arena, 1, sizeof *env);
    if (!env) return false;
    *env = (struct import_env){m->registry, t, n, way->is_full || all_cross(m->registry, t)};
    for (uint32_t i = 0; i < t->result_count; i++)
        if (!wasm_is_defaultable(wasm_results(t)[i])) env->can_return = false;
    say("import %u func", n);
    say_types(m->registry, wasm_params(t), t->param_count);
    say_types(m->registry, wasm_results(t), t->result_count);
    say("\n");
    wasm_types_keep(m->registry, t->id);
    const struct host host = {imported, env, t->id, true};
    return store_add_host(s, &host, &item->of.func) == NACRE_OK;
}

static void say_limits(const struct wasm_limits *l) {
    say(" %llu ", (unsigned long long)l->min);
    if (l->has_max) say("%llu", (unsigned long long)l->max);
    else say("-");
    say(l->is64 ? " 64" : " 32");
}

/* Only externref and numbers: JavaScript can't make a global of a module's own type. */
static bool import_global(struct store *s, const struct wasm_module *m, uint32_t n,
                          struct extern_item *item) {
    const struct wasm_global *g = &m->globals[m->imports[n].index];
    bool is_extern = wasm_is_ref(g->type) && wasm_heap(g->type) == WASM_HEAP_EXTERN;
    if (wasm_is_ref(g->type) && !is_extern) return false;
    item->of.global = store_add_global(s, g->type, g->is_mutable);
    if (!item->of.global || (g->type == WASM_V128 && !way->is_full)) return false;
    if (is_extern) item->of.global->value[0] = nacre_extern_ref(7);
    say("import %u global %s %s\n", n, type_word(m->registry, g->type),
        g->is_mutable ? "mut" : "const");
    return true;
}

static bool import_table(struct store *s, const struct wasm_module *m, uint32_t n,
                         struct extern_item *item) {
    const struct wasm_table *t = &m->tables[m->imports[n].index];
    if (t->type != WASM_FUNCREF && t->type != WASM_EXTERNREF) return false;
    say("import %u table", n);
    say_limits(&t->limits);
    say(" %s\n", type_word(m->registry, t->type));
    return store_add_table(s, t->type, &t->limits, 0, &item->of.table) == NACRE_OK;
}

/* Can JavaScript make a tag of the type? It is alone in its group, and refers to no other. */
static bool is_plain(const struct wasm_type *t) {
    bool is_plain = t->group_size == 1 && t->is_final && t->super == WASM_NO_TYPE;
    for (uint32_t i = 0; i < t->param_count; i++) {
        wasm_valtype p = wasm_params(t)[i];
        is_plain = is_plain && (!wasm_is_ref(p) || p == WASM_FUNCREF || p == WASM_EXTERNREF ||
                                p == WASM_REFTYPE(true, WASM_HEAP_ANY));
    }
    return is_plain;
}

static bool import_tag(struct store *s, const struct wasm_module *m, uint32_t n,
                       struct extern_item *item) {
    uint32_t id = m->tags[m->imports[n].index];
    const struct wasm_type *t = wasm_type_get(m->registry, id);
    if (!is_plain(t)) return false;
    say("import %u tag", n);
    say_types(m->registry, wasm_params(t), t->param_count);
    say("\n");
    return store_add_tag(s, id, &item->of.tag) == NACRE_OK;
}

static bool import_one(struct store *s, const struct wasm_module *m, uint32_t n) {
    const struct wasm_import *import = &m->imports[n];
    struct extern_item item = {.kind = import->kind};
    bool ok = false;
    switch ((enum wasm_extern_kind)import->kind) {
    case WASM_EXTERN_FUNC: ok = import_func(s, m, n, &item); break;
    case WASM_EXTERN_GLOBAL: ok = import_global(s, m, n, &item); break;
    case WASM_EXTERN_TABLE: ok = import_table(s, m, n, &item); break;
    case WASM_EXTERN_TAG: ok = import_tag(s, m, n, &item); break;
    case WASM_EXTERN_MEMORY:
        say("import %u memory", n);
        say_limits(&m->memories[import->index]);
        say(m->memories[import->index].is_shared ? " shared\n" : "\n");
        ok = store_add_memory(s, &m->memories[import->index], &item.of.memory) == NACRE_OK;
        break;
    case WASM_EXTERN_COUNT: break;
    }
    /* One name for two things: JavaScript has room for one. */
    const struct extern_item *defined;
    if (store_find(s, import->module, import->name, &defined) != NACRE_OK || defined) return false;
    return ok && store_define(s, import->module, import->name, &item) == NACRE_OK;
}

/* --- Outcomes --- */

static const char *const trap_words[] = {
    [NACRE_TRAP_UNREACHABLE] = "unreachable",
    [NACRE_TRAP_MEMORY_BOUNDS] = "memory",
    [NACRE_TRAP_TABLE_BOUNDS] = "table",
    [NACRE_TRAP_UNDEFINED_ELEMENT] = "table",
    [NACRE_TRAP_UNINITIALIZED_ELEMENT] = "signature",
    [NACRE_TRAP_INDIRECT_TYPE] = "signature",
    [NACRE_TRAP_DIVIDE_BY_ZERO] = "zero",
    [NACRE_TRAP_INTEGER_OVERFLOW] = "number",   /* V8 does not tell these two apart */
    [NACRE_TRAP_INVALID_CONVERSION] = "number",
    [NACRE_TRAP_NULL_REFERENCE] = "null",
    [NACRE_TRAP_CAST_FAILURE] = "cast",
    [NACRE_TRAP_ARRAY_BOUNDS] = "array",
    [NACRE_TRAP_UNALIGNED_ATOMIC] = "unaligned",
    [NACRE_TRAP_EXPECTED_SHARED] = "shared",
};

/* Says the outcome; false when the module ends there. */
static bool say_short_outcome(nacre_status status, const nacre_error *error) {
    const char *word = NULL;
    if (status == NACRE_TRAP && (size_t)error->trap < ARRAY_COUNT(trap_words))
        word = trap_words[error->trap];
    if (status == NACRE_OK) say(" ok");
    else if (status == NACRE_EXCEPTION) say(" exception");
    else if (status == NACRE_UNKNOWN_IMPORT || status == NACRE_IMPORT_TYPE) say(" link");
    else if (word) say(" trap %s", word);
    else return false;
    return true;
}

static bool say_full_outcome(nacre_status status, const nacre_error *error) {
    if (status == NACRE_OK) {
        say(" ok");
    } else {
        say(" %s", nacre_status_text(status));
        if (status == NACRE_TRAP) say(", %s", nacre_trap_text(error->trap));
        bool is_access = status == NACRE_TRAP && error->trap == NACRE_TRAP_MEMORY_BOUNDS;
        say(" at %s%llx in", is_access ? "~" : "", (unsigned long long)error->offset);
        for (uint32_t i = 0; i < error->frame_count; i++)
            say(" %u+%s%llx", error->frames[i].function, is_access && i == 0 ? "~" : "",
                (unsigned long long)error->frames[i].offset);
        bool is_counted = status != NACRE_EXCEPTION; /* its frames may return one by one */
        say(" of %u", is_counted ? error->frames_total : error->frame_count);
        if (status == NACRE_EXCEPTION) say_object(store->thread.exception, 1);
    }
    say_fuel();
    return !is_limited && !is_of_a_limit(status, error);
}

static bool say_outcome(nacre_status status, const nacre_error *error) {
    return way->is_full ? say_full_outcome(status, error) : say_short_outcome(status, error);
}

static void stop_at(size_t mark, const char *format, unsigned index) {
    out->size = mark; /* nothing of it can be compared */
    out->same = mark;
    out->is_stopped = true;
    say(format, index);
}

/* A value to call with, or false when none is known that JavaScript can make too. */
static bool choose(const struct wasm_types *types, wasm_valtype t, uint32_t n, uint64_t *slot) {
    static const uint32_t i32s[] = {0, 1, 0xFFFFFFFF, 7, 0x7FFFFFFF, 0x80000000, 65536, 100};
    static const uint32_t f32s[] = {0,          0x3F800000, 0x80000000, 0x7FC00000,
                                    0x7F800000, 0xC2C80000, 0x4F000000, 1};
    static const double f64s[] = {0, 1, -0.0, 0.5, 1e300, -100.25, 4294967296, 5e-324};
    n %= 8;
    switch (wasm_code(t)) {
    case WASM_I32: *slot = i32s[n]; return true;
    case WASM_I64: *slot = (uint64_t)i32s[n] * (n & 1 ? 1 : 0x100000001u); return true;
    case WASM_F32: *slot = f32s[n]; return true;
    case WASM_F64: *slot = fp_bits_f64(f64s[n]); return true;
    case WASM_V128:
        slot[0] = i32s[n] * UINT64_C(0x100000001);
        slot[1] = fp_bits_f64(f64s[n]);
        return true;
    default: break;
    }
    uint32_t heap = wasm_heap(t);
    *slot = 0;
    if (heap == WASM_HEAP_EXTERN) *slot = nacre_extern_ref(n);
    else if (wasm_heap_matches(types, WASM_HEAP_I31, heap)) *slot = heap_i31(n);
    else return wasm_is_nullable(t);
    return true;
}

/* Arguments, and says them. */
static bool choose_all(const struct wasm_type *type, uint32_t n, uint64_t *slot) {
    const struct wasm_types *types = &store->engine->types;
    for (uint32_t i = 0; i < type->param_count; i++) {
        wasm_valtype t = wasm_params(type)[i];
        if (!choose(types, t, n + i, slot)) return false;
        say_value(types, t, slot);
        slot += wasm_slots(t);
    }
    return true;
}

/* What a call used of its fuel. The trap may be the host's, when it was the one that called. */
static void note_fuel(nacre_status status, uint32_t n) {
    if (way->fuel == NACRE_UNLIMITED) return;
    uint64_t used = way->fuel - u64_min(way->fuel, thread_fuel(&store->thread));
    if (used > out->fuel_most) out->fuel_most = used;
    if (status == NACRE_OK || used < way->fuel) return;
    out->is_out_of_fuel = true;
    if (n < TRANSCRIPT_EXPORTS_MAX) out->was_out_of_fuel[n] = true;
}

/* Calls an exported function; false when the module ends there. */
static bool call(uint32_t func, uint32_t n) {
    static uint64_t slots[SLOTS_MAX];
    static char words[LOG_MAX / 64];
    const struct wasm_types *types = &store->engine->types;
    const struct wasm_type *type = wasm_type_get(types, store->funcs[func].type);
    nacre_error error;
    size_t mark = out->size;
    uint64_t *slot = slots;
    if (!way->is_full && !all_cross(types, type)) return true;
    if (u32_max(type->param_slots, type->result_slots) > SLOTS_MAX) return true;
    say("call %u", n);
    if (!choose_all(type, n, slots)) {
        out->size = mark;
        return true;
    }
    if (out->size - mark >= sizeof words) return false;
    size_t size = out->size - mark;
    memcpy(words, out->text + mark, size); /* goes behind what the call logs */
    out->size = mark;
    tell_moment();
    group_set_fuel(store->group, way->fuel);
    nacre_status status = run_func(store, func, slots, &error);
    note_fuel(status, n);
    size_t after = out->size;
    say("%.*s =", (int)size, words);
    if (!say_outcome(status, &error)) {
        out->size = after;
        stop_at(mark, "call %u = stop\n", n);
        return false;
    }
    for (uint32_t i = 0; status == NACRE_OK && i < type->result_count; i++) {
        say_value(types, wasm_results(type)[i], slot);
        slot += wasm_slots(wasm_results(type)[i]);
    }
    say("\n");
    return true;
}

/* --- What is left behind --- */

static void say_memory(const struct memory *memory, uint32_t n) {
    uint32_t h = 0x811C9DC5u;
    for (uint64_t i = 0; i < memory->size; i += 4)
        h = (h ^ load_u32(memory->base + i)) * 0x01000193u;
    say("memory %u %llu %x\n", n, (unsigned long long)memory->size, h);
}

static void say_table(const struct table *table, uint32_t n) {
    const struct wasm_types *types = &table->store->engine->types;
    if (!way->is_full && !crosses(types, table->type)) return;
    say("table %u %llu", n, (unsigned long long)table->size);
    for (uint64_t i = 0; i < u64_min(table->size, ELEMENTS_SHOWN); i++) {
        uint64_t slot = table->refs[i];
        say_value(types, table->type, &slot);
    }
    say("\n");
}

static void say_global(const struct global *global, uint32_t n) {
    const struct wasm_types *types = &store->engine->types;
    if (!way->is_full && !crosses(types, global->type)) return;
    say("global %u", n);
    say_value(types, global->type, global->value);
    say("\n");
}

static void say_exported(void) {
    const struct wasm_module *m = &instance->module->wasm;
    for (uint32_t n = 0; n < m->export_count; n++) {
        struct extern_item item = instance_item(instance, &m->exports[n]);
        if (item.kind == WASM_EXTERN_MEMORY) say_memory(item.of.memory, n);
        if (item.kind == WASM_EXTERN_TABLE) say_table(item.of.table, n);
        if (item.kind == WASM_EXTERN_GLOBAL) say_global(item.of.global, n);
    }
}

static void say_all(void) {
    const struct wasm_module *m = &instance->module->wasm;
    for (uint32_t n = 0; n < m->memory_count; n++) say_memory(instance->memories[n], n);
    for (uint32_t n = 0; n < m->table_count; n++) say_table(instance->tables[n], n);
    for (uint32_t n = 0; n < m->global_count; n++) say_global(instance->globals[n], n);
}

static bool say_imports(const struct wasm_module *m) {
    size_t mark = out->size;
    for (uint32_t n = 0; n < m->import_count; n++)
        if (!import_one(store, m, n)) {
            stop_at(mark, "skip\n", n);
            return false;
        }
    return true;
}

static void run(struct code_module *module) {
    const struct wasm_module *m = &module->wasm;
    struct instance *made = NULL;
    nacre_error error;
    if (!say_imports(m)) return;
    group_set_fuel(store->group, way->fuel);
    size_t mark = out->size;
    nacre_status status = instance_create(store, module, NULL, &made, &error);
    note_fuel(status, UINT32_MAX);
    say("start");
    bool goes_on = say_outcome(status, &error);
    say("\n");
    if (!goes_on) stop_at(mark, "start stop\n", 0);
    if (status != NACRE_OK) return;
    instance = made;
    for (uint32_t n = 0; n < m->export_count; n++) {
        struct extern_item item = instance_item(instance, &m->exports[n]);
        if (item.kind != WASM_EXTERN_FUNC) continue;
        if (way->skipped && (n >= TRANSCRIPT_EXPORTS_MAX || way->skipped[n])) continue;
        if (!call(item.of.func, n)) return;
    }
    if (way->is_full) say_all();
    else say_exported();
}

/* --- A module --- */

void transcript_run(nacre_engine *engine, nacre_module *module, nacre_status loaded,
                    const char *path, const struct transcript_way *the_way,
                    struct transcript *t) {
    nacre_limits limits;
    nacre_store *made;
    out = t;
    way = the_way;
    instance = NULL;
    called_back = 0;
    is_limited = false;
    *t = (struct transcript){.text = malloc(LOG_MAX)};
    nacre_limits_init(&limits);
    if (way->fuel != NACRE_UNLIMITED) limits.deadline_ms = DEADLINE_MS;
    limits.stack_bytes = way->is_full ? 1 << 20 : 1 << 17;
    limits.memory_bytes = 64 << 20; /* the other engine refuses large arrays */
    if (!t->text || nacre_store_create(engine, &limits, &made) != NACRE_OK) exit(1);
    store = &made->store;
    say("module %s\n", path);
    if (loaded == NACRE_LIMIT) stop_at(t->size, "skip\n", 0);
    else say(loaded == NACRE_OK ? "load ok\n" : "load invalid\n");
    if (loaded == NACRE_OK) run(&module->code);
    if (!t->is_stopped) t->same = t->size;
    t->is_interpreted = instance && !instance->image;
    tell_moment();
    nacre_store_destroy(made);
}

/* Behind a place that may be any. */
static size_t pass_place(const char *text, size_t at) {
    while (text[at] != ' ' && text[at] != '\n' && text[at] != '\0') at++;
    return at;
}

bool transcript_same(const struct transcript *a, const struct transcript *b, bool any_place) {
    size_t i = 0, j = 0;
    while (i < a->same && j < b->same && a->text[i] == b->text[j]) {
        bool is_place = any_place && a->text[i] == '~';
        i = is_place ? pass_place(a->text, i) : i + 1;
        j = is_place ? pass_place(b->text, j) : j + 1;
    }
    bool a_ends = i >= a->same, b_ends = j >= b->same;
    return (a_ends && b_ends) || (a_ends && a->is_stopped) || (b_ends && b->is_stopped);
}
