/* test_switch.c - an image comes while a module's functions are interpreted: from the next call on
 * they run compiled, or from the next round of a loop, and what comes of it is what comes of
 * interpreting all, fuel included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <nacre/compiler.h>
#include <nacre/image.h>
#include <nacre/instance.h>

#include "support/builder.h"

#include "api/api.h"

/* --- The module: each exported function pauses in the host, then calls another --- */

enum { LEAF = 1 }; /* then: deep, traps, throws, grows */

#define CODE(text) text, sizeof(text) - 1
#define PAUSED "\x10\x00"
#define ARG "\x20\x00"

struct sample {
    const char *name, *locals;
    size_t locals_size;
    const char *code;
    size_t size;
};
#define NONE CODE("\x00")
#define I32S(n) CODE("\x01" n "\x7F")

static const struct sample callers[] = {
    {"direct", NONE, CODE(PAUSED ARG "\x10\x01")},
    {"indirect", NONE, CODE(PAUSED ARG "\x41\x01\x11\x01\x00")},
    {"reference", NONE, CODE(PAUSED ARG "\xD2\x01\x14\x01")},
    {"tail", NONE, CODE(PAUSED ARG "\x12\x01")},
    {"tail-indirect", NONE, CODE(PAUSED ARG "\x41\x01\x13\x01\x00")},
    {"tail-reference", NONE, CODE(PAUSED ARG "\xD2\x01\x15\x01")},
    {"deep", NONE, CODE(PAUSED ARG "\x10\x02")},
    {"traps", NONE, CODE(PAUSED ARG "\x10\x03\x41\x01\x6A")},
    {"tail-traps", NONE, CODE(PAUSED ARG "\x12\x03")},
    {"throws", NONE, CODE(PAUSED ARG "\x10\x04")},
    {"catches", NONE,
     CODE(PAUSED "\x02\x7F\x1F\x7F\x01\x00\x00\x00" ARG "\x10\x04\x0B\x0B")},
    {"grows", NONE, CODE(PAUSED ARG "\x10\x05\x41\x80\x80\x04\x28\x02\x00\x6A")},
    {"many", NONE, CODE("\x02\x40\x03\x40" PAUSED ARG "\x10\x01\x21\x00" ARG
                        "\x41\xC0\x84\x3D\x4A\x0D\x01\x0C\x00\x0B\x0B" ARG)},
};

#define LOOP "\x03\x40" PAUSED
#define AGAIN(i) "\x20" i "\x41\x01\x6A\x22" i ARG "\x49\x0D\x00\x0B" /* while ++i < argument */

/* Each goes round a loop as often as its argument says, and pauses in it. */
static const struct sample loops[] = {
    {"sums", CODE("\x03\x01\x7F\x01\x7E\x01\x7C"), /* with an operand below the loop */
     CODE("\x42\x07" LOOP "\x20\x02\x20\x01\xAD\x20\x01\xAD\x7E\x7C\x21\x02\x20\x03\x20\x01"
          "\xB8\xA0\x21\x03" AGAIN("\x01") "\x20\x02\x7C\xA7\x20\x03\xAB\x6A")},
    {"nested", I32S("\x03"),
     CODE("\x03\x40\x41\x00\x21\x02" LOOP "\x20\x03\x41\x1F\x6C\x20\x01\x6A\x20\x02\x6A\x21\x03"
          "\x20\x02\x41\x01\x6A\x22\x02\x41\x0A\x49\x0D\x00\x0B" AGAIN("\x01") "\x20\x03")},
    {"parameter", I32S("\x01"),
     CODE(ARG "\x03\x01" PAUSED "\x41\x01\x6B\x22\x01\x20\x01\x0D\x00\x0B" ARG "\x6A")},
    {"operands of outer loops", I32S("\x03"), /* which go on to other ones without the inner */
     CODE(ARG "\x41\x03\x6A\x03\x40\x20\x01\x41\x05\x6C\x02\x40\x20\x01\x41\x01\x71\x0D\x00"
          "\x41\x00\x21\x02" LOOP "\x20\x02\x41\x01\x6A\x22\x02\x41\x0A\x49\x0D\x00\x0B\x0B"
          "\x20\x03\x6A\x21\x03" AGAIN("\x01") "\x20\x03\x6A")},
    {"traps in a loop", I32S("\x01"),
     CODE(LOOP "\x20\x01\x41\x01\x6A\x21\x01\x41\x0A" ARG "\x20\x01\x6B\x6E\x1A\x0C\x00\x0B"
          "\x20\x01")},
    {"calls", I32S("\x02"),
     CODE(LOOP "\x20\x01\x41\xFF\x01\x71\x10\x01\x21\x01" AGAIN("\x02") "\x20\x01")},
    {"catches in a loop", I32S("\x02"),
     CODE(LOOP "\x02\x7F\x1F\x7F\x01\x00\x00\x00\x20\x01\x10\x04\x0B\x0B\x20\x02\x6A\x21\x02"
          AGAIN("\x01") "\x20\x02")},
    {"is caught", I32S("\x01"),
     CODE("\x02\x7F\x1F\x7F\x01\x00\x00\x00" LOOP "\x20\x01\x41\x01\x6A\x22\x01" ARG
          "\x46\x04\x40\x20\x01\x10\x04\x1A\x0B\x0C\x00\x0B\x41\x00\x0B\x0B")},
    {"throws from a loop", I32S("\x01"),
     CODE(LOOP "\x20\x01\x41\x01\x6A\x22\x01" ARG "\x46\x04\x40\x20\x01\x08\x00\x0B\x0C\x00\x0B"
          "\x41\x00")},
    {"tail call", I32S("\x01"), CODE(LOOP AGAIN("\x01") "\x20\x01\x12\x01")},
    {"vectors", CODE("\x02\x01\x7B\x01\x7F"),
     CODE(LOOP "\x20\x01\x20\x02\xFD\x11\xFD\xAE\x01\x21\x01" AGAIN("\x02")
          "\x20\x01\xFD\x1B\x02")},
    {"objects", CODE("\x03\x01\x7F\x01\x63\x03\x01\x7F"), /* a list, and the sum of it */
     CODE(LOOP "\x20\x01\x20\x02\xFB\x00\x03\x21\x02" AGAIN("\x01") "\x03\x40\x20\x03\x20\x02"
          "\xFB\x02\x03\x00\x6A\x21\x03\x20\x02\xFB\x02\x03\x01\x22\x02\xD1\x45\x0D\x00\x0B"
          "\x20\x03")},
    {"memory", I32S("\x01"),
     CODE(LOOP "\x20\x01\x41\x04\x6C\x20\x01\x36\x02\x00" AGAIN("\x01")
          ARG "\x41\x04\x6C\x41\x04\x6B\x28\x02\x00")},
};

static void build_samples(struct builder *b, const struct sample *samples, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct sample *s = &samples[i];
        struct bytes locals = {.data = (uint8_t *)(uintptr_t)s->locals, .size = s->locals_size};
        build_func_locals(b, 1, s->name, &locals, s->code, s->size);
    }
}

static void build(struct builder *b, const uint8_t **bytes, size_t *size) {
    build_functype(b, "", "");
    build_functype(b, "i", "i");
    build_functype(b, "i", "");
    put(entry(b, 1), "\x5F\x02\x7F\x01\x63\x03\x01", 7); /* a number, and the next or null */
    build_import_func(b, "host", "pause", 0);
    build_memory(b, 1, 4);
    build_table(b, 4);
    put(entry(b, 13), "\0\2", 2);                 /* a tag with an i32 */
    put(entry(b, 6), "\x7F\x01\x41\x07\x0B", 5);  /* a mutable global of 7 */
    put(entry(b, 9), "\0\x41\1\x0B\1\1", 6);      /* table[1]: LEAF */
    build_func(b, 1, NULL, CODE(ARG "\x41\x02\x6C\x41\x01\x6A" ARG "\x24\x00"));
    build_func(b, 1, NULL,
               CODE(ARG "\x04\x7F" ARG "\x41\x01\x6B\x10\x02\x41\x01\x6A\x05\x23\x00\x0B"));
    build_func(b, 1, NULL, CODE("\x41\x0A" ARG "\x41\x05\x6B\x6E"));
    build_func(b, 1, NULL, CODE(ARG "\x08\x00"));
    build_func(b, 1, NULL,
               CODE("\x41\x01\x40\x00\x1A\x41\x80\x80\x04" ARG "\x36\x02\x00\x23\x00"));
    build_samples(b, callers, sizeof callers / sizeof *callers);
    build_samples(b, loops, sizeof loops / sizeof *loops);
    build_export(b, "leaf", 0, LEAF); /* ref.func may name it */
    build_module(b, bytes, size);
}

/* --- Runs --- */

enum way { INTERPRETED, SWITCHED, COMPILED };

struct setting {
    nacre_engine *engine;
    nacre_compile_options options;
    nacre_limits limits;
    const uint8_t *bytes;
    size_t size;
    char image[32];
};

struct run {
    const struct setting *setting;
    nacre_module *module;
    uint32_t pauses, first; /* how many; the one that brings the image, 0: none does */
    uint32_t continued;     /* loops that got their continuation */
    bool was_compiled;      /* in the last pause */
    nacre_status status;
    nacre_error error;
    int32_t result;
    uint64_t fuel;
    bool is_compiled;
};

static bool compile(const struct setting *s, const nacre_compile_options *options, char *path) {
    nacre_error error;
    memcpy(path, "/tmp/nacre-switch-XXXXXX", sizeof "/tmp/nacre-switch-XXXXXX");
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    nacre_status status = nacre_compile(s->bytes, s->size, path, options, &error);
    if (status != NACRE_OK) unlink(path);
    if (status != NACRE_OK && status != NACRE_NOT_FOUND) fail_msg("%s", error.text);
    return status == NACRE_OK;
}

/* What relies on guard pages can't go on for what does not. */
static void refuse_guarded(struct run *r, nacre_compile_options options, const nacre_loop *loop) {
    char path[32];
    options.explicit_bounds = false;
    assert_true(compile(r->setting, &options, path));
    assert_int_equal(nacre_module_continue(r->module, loop, path, NULL, NULL), NACRE_UNSUPPORTED);
    unlink(path);
}

static void continue_loop(struct run *r, const nacre_loop *loop) {
    char path[32];
    static const uint8_t key[32] = {1};
    const nacre_loop other = {loop->function, loop->offset + 1};
    nacre_compile_options options = r->setting->options;
    options.continues = true;
    options.function = loop->function;
    options.loop = loop->offset;
    assert_true(compile(r->setting, &options, path));
    assert_int_equal(nacre_module_continue(r->module, &other, path, NULL, NULL),
                     NACRE_ARGUMENT);
    assert_int_equal(nacre_module_continue(r->module, loop, path, key, NULL), NACRE_UNSUPPORTED);
    assert_int_equal(nacre_module_continue(r->module, loop, r->setting->image, NULL, NULL),
                     NACRE_UNSUPPORTED);
    if (options.explicit_bounds) refuse_guarded(r, options, loop);
    nacre_status status = nacre_module_continue(r->module, loop, path, NULL, &r->error);
    if (status != NACRE_OK) fail_msg("%s", r->error.text);
    unlink(path);
    r->continued++;
}

static nacre_status pause_it(void *env, nacre_caller *caller, const nacre_value *args,
                             nacre_value *results) {
    struct run *r = env;
    nacre_loop loop;
    (void)args, (void)results;
    r->was_compiled = caller->call->store->thread.native != NULL;
    if (++r->pauses == r->first) {
        nacre_status status =
            nacre_module_use_image(r->module, r->setting->image, NULL, &r->error);
        if (status != NACRE_OK) fail_msg("%s", r->error.text);
    }
    if (nacre_module_stuck(r->module, &loop)) continue_loop(r, &loop);
    return NACRE_OK;
}

static void define_pause(nacre_store *store, struct run *r) {
    const nacre_functype type = {0, 0, NULL, NULL};
    nacre_extern item = {.kind = NACRE_EXTERN_FUNC};
    assert_int_equal(nacre_func_create(store, &type, pause_it, r, &item.of.func), NACRE_OK);
    assert_int_equal(nacre_store_define(store, "host", 4, "pause", 5, &item), NACRE_OK);
}

/* Calls the function `times` times; an image that comes late does so in pause number `first`. */
static void run(struct run *r, const struct setting *s, enum way way, uint32_t first, int times,
                const char *name, int32_t argument) {
    nacre_store *store;
    nacre_instance *instance;
    nacre_extern item;
    nacre_value value = {.kind = NACRE_I32}, result;
    *r = (struct run){.setting = s, .first = way == SWITCHED ? first : 0};
    assert_int_equal(nacre_module_create(s->engine, s->bytes, s->size, &r->module, NULL),
                     NACRE_OK);
    if (way == COMPILED)
        assert_int_equal(nacre_module_use_image(r->module, s->image, NULL, NULL), NACRE_OK);
    assert_int_equal(nacre_store_create(s->engine, &s->limits, &store), NACRE_OK);
    define_pause(store, r);
    assert_int_equal(nacre_instance_create(store, r->module, &instance, NULL), NACRE_OK);
    assert_int_equal(nacre_instance_export(instance, name, strlen(name), &item), NACRE_OK);
    for (int i = 0; i < times; i++) {
        value.of.i32 = argument;
        r->status = nacre_call(store, item.of.func, &value, 1, &result, 1, &r->error);
        r->result = r->status == NACRE_OK ? result.of.i32 : 0;
    }
    r->is_compiled = nacre_instance_is_compiled(instance);
    r->fuel = nacre_store_fuel(store);
    nacre_store_destroy(store);
    nacre_module_destroy(r->module);
}

static void assert_same(const struct run *a, const struct run *b, const char *name) {
    if (a->status != b->status || a->result != b->result || a->fuel != b->fuel)
        fail_msg("%s: %s, %d, %llu; and %s, %d, %llu", name, nacre_status_text(a->status),
                 a->result, (unsigned long long)a->fuel, nacre_status_text(b->status), b->result,
                 (unsigned long long)b->fuel);
    assert_int_equal(a->pauses, b->pauses);
    if (a->status == NACRE_OK) return;
    assert_int_equal(a->error.trap, b->error.trap);
    assert_string_equal(a->error.text, b->error.text);
    assert_int_equal(a->error.frames_total, b->error.frames_total);
    for (uint32_t i = 0; i < a->error.frame_count; i++) {
        assert_int_equal(a->error.frames[i].function, b->error.frames[i].function);
        assert_int_equal(a->error.frames[i].offset, b->error.frames[i].offset);
    }
}

/* --- With fuel and without --- */

/* Twice without an image, so that there is code for what is called; then in the way asked for. */
static void check_callers(const struct setting *s) {
    static const int32_t arguments[] = {5, 100, 3000};
    for (size_t i = 0; i < sizeof callers / sizeof *callers * 3; i++) {
        struct run runs[3];
        const char *name = callers[i / 3].name;
        for (int way = INTERPRETED; way <= COMPILED; way++)
            run(&runs[way], s, (enum way)way, 3, 3, name, arguments[i % 3]);
        assert_same(&runs[INTERPRETED], &runs[SWITCHED], name);
        assert_same(&runs[INTERPRETED], &runs[COMPILED], name);
        assert_false(runs[INTERPRETED].is_compiled);
        assert_true(runs[SWITCHED].is_compiled);
    }
}

static void check_loops(const struct setting *s) {
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        struct run runs[3];
        const char *name = loops[i].name;
        for (int way = INTERPRETED; way <= COMPILED; way++)
            run(&runs[way], s, (enum way)way, 10, 1, name, 3000);
        assert_same(&runs[INTERPRETED], &runs[SWITCHED], name);
        assert_same(&runs[INTERPRETED], &runs[COMPILED], name);
        assert_int_equal(runs[SWITCHED].continued, 1);
        assert_true(runs[SWITCHED].was_compiled);
        assert_false(runs[INTERPRETED].was_compiled);
    }
}

static void check_all(bool is_metered, bool collects, bool is_explicit) {
    struct builder b = {0};
    struct setting s;
    nacre_config config;
    nacre_config_init(&config);
    nacre_limits_init(&s.limits);
    nacre_compile_options_init(&s.options);
    config.metering = s.options.metering = is_metered;
    s.options.explicit_bounds = is_explicit;
    config.gc_stress = collects;
    if (is_metered) s.limits.fuel = 1 << 30;
    build(&b, &s.bytes, &s.size);
    if (compile(&s, &s.options, s.image)) { /* or no compiler was built */
        assert_int_equal(nacre_engine_create(&config, &s.engine), NACRE_OK);
        check_callers(&s);
        check_loops(&s);
        nacre_engine_destroy(s.engine);
        unlink(s.image);
    }
    build_free(&b);
}

static void test_plain(void **state) {
    (void)state;
    check_all(false, false, false);
    check_all(false, true, false);
}

static void test_explicit_bounds(void **state) {
    (void)state;
    check_all(false, false, true);
}

static void test_fuel(void **state) {
    (void)state;
    check_all(true, false, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain),
                                       cmocka_unit_test(test_explicit_bounds),
                                       cmocka_unit_test(test_fuel)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
