/* test_hints.c - branch hints: those that are there, and malformed sections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "exec/code.h"
#include "port/default.h"

/* A module with three empty functions, and a custom section in front of the code's. */
static size_t make(uint8_t *bytes, const char *hints, size_t size) {
    static const char head[] = "\0asm\1\0\0\0\1\4\1\x60\0\0\3\4\3\0\0\0";
    static const char name[] = "\x19metadata.code.branch_hint";
    static const char code[] = "\x0A\x0A\3\2\0\x0B\2\0\x0B\2\0\x0B";
    uint8_t *at = bytes;
    memcpy(at, head, sizeof head - 1);
    at += sizeof head - 1;
    *at++ = 0;
    *at++ = (uint8_t)(sizeof name - 1 + size);
    memcpy(at, name, sizeof name - 1);
    at += sizeof name - 1;
    memcpy(at, hints, size);
    at += size;
    memcpy(at, code, sizeof code - 1);
    return (size_t)(at - bytes) + sizeof code - 1;
}

/* The hints of a function as text, "offset+" or "offset-" each; and the count of all. */
static void read_hints(const char *hints, size_t size, uint32_t func, char *text,
                       uint32_t *count) {
    uint8_t bytes[300];
    struct engine engine = {.allocator = port_default_allocator(), .port = port_default(),
                            .features = UINT32_MAX};
    struct hash_key key = {0};
    struct code_module module;
    nacre_error error;
    uint32_t offset;
    bool likely;
    assert_true(wasm_types_init(&engine.types, &engine.allocator, &key));
    assert_int_equal(code_module_init(&module, &engine, false, bytes, make(bytes, hints, size),
                                      &error),
                     NACRE_OK);
    struct wasm_hints h = wasm_func_hints(&module.wasm, func);
    while (wasm_hints_next(&h, &offset, &likely)) {
        *text++ = (char)('0' + offset);
        *text++ = likely ? '+' : '-';
    }
    *text = 0;
    *count = wasm_hint_count(&module.wasm);
    code_module_deinit(&module);
    wasm_types_deinit(&engine.types);
}

#define CHECK(section, func, expected, expected_count)                       \
    do {                                                                     \
        char text[100];                                                      \
        uint32_t count;                                                      \
        read_hints(section, sizeof(section) - 1, func, text, &count);        \
        assert_string_equal(text, expected);                                 \
        assert_int_equal(count, expected_count);                             \
    } while (0)

static void test_hints(void **state) {
    (void)state;
#define TWO "\2\0\1\4\1\1\2\2\5\1\0\7\1\1"
    CHECK(TWO, 0, "4+", 3);
    CHECK(TWO, 1, "", 3);
    CHECK(TWO, 2, "5-7+", 3);
    CHECK("\0", 0, "", 0);
}

static void test_malformed(void **state) {
    (void)state;
    CHECK("", 0, "", 0);
    CHECK("\1\0\1\4", 0, "", 0);                 /* cut */
    CHECK("\1\0\1\4\2\1\1", 0, "", 0);           /* a hint of two bytes */
    CHECK("\1\0\1\4\1\7", 0, "", 0);             /* neither likely nor not */
    CHECK("\1\0\xFF\xFF\xFF\xFF\x0F\4\1\1", 0, "4+", 1);
    CHECK("\xFF\xFF\xFF\xFF\x0F\0\1\4\1\1", 0, "4+", 1);
    CHECK("\2\0\1\4\xFF\xFF\xFF\xFF\x0F\1\1\1\3\1\1", 1, "", 0); /* a size beyond the end */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
