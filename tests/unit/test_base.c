/* test_base.c - the readers of numbers, names and texts, the arena, sorting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/reader.h"
#include "base/sort.h"
#include "base/status.h"
#include "base/utf8.h"
#include "port/default.h"

static struct reader reader_of(const uint8_t *bytes, size_t size) {
    return (struct reader){.start = bytes, .at = bytes, .end = bytes + size};
}
#define BYTES(...) reader_of((const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

static void test_leb_unsigned(void **state) {
    (void)state;
    uint32_t v = 7;
    struct reader r = BYTES(0x7F);
    assert_true(reader_leb_u32(&r, &v));
    assert_int_equal(v, 127);
    r = BYTES(0xE5, 0x8E, 0x26);
    assert_true(reader_leb_u32(&r, &v));
    assert_int_equal(v, 624485);
    r = BYTES(0xFF, 0xFF, 0xFF, 0xFF, 0x0F);
    assert_true(reader_leb_u32(&r, &v));
    assert_int_equal(v, UINT32_MAX);
    v = 7;
    r = BYTES(0xFF, 0xFF, 0xFF, 0xFF, 0x1F); /* bit 33 */
    assert_false(reader_leb_u32(&r, &v));
    assert_string_equal(r.why, "integer too large");
    assert_int_equal(reader_offset(&r), 0);
    r = BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x00);
    assert_false(reader_leb_u32(&r, &v));
    assert_string_equal(r.why, "integer representation too long");
    r = BYTES(0x80);
    assert_false(reader_leb_u32(&r, &v));
    assert_string_equal(r.why, "unexpected end");
    assert_int_equal(v, 7);
}

static void test_leb_signed(void **state) {
    (void)state;
    int32_t v;
    int64_t w;
    struct reader r = BYTES(0x7F);
    assert_true(reader_leb_i32(&r, &v));
    assert_int_equal(v, -1);
    r = BYTES(0x40);
    assert_true(reader_leb_i32(&r, &v));
    assert_int_equal(v, -64);
    r = BYTES(0x80, 0x80, 0x80, 0x80, 0x78);
    assert_true(reader_leb_i32(&r, &v));
    assert_int_equal(v, INT32_MIN);
    r = BYTES(0x80, 0x80, 0x80, 0x80, 0x70); /* unused bits that are no sign */
    assert_false(reader_leb_i32(&r, &v));
    r = BYTES(0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00);
    assert_true(reader_leb_i64(&r, &w));
    assert_int_equal(w, INT64_MAX);
    r = BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F);
    assert_true(reader_leb_i64(&r, &w));
    assert_true(w == INT64_MIN);
    r = BYTES(0xFF, 0xFF, 0xFF, 0xFF, 0x0F);
    assert_true(reader_leb_i33(&r, &w));
    assert_int_equal(w, UINT32_MAX);
}

static void test_names(void **state) {
    (void)state;
    const char *name;
    uint32_t size;
    struct reader r = BYTES(3, 'a', 0, 'b');
    assert_true(reader_name(&r, &name, &size));
    assert_int_equal(size, 3);
    r = BYTES(2, 0xC0, 0x80); /* overlong NUL */
    assert_false(reader_name(&r, &name, &size));
    assert_string_equal(r.why, "malformed UTF-8 encoding");
    r = BYTES(5, 'a');
    assert_false(reader_name(&r, &name, &size));
    assert_int_equal(reader_offset(&r), 0);
}

static void test_utf8(void **state) {
    (void)state;
    static const struct { const char *text; size_t size; bool valid; } cases[] = {
        {"", 0, true}, {"\xF0\x9F\xA6\xAA", 4, true}, {"\xF0\x9F\xA6", 3, false},
        {"\xED\x9F\xBF", 3, true}, {"\xED\xA0\x80", 3, false}, {"\xF4\x8F\xBF\xBF", 4, true},
        {"\xF4\x90\x80\x80", 4, false}, {"\xE0\x9F\xBF", 3, false}, {"\x80", 1, false},
        {"\xF5\x80\x80\x80", 4, false}, {"\xC1\xBF", 2, false}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        assert_int_equal(utf8_valid((const uint8_t *)cases[i].text, cases[i].size),
                         cases[i].valid);
}

static void test_text(void **state) {
    (void)state;
    char buffer[24];
    struct text t;
    text_init(&t, buffer, sizeof buffer);
    text_add_name(&t, "a\"\n", 3);
    text_add(&t, " ");
    text_add_i64(&t, INT64_MIN);
    assert_string_equal(buffer, "\"a\\22\\0a\" -922337203685");
    struct text nowhere = error_text(NULL);
    text_add(&nowhere, "this must not crash");
}

static void test_arena(void **state) {
    (void)state;
    struct allocator a = port_default_allocator();
    struct arena arena;
    arena_init(&arena, &a);
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        uint8_t *p = arena_take(&arena, size, 1);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++) assert_int_equal(p[i], 0);
        memset(p, 0xFF, size);
    }
    assert_non_null(arena_take(&arena, 0, 8));
    assert_null(arena_take(&arena, SIZE_MAX / 2, 4));
    arena_deinit(&arena);
}

static void test_statuses(void **state) {
    (void)state;
    assert_string_equal(nacre_status_text(NACRE_MALFORMED), "malformed module");
    assert_string_equal(nacre_status_text((nacre_status)9999), "unknown status");
    assert_string_equal(nacre_trap_text(NACRE_TRAP_DIVIDE_BY_ZERO), "integer divide by zero");
    assert_string_equal(nacre_trap_text((nacre_trap)9999), "unknown trap");
}

static bool key_before(const void *context, uint32_t a, uint32_t b) {
    const uint32_t *keys = context;
    return keys[a] != keys[b] ? keys[a] < keys[b] : a < b;
}

static void test_sort(void **state) {
    uint32_t keys[100], indices[100], number = 1;
    (void)state;
    for (uint32_t count = 0; count <= ARRAY_COUNT(keys); count++) {
        for (uint32_t i = 0; i < count; i++) {
            number = number * 1103515245 + 12345;
            keys[i] = number >> 16 & 63; /* some are alike */
            indices[i] = i;
        }
        sort_indices(indices, count, key_before, keys);
        for (uint32_t i = 1; i < count; i++)
            assert_true(key_before(keys, indices[i - 1], indices[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leb_unsigned), cmocka_unit_test(test_leb_signed),
        cmocka_unit_test(test_names),        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_text),         cmocka_unit_test(test_arena),
        cmocka_unit_test(test_statuses),     cmocka_unit_test(test_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
