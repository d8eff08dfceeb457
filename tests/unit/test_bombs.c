/* test_bombs.c - modules that want more time or memory than their size is worth: each is loaded,
 * instantiated and run in proportion to its size, or ends at a limit with a name. test_limits.c
 * has those that the limits of a store end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <nacre/instance.h>

#include "support/builder.h"
#include "support/slower.h"

/* Memory is counted where the engine asks for it. The pages of linear memories, of objects and of
 * the stack are not in this: the store's limits hold them. */
struct counted {
    size_t now, peak;
};

static void *counting_resize(void *context, void *pointer, size_t old_size, size_t new_size) {
    struct counted *c = context;
    void *moved = NULL;
    if (new_size == 0) free(pointer);
    else if (!(moved = realloc(pointer, new_size))) return NULL;
    c->now += new_size - old_size;
    if (c->now > c->peak) c->peak = c->now;
    return moved;
}

struct outcome {
    nacre_status status; /* of loading, instantiating, or calling "f", if that is there */
    nacre_error error;
    uint64_t fuel;  /* left */
    double seconds; /* of the processor */
    double megabytes;
};

static void use(nacre_engine *engine, const uint8_t *bytes, size_t size,
                const nacre_limits *limits, struct outcome *o) {
    nacre_store *store;
    nacre_module *module = NULL;
    nacre_instance *instance;
    nacre_extern item;
    assert_int_equal(nacre_store_create(engine, limits, &store), NACRE_OK);
    o->status = nacre_module_create(engine, bytes, size, &module, &o->error);
    if (o->status == NACRE_OK)
        o->status = nacre_instance_create(store, module, &instance, &o->error);
    if (o->status == NACRE_OK && nacre_instance_export(instance, "f", 1, &item) == NACRE_OK)
        o->status = nacre_call(store, item.of.func, NULL, 0, NULL, 0, &o->error);
    o->fuel = nacre_store_fuel(store);
    nacre_store_destroy(store);
    nacre_module_destroy(module);
}

/* `limits` may be NULL: 100 million instructions, 64 MiB. */
static struct outcome explode(struct builder *b, const nacre_limits *limits) {
    struct outcome o = {0};
    struct counted counted = {0};
    nacre_config config;
    nacre_limits some;
    nacre_engine *engine;
    const uint8_t *bytes;
    size_t size;
    nacre_limits_init(&some);
    some.fuel = 100000000;
    some.memory_bytes = 64 << 20;
    nacre_config_init(&config);
    config.allocator = (nacre_allocator){counting_resize, &counted};
    config.metering = true;
    build_module(b, &bytes, &size);
    assert_int_equal(nacre_engine_create(&config, &engine), NACRE_OK);
    clock_t begin = clock();
    use(engine, bytes, size, limits ? limits : &some, &o);
    o.seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    nacre_engine_destroy(engine);
    build_free(b);
    assert_int_equal(counted.now, 0);
    o.megabytes = (double)counted.peak / 1e6;
    return o;
}

static void check(struct outcome o, nacre_status status, double most_seconds,
                  double most_megabytes) {
    printf("    %.3f of %.1f s, %.1f of %.0f MB%s%s\n", o.seconds, most_seconds, o.megabytes,
           most_megabytes, status == NACRE_OK ? "" : ": ", status == NACRE_OK ? "" : o.error.text);
    assert_int_equal(o.status, status);
    assert_true(o.seconds < most_seconds * slower());
    assert_true(o.megabytes < most_megabytes);
}

static void check_text(struct outcome o, nacre_status status, double most_seconds,
                       double most_megabytes, const char *text) {
    check(o, status, most_seconds, most_megabytes);
    assert_string_equal(o.error.text, text);
}

#define PUT(bytes, part) put((bytes), (part), sizeof(part) - 1)
static void repeat(struct bytes *code, const void *part, size_t size, uint32_t count) {
    while (count--) put(code, part, size);
}
#define REPEAT(bytes, part, count) repeat((bytes), (part), sizeof(part) - 1, (count))

/* Adds a function of the type, with the declarations of locals in `locals` unless that is "", and
 * empties `code`. Returns its index. */
static uint32_t add_func(struct builder *b, uint32_t type, const char *export, const char *locals,
                         size_t locals_size, struct bytes *code) {
    struct bytes raw = {.data = (uint8_t *)(uintptr_t)locals, .size = locals_size};
    uint32_t index =
        build_func_locals(b, type, export, locals_size ? &raw : NULL, code->data, code->size);
    free(code->data);
    *code = (struct bytes){0};
    return index;
}
#define FUNC(b, type, export, locals, code) \
    add_func((b), (type), (export), (locals), sizeof(locals) - 1, (code))

#define TYPE(b, bytes) put(entry((b), 1), (bytes), sizeof(bytes) - 1)
#define NO_FUEL NACRE_TRAP /* of what ends only then */

/* --- Types --- */

/* Each structure refers twice to the one before it: written out, the last has 2^50000 fields. */
static void test_types_that_double(void **state) {
    (void)state;
    enum { TYPES = 50000 };
    for (int is_group = 0; is_group < 2; is_group++) {
        struct builder b = {0};
        struct bytes *types = entry(&b, 1);
        if (is_group) put_byte(types, 0x4E), put_leb(types, TYPES);
        b.counts[1] = is_group ? 1 : TYPES;
        for (uint32_t i = 0; i < TYPES; i++) {
            PUT(types, "\x5F\x02");
            for (int k = 0; k < 2; k++) {
                put_byte(types, 0x63);
                put_sleb(types, i ? (int64_t)i - 1 : -0x12); /* any */
                put_byte(types, 0);
            }
        }
        check(explode(&b, NULL), NACRE_OK, 0.5, 30);
    }
}

/* Loads a module of one group of structures, which have `fields` fields each. */
static nacre_module *load_types(nacre_engine *engine, struct builder *b, uint32_t count,
                                uint32_t fields, nacre_status expected) {
    struct bytes *types = entry(b, 1);
    nacre_module *module = NULL;
    const uint8_t *bytes;
    size_t size;
    put_byte(types, 0x4E);
    put_leb(types, count);
    while (count--) {
        put_byte(types, 0x5F);
        put_leb(types, fields);
        REPEAT(types, "\x7F\x00", fields);
    }
    build_module(b, &bytes, &size);
    assert_int_equal(nacre_module_create(engine, bytes, size, &module, NULL), expected);
    return module;
}

/* An engine has room for a million types. Who takes all of it away gives it back: a module that
 * came later keeps its own, and between them there is room for other large ones. */
static void test_all_types(void **state) {
    (void)state;
    enum { MANY = 900000 };
    struct builder b[5] = {0};
    struct counted counted = {0};
    nacre_config config;
    nacre_engine *engine;
    nacre_config_init(&config);
    config.allocator = (nacre_allocator){counting_resize, &counted};
    assert_int_equal(nacre_engine_create(&config, &engine), NACRE_OK);
    clock_t begin = clock();
    nacre_module *many = load_types(engine, &b[0], MANY, 0, NACRE_OK);
    nacre_module *few = load_types(engine, &b[1], 3, 2, NACRE_OK);
    (void)load_types(engine, &b[2], MANY / 2, 1, NACRE_LIMIT);
    nacre_module_destroy(many);
    many = load_types(engine, &b[3], MANY / 2, 1, NACRE_OK);
    nacre_module *more = load_types(engine, &b[4], MANY / 2, 0, NACRE_OK);
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 3 * slower());
    assert_true(counted.peak < 400000000);
    nacre_module_destroy(few);
    nacre_module_destroy(more);
    nacre_module_destroy(many);
    nacre_engine_destroy(engine);
    for (int i = 0; i < 5; i++) build_free(&b[i]);
    assert_int_equal(counted.now, 0);
}

/* Each type below the one before it: their lists of supertypes would take the square of this. */
static void test_deep_subtypes(void **state) {
    (void)state;
    enum { TYPES = 50000 };
    struct builder b = {0};
    struct bytes *types = entry(&b, 1);
    put_byte(types, 0x4E);
    put_leb(types, TYPES);
    for (uint32_t i = 0; i < TYPES; i++) {
        put_byte(types, 0x50);
        put_leb(types, i ? 1 : 0);
        if (i) put_leb(types, i - 1);
        PUT(types, "\x5F\x00");
    }
    check_text(explode(&b, NULL), NACRE_LIMIT, 0.1, 10, "subtypes nest deeper than 63");
}

static void build_large_struct(struct builder *b, uint32_t fields) {
    struct bytes *types = entry(b, 1);
    put_byte(types, 0x5F);
    put_leb(types, fields);
    REPEAT(types, "\x7B\x01", fields); /* v128 */
}

static void test_large_structs(void **state) {
    (void)state;
    struct builder b = {0};
    struct bytes code = {0};
    build_large_struct(&b, 10000);
    build_functype(&b, "", "");
    REPEAT(&code, "\xFB\x01\x00\x1A", 5000); /* 160,000 bytes each */
    FUNC(&b, 1, "f", "", &code);
    PUT(&code, "\x00"); /* in dead code all fields are on the stack */
    REPEAT(&code, "\xFB\x00\x00\x1A", 50000);
    FUNC(&b, 1, NULL, "", &code);
    check(explode(&b, NULL), NACRE_OK, 0.5, 2);
    build_large_struct(&b, 10001);
    check_text(explode(&b, NULL), NACRE_LIMIT, 0.1, 1, "too many fields, the limit is 10000");
}

/* --- Functions --- */

static void test_many_locals(void **state) {
    (void)state;
    struct builder b = {0};
    struct bytes code = {0};
    nacre_limits limits;
    build_functype(&b, "", "");
    for (int i = 0; i < 10000; i++) FUNC(&b, 0, NULL, "\x01\xD0\x86\x03\x7F", &code); /* 50,000 */
    check(explode(&b, NULL), NACRE_OK, 0.5, 2);
    FUNC(&b, 0, NULL, "\x01\xC0\x84\x3D\x7F", &code); /* 1,000,000 */
    build_functype(&b, "", "");
    check_text(explode(&b, NULL), NACRE_LIMIT, 0.1, 1, "too many locals, the limit is 50000");
    /* Called again and again, the frame costs what clearing it takes. */
    build_functype(&b, "", "");
    PUT(&code, "\x03\x40\x10\x01\x0C\x00\x0B");
    FUNC(&b, 0, "f", "", &code);
    FUNC(&b, 0, NULL, "\x01\xD0\x86\x03\x7F", &code);
    nacre_limits_init(&limits);
    limits.fuel = 10000000;
    check(explode(&b, &limits), NO_FUEL, 0.3, 2);
}

/* Branches to 65,520 labels of 1,000 values that are of subtypes, again and again. */
static void test_br_tables(void **state) {
    (void)state;
    enum { TABLES = 20, LABELS = 65520, VALUES = 1000 };
    struct builder b = {0};
    struct bytes code = {0}, *types = entry(&b, 1);
    PUT(types, "\x60\x00");
    put_leb(types, VALUES);
    REPEAT(types, "\x6E", VALUES);
    build_functype(&b, "", "");
    REPEAT(&code, "\x02\x00", 2);
    for (int i = 0; i < TABLES; i++) {
        PUT(&code, "\x02\x00");
        REPEAT(&code, "\xD0\x71", VALUES);
        PUT(&code, "\x41\x00\x0E");
        put_leb(&code, LABELS);
        for (int k = 0; k <= LABELS; k++) put_byte(&code, (uint8_t)(k & 1));
        PUT(&code, "\x0B");
        REPEAT(&code, "\x1A", VALUES);
    }
    for (int i = 0; i < 2; i++) {
        PUT(&code, "\x00\x0B");
        REPEAT(&code, "\x1A", VALUES);
    }
    FUNC(&b, 1, "f", "", &code);
    check(explode(&b, NULL), NACRE_TRAP, 0.5, 60);
}

static void test_deep_blocks(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct builder b = {0};
        struct bytes code = {0};
        uint32_t count = i ? 65000 : 200000;
        build_functype(&b, "", "");
        if (i == 0) REPEAT(&code, "\x41\x01\x04\x40\x05", count); /* if, else */
        else REPEAT(&code, "\x1F\x40\x01\x02\x00", count); /* try_table, catch_all out of it */
        if (i) PUT(&code, "\x00");
        REPEAT(&code, "\x0B", count);
        FUNC(&b, 0, "f", "", &code);
        check(explode(&b, NULL), i ? NACRE_TRAP : NACRE_OK, 0.5, 60);
    }
}

static void test_fixed_arrays(void **state) {
    (void)state;
    struct builder b = {0};
    struct bytes code = {0};
    TYPE(&b, "\x5E\x7F\x01");
    build_functype(&b, "", "");
    REPEAT(&code, "\x41\x01", 10000);
    PUT(&code, "\xFB\x08\x00\x90\x4E\x1A\x00"); /* in dead code all elements are on the stack */
    REPEAT(&code, "\xFB\x08\x00\x90\x4E\x1A", 100000);
    FUNC(&b, 1, "f", "", &code);
    check(explode(&b, NULL), NACRE_TRAP, 0.5, 2);
    TYPE(&b, "\x5E\x7F\x01");
    build_functype(&b, "", "");
    PUT(&code, "\x00");
    REPEAT(&code, "\xFB\x08\x00\xFF\xFF\xFF\xFF\x0F\x1A", 100);
    FUNC(&b, 1, "f", "", &code);
    check_text(explode(&b, NULL), NACRE_LIMIT, 0.1, 1,
               "array.new_fixed of more than 10000 operands");
}

/* --- Sections --- */

static char *long_name(size_t size) {
    char *name = malloc(size + 1);
    assert_non_null(name);
    memset(name, 'n', size);
    name[size] = 0;
    return name;
}

static void test_long_names(void **state) {
    (void)state;
    struct builder b = {0};
    char *name = long_name(8 << 20);
    build_functype(&b, "", "");
    build_import_func(&b, name, name, 0);
    check(explode(&b, NULL), NACRE_UNKNOWN_IMPORT, 0.3, 1);
    build_functype(&b, "", "");
    build_export(&b, name, 0, build_func(&b, 0, "f", "\x00", 1));
    struct bytes names = {0}; /* a custom section "name" with one for the function too */
    PUT(&names, "\x04name\x01"); /* of functions */
    put_leb(&names, (8 << 20) + 6);
    PUT(&names, "\x01\x00");
    put_name(&names, name);
    put(entry(&b, 0), names.data, names.size);
    struct outcome o = explode(&b, NULL);
    check(o, NACRE_TRAP, 0.3, 1);
    assert_int_equal(strspn(o.error.frames[0].name, "n"), NACRE_FRAME_NAME - 1);
    free(names.data);
    free(name);
}

/* An embedder asks for the types of 60,000 functions, each of its own. */
static void test_many_function_types(void **state) {
    (void)state;
    enum { TYPES = 60000 };
    struct builder b = {0};
    const uint8_t *bytes;
    size_t size;
    nacre_engine *engine;
    nacre_module *module;
    nacre_store *store;
    nacre_instance *instance;
    nacre_functype type;
    for (uint32_t i = 0; i < TYPES; i++) {
        char params[9] = {0}, name[16];
        for (uint32_t k = 0, rest = i; k < 8; k++, rest /= 4) params[k] = "iIfF"[rest % 4];
        snprintf(name, sizeof name, "f%u", i); /* so that there may be a reference to it */
        build_functype(&b, params, "");
        build_func(&b, i, name, "", 0);
    }
    build_module(&b, &bytes, &size);
    assert_int_equal(nacre_engine_create(NULL, &engine), NACRE_OK);
    assert_int_equal(nacre_store_create(engine, NULL, &store), NACRE_OK);
    assert_int_equal(nacre_module_create(engine, bytes, size, &module, NULL), NACRE_OK);
    assert_int_equal(nacre_instance_create(store, module, &instance, NULL), NACRE_OK);
    clock_t begin = clock();
    for (nacre_ref func = 1; func <= TYPES; func++) {
        assert_int_equal(nacre_func_type(store, func, &type), NACRE_OK);
        assert_int_equal(type.param_count, 8);
        assert_int_equal(type.params[0], "\x7F\x7E\x7D\x7C"[(func - 1) % 4] & 0x7F);
    }
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 0.3 * slower());
    nacre_store_destroy(store);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    build_free(&b);
}

/* 20,000 names that differ in their last bytes. */
static void test_similar_names(void **state) {
    (void)state;
    enum { PREFIX = 500 };
    struct builder b = {0};
    char *name = long_name(PREFIX + 10);
    build_functype(&b, "", "");
    for (int i = 0; i < 20000; i++) {
        snprintf(name + PREFIX, 10, "%d", i);
        build_func(&b, 0, name, "", 0);
    }
    check(explode(&b, NULL), NACRE_OK, 0.3, 5);
    free(name);
}

static void test_many_items(void **state) {
    (void)state;
    struct builder b = {0};
    build_functype(&b, "", "");
    build_table(&b, 10000000);
    build_func(&b, 0, "f", "", 0);
    struct bytes *elems = entry(&b, 9);
    PUT(elems, "\x04\x41\x00\x0B");
    put_leb(elems, 500000);
    REPEAT(elems, "\xD2\x00\x0B", 500000); /* ref.func 0 */
    REPEAT(entry(&b, 6), "\x7F\x00\x41\x00\x0B", 500000);
    b.counts[6] = 500000;
    REPEAT(entry(&b, 4), "\x70\x00\x00", 99999);
    b.counts[4] = 100000;
    check(explode(&b, NULL), NACRE_OK, 1, 120);
    build_table(&b, 10000001);
    check(explode(&b, NULL), NACRE_LIMIT, 0.1, 1);
}

static void test_many_try_tables(void **state) {
    (void)state;
    struct builder b = {0};
    struct bytes code = {0};
    build_functype(&b, "", "");
    PUT(entry(&b, 13), "\x00\x00");
    for (int i = 0; i < 100000; i++) { /* each catches what it throws */
        PUT(&code, "\x02\x40\x1F\x40\x01\x00\x00\x00\x08\x00\x0B\x0B");
        FUNC(&b, 0, i == 0 ? "f" : NULL, "", &code);
    }
    check(explode(&b, NULL), NACRE_OK, 0.3, 20);
}

/* --- Exceptions --- */

/* f has 60,001 handlers, and catches with the one that is looked at last, for ever. */
static void test_many_handlers(void **state) {
    (void)state;
    struct builder b = {0};
    struct bytes code = {0};
    nacre_limits limits;
    build_functype(&b, "", "");
    PUT(entry(&b, 13), "\x00\x00");
    PUT(&code, "\x03\x40\x02\x40\x1F\x40\x01\x00\x00\x00\x10\x01\x0B\x0B\x0C\x00\x0B");
    REPEAT(&code, "\x1F\x40\x01\x00\x00\x00\x01\x0B", 60000);
    FUNC(&b, 0, "f", "", &code);
    PUT(&code, "\x08\x00");
    FUNC(&b, 0, NULL, "", &code);
    nacre_limits_init(&limits);
    limits.fuel = 10000000;
    check(explode(&b, &limits), NO_FUEL, 0.5, 10);
}

/* Out of 10,000 calls, 500 times. */
static void test_throw_through_frames(void **state) {
    (void)state;
    struct builder b = {0};
    struct bytes code = {0};
    build_functype(&b, "", "");
    build_functype(&b, "i", "");
    PUT(entry(&b, 13), "\x00\x00");
    PUT(&code, "\x03\x40\x02\x40\x1F\x40\x01\x00\x00\x00\x41\x90\xCE\x00\x10\x01\x0B\x0B");
    PUT(&code, "\x20\x00\x41\x01\x6A\x22\x00\x41\xF4\x03\x48\x0D\x00\x0B");
    FUNC(&b, 0, "f", "\x01\x01\x7F", &code);
    PUT(&code, "\x20\x00\x45\x04\x40\x08\x00\x0B\x20\x00\x41\x01\x6B\x10\x01");
    FUNC(&b, 1, NULL, "", &code);
    struct outcome o = explode(&b, NULL);
    check(o, NACRE_OK, 0.5, 1);
    assert_true(o.fuel < 100000000 - 500 * 10000 * 7); /* six a call, and its way out */
}

/* --- Objects --- */

enum { LIST_TYPE, NOTHING };
static void build_list_types(struct builder *b) {
    TYPE(b, "\x5F\x01\x63\x00\x01"); /* struct (field (mut (ref null 0))) */
    build_functype(b, "", "");
}

static void test_endless_list(void **state) {
    (void)state;
    struct builder b = {0};
    struct bytes code = {0};
    build_list_types(&b);
    PUT(&code, "\x03\x40\x20\x00\xFB\x00\x00\x21\x00\x0C\x00\x0B");
    FUNC(&b, NOTHING, "f", "\x01\x01\x63\x00", &code);
    check_text(explode(&b, NULL), NACRE_TRAP, 1, 5, "out of memory");
}

/* A list of a million, deeper than any stack, which is marked while two million more are made. */
static void test_deep_list(void **state) {
    (void)state;
    struct builder b = {0};
    struct bytes code = {0};
    build_list_types(&b);
    PUT(&code, "\x03\x40\x20\x00\xFB\x00\x00\x21\x00");
    PUT(&code, "\x20\x01\x41\x01\x6A\x22\x01\x41\xC0\x84\x3D\x48\x0D\x00\x0B");
    PUT(&code, "\x41\x00\x21\x01\x03\x40\xFB\x01\x00\x1A");
    PUT(&code, "\x20\x01\x41\x01\x6A\x22\x01\x41\x80\x89\xFA\x00\x48\x0D\x00\x0B");
    FUNC(&b, NOTHING, "f", "\x02\x01\x63\x00\x01\x7F", &code);
    check(explode(&b, NULL), NACRE_OK, 1, 5);
}

static void test_large_array(void **state) {
    (void)state;
    struct builder b = {0};
    struct bytes code = {0};
    TYPE(&b, "\x5E\x7F\x01");
    build_functype(&b, "", "");
    PUT(&code, "\x41\x7F\xFB\x07\x00\x1A"); /* 16 GiB */
    FUNC(&b, 1, "f", "", &code);
    check_text(explode(&b, NULL), NACRE_TRAP, 0.1, 1, "out of memory");
}

/* 60,000 references on the operand stack at 20,000 calls: what the collector has to know of f is
 * neither in memory 60,000 times 20,000, nor takes that long to find. */
static void test_many_roots(void **state) {
    (void)state;
    enum { DEPTH = 60000, CALLS = 20000 };
    struct builder b = {0};
    struct bytes code = {0};
    nacre_limits limits;
    build_list_types(&b);
    REPEAT(&code, "\xD0\x6E", DEPTH);
    PUT(&code, "\x02\x40");
    REPEAT(&code, "\x10\x01", CALLS);
    PUT(&code, "\x0B");
    REPEAT(&code, "\x1A", DEPTH);
    FUNC(&b, NOTHING, "f", "", &code);
    PUT(&code, "\x03\x40\xFB\x01\x00\x1A\x0C\x00\x0B");
    FUNC(&b, NOTHING, NULL, "", &code);
    nacre_limits_init(&limits);
    limits.fuel = 10000000;
    limits.memory_bytes = 64 << 20;
    check(explode(&b, &limits), NO_FUEL, 0.5, 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_that_double),    cmocka_unit_test(test_deep_subtypes),
        cmocka_unit_test(test_large_structs),        cmocka_unit_test(test_many_locals),
        cmocka_unit_test(test_br_tables),            cmocka_unit_test(test_deep_blocks),
        cmocka_unit_test(test_fixed_arrays),         cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_similar_names),        cmocka_unit_test(test_many_items),
        cmocka_unit_test(test_many_try_tables),      cmocka_unit_test(test_many_handlers),
        cmocka_unit_test(test_throw_through_frames), cmocka_unit_test(test_endless_list),
        cmocka_unit_test(test_deep_list),            cmocka_unit_test(test_large_array),
        cmocka_unit_test(test_many_roots),           cmocka_unit_test(test_many_function_types),
        cmocka_unit_test(test_all_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
