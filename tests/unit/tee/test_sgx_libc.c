/*
 * test_sgx_libc.c - the C library of an enclave beside that of the system: over all small sizes,
 * alignments and overlaps, between pages that nobody may touch.
 */
#include <stddef.h>

/* Whatever has these names here is the enclave's, and can be linked beside the system's. */
void *memcpy(void *restrict to, const void *restrict from, size_t size) __asm__("enclave_memcpy");
void *memmove(void *to, const void *from, size_t size) __asm__("enclave_memmove");
void *memset(void *to, int byte, size_t size) __asm__("enclave_memset");
int memcmp(const void *a, const void *b, size_t size) __asm__("enclave_memcmp");
size_t strlen(const char *text) __asm__("enclave_strlen");
int strcmp(const char *a, const char *b) __asm__("enclave_strcmp");
void *calloc(size_t count, size_t size) __asm__("enclave_calloc");
void free(void *pointer) __asm__("enclave_free");
_Noreturn void abort(void) __asm__("enclave_abort");
_Noreturn void __stack_chk_fail(void) __asm__("enclave_stack_chk_fail");
void *__memcpy_chk(void *restrict to, const void *restrict from, size_t size,
                   size_t room) __asm__("enclave_memcpy_chk");

#include "sgx/enclave/libc.c"

/* The system's. */
void *system_memcpy(void *to, const void *from, size_t size) __asm__("memcpy");
void *system_memmove(void *to, const void *from, size_t size) __asm__("memmove");
void *system_memset(void *to, int byte, size_t size) __asm__("memset");
int system_memcmp(const void *a, const void *b, size_t size) __asm__("memcmp");

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mman.h>

#include "port/posix/posix.h"

const struct port *port_default(void) { return NULL; }
struct allocator port_default_allocator(void) { return *port_posix_allocator(); }

enum { AREA = 16384, GUARD = 65536, SMALL = 320, AROUND = 96 };

static const uint16_t more_sizes[] = {511, 512, 1000, REP_LEAST - 1, REP_LEAST, REP_LEAST + 1,
                                      2000, 4095, 4096, 5001};
enum { ALL_SIZES = SMALL + 1 + (int)ARRAY_COUNT(more_sizes) };

static size_t size_at(uint32_t i) { return i <= SMALL ? i : more_sizes[i - SMALL - 1]; }

/* Its ends are those of pages that may be touched. */
static uint8_t *make_area(void) {
    uint8_t *all = mmap(NULL, AREA + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(all != MAP_FAILED);
    assert_int_equal(mprotect(all + GUARD, AREA, PROT_READ | PROT_WRITE), 0);
    return all + GUARD;
}

static void unmake_area(uint8_t *area) { munmap(area - GUARD, AREA + 2 * GUARD); }

static void fill(uint8_t *bytes, size_t size, uint32_t seed) {
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)((i + seed) * 2654435761u >> 13);
}

/* Copies in the area, and in what it should become, of which AROUND more on each side is
 * compared. */
static void check_move(uint8_t *area, uint8_t *expected, size_t to, size_t from, size_t size) {
    size_t first = to < AROUND ? 0 : to - AROUND;
    size_t end = to + size + AROUND > AREA ? AREA : to + size + AROUND;
    assert_ptr_equal(memmove(area + to, area + from, size), area + to);
    system_memmove(expected + to, expected + from, size);
    if (system_memcmp(area + first, expected + first, end - first) != 0)
        fail_msg("memmove of %zu bytes from %zu to %zu", size, from, to);
}

static void test_memmove(void **state) {
    uint8_t *area = make_area(), *expected = make_area();
    (void)state;
    fill(area, AREA, 1);
    fill(expected, AREA, 1);
    for (uint32_t i = 0; i < ALL_SIZES; i++) {
        const size_t size = size_at(i), last = AREA - size;
        for (size_t apart = 0; apart <= AROUND + SMALL; apart++) {
            const size_t odd = apart % 17;
            check_move(area, expected, odd, odd + apart, size);
            check_move(area, expected, odd + apart, odd, size);
            check_move(area, expected, last, last - apart, size);
            check_move(area, expected, last - apart, last, size);
        }
        for (size_t apart = size ? size - 1 : 0; apart <= size + 1; apart++) {
            check_move(area, expected, 3, 3 + apart, size);
            check_move(area, expected, 3 + apart, 3, size);
        }
        fill(area, AREA, i); /* else it soon repeats itself */
        fill(expected, AREA, i);
    }
    unmake_area(area);
    unmake_area(expected);
}

/* All alignments, and the ends of what may be touched. */
static void test_memcpy(void **state) {
    uint8_t *from = make_area(), *to = make_area(), *expected = make_area();
    (void)state;
    fill(from, AREA, 7);
    for (uint32_t i = 0; i < ALL_SIZES * 256; i++) {
        const size_t size = size_at(i / 256), last = AREA - size;
        const size_t at = i & 15, other = i >> 4 & 15;
        const size_t places[][2] = {{at, other}, {last - at, last - other}, {last - at, other}};
        for (uint32_t k = 0; k < ARRAY_COUNT(places); k++) {
            uint8_t *place = to + places[k][0];
            const size_t first = places[k][0] < 32 ? 0 : places[k][0] - 32;
            const size_t all = first + size + 64 > AREA ? AREA - first : size + 64;
            system_memset(to + first, (int)i, all);
            system_memset(expected + first, (int)i, all);
            assert_ptr_equal(memcpy(place, from + places[k][1], size), place);
            system_memcpy(expected + places[k][0], from + places[k][1], size);
            if (system_memcmp(to + first, expected + first, all) != 0)
                fail_msg("memcpy of %zu bytes from %zu to %zu", size, places[k][1], places[k][0]);
        }
    }
    unmake_area(from);
    unmake_area(to);
    unmake_area(expected);
}

static void test_memset(void **state) {
    static const int values[] = {0, 1, 0x80, 0xff, 0x1a5, -1};
    uint8_t *area = make_area(), *expected = make_area();
    (void)state;
    for (uint32_t i = 0; i < ALL_SIZES * 32; i++) {
        const size_t size = size_at(i / 32), at = i % 2 ? AREA - size - i / 2 % 16 : i / 2 % 16;
        for (uint32_t k = 0; k < ARRAY_COUNT(values); k++) {
            system_memset(area, 0x33, AREA);
            system_memset(expected, 0x33, AREA);
            assert_ptr_equal(memset(area + at, values[k], size), area + at);
            system_memset(expected + at, values[k], size);
            if (system_memcmp(area, expected, AREA) != 0)
                fail_msg("memset of %zu bytes at %zu to %d", size, at, values[k]);
        }
    }
    unmake_area(area);
    unmake_area(expected);
}

static int sign(int value) { return (value > 0) - (value < 0); }

/* The first byte that differs decides, as an unsigned one; what is behind the end does not. */
static void test_memcmp(void **state) {
    static const uint8_t pairs[][2] = {{0, 1}, {0x7f, 0x80}, {0xff, 0}, {0x80, 0xff}};
    uint8_t *a = make_area(), *b = make_area();
    (void)state;
    for (size_t size = 0; size <= 80; size++) {
        for (size_t odd = 0; odd < 8; odd++) {
            uint8_t *x = a + AREA - size - odd, *y = b + odd;
            fill(x, size, 3);
            fill(y, size, 3);
            if (odd) x[size] = (uint8_t)~(y[size] = 5);
            assert_int_equal(memcmp(x, y, size), 0);
            for (size_t at = 0; at < size * ARRAY_COUNT(pairs); at++) {
                const uint8_t kept = x[at / 4], *pair = pairs[at % 4];
                x[at / 4] = pair[0];
                y[at / 4] = pair[1];
                y[size - 1] ^= at / 4 < size - 1; /* and the last one, too */
                assert_int_equal(sign(memcmp(x, y, size)), sign(system_memcmp(x, y, size)));
                assert_int_equal(sign(memcmp(y, x, size)), sign(system_memcmp(y, x, size)));
                y[size - 1] ^= at / 4 < size - 1;
                x[at / 4] = y[at / 4] = kept;
            }
        }
    }
    unmake_area(a);
    unmake_area(b);
}

static void test_text(void **state) {
    uint8_t *area = make_area();
    (void)state;
    for (size_t size = 0; size < 40; size++) {
        char *text = (char *)area + AREA - size - 1;
        assert_int_equal(strlen(text), size);
        memset(text - 1, 'n', size + 1);
    }
    assert_int_equal(strcmp("shore", "shore"), 0);
    assert_true(strcmp("shore", "shor") > 0 && strcmp("", "s") < 0);
    assert_true(strcmp("a\x7f", "a\x80") < 0);
    unmake_area(area);
}

static void test_sodium(void **state) {
    uint8_t a[33] = {0}, b[33] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof a; i++) {
        assert_int_equal(sodium_memcmp(a, b, sizeof a), 0);
        a[i] = 0x80;
        assert_int_equal(sodium_memcmp(a, b, sizeof a), -1);
        assert_int_equal(sodium_memcmp(a, b, i), 0);
        assert_false(sodium_is_zero(a, sizeof a));
        assert_true(sodium_is_zero(a, i));
        sodium_memzero(a + i, 1);
    }
    assert_true(sodium_is_zero(a, sizeof a));
}

static void test_heap(void **state) {
    (void)state;
    assert_null(calloc(SIZE_MAX, 2));
    assert_null(calloc(SIZE_MAX / 2 + 1, 2));
    assert_null(calloc(1, SIZE_MAX));
    assert_null(calloc(1, SIZE_MAX - HEAD + 1));
    for (size_t size = 0; size < 200; size++) {
        uint8_t *bytes = calloc(3, size);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % 16, 0);
        assert_true(sodium_is_zero(bytes, 3 * size));
        memset(bytes, 0xff, 3 * size);
        free(bytes);
    }
    free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memmove), cmocka_unit_test(test_memcpy),
        cmocka_unit_test(test_memset),  cmocka_unit_test(test_memcmp),
        cmocka_unit_test(test_text),    cmocka_unit_test(test_sodium),
        cmocka_unit_test(test_heap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
