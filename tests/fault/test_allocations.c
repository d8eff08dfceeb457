/* test_allocations.c - the Nth request for memory fails, for N = 0, 1, 2, ... until none does:
 * once only that one, and once all from it on. Each time there is a clear status or the right
 * result, nothing is left behind (the leak checker sees to that), and nothing crashes. Requests
 * are those to the allocator and those for pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <nacre/wasi.h>

#include "api/api.h"
#include "port/default.h"
#include "support/builder.h"

static long countdown; /* requests that succeed before one fails */
static bool for_good;  /* then all do */
static long live;      /* bytes, and reservations of pages */

static bool fails(void) {
    if (countdown < 0) return for_good;
    return countdown-- == 0;
}

static void *failing_resize(void *context, void *pointer, size_t old_size, size_t new_size) {
    (void)context;
    if (new_size == 0) {
        live -= (long)old_size;
        free(pointer);
        return NULL;
    }
    if (fails()) return NULL;
    void *moved = realloc(pointer, new_size);
    if (moved) live += (long)new_size - (long)old_size;
    return moved;
}

static nacre_status failing_reserve(void *context, uint64_t size, uint8_t **base) {
    nacre_status status =
        fails() ? NACRE_NO_MEMORY : port_default()->pages_reserve(context, size, base);
    live += status == NACRE_OK;
    return status;
}

static nacre_status failing_commit(void *context, uint8_t *base, uint64_t size) {
    return fails() ? NACRE_NO_MEMORY : port_default()->pages_commit(context, base, size);
}

static nacre_status failing_uncommit(void *context, uint8_t *base, uint64_t size) {
    return fails() ? NACRE_NO_MEMORY : port_default()->pages_uncommit(context, base, size);
}

static nacre_status failing_clear(void *context, uint8_t *base, uint64_t size) {
    return fails() ? NACRE_NO_MEMORY : port_default()->pages_clear(context, base, size);
}

static void counting_release(void *context, uint8_t *base, uint64_t size) {
    live--;
    port_default()->pages_release(context, base, size);
}

static nacre_status failing_make(void *context, uint64_t size, const struct port_part *parts,
                                 uint32_t count, uint64_t *contents) {
    nacre_status status = fails() ? NACRE_NO_MEMORY
                                  : port_default()->contents->make(context, size, parts, count,
                                                                   contents);
    live += status == NACRE_OK;
    return status;
}

static nacre_status failing_map(void *context, uint64_t contents, uint64_t offset, uint8_t *base,
                                uint64_t size) {
    return fails() ? NACRE_NO_MEMORY
                   : port_default()->contents->map(context, contents, offset, base, size);
}

static void release_contents(void *context, uint64_t contents) {
    live--;
    port_default()->contents->release(context, contents);
}

static struct port failing_port(void) {
    static const struct port_contents contents = {failing_make, failing_map, release_contents};
    struct port port = *port_default();
    port.pages_reserve = failing_reserve;
    port.pages_commit = port.pages_commit_any = failing_commit;
    port.pages_uncommit = failing_uncommit;
    port.pages_clear = failing_clear;
    port.pages_release = counting_release;
    port.contents = &contents;
    return port;
}

/* --- A scenario: a module, and what is done with it --- */

struct scenario {
    void (*build)(struct builder *b);
    nacre_status (*prepare)(nacre_engine *engine, nacre_store *store); /* may be NULL */
    bool gc_stress;
    int32_t expected; /* of the function "f" */
    long survivals;   /* at least so many single failures do no harm: of a collection, a growth */
    long least;       /* requests that there are */
    int32_t no_memory; /* what "f" returns when it was told so; 0: it can't be */
};

static nacre_status out_of_memory(nacre_status status, const nacre_error *error) {
    bool trapped = status == NACRE_TRAP && error->trap == NACRE_TRAP_OUT_OF_MEMORY;
    return trapped ? NACRE_NO_MEMORY : status;
}

static nacre_status run(const struct scenario *s, nacre_engine *engine, nacre_store *store,
                        const nacre_module *module, int32_t *value) {
    nacre_instance *instance;
    nacre_extern item;
    nacre_value result;
    nacre_error error;
    if (s->prepare) TRY(s->prepare(engine, store));
    nacre_status status = nacre_instance_create(store, module, &instance, &error);
    if (status != NACRE_OK) return out_of_memory(status, &error);
    TRY(nacre_instance_export(instance, "f", 1, &item));
    status = nacre_call(store, item.of.func, NULL, 0, &result, 1, &error);
    if (status == NACRE_OK) *value = result.of.i32;
    if (status == NACRE_OK && s->no_memory && *value == s->no_memory) return NACRE_NO_MEMORY;
    return out_of_memory(status, &error);
}

enum { STORES = 3 }; /* one after the other: they are made of each other */

static nacre_status play(const struct scenario *s, const uint8_t *bytes, size_t size,
                         int32_t *value) {
    nacre_config config;
    nacre_engine *engine = NULL;
    nacre_store *store = NULL;
    nacre_module *module = NULL;
    nacre_error error;
    nacre_limits limits;
    struct port port = failing_port();
    nacre_config_init(&config);
    config.allocator.resize = failing_resize;
    config.metering = true;
    config.gc_stress = s->gc_stress;
    nacre_limits_init(&limits);
    limits.fuel = 1000000; /* should what failed make a loop endless */
    nacre_status status = nacre_engine_create(&config, &engine);
    if (status == NACRE_OK) engine->engine.port = &port;
    if (status == NACRE_OK) status = nacre_module_create(engine, bytes, size, &module, &error);
    for (int i = 0; status == NACRE_OK && i < STORES; i++) {
        status = nacre_store_create(engine, &limits, &store);
        if (status == NACRE_OK) status = run(s, engine, store, module, value);
        if (status == NACRE_OK && *value != s->expected) break;
        nacre_store_destroy(store);
        store = NULL;
    }
    nacre_store_destroy(store);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    return status;
}

static void play_all(const struct scenario *s) {
    struct builder b = {0};
    const uint8_t *bytes;
    size_t size;
    s->build(&b);
    build_module(&b, &bytes, &size);
    for (int i = 0; i < 2; i++) {
        long survived = 0, n = 0;
        for_good = i;
        for (bool has_failed = true; has_failed; n++) {
            int32_t value = -1;
            assert_true(n < 2000);
            countdown = n;
            nacre_status status = play(s, bytes, size, &value);
            has_failed = countdown < 0;
            assert_int_equal(live, 0);
            if (status == NACRE_OK) assert_int_equal(value, s->expected);
            else assert_int_equal(status, NACRE_NO_MEMORY);
            survived += has_failed && status == NACRE_OK;
            assert_true(has_failed || status == NACRE_OK);
        }
        printf("    %ld requests, %ld survived\n", n, survived);
        assert_true(n > s->least);
        if (!for_good) assert_true(survived >= s->survivals);
    }
    build_free(&b);
}

#define PUT(bytes, part) put((bytes), (part), sizeof(part) - 1)
#define TYPE(b, bytes) PUT(entry((b), 1), bytes)
#define IMPORT(b, bytes) PUT(entry((b), 2), bytes), (b)->imported_funcs++

static void add_func(struct builder *b, uint32_t type, const char *export, const char *locals,
                     size_t locals_size, struct bytes *code) {
    struct bytes raw = {.data = (uint8_t *)(uintptr_t)locals, .size = locals_size};
    (void)build_func_locals(b, type, export, &raw, code->data, code->size);
    free(code->data);
    *code = (struct bytes){0};
}
#define FUNC(b, type, export, locals, code) \
    add_func((b), (type), (export), (locals), sizeof(locals) - 1, (code))

/* --- Code, a table, a host function, several values --- */

static nacre_status three(void *env, nacre_caller *caller, const nacre_value *args,
                          nacre_value *results) {
    (void)env, (void)caller, (void)args;
    results[0].of.i32 = 3;
    return NACRE_OK;
}

static nacre_status define_three(nacre_engine *engine, nacre_store *store) {
    nacre_extern item = {.kind = NACRE_EXTERN_FUNC};
    nacre_kind kinds[] = {NACRE_I32};
    nacre_functype type = {0, 1, NULL, kinds};
    (void)engine;
    TRY(nacre_func_create(store, &type, three, NULL, &item.of.func));
    return nacre_store_define(store, "host", 4, "f", 1, &item);
}

static void build_code(struct builder *b) {
    build_functype(b, "", "i");
    build_functype(b, "iIfFv", "iIfFv");
    build_import_func(b, "host", "f", 0);
    build_memory(b, 1, 10);
    build_table(b, 10);
    PUT(entry(b, 6), "\x7F\x01\x41\x07\x0B");        /* a mutable i32 of 7 */
    PUT(entry(b, 9), "\x00\x41\x01\x0B\x02\x00\x01"); /* two functions at 1 */
    PUT(entry(b, 11), "\x00\x41\x05\x0B\x03xyz");     /* three bytes at 5 */
    struct bytes code = {0};
    PUT(&code, "\x02\x7F\x41\x00\x41\x01\x41\x00\x0E\x02\x00\x00\x00\x0B"); /* br_table: 0 */
    PUT(&code, "\x41\x01\x11\x00\x00\x6A");           /* + table[1](): host.f */
    FUNC(b, 0, "f", "\x00", &code);
}

static void test_code(void **state) {
    (void)state;
    play_all(&(struct scenario){.build = build_code, .prepare = define_three, .expected = 1 + 3,
                                .least = 30});
}

/* --- What a guest asks for: memory and table elements --- */

static void build_growth(struct builder *b) {
    build_functype(b, "", "i");
    build_memory(b, 1, 100);
    build_table(b, 1);
    struct bytes code = {0};
    PUT(&code, "\x41\x07\x40\x00\x1A\xD0\x70\x41\xE4\x00\xFC\x0F\x00\x1A"); /* by 7, by 100 */
    PUT(&code, "\x41\x02");
    FUNC(b, 0, "f", "\x00", &code);
}

static void test_growth(void **state) {
    (void)state;
    play_all(&(struct scenario){.build = build_growth, .expected = 2, .survivals = 2,
                                .least = 20});
}

/* --- Much memory to begin with --- */

static void build_start(struct builder *b) {
    const uint32_t size = 300000;
    build_functype(b, "", "i");
    build_memory(b, 9, 100);
    PUT(entry(b, 11), "\x00\x41\x05\x0B");
    put_leb(&b->sections[11], size);
    for (uint32_t i = 0; i < size; i++) put_byte(&b->sections[11], 3);
    struct bytes code = {0};
    PUT(&code, "\x41\x01\x40\x00\x1A");                  /* one page more, if there is one */
    PUT(&code, "\x41\x80\x80\x08\x41\x09\x36\x02\x00"); /* a word at 128 KiB, now 9 */
    PUT(&code, "\x41\x80\x80\x0C\x2D\x00\x00");         /* a byte of data */
    PUT(&code, "\x41\x80\x80\x20\x2D\x00\x00\x6A");      /* and one beyond: 0 */
    FUNC(b, 0, "f", "\x00", &code);
}

static void test_start(void **state) {
    (void)state;
    play_all(&(struct scenario){.build = build_start, .expected = 3, .survivals = 2, .least = 20});
}

/* --- Objects, collections, exceptions --- */

enum { NODE, F, MAKE, NODES, THROWN, THROW };

/* MAKE(n): a list of n, ..., 1, made by a recursion n deep */
static void build_make(struct builder *b) {
    struct bytes code = {0};
    PUT(&code, "\x20\x00\x45\x04\x40\xD0\x00\x0F\x0B"); /* n = 0: null */
    PUT(&code, "\x20\x00\x20\x00\x41\x01\x6B\x10\x00\xFB\x00\x00");
    FUNC(b, MAKE, NULL, "\x00", &code);
}

/* Throws a list of twenty through a frame and catches it, puts it in the table, which grows; makes
 * an array of twenty lists. Returns the sum of the list's numbers, of the second of each of the
 * others, and of the global's. */
static void build_f(struct builder *b) {
    struct bytes code = {0};
    PUT(&code, "\x02\x63\x00");                            /* block (result (ref null NODE)) */
    PUT(&code, "\x1F\x40\x01\x00\x00\x00\x41\x14\x10\x00\x10\x02\x0B\x00\x0B"); /* try_table */
    PUT(&code, "\x21\x00\x41\x01\x20\x00\x26\x00");        /* list =; table[1] = list */
    PUT(&code, "\x20\x00\x41\xC8\x01\xFC\x0F\x00\x1A");    /* 200 more of it in the table */
    PUT(&code, "\x41\x00\x25\x00\xFB\x02\x00\x00\x21\x01"); /* sum = table[0].number */
    PUT(&code, "\x41\x14\xFB\x07\x03\x21\x02\x03\x40");     /* array[n] = MAKE(n + 2) */
    PUT(&code, "\x20\x02\x20\x03\x20\x03\x41\x02\x6A\x10\x00\xFB\x0E\x03");
    PUT(&code, "\x20\x03\x41\x01\x6A\x22\x03\x41\x14\x48\x0D\x00\x0B\x03\x40");
    PUT(&code, "\x20\x01\x20\x02\x20\x03\x41\x01\x6B\x22\x03\xFB\x0B\x03"); /* sum += its next */
    PUT(&code, "\xFB\x02\x00\x01\xFB\x02\x00\x00\x6A\x21\x01\x20\x03\x0D\x00\x0B");
    PUT(&code, "\x03\x40\x20\x01\x20\x00\xFB\x02\x00\x00\x6A\x21\x01");
    PUT(&code, "\x20\x00\xFB\x02\x00\x01\x22\x00\xD1\x45\x0D\x00\x0B\x20\x01");
    FUNC(b, F, "f", "\x04\x01\x63\x00\x01\x7F\x01\x63\x03\x01\x7F", &code);
    PUT(&code, "\x20\x00\x08\x00");
    FUNC(b, THROW, NULL, "\x00", &code);
}

static void build_objects(struct builder *b) {
    TYPE(b, "\x5F\x02\x7F\x01\x63\x00\x01");  /* NODE: number, next */
    TYPE(b, "\x60\x00\x01\x7F");
    TYPE(b, "\x60\x01\x7F\x01\x63\x00");
    TYPE(b, "\x5E\x63\x00\x01");              /* NODES: an array of them */
    TYPE(b, "\x60\x01\x63\x00\x00");
    TYPE(b, "\x60\x01\x63\x00\x00");
    PUT(entry(b, 13), "\x00\x04");
    PUT(entry(b, 6), "\x63\x00\x00\x41\x05\xD0\x00\xFB\x00\x00\x0B"); /* a node of 5 */
    PUT(entry(b, 4), "\x63\x00\x00\x04");
    PUT(entry(b, 9), "\x06\x00\x41\x00\x0B\x63\x00\x01\x23\x00\x0B"); /* which is table[0] */
    build_make(b);
    build_f(b);
}

static void test_objects(void **state) {
    (void)state;
    struct scenario s = {.build = build_objects, .expected = 210 + 210 + 5, .least = 60,
                         .survivals = 2};
    play_all(&s);
    s.gc_stress = true;
    s.survivals = 8; /* roots, the list of what is marked */
    play_all(&s);
}

/* --- WASI --- */

static nacre_status attach_wasi(nacre_engine *engine, nacre_store *store) {
    nacre_wasi *wasi;
    nacre_error error;
    TRY(nacre_wasi_create(engine, &wasi));
    nacre_status status = nacre_wasi_add_arg(wasi, "program");
    if (status == NACRE_OK) status = nacre_wasi_add_arg(wasi, "an argument");
    if (status == NACRE_OK) status = nacre_wasi_add_env(wasi, "NAME=VALUE");
    if (status == NACRE_OK) status = nacre_wasi_add_dir(wasi, ".", "/here", true, &error);
    nacre_wasi_inherit_stdio(wasi);
    if (status == NACRE_OK) status = nacre_wasi_attach(wasi, store);
    if (status != NACRE_OK) nacre_wasi_destroy(wasi);
    return status;
}

#define WASI "\x16wasi_snapshot_preview1"
#define UNLESS_OK "\x22\x00\x04\x40\x20\x00\x0F\x0B" /* returns the error */

/* Opens the directory twelve times and reads it, waits for no time; returns 0 or the number of a
 * WASI error. */
static void build_wasi(struct builder *b) {
    build_functype(b, "ii", "i");
    build_functype(b, "iiiiiIIii", "i");
    build_functype(b, "iiiIi", "i");
    build_functype(b, "", "i");
    build_functype(b, "iiii", "i");
    IMPORT(b, WASI "\x08" "args_get\x00\x00");
    IMPORT(b, WASI "\x0B" "environ_get\x00\x00");
    IMPORT(b, WASI "\x09" "path_open\x00\x01");
    IMPORT(b, WASI "\x0A" "fd_readdir\x00\x02");
    IMPORT(b, WASI "\x0B" "poll_oneoff\x00\x04");
    build_memory(b, 1, 1);
    build_export(b, "memory", 2, 0);
    PUT(entry(b, 11), "\x00\x41\x00\x0B\x01.");
    struct bytes code = {0};
    PUT(&code, "\x41\x80\x01\x41\x80\x02\x10\x00" UNLESS_OK);
    PUT(&code, "\x41\x80\x01\x41\x80\x02\x10\x01" UNLESS_OK);
    PUT(&code, "\x03\x40"); /* path_open(3, 0, ".", 1, DIRECTORY, readdir, 0, 0, 8) */
    PUT(&code, "\x41\x03\x41\x00\x41\x00\x41\x01\x41\x02\x42\x80\x80\x01\x42\x00\x41\x00\x41\x08");
    PUT(&code, "\x10\x02" UNLESS_OK);
    PUT(&code, "\x41\x08\x28\x02\x00\x41\x80\x08\x41\x80\x08\x42\x00\x41\x10\x10\x03" UNLESS_OK);
    PUT(&code, "\x20\x01\x41\x01\x6A\x22\x01\x41\x0C\x48\x0D\x00\x0B");
    PUT(&code, "\x41\x80\x10\x41\x80\x18\x41\x02\x41\x08\x10\x04"); /* zeros: a clock, now */
    FUNC(b, 3, "f", "\x01\x02\x7F", &code);
}

enum { WASI_ENOMEM = 48 };

static void test_wasi(void **state) {
    (void)state;
    play_all(&(struct scenario){.build = build_wasi, .prepare = attach_wasi, .least = 60,
                                .no_memory = WASI_ENOMEM});
}

/* --- What an embedder makes --- */

static nacre_status make_things(nacre_engine *engine, nacre_store *store) {
    nacre_kind kinds[100];
    nacre_value value = {.kind = NACRE_I64}, args[100] = {0}, results[100];
    nacre_functype type = {100, 1, kinds, kinds}, read;
    nacre_extern item = {.kind = NACRE_EXTERN_FUNC};
    nacre_memory *memory;
    nacre_table *table;
    nacre_global *global;
    (void)engine;
    for (int i = 0; i < 100; i++) kinds[i] = args[i].kind = NACRE_I32;
    TRY(nacre_func_create(store, &type, three, NULL, &item.of.func));
    TRY(nacre_func_type(store, item.of.func, &read));
    TRY(nacre_call(store, item.of.func, args, 100, results, 1, NULL));
    TRY(nacre_memory_create(store, 1, 10, false, &memory));
    TRY(nacre_memory_grow(memory, 1, NULL));
    TRY(nacre_table_create(store, NACRE_FUNCREF, 10, 1000, false, &table));
    TRY(nacre_table_grow(table, 100, item.of.func, NULL));
    TRY(nacre_global_create(store, &value, true, &global));
    for (int i = 0; i < 100; i++) {
        char name[3] = {(char)('0' + i / 10), (char)('0' + i % 10)};
        TRY(nacre_store_define(store, "host", 4, name, 2, &item));
    }
    return define_three(engine, store);
}

static void test_things(void **state) {
    (void)state;
    play_all(&(struct scenario){.build = build_code, .prepare = make_things, .expected = 1 + 3,
                                .least = 50});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code),  cmocka_unit_test(test_growth),
        cmocka_unit_test(test_start), cmocka_unit_test(test_objects),
        cmocka_unit_test(test_wasi),  cmocka_unit_test(test_things),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
