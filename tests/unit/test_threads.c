/* test_threads.c - one engine and one module, a store in every thread: functions are lowered while
 * others run them, and modules with the same types are made at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <pthread.h>

#include <cmocka.h>

#include <nacre/instance.h>

#include "support/builder.h"

enum { THREADS = 4, FUNCTIONS = 200, ROUNDS = 20 };

struct shared {
    nacre_engine *engine;
    const nacre_module *module;
    const uint8_t *bytes;
    size_t size;
};

/* Calls every function of the module in a store of its own; function n gives n. */
static long use(const struct shared *s, const nacre_module *module) {
    nacre_store *store;
    nacre_instance *instance;
    nacre_extern item;
    nacre_value result;
    char name[3] = "fa";
    long wrong = 0;
    if (nacre_store_create(s->engine, NULL, &store) != NACRE_OK) return 1;
    if (nacre_instance_create(store, module, &instance, NULL) != NACRE_OK) wrong++;
    for (int i = 0; i < FUNCTIONS && wrong == 0; i++) {
        name[0] = (char)('!' + i / 50);
        name[1] = (char)('0' + i % 50);
        if (nacre_instance_export(instance, name, 2, &item) != NACRE_OK ||
            nacre_call(store, item.of.func, NULL, 0, &result, 1, NULL) != NACRE_OK ||
            result.of.i32 != i)
            wrong++;
    }
    nacre_store_destroy(store);
    return wrong;
}

static void *work(void *argument) {
    const struct shared *s = argument;
    long wrong = use(s, s->module);
    for (int i = 0; i < ROUNDS; i++) {
        nacre_module *own;
        if (nacre_module_create(s->engine, s->bytes, s->size, &own, NULL) != NACRE_OK) {
            wrong++;
            continue;
        }
        wrong += use(s, own);
        nacre_module_destroy(own);
    }
    return (void *)wrong;
}

static void test_threads(void **state) {
    (void)state;
    struct builder b = {0};
    struct shared s;
    nacre_module *module;
    pthread_t threads[THREADS];
    char name[3] = "";
    build_functype(&b, "", "i");
    for (int i = 0; i < FUNCTIONS; i++) {
        struct bytes code = {0};
        name[0] = (char)('!' + i / 50);
        name[1] = (char)('0' + i % 50);
        put_byte(&code, 0x41);
        put_sleb(&code, i);
        build_func(&b, 0, name, code.data, code.size);
        free(code.data);
    }
    build_module(&b, &s.bytes, &s.size);
    assert_int_equal(nacre_engine_create(NULL, &s.engine), NACRE_OK);
    assert_int_equal(nacre_module_create(s.engine, s.bytes, s.size, &module, NULL), NACRE_OK);
    s.module = module;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &s), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    nacre_module_destroy(module);
    nacre_engine_destroy(s.engine);
    build_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
