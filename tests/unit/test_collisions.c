/* test_collisions.c - the engine's hash tables hold against names and types that an attacker made
 * to collide: here under FNV-1a, which Nacre once used. Loading them must not take quadratic
 * time. The hash itself is checked against the vectors of its reference implementation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <nacre/module.h>

#include "base/hash.h"
#include "support/builder.h"
#include "support/slower.h"

static void test_vectors(void **state) {
    (void)state;
    static const uint64_t expected[] = {
        0xABAC0158050FC4DC, 0xC9F49BF37D57CA93, 0x82CB9B024DC7D44D, 0x8BF80AB8E7DDF7FB,
        0xCF75576088D38328, 0xDEF9D52F49533B67, 0xC50D2B50C59F22A7, 0xD3927D989BB11140};
    const struct hash_key key = {{0x0706050403020100, 0x0F0E0D0C0B0A0908}};
    for (uint8_t size = 0; size < 8; size++) {
        uint8_t bytes[8];
        for (uint8_t i = 0; i < size; i++) bytes[i] = i;
        struct hash h;
        hash_start(&h, &key);
        hash_add(&h, bytes, size);
        assert_true(hash_end(&h) == expected[size]);
    }
}

/* Strings of ROUNDS blocks, each in two versions that lead FNV-1a to the same state: 2^ROUNDS
 * strings of one hash. A block is BLOCK symbols of four. */
enum { ROUNDS = 16, BLOCK = 10, WORD = ROUNDS * BLOCK };

struct colliding {
    uint8_t blocks[ROUNDS][2][BLOCK];
};

static void spell(uint32_t number, uint8_t *block) {
    for (int i = 0; i < BLOCK; i++, number >>= 2) block[i] = (uint8_t)(0x7C + (number & 3));
}

static uint32_t fnv(uint32_t h, const uint8_t *symbols, size_t count) {
    for (size_t i = 0; i < count; i++) h = (h ^ symbols[i]) * 0x01000193u;
    return h;
}

/* Two blocks with the same hash from `h`: the birthday paradox finds them among 4^BLOCK. */
static uint32_t find_pair(uint32_t h, uint8_t pair[2][BLOCK]) {
    enum { SEEN = 1 << 20 };
    uint32_t *seen = calloc(SEEN, sizeof *seen); /* number + 1 */
    assert_non_null(seen);
    for (uint32_t number = 0;; number++) {
        assert_true(number < SEEN);
        spell(number, pair[1]);
        uint32_t hash = fnv(h, pair[1], BLOCK), at = hash % SEEN;
        if (seen[at]) {
            spell(seen[at] - 1, pair[0]);
            if (fnv(h, pair[0], BLOCK) == hash) {
                free(seen);
                return hash;
            }
        }
        seen[at] = number + 1;
    }
}

static void collide(struct colliding *c, uint32_t h) {
    for (int round = 0; round < ROUNDS; round++) h = find_pair(h, c->blocks[round]);
}

static void word(const struct colliding *c, uint32_t number, uint8_t out[WORD]) {
    for (int round = 0; round < ROUNDS; round++)
        memcpy(out + round * BLOCK, c->blocks[round][number >> round & 1], BLOCK);
}

/* Processor seconds of loading the module. */
static double load(struct builder *b) {
    const uint8_t *bytes;
    size_t size;
    nacre_engine *engine;
    nacre_module *module;
    nacre_error error;
    build_module(b, &bytes, &size);
    assert_int_equal(nacre_engine_create(NULL, &engine), NACRE_OK);
    clock_t begin = clock();
    assert_int_equal(nacre_module_create(engine, bytes, size, &module, &error), NACRE_OK);
    clock_t end = clock();
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    build_free(b);
    return (double)(end - begin) / CLOCKS_PER_SEC;
}

static void test_export_names(void **state) {
    (void)state;
    struct builder b = {0};
    static struct colliding c;
    collide(&c, 0x811C9DC5u);
    build_memory(&b, 1, UINT64_MAX);
    for (uint32_t i = 0; i < 1u << ROUNDS; i++) {
        char name[WORD + 1] = {0};
        word(&c, i, (uint8_t *)name);
        build_export(&b, name, 2, 0);
    }
    assert_true(load(&b) < 2 * slower());
}

static void test_types(void **state) {
    (void)state;
    static const uint32_t head[] = {1, 0, 1, UINT32_MAX, WORD, 0};
    struct builder b = {0};
    static struct colliding c;
    uint32_t h = 0x811C9DC5u; /* over words: group size, kind, final, super, parameters, results */
    for (size_t i = 0; i < 6; i++) h = (h ^ head[i]) * 0x01000193u;
    collide(&c, h);
    for (uint32_t i = 0; i < 1u << ROUNDS; i++) {
        uint8_t params[WORD];
        word(&c, i, params);
        struct bytes *types = entry(&b, 1);
        put_byte(types, 0x60);
        put_leb(types, WORD);
        put(types, params, WORD);
        put_leb(types, 0);
    }
    assert_true(load(&b) < 2 * slower());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_export_names),
        cmocka_unit_test(test_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
