/* test_features.c - each feature can be switched off, and is then refused by its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <nacre/instance.h>

#include "support/builder.h"

/* A function without parameters and results, in a module with a memory. */
static void body(struct builder *b, const char *code, size_t size) {
    build_functype(b, "", "");
    build_memory(b, 1, UINT64_MAX);
    build_func(b, 0, "f", code, size);
}
#define BODY(name, code) \
    static void build_##name(struct builder *b) { body(b, code, sizeof(code) - 1); }
#define ENTRY(name, section, code) \
    static void build_##name(struct builder *b) { put(entry(b, section), code, sizeof(code) - 1); }

BODY(sign_extension, "\x41\0\xC0\x1A")
BODY(saturating, "\x43\0\0\0\0\xFC\0\x1A")
BODY(bulk, "\x41\0\x41\0\x41\0\xFC\x0B\0")
BODY(reference_types, "\xD0\x6F\x1A")
BODY(simd, "\xFD\x0C\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x1A")
BODY(relaxed_simd, "\x41\0\xFD\x0F\x41\0\xFD\x0F\xFD\x80\x02\x1A")
BODY(tail_call, "\x12\0")
BODY(exceptions, "\x1F\x40\0\x0B")
BODY(threads, "\xFE\x03\0")
ENTRY(multi_value, 1, "\x60\0\2\x7F\x7F")
ENTRY(function_references, 1, "\x60\1\x64\x70\0")
ENTRY(gc, 1, "\x5F\0")
ENTRY(memory64, 5, "\4\1")
ENTRY(shared_memory, 5, "\3\1\1")
ENTRY(tag, 1, "\x60\0\0")
ENTRY(extended_const, 6, "\x7F\0\x41\1\x41\2\x6A\x0B")

static void build_multi_memory(struct builder *b) {
    build_memory(b, 1, UINT64_MAX);
    build_memory(b, 1, UINT64_MAX);
}
static void build_mutable_globals(struct builder *b) {
    put(entry(b, 6), "\x7F\1\x41\0\x0B", 5);
    build_export(b, "g", 3, 0);
}
static void build_exception_tag(struct builder *b) {
    build_tag(b);
    put(entry(b, 13), "\0\0", 2);
}

static const struct {
    const char *feature;
    void (*build)(struct builder *b);
} modules[] = {
    {"sign-extension", build_sign_extension},
    {"saturating-float-to-int", build_saturating},
    {"bulk-memory", build_bulk},
    {"reference-types", build_reference_types},
    {"simd", build_simd},
    {"relaxed-simd", build_relaxed_simd},
    {"tail-call", build_tail_call},
    {"exceptions", build_exceptions},
    {"exceptions", build_exception_tag},
    {"threads", build_threads},
    {"threads", build_shared_memory},
    {"multi-value", build_multi_value},
    {"function-references", build_function_references},
    {"gc", build_gc},
    {"memory64", build_memory64},
    {"extended-const", build_extended_const},
    {"multi-memory", build_multi_memory},
    {"mutable-globals", build_mutable_globals},
};
enum { MODULES = sizeof modules / sizeof modules[0] };

static nacre_status load(const char *off, const uint8_t *bytes, size_t size, nacre_error *error) {
    nacre_config config;
    nacre_engine *engine;
    nacre_module *module = NULL;
    nacre_config_init(&config);
    if (off) assert_int_equal(nacre_config_switch(&config, off, false), NACRE_OK);
    assert_int_equal(nacre_engine_create(&config, &engine), NACRE_OK);
    nacre_status status = nacre_module_create(engine, bytes, size, &module, error);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    return status;
}

static void test_each(void **state) {
    (void)state;
    for (size_t i = 0; i < MODULES; i++) {
        struct builder b = {0};
        const uint8_t *bytes;
        size_t size;
        nacre_error error = {0};
        modules[i].build(&b);
        build_module(&b, &bytes, &size);
        if (load(NULL, bytes, size, &error) != NACRE_OK)
            fail_msg("%s: %s", modules[i].feature, error.text);
        if (load(modules[i].feature, bytes, size, &error) != NACRE_UNSUPPORTED)
            fail_msg("%s: not refused: %s", modules[i].feature, error.text);
        if (!strstr(error.text, modules[i].feature))
            fail_msg("%s is not named: %s", modules[i].feature, error.text);
        build_free(&b);
    }
}

/* No feature is without a module above. */
static void test_all_covered(void **state) {
    (void)state;
    const char *name;
    for (uint32_t f = 0; (name = nacre_feature_name(f)); f++) {
        size_t i = 0;
        while (i < MODULES && strcmp(modules[i].feature, name) != 0) i++;
        if (i == MODULES) fail_msg("%s is not tried", name);
    }
}

static void test_switch(void **state) {
    (void)state;
    nacre_config config;
    nacre_config_init(&config);
    assert_int_equal(nacre_config_switch(&config, "simd", false), NACRE_OK);
    assert_int_not_equal(config.features_off, 0);
    assert_int_equal(nacre_config_switch(&config, "simd", true), NACRE_OK);
    assert_int_equal(config.features_off, 0);
    assert_int_equal(nacre_config_switch(&config, "mvp", false), NACRE_NOT_FOUND);
    assert_int_equal(nacre_config_switch(&config, "sim", false), NACRE_NOT_FOUND);
    assert_int_equal(nacre_config_switch(&config, "", false), NACRE_NOT_FOUND);
}

/* --- The deterministic profile --- */

static const uint8_t nan_bits[] = {1, 0, 0xF0, 0xFF}; /* signalling, negative, as f32 */

static uint64_t bits_of(const nacre_value *value) {
    uint32_t low;
    uint64_t all;
    memcpy(&low, &value->of.f32, sizeof low);
    memcpy(&all, &value->of.f64, sizeof all);
    return value->kind == NACRE_F32 ? low : all;
}

/* The bits of what a function returns that computes `code` from a NaN with a payload (local 0). */
static uint64_t compute(const char *result, const char *code, size_t size, bool deterministic) {
    struct builder b = {0};
    const uint8_t *bytes;
    size_t module_size;
    nacre_config config;
    nacre_engine *engine;
    nacre_module *module;
    nacre_store *store;
    nacre_instance *instance;
    nacre_extern f;
    nacre_error error;
    nacre_value nan = {.kind = NACRE_F32}, value;
    memcpy(&nan.of.f32, nan_bits, sizeof nan_bits);
    build_functype(&b, "f", result);
    build_func(&b, 0, "f", code, size);
    build_module(&b, &bytes, &module_size);
    nacre_config_init(&config);
    config.deterministic = deterministic;
    assert_int_equal(nacre_engine_create(&config, &engine), NACRE_OK);
    assert_int_equal(nacre_module_create(engine, bytes, module_size, &module, &error), NACRE_OK);
    assert_int_equal(nacre_store_create(engine, NULL, &store), NACRE_OK);
    assert_int_equal(nacre_instance_create(store, module, &instance, &error), NACRE_OK);
    assert_int_equal(nacre_instance_export(instance, "f", 1, &f), NACRE_OK);
    assert_int_equal(nacre_call(store, f.of.func, &nan, 1, &value, 1, &error), NACRE_OK);
    nacre_store_destroy(store);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    build_free(&b);
    return bits_of(&value);
}

static void test_canonical(void **state) {
    (void)state;
    static const struct { const char *result, *code; size_t size; } cases[] = {
#define CASE(result, code) {result, code, sizeof(code) - 1}
        CASE("f", "\x20\0\x8D"), CASE("f", "\x20\0\x90"), CASE("f", "\x20\0\x91"),
        CASE("f", "\x20\0\x20\0\x92"), CASE("f", "\x20\0\x20\0\x95"),
        CASE("f", "\x20\0\x20\0\x96"), CASE("f", "\x20\0\x20\0\x97"),
        CASE("F", "\x20\0\xBB"), CASE("F", "\x20\0\xBB\x20\0\xBB\xA2"),
        CASE("f", "\x20\0\xBB\xB6"),
        CASE("f", "\x20\0\xFD\x13\xFD\x67\xFD\x1F\3"),                 /* f32x4.ceil, lane 3 */
        CASE("f", "\x20\0\xFD\x13\x20\0\xFD\x13\xFD\xE4\1\xFD\x1F\2"), /* f32x4.add, lane 2 */
        CASE("F", "\x20\0\xBB\xFD\x14\xFD\xEF\1\xFD\x21\1"),           /* f64x2.sqrt, lane 1 */
        CASE("F", "\x20\0\xFD\x13\xFD\x5F\xFD\x21\1"),                 /* f64x2.promote_low */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t wanted = cases[i].result[0] == 'f' ? 0x7FC00000u : UINT64_C(0x7FF8) << 48;
        uint64_t found = compute(cases[i].result, cases[i].code, cases[i].size, true);
        if (found != wanted) fail_msg("case %zu: 0x%llx", i, (unsigned long long)found);
    }
    /* Moving a NaN, and changing its sign, is no arithmetic. */
    assert_int_equal(compute("f", "\x20\0", 2, true), 0xFFF00001u);
    assert_int_equal(compute("f", "\x20\0\x8C", 3, true), 0x7FF00001u);
    /* And it is on request: the machine keeps the payload. */
    assert_int_not_equal(compute("f", "\x20\0\x20\0\x92", 5, false), 0x7FC00000u);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each),
        cmocka_unit_test(test_all_covered),
        cmocka_unit_test(test_switch),
        cmocka_unit_test(test_canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
