/*
 * outcome.c - runs modules and writes down what happened, for outcome.mjs to do the same in
 * another engine and for run.sh to compare.
 *
 *   outcome MODULE...
 *
 * A transcript has lines of words. What the other engine has to know, because JavaScript does not
 * tell it the types of things, is in it:
 *
 *   module PATH
 *   load ok | load invalid
 *   import INDEX func PARAMS RESULTS            types as in type_word; -: none
 *   import INDEX tag PARAMS
 *   import INDEX global TYPE const|mut
 *   import INDEX memory MIN MAX|- 32|64 [shared]
 *   import INDEX table MIN MAX|- 32|64 TYPE
 *   start OUTCOME                               ok, trap KIND, exception, link
 *   log INDEX VALUE...                          an imported function was called
 *   call INDEX VALUE... = OUTCOME [VALUE...]    of each exported function
 *   memory INDEX BYTES HASH                     of everything else that is exported
 *   global INDEX VALUE
 *   table INDEX SIZE VALUE...
 *
 * `stop` instead of an outcome, or `skip` alone, ends a module early: limits of the engine came
 * in, or it needs what JavaScript can't give.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/fp.h"
#include "exec/run.h"

enum { FUEL = 200000, SLOTS_MAX = 4096, LOG_MAX = 1 << 20, ELEMENTS_SHOWN = 40 };

/* What is written is held back until its outcome is known. */
static char lines[LOG_MAX];
static size_t lines_size;

static void say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    int size = vsnprintf(lines + lines_size, LOG_MAX - lines_size, format, args);
    va_end(args);
    if (size > 0) lines_size += (size_t)size;
    if (lines_size >= LOG_MAX) lines_size = LOG_MAX - 1;
}
static void flush_lines(void) {
    fwrite(lines, 1, lines_size, stdout);
    lines_size = 0;
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

static void say_value(const struct wasm_types *types, wasm_valtype t, const uint64_t *slot) {
    uint32_t low = (uint32_t)*slot;
    switch (wasm_code(t)) {
    case WASM_I32: say(" i32:%x", low); return;
    case WASM_I64: say(" i64:%llx", (unsigned long long)*slot); return;
    case WASM_F32:
        if (fp_from_bits_f32(low) != fp_from_bits_f32(low)) say(" f32:nan");
        else say(" f32:%x", low);
        return;
    case WASM_F64:
        if (fp_from_bits_f64(*slot) != fp_from_bits_f64(*slot)) say(" f64:nan");
        else say(" f64:%llx", (unsigned long long)*slot);
        return;
    case WASM_V128: say(" v128"); return;
    default: break;
    }
    uint32_t top = wasm_heap_top(types, wasm_heap(t));
    if (low == 0) say(" null");
    else if (top == WASM_HEAP_FUNC) say(" func");
    else if (heap_is_i31(low)) say(" i31:%d", (int32_t)low >> 1);
    else if (heap_is_number(low)) say(" extern:%u", low >> 2);
    else say(" ref");
}

/* --- Imports --- */

struct import_env {
    const struct wasm_types *types;
    const struct wasm_type *type;
    uint32_t index;
    bool can_return; /* what it takes and gives can cross over, and there are results to give */
};

static nacre_status imported(void *env, struct host_call *call, uint64_t *slots) {
    const struct import_env *e = env;
    const uint64_t *slot = slots;
    (void)call;
    if (!e->can_return) return NACRE_TRAP; /* of the host: the module ends there */
    say("log %u", e->index);
    for (uint32_t i = 0; i < e->type->param_count; i++) {
        say_value(e->types, wasm_params(e->type)[i], slot);
        slot += wasm_slots(wasm_params(e->type)[i]);
    }
    say("\n");
    memset(slots, 0, e->type->result_slots * sizeof *slots);
    return NACRE_OK;
}

static bool import_func(struct store *s, const struct wasm_module *m, uint32_t n,
                        struct extern_item *item) {
    const struct wasm_type *t = wasm_func_type(m, m->imports[n].index);
    struct import_env *env = arena_take(&s->arena, 1, sizeof *env);
    if (!env) return false;
    *env = (struct import_env){m->registry, t, n, all_cross(m->registry, t)};
    for (uint32_t i = 0; i < t->result_count; i++)
        if (!wasm_is_defaultable(wasm_results(t)[i])) env->can_return = false;
    say("import %u func", n);
    say_types(m->registry, wasm_params(t), t->param_count);
    say_types(m->registry, wasm_results(t), t->result_count);
    say("\n");
    wasm_types_keep(m->registry, t->id);
    return store_add_host(s, t->id, imported, env, &item->of.func) == NACRE_OK;
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
    if (!item->of.global || g->type == WASM_V128) return false;
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
    if (store_find(s, import->module, import->name)) return false;
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
static bool say_outcome(nacre_status status, const nacre_error *error) {
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

static void stop_at(size_t mark, const char *format, unsigned index) {
    lines_size = mark; /* nothing of it can be compared */
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
    default: break;
    }
    uint32_t heap = wasm_heap(t);
    *slot = 0;
    if (heap == WASM_HEAP_EXTERN) *slot = nacre_extern_ref(n);
    else if (wasm_heap_matches(types, WASM_HEAP_I31, heap)) *slot = heap_i31(n);
    else return wasm_is_nullable(t);
    return true;
}

static bool call(struct store *s, uint32_t func, uint32_t n) {
    static uint64_t slots[SLOTS_MAX];
    const struct wasm_types *types = &s->engine->types;
    const struct wasm_type *t = wasm_type_get(types, s->funcs[func].type);
    nacre_error error;
    char words[LOG_MAX / 64];
    size_t mark = lines_size;
    uint64_t *slot = slots;
    if (!all_cross(types, t) || u32_max(t->param_slots, t->result_slots) > SLOTS_MAX) return true;
    say("call %u", n);
    for (uint32_t i = 0; i < t->param_count; i++, slot++) {
        if (!choose(types, wasm_params(t)[i], n + i, slot)) {
            lines_size = mark;
            return true;
        }
        say_value(types, wasm_params(t)[i], slot);
    }
    if (lines_size - mark >= sizeof words) return false;
    size_t size = lines_size - mark;
    memcpy(words, lines + mark, size); /* goes behind what the call logs */
    lines_size = mark;
    group_set_fuel(s->group, FUEL);
    nacre_status status = run_func(s, func, slots, &error);
    size_t after = lines_size;
    say("%.*s =", (int)size, words);
    if (!say_outcome(status, &error)) {
        lines_size = after;
        stop_at(mark, "call %u = stop\n", n);
        return false;
    }
    slot = slots;
    for (uint32_t i = 0; status == NACRE_OK && i < t->result_count; i++, slot++)
        say_value(types, wasm_results(t)[i], slot);
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
    if (!crosses(types, table->type)) return;
    say("table %u %llu", n, (unsigned long long)table->size);
    for (uint64_t i = 0; i < u64_min(table->size, ELEMENTS_SHOWN); i++) {
        uint64_t slot = table->refs[i];
        say_value(types, table->type, &slot);
    }
    say("\n");
}

static void say_rest(const struct instance *i) {
    const struct wasm_module *m = &i->module->wasm;
    for (uint32_t n = 0; n < m->export_count; n++) {
        struct extern_item item = instance_item(i, &m->exports[n]);
        if (item.kind == WASM_EXTERN_MEMORY) say_memory(item.of.memory, n);
        if (item.kind == WASM_EXTERN_TABLE) say_table(item.of.table, n);
        if (item.kind != WASM_EXTERN_GLOBAL || !crosses(m->registry, item.of.global->type))
            continue;
        say("global %u", n);
        say_value(m->registry, item.of.global->type, item.of.global->value);
        say("\n");
    }
}

static void run(struct store *s, struct code_module *module) {
    const struct wasm_module *m = &module->wasm;
    struct instance *i;
    nacre_error error;
    size_t mark = lines_size;
    for (uint32_t n = 0; n < m->import_count; n++)
        if (!import_one(s, m, n)) {
            stop_at(mark, "skip\n", n);
            return;
        }
    flush_lines();
    group_set_fuel(s->group, FUEL);
    nacre_status status = instance_create(s, module, NULL, &i, &error);
    say("start");
    bool goes_on = say_outcome(status, &error);
    say("\n");
    if (!goes_on) stop_at(0, "start stop\n", 0);
    if (status != NACRE_OK) return;
    for (uint32_t n = 0; n < m->export_count; n++) {
        struct extern_item item = instance_item(i, &m->exports[n]);
        if (item.kind == WASM_EXTERN_FUNC && !call(s, item.of.func, n)) return;
        flush_lines();
    }
    say_rest(i);
}

static void show(const char *path) {
    nacre_config config;
    nacre_limits limits;
    nacre_engine *engine;
    nacre_store *store;
    nacre_module *module;
    nacre_error error;
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file) return;
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    nacre_config_init(&config);
    config.metering = true;
    nacre_limits_init(&limits);
    limits.deadline_ms = 1000; /* a wait that nobody ends stops the module */
    limits.stack_bytes = 1 << 17;
    limits.memory_bytes = 64 << 20; /* the other engine refuses large arrays */
    if (nacre_engine_create(&config, &engine) != NACRE_OK) exit(1);
    if (nacre_store_create(engine, &limits, &store) != NACRE_OK) exit(1);
    printf("module %s\n", path);
    nacre_status status = nacre_module_create(engine, bytes, size, &module, &error);
    if (status == NACRE_LIMIT) say("skip\n");
    else say(status == NACRE_OK ? "load ok\n" : "load invalid\n");
    if (status == NACRE_OK) run(&store->store, &module->code);
    flush_lines();
    nacre_store_destroy(store);
    if (status == NACRE_OK) nacre_module_destroy(module);
    nacre_engine_destroy(engine);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) show(argv[i]);
    return 0;
}
