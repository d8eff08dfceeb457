/* test_instances.c - instances that are made of what others left: none finds a trace of them. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <nacre/compiler.h>
#include <nacre/image.h>
#include <nacre/instance.h>
#include <nacre/wasi.h>

#include "support/builder.h"

#include "base/spares.h"
#include "port/default.h"

enum { PAGE = 65536, TABLE = 4, GLOBAL = 7, SPOILT = 0xEE };

/* --- A module that changes everything that it has --- */

struct shape {
    uint32_t pages, data_at, data_size;
    bool overlaps; /* a second segment lies on the end of the first */
};

static const struct shape shapes[] = {
    {1, 100, 1000, false},            /* cleared in place */
    {40, 39 * PAGE, 500, false},      /* the port asks which pages are there */
    {40, 3 * PAGE + 5, 400000, true}, /* contents are mapped */
    {4, 0, 4 * PAGE, false},          /* and are all there is */
    {3, 0, 0, false},
};

static uint8_t data_byte(uint32_t i) { return (uint8_t)(i * 7 + i / 251 + 1); }

static void put_data(struct builder *b, uint32_t at, uint32_t size, uint32_t first) {
    struct bytes *s = entry(b, 11);
    put_byte(s, 0);
    put_byte(s, 0x41);
    put_sleb(s, at);
    put_byte(s, 0x0B);
    put_leb(s, size);
    for (uint32_t i = 0; i < size; i++) put_byte(s, data_byte(first + i));
}

/* Grows the memory, fills all of it, changes the global and the table, and traps. */
static const uint8_t spoil[] = {
    0x41, 3, 0x40, 0, 0x1A,                                                   /* memory.grow */
    0x41, 0, 0x41, 0xEE, 1, 0x3F, 0, 0x41, 16, 0x74, 0xFC, 0x0B, 0,           /* memory.fill */
    0x41, 0xE3, 0, 0x24, 0,                                                   /* global.set */
    0x41, 1, 0xD0, 0x70, 0x26, 0, 0xD0, 0x70, 0x41, 5, 0xFC, 0x0F, 0, 0x1A,   /* table */
    0x00,
};
static const uint8_t first_word[] = {0x41, 0, 0x28, 2, 0};

static void build(struct builder *b, const struct shape *s, const uint8_t **bytes, size_t *size) {
    build_functype(b, "", "");
    build_functype(b, "", "i");
    build_memory(b, s->pages, UINT64_MAX);
    build_table(b, TABLE);
    put(entry(b, 6), "\x7F\x01\x41\x07\x0B", 5);
    put(entry(b, 9), "\0\x41\1\x0B\2\0\1", 7);
    build_func(b, 0, "spoil", spoil, sizeof spoil);
    build_func(b, 1, "first", first_word, sizeof first_word);
    build_export(b, "memory", 2, 0);
    build_export(b, "table", 1, 0);
    build_export(b, "global", 3, 0);
    if (s->data_size) put_data(b, s->data_at, s->data_size, 0);
    if (s->overlaps) put_data(b, s->data_at + s->data_size - 1000, 2000, s->data_size - 1000);
    build_module(b, bytes, size);
}

static nacre_extern item_of(const nacre_instance *instance, const char *name) {
    nacre_extern item;
    assert_int_equal(nacre_instance_export(instance, name, strlen(name), &item), NACRE_OK);
    return item;
}

static void check_memory(const struct shape *s, nacre_memory *memory) {
    uint32_t end = s->data_at + s->data_size + (s->overlaps ? 1000 : 0);
    assert_int_equal(nacre_memory_size(memory), (uint64_t)s->pages * PAGE);
    const uint8_t *bytes = nacre_memory_data(memory);
    for (uint32_t i = 0; i < s->pages * PAGE; i++) {
        bool is_data = s->data_size && i >= s->data_at && i < end;
        if (bytes[i] != (is_data ? data_byte(i - s->data_at) : 0))
            fail_msg("byte %u is %u", i, bytes[i]);
    }
}

/* Is the instance as its module says? */
static void check(const struct shape *s, const nacre_instance *instance) {
    nacre_value value;
    check_memory(s, item_of(instance, "memory").of.memory);
    nacre_global_get(item_of(instance, "global").of.global, &value);
    assert_int_equal(value.of.i32, GLOBAL);
    const nacre_table *table = item_of(instance, "table").of.table;
    assert_int_equal(nacre_table_size(table), TABLE);
    for (uint32_t i = 0; i < TABLE; i++) {
        assert_int_equal(nacre_table_get(table, i, &value), NACRE_OK);
        assert_int_equal(value.of.ref != 0, i == 1 || i == 2);
    }
}

/* Makes an instance, looks at it, and has it spoil what it has. */
static void live(nacre_engine *engine, const nacre_module *module, const struct shape *s,
                 const nacre_limits *limits) {
    nacre_store *store;
    nacre_instance *instance;
    nacre_error error;
    nacre_value first;
    assert_int_equal(nacre_store_create(engine, limits, &store), NACRE_OK);
    assert_int_equal(nacre_instance_create(store, module, &instance, NULL), NACRE_OK);
    check(s, instance);
    nacre_extern spoiler = item_of(instance, "spoil"), reader = item_of(instance, "first");
    assert_int_equal(nacre_call(store, spoiler.of.func, NULL, 0, NULL, 0, &error), NACRE_TRAP);
    assert_int_equal(error.trap, NACRE_TRAP_UNREACHABLE);
    assert_int_equal(nacre_call(store, reader.of.func, NULL, 0, &first, 1, &error), NACRE_OK);
    assert_int_equal((uint32_t)first.of.i32, 0xEEEEEEEE);
    nacre_store_destroy(store);
}

/* Under limits of several kinds: stacks and reservations differ, and what is kept must fit. */
static void live_often(nacre_engine *engine, const nacre_module *module, const struct shape *s) {
    nacre_limits small_stack, unguarded;
    nacre_limits_init(&small_stack);
    nacre_limits_init(&unguarded);
    small_stack.stack_bytes = NACRE_STACK_BYTES_MIN;
    unguarded.reserve_bytes = UINT64_C(1) << 30;
    for (int round = 0; round < 3; round++) {
        live(engine, module, s, NULL);
        live(engine, module, s, &small_stack);
        live(engine, module, s, &unguarded);
    }
}

/* --- Each shape, interpreted and compiled, with and without spares --- */

static nacre_module *load(nacre_engine *engine, const uint8_t *bytes, size_t size,
                          bool is_compiled) {
    nacre_module *module;
    nacre_error error;
    char path[] = "/tmp/nacre-instances-XXXXXX";
    assert_int_equal(nacre_module_create(engine, bytes, size, &module, NULL), NACRE_OK);
    if (!is_compiled) return module;
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    nacre_status status = nacre_compile(bytes, size, path, NULL, &error);
    if (status == NACRE_OK) status = nacre_module_use_image(module, path, NULL, &error);
    unlink(path);
    if (status == NACRE_OK) return module;
    if (status != NACRE_NOT_FOUND) fail_msg("%s", error.text);
    nacre_module_destroy(module); /* no compiler was built */
    return NULL;
}

static void live_in(uint32_t spares, bool is_compiled, const struct shape *s) {
    struct builder b = {0};
    nacre_config config;
    nacre_engine *engine;
    const uint8_t *bytes;
    size_t size;
    build(&b, s, &bytes, &size);
    nacre_config_init(&config);
    config.spares = spares;
    assert_int_equal(nacre_engine_create(&config, &engine), NACRE_OK);
    nacre_module *module = load(engine, bytes, size, is_compiled);
    if (module) live_often(engine, module, s);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    build_free(&b);
}

static void test_traces(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        live_in(16, false, &shapes[i]);
        live_in(16, true, &shapes[i]);
        live_in(0, false, &shapes[i]);
        live_in(1, true, &shapes[i]);
    }
}

/* --- What can't be mapped is copied, or refused, as ever --- */

static void test_segment_outside(void **state) {
    (void)state;
    struct builder b = {0};
    const struct shape s = {8, 8 * PAGE - 300000, 300001, false};
    const uint8_t *bytes;
    size_t size;
    nacre_engine *engine;
    nacre_module *module;
    nacre_error error;
    build(&b, &s, &bytes, &size);
    assert_int_equal(nacre_engine_create(NULL, &engine), NACRE_OK);
    assert_int_equal(nacre_module_create(engine, bytes, size, &module, NULL), NACRE_OK);
    for (int i = 0; i < 4; i++) {
        nacre_store *store;
        nacre_instance *instance;
        assert_int_equal(nacre_store_create(engine, NULL, &store), NACRE_OK);
        assert_int_equal(nacre_instance_create(store, module, &instance, &error), NACRE_TRAP);
        assert_int_equal(error.trap, NACRE_TRAP_MEMORY_BOUNDS);
        nacre_store_destroy(store);
    }
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    build_free(&b);
}

/* --- In a child process: what the parent knew of its pages is not true of the child's --- */

static void test_child(void **state) {
    (void)state;
    const struct shape *s = &shapes[1];
    struct builder b = {0};
    nacre_engine *engine;
    nacre_module *module;
    const uint8_t *bytes;
    size_t size;
    int status;
    build(&b, s, &bytes, &size);
    assert_int_equal(nacre_engine_create(NULL, &engine), NACRE_OK);
    assert_int_equal(nacre_module_create(engine, bytes, size, &module, NULL), NACRE_OK);
    live(engine, module, s, NULL);
    pid_t child = fork();
    if (child == 0) {
        nacre_store *store;
        nacre_instance *instance;
        nacre_value ignored;
        nacre_error error;
        for (int i = 0; i < 3; i++) { /* the last finds what the others left */
            if (nacre_store_create(engine, NULL, &store) != NACRE_OK) _exit(2);
            if (nacre_instance_create(store, module, &instance, NULL) != NACRE_OK) _exit(2);
            nacre_extern memory = item_of(instance, "memory");
            const uint8_t *at = nacre_memory_data(memory.of.memory);
            for (uint32_t k = 0; k < s->data_at; k++)
                if (at[k]) _exit(1);
            nacre_extern spoiler = item_of(instance, "spoil");
            if (nacre_call(store, spoiler.of.func, NULL, 0, &ignored, 0, &error) != NACRE_TRAP)
                _exit(2);
            nacre_store_destroy(store);
        }
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    build_free(&b);
}

/* --- Many threads --- */

enum { THREADS = 4, ROUNDS = 50 };

struct shared {
    nacre_engine *engine;
    const nacre_module *module;
    const struct shape *shape;
};

static void *work(void *argument) {
    const struct shared *s = argument;
    for (int i = 0; i < ROUNDS; i++) live(s->engine, s->module, s->shape, NULL);
    return NULL;
}

static void run_threads(void *(*run)(void *argument), void *argument) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run, argument), 0);
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* Of one engine and module, which go at the end. */
static void share(struct builder *b, const uint8_t *bytes, size_t size, const struct shape *shape,
                  void *(*run)(void *argument)) {
    nacre_module *module;
    struct shared s = {.shape = shape};
    assert_int_equal(nacre_engine_create(NULL, &s.engine), NACRE_OK);
    assert_int_equal(nacre_module_create(s.engine, bytes, size, &module, NULL), NACRE_OK);
    s.module = module;
    run_threads(run, &s);
    nacre_module_destroy(module);
    nacre_engine_destroy(s.engine);
    build_free(b);
}

static void test_threads(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct builder b = {0};
        const uint8_t *bytes;
        size_t size;
        build(&b, &shapes[i], &bytes, &size);
        share(&b, bytes, size, &shapes[i], work);
    }
}

/* What the engine knows of WASI's functions is made by the first that asks, of several at once. */
static void *attach(void *argument) {
    const struct shared *s = argument;
    for (int i = 0; i < ROUNDS; i++) {
        nacre_store *store;
        nacre_wasi *wasi;
        nacre_instance *instance;
        nacre_value errno_;
        if (nacre_store_create(s->engine, NULL, &store) != NACRE_OK ||
            nacre_wasi_create(s->engine, &wasi) != NACRE_OK ||
            nacre_wasi_attach(wasi, store) != NACRE_OK ||
            nacre_instance_create(store, s->module, &instance, NULL) != NACRE_OK ||
            nacre_call(store, item_of(instance, "f").of.func, NULL, 0, &errno_, 1, NULL) !=
                NACRE_OK ||
            errno_.of.i32 != 0)
            abort();
        nacre_store_destroy(store);
    }
    return NULL;
}

static void test_wasi_of_threads(void **state) {
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct builder b = {0};
        const uint8_t *bytes;
        size_t size;
        build_functype(&b, "", "i");
        build_import_func(&b, "wasi_snapshot_preview1", "sched_yield", 0);
        build_func(&b, 0, "f", (const uint8_t[]){0x10, 0}, 2);
        build_module(&b, &bytes, &size);
        share(&b, bytes, size, NULL, attach);
    }
}

/* --- The list itself --- */

static void test_spares(void **state) {
    (void)state;
    const struct allocator a = port_default_allocator();
    struct spares spares;
    int things[4];
    assert_true(spares_init(&spares, &a, 3));
    assert_null(spares_take(&spares));
    for (int i = 0; i < 3; i++) assert_true(spares_put(&spares, &things[i]));
    assert_false(spares_put(&spares, &things[3]));
    int sum = 0;
    for (int i = 0; i < 3; i++) sum += 1 << ((int *)spares_take(&spares) - things);
    assert_int_equal(sum, 7);
    assert_null(spares_take(&spares));
    assert_true(spares_put(&spares, &things[2]));
    assert_ptr_equal(spares_take(&spares), &things[2]);
    spares_deinit(&spares, &a);
    assert_true(spares_init(&spares, &a, 0));
    assert_false(spares_put(&spares, &things[0]));
    assert_null(spares_take(&spares));
    spares_deinit(&spares, &a);
}

/* Each thing belongs to one thread at a time: it counts in it, with nothing to protect it. */
enum { THINGS = 3, TURNS = 20000 };
static struct spares passed;

static void *pass(void *argument) {
    for (int done = 0; done < TURNS;) {
        long *thing = spares_take(&passed);
        if (!thing) continue;
        ++*thing;
        done++;
        if (!spares_put(&passed, thing)) abort();
    }
    return argument;
}

static void test_spares_of_threads(void **state) {
    (void)state;
    const struct allocator a = port_default_allocator();
    long things[THINGS] = {0}, sum = 0;
    assert_true(spares_init(&passed, &a, THINGS));
    for (int i = 0; i < THINGS; i++) assert_true(spares_put(&passed, &things[i]));
    run_threads(pass, NULL);
    for (int i = 0; i < THINGS; i++) assert_non_null(spares_take(&passed));
    for (int i = 0; i < THINGS; i++) sum += things[i];
    assert_int_equal(sum, THREADS * TURNS);
    spares_deinit(&passed, &a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spares),          cmocka_unit_test(test_spares_of_threads),
        cmocka_unit_test(test_traces),          cmocka_unit_test(test_segment_outside),
        cmocka_unit_test(test_child),           cmocka_unit_test(test_threads),
        cmocka_unit_test(test_wasi_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
