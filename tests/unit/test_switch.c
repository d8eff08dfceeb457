/* test_switch.c - an image comes while a module's functions are interpreted: from the next call on
 * they run compiled, and what comes of it is what comes of interpreting all. */
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

/* --- The module: each exported function pauses in the host, then calls another --- */

enum { LEAF = 1 }; /* then: deep, traps, throws, grows */

#define CODE(text) text, sizeof(text) - 1
#define PAUSED "\x10\x00"
#define ARG "\x20\x00"

static const struct {
    const char *name, *code;
    size_t size;
} callers[] = {
    {"direct", CODE(PAUSED ARG "\x10\x01")},
    {"indirect", CODE(PAUSED ARG "\x41\x01\x11\x01\x00")},
    {"reference", CODE(PAUSED ARG "\xD2\x01\x14\x01")},
    {"tail", CODE(PAUSED ARG "\x12\x01")},
    {"tail-indirect", CODE(PAUSED ARG "\x41\x01\x13\x01\x00")},
    {"tail-reference", CODE(PAUSED ARG "\xD2\x01\x15\x01")},
    {"deep", CODE(PAUSED ARG "\x10\x02")},
    {"traps", CODE(PAUSED ARG "\x10\x03\x41\x01\x6A")},
    {"tail-traps", CODE(PAUSED ARG "\x12\x03")},
    {"throws", CODE(PAUSED ARG "\x10\x04")},
    {"catches", CODE(PAUSED "\x02\x7F\x1F\x7F\x01\x00\x00\x00" ARG "\x10\x04\x0B\x0B")},
    {"grows", CODE(PAUSED ARG "\x10\x05\x41\x80\x80\x04\x28\x02\x00\x6A")},
    {"many", CODE("\x02\x40\x03\x40" PAUSED ARG "\x10\x01\x21\x00" ARG
                  "\x41\xC0\x84\x3D\x4A\x0D\x01\x0C\x00\x0B\x0B" ARG)},
};

static void build(struct builder *b, const uint8_t **bytes, size_t *size) {
    build_functype(b, "", "");
    build_functype(b, "i", "i");
    build_functype(b, "i", "");
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
    for (size_t i = 0; i < sizeof callers / sizeof *callers; i++)
        build_func(b, 1, callers[i].name, callers[i].code, callers[i].size);
    build_export(b, "leaf", 0, LEAF); /* ref.func may name it */
    build_module(b, bytes, size);
}

/* --- Runs --- */

enum way { INTERPRETED, SWITCHED, COMPILED };

struct run {
    nacre_module *module;
    const char *image; /* to attach when it pauses next; NULL: none */
    uint32_t pauses;
    nacre_status status;
    nacre_error error;
    int32_t result;
    bool is_compiled;
};

static nacre_status pause_it(void *env, nacre_caller *caller, const nacre_value *args,
                             nacre_value *results) {
    struct run *r = env;
    (void)caller, (void)args, (void)results;
    if (++r->pauses < 3 || !r->image) return NACRE_OK;
    nacre_status status = nacre_module_use_image(r->module, r->image, NULL, &r->error);
    if (status != NACRE_OK) fail_msg("%s", r->error.text);
    r->image = NULL;
    return NACRE_OK;
}

static void define_pause(nacre_store *store, struct run *r) {
    const nacre_functype type = {0, 0, NULL, NULL};
    nacre_extern item = {.kind = NACRE_EXTERN_FUNC};
    assert_int_equal(nacre_func_create(store, &type, pause_it, r, &item.of.func), NACRE_OK);
    assert_int_equal(nacre_store_define(store, "host", 4, "pause", 5, &item), NACRE_OK);
}

/* Twice without an image, so that there is code for what is called; then in the way asked for. */
static void run(struct run *r, nacre_engine *engine, const uint8_t *bytes, size_t size,
                const char *image, enum way way, const char *name, int32_t argument) {
    nacre_store *store;
    nacre_instance *instance;
    nacre_extern item;
    nacre_value value = {.kind = NACRE_I32}, result;
    *r = (struct run){.image = way == SWITCHED ? image : NULL};
    assert_int_equal(nacre_module_create(engine, bytes, size, &r->module, NULL), NACRE_OK);
    if (way == COMPILED)
        assert_int_equal(nacre_module_use_image(r->module, image, NULL, NULL), NACRE_OK);
    assert_int_equal(nacre_store_create(engine, NULL, &store), NACRE_OK);
    define_pause(store, r);
    assert_int_equal(nacre_instance_create(store, r->module, &instance, NULL), NACRE_OK);
    assert_int_equal(nacre_instance_export(instance, name, strlen(name), &item), NACRE_OK);
    for (int i = 0; i < 3; i++) {
        value.of.i32 = argument;
        r->status = nacre_call(store, item.of.func, &value, 1, &result, 1, &r->error);
        r->result = r->status == NACRE_OK ? result.of.i32 : 0;
    }
    r->is_compiled = nacre_instance_is_compiled(instance);
    nacre_store_destroy(store);
    nacre_module_destroy(r->module);
}

static void assert_same(const struct run *a, const struct run *b) {
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->result, b->result);
    if (a->status == NACRE_OK) return;
    assert_int_equal(a->error.trap, b->error.trap);
    assert_string_equal(a->error.text, b->error.text);
    assert_int_equal(a->error.frames_total, b->error.frames_total);
    for (uint32_t i = 0; i < a->error.frame_count; i++) {
        assert_int_equal(a->error.frames[i].function, b->error.frames[i].function);
        assert_int_equal(a->error.frames[i].offset, b->error.frames[i].offset);
    }
}

static bool compile(const uint8_t *bytes, size_t size, char *path) {
    nacre_error error;
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    nacre_status status = nacre_compile(bytes, size, path, NULL, &error);
    if (status != NACRE_OK) unlink(path);
    if (status != NACRE_OK && status != NACRE_NOT_FOUND) fail_msg("%s", error.text);
    return status == NACRE_OK;
}

static void test_switch(void **state) {
    (void)state;
    struct builder b = {0};
    const uint8_t *bytes;
    size_t size;
    nacre_engine *engine;
    char image[] = "/tmp/nacre-switch-XXXXXX";
    static const int32_t arguments[] = {5, 100, 3000};
    build(&b, &bytes, &size);
    if (!compile(bytes, size, image)) {
        build_free(&b);
        skip(); /* no compiler was built */
    }
    assert_int_equal(nacre_engine_create(NULL, &engine), NACRE_OK);
    for (size_t i = 0; i < sizeof callers / sizeof *callers * 3; i++) {
        struct run runs[3];
        const char *name = callers[i / 3].name;
        for (int way = INTERPRETED; way <= COMPILED; way++)
            run(&runs[way], engine, bytes, size, image, (enum way)way, name, arguments[i % 3]);
        assert_same(&runs[INTERPRETED], &runs[SWITCHED]);
        assert_same(&runs[INTERPRETED], &runs[COMPILED]);
        assert_false(runs[INTERPRETED].is_compiled);
        assert_true(runs[SWITCHED].is_compiled);
    }
    nacre_engine_destroy(engine);
    unlink(image);
    build_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_switch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
