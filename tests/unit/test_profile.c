/* test_profile.c - a profile's order, and the time that it takes of very many functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <nacre/instance.h>

#include "support/builder.h"
#include "support/slower.h"

/* Function n goes around a loop n / SAME + 1 times: the later, the more instructions. */
enum { FUNCS = 60000, SAME = 500, FEW = 7 };

static const uint8_t loop[] = {0x03, 0x40, 0x20, 0, 0x41, 1, 0x6B, 0x22, 0, 0x0D, 0, 0x0B};

struct fixture {
    struct builder b;
    nacre_engine *engine;
    nacre_store *store;
    nacre_module *module;
    nacre_instance *instance;
};

static void build(struct builder *b, const uint8_t **bytes, size_t *size) {
    struct bytes code = {0};
    build_functype(b, "i", "");
    build_functype(b, "", "");
    for (uint32_t n = 0; n < FUNCS; n++) {
        build_func(b, 0, NULL, loop, sizeof loop);
        put_byte(&code, 0x41);
        put_sleb(&code, n / SAME + 1);
        put_byte(&code, 0x10);
        put_leb(&code, n);
    }
    build_func(b, 1, "run", code.data, code.size);
    free(code.data);
    build_module(b, bytes, size);
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    const uint8_t *bytes;
    size_t size;
    nacre_config config;
    nacre_extern run;
    nacre_error error;
    assert_non_null(f);
    build(&f->b, &bytes, &size);
    nacre_config_init(&config);
    config.profile = true;
    assert_int_equal(nacre_engine_create(&config, &f->engine), NACRE_OK);
    assert_int_equal(nacre_store_create(f->engine, NULL, &f->store), NACRE_OK);
    assert_int_equal(nacre_module_create(f->engine, bytes, size, &f->module, &error), NACRE_OK);
    assert_int_equal(nacre_instance_create(f->store, f->module, &f->instance, &error), NACRE_OK);
    assert_int_equal(nacre_instance_export(f->instance, "run", 3, &run), NACRE_OK);
    assert_int_equal(nacre_call(f->store, run.of.func, NULL, 0, NULL, 0, &error), NACRE_OK);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    nacre_store_destroy(f->store);
    nacre_module_destroy(f->module);
    nacre_engine_destroy(f->engine);
    build_free(&f->b);
    free(f);
    return 0;
}

/* Most instructions first: `run`, then from the last functions on; of equals the first. */
static void test_order(void **state) {
    struct fixture *f = *state;
    static nacre_profile_row rows[FUNCS + 2];
    clock_t begin = clock();
    assert_int_equal(nacre_instance_profile(f->instance, rows, FUNCS + 2), FUNCS + 1);
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 0.5 * slower());
    assert_int_equal(rows[0].function, FUNCS);
    for (uint32_t i = 0; i < FUNCS; i++) {
        assert_int_equal(rows[i + 1].function, FUNCS - SAME - i / SAME * SAME + i % SAME);
        assert_int_equal(rows[i + 1].calls, 1);
    }
}

static void test_few(void **state) {
    struct fixture *f = *state;
    nacre_profile_row rows[FEW + 1] = {[FEW] = {.function = 1}};
    assert_int_equal(nacre_instance_profile(f->instance, rows, FEW), FUNCS + 1);
    assert_int_equal(rows[0].function, FUNCS);
    for (uint32_t i = 1; i < FEW; i++) assert_int_equal(rows[i].function, FUNCS - SAME + i - 1);
    assert_int_equal(rows[FEW].function, 1); /* was not written */
    assert_int_equal(nacre_instance_profile(f->instance, NULL, 0), FUNCS + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order), cmocka_unit_test(test_few)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
