/* test_objects.c - nacre/object.h: objects that the host keeps, looks into and throws. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <nacre/object.h>

#include "support/builder.h"

/* Types of the test's module. */
enum { NODE, BYTES, TO_LIST, OF_LIST, PLAIN, OF_NUMBER, NUMBERS, TO_BYTES };
/* Functions; the first two are the host's. */
enum { HOST, HOST_REF };

static void put_object_types(struct builder *b) {
    /* a node: a number, the next one; both mutable. Bytes: an array of i8, mutable. */
    put(entry(b, 1), "\x5F\x02\x7F\x01\x63\x00\x01", 7);
    put(entry(b, 1), "\x5E\x78\x01", 3);
    build_functype(b, "i", "a");
    build_functype(b, "a", "i");
    build_functype(b, "", "");
    build_functype(b, "i", "");
    build_functype(b, "i", "i");
    build_functype(b, "", "a");
}

/* list(n): nodes with the numbers 1 to n, the first one being 1. */
static const uint8_t list_locals[] = {1, 1, 0x63, NODE};
static const uint8_t list_code[] = {
    0x03, 0x40,                                      /* loop */
    0x20, 0, 0x45, 0x04, 0x40, 0x05,                 /*   if (n == 0) nothing else */
    0x20, 0, 0x20, 1, 0xFB, 0, NODE, 0x21, 1,        /*     list = node(n, list) */
    0x20, 0, 0x41, 1, 0x6B, 0x21, 0, 0x0C, 1,        /*     n--, again */
    0x0B, 0x0B, 0x20, 1};
/* sum(list) */
static const uint8_t sum_locals[] = {2, 1, 0x63, NODE, 1, 0x7F};
static const uint8_t sum_code[] = {
    0x20, 0, 0xFB, 0x17, NODE, 0x21, 1,              /* node = (node) list */
    0x03, 0x40, 0x20, 1, 0xD1, 0x45, 0x04, 0x40,     /* loop if (node != null) */
    0x20, 1, 0xFB, 2, NODE, 0, 0x20, 2, 0x6A, 0x21, 2, /* sum += node->number */
    0x20, 1, 0xFB, 2, NODE, 1, 0x21, 1, 0x0C, 1,     /*   node = node->next, again */
    0x0B, 0x0B, 0x20, 2};
/* garbage(n): makes n nodes that nobody needs. */
static const uint8_t garbage_code[] = {0x03, 0x40, 0xFB, 1, NODE, 0x1A, 0x20, 0, 0x41, 1, 0x6B,
                                       0x22, 0, 0x0D, 0, 0x0B};
static const uint8_t bytes_code[] = {0x41, 0x7F, 0x41, 3, 0xFB, 6, BYTES};
static const uint8_t throw_code[] = {0x20, 0, 0x08, 0};
/* catch(n): what the host throws, or n. */
static const uint8_t catch_code[] = {0x02, 0x7F, 0x1F, 0x40, 1, 0x00, 0, 0, 0x20, 0, 0x10, HOST,
                                     0x0B, 0x20, 0, 0x0B};
static const uint8_t pass_code[] = {0x20, 0, 0x10, HOST};
/* pass_list(n): the host sees a list that only its frame refers to. */
static const uint8_t pass_list_code[] = {0x20, 0, 0x10, 2, 0x10, HOST_REF};

struct fixture {
    struct builder b;
    nacre_engine *engine;
    nacre_module *module;
    nacre_store *store;
    nacre_instance *instance;
    nacre_tag *tag;
    nacre_status (*on_call)(struct fixture *f, nacre_caller *caller, const nacre_value *args,
                            nacre_value *results);
    nacre_error error;
};

static nacre_status host(void *env, nacre_caller *caller, const nacre_value *args,
                         nacre_value *results) {
    struct fixture *f = env;
    return f->on_call(f, caller, args, results);
}

static void build(struct builder *b) {
    put_object_types(b);
    build_import_func(b, "host", "call", OF_NUMBER);
    build_import_func(b, "host", "see", OF_LIST);
    struct bytes list = {0}, sum = {0};
    put(&list, list_locals, sizeof list_locals);
    put(&sum, sum_locals, sizeof sum_locals);
    build_func_locals(b, TO_LIST, "list", &list, list_code, sizeof list_code);
    build_func_locals(b, OF_LIST, "sum", &sum, sum_code, sizeof sum_code);
    build_func(b, OF_NUMBER, "garbage", garbage_code, sizeof garbage_code);
    build_func(b, TO_BYTES, "bytes", bytes_code, sizeof bytes_code);
    build_func(b, OF_NUMBER, "throw", throw_code, sizeof throw_code);
    build_func(b, NUMBERS, "catch", catch_code, sizeof catch_code);
    build_func(b, OF_NUMBER, "pass", pass_code, sizeof pass_code);
    build_func(b, NUMBERS, "pass_list", pass_list_code, sizeof pass_list_code);
    put(entry(b, 13), "\0\5", 2);
    build_export(b, "tag", NACRE_EXTERN_TAG, 0);
    free(list.data);
    free(sum.data);
}

static void define(struct fixture *f, const char *name, const nacre_functype *type) {
    nacre_extern item = {.kind = NACRE_EXTERN_FUNC};
    assert_int_equal(nacre_func_create(f->store, type, host, f, &item.of.func), NACRE_OK);
    assert_int_equal(nacre_store_define(f->store, "host", 4, name, strlen(name), &item), NACRE_OK);
}

static int setup_with(void **state, bool stress, uint64_t memory_bytes) {
    static const nacre_kind i32_kind = NACRE_I32, any_kind = NACRE_ANYREF;
    static const nacre_functype of_number = {1, 0, &i32_kind, NULL};
    static const nacre_functype of_ref = {1, 1, &any_kind, &i32_kind};
    struct fixture *f = calloc(1, sizeof *f);
    nacre_config config;
    nacre_limits limits;
    nacre_extern tag;
    const uint8_t *bytes;
    size_t size;
    nacre_config_init(&config);
    config.gc_stress = stress;
    nacre_limits_init(&limits);
    limits.memory_bytes = memory_bytes;
    build(&f->b);
    build_module(&f->b, &bytes, &size);
    assert_int_equal(nacre_engine_create(&config, &f->engine), NACRE_OK);
    nacre_status status = nacre_module_create(f->engine, bytes, size, &f->module, &f->error);
    if (status != NACRE_OK) fail_msg("%s", f->error.text);
    assert_int_equal(nacre_store_create(f->engine, &limits, &f->store), NACRE_OK);
    define(f, "call", &of_number);
    define(f, "see", &of_ref);
    assert_int_equal(nacre_instance_create(f->store, f->module, &f->instance, &f->error),
                     NACRE_OK);
    assert_int_equal(nacre_instance_export(f->instance, "tag", 3, &tag), NACRE_OK);
    f->tag = tag.of.tag;
    *state = f;
    return 0;
}
static int setup(void **state) { return setup_with(state, false, NACRE_UNLIMITED); }
static int setup_stress(void **state) { return setup_with(state, true, NACRE_UNLIMITED); }
static int setup_small(void **state) { return setup_with(state, false, 4 << 20); }

static int teardown(void **state) {
    struct fixture *f = *state;
    nacre_store_destroy(f->store);
    nacre_module_destroy(f->module);
    nacre_engine_destroy(f->engine);
    build_free(&f->b);
    free(f);
    return 0;
}

static nacre_value i32(int32_t number) {
    return (nacre_value){.kind = NACRE_I32, .of.i32 = number};
}
static nacre_value any(nacre_ref ref) {
    return (nacre_value){.kind = NACRE_ANYREF, .of.ref = ref};
}

static nacre_status call(struct fixture *f, const char *name, nacre_value arg,
                         nacre_value *result) {
    nacre_extern item;
    nacre_functype type;
    nacre_value none;
    assert_int_equal(nacre_instance_export(f->instance, name, strlen(name), &item), NACRE_OK);
    assert_int_equal(nacre_func_type(f->store, item.of.func, &type), NACRE_OK);
    return nacre_call(f->store, item.of.func, &arg, type.param_count, result ? result : &none,
                      type.result_count, &f->error);
}

static nacre_ref list_of(struct fixture *f, int32_t count) {
    nacre_value list;
    assert_int_equal(call(f, "list", i32(count), &list), NACRE_OK);
    return list.of.ref;
}

static void test_kept(void **state) {
    struct fixture *f = *state;
    nacre_ref list = list_of(f, 100);
    nacre_value sum;
    assert_int_equal(nacre_ref_keep(f->store, list), NACRE_OK);
    assert_int_equal(nacre_ref_keep(f->store, list), NACRE_OK);
    nacre_ref_release(f->store, list);
    assert_int_equal(call(f, "garbage", i32(1000), NULL), NACRE_OK);
    assert_int_equal(call(f, "sum", any(list), &sum), NACRE_OK);
    assert_int_equal(sum.of.i32, 5050);
    nacre_ref_release(f->store, list);
    nacre_ref_release(f->store, list); /* once too often: nothing happens */
    assert_int_equal(nacre_ref_keep(f->store, nacre_i31_ref(3)), NACRE_OK);
    assert_int_equal(nacre_ref_keep(f->store, list | 0x40000000), NACRE_ARGUMENT);
}

/* In stress mode the list is gone at once: it is refused, not followed. */
static void test_not_kept(void **state) {
    struct fixture *f = *state;
    nacre_ref list = list_of(f, 100);
    nacre_value sum;
    assert_int_equal(call(f, "garbage", i32(10), NULL), NACRE_OK);
    nacre_status status = call(f, "sum", any(list), &sum);
    assert_true(status == NACRE_ARGUMENT || status == NACRE_OK);
    assert_int_equal(nacre_object_size(f->store, list + 1), 0);
}

static void test_keep_many(void **state) {
    struct fixture *f = *state;
    enum { COUNT = 3000 };
    nacre_ref lists[COUNT];
    nacre_value sum;
    for (int i = 0; i < COUNT; i++) {
        lists[i] = list_of(f, i % 7 + 1);
        assert_int_equal(nacre_ref_keep(f->store, lists[i]), NACRE_OK);
    }
    for (int i = 0; i < COUNT; i += 2) nacre_ref_release(f->store, lists[i]);
    assert_int_equal(call(f, "garbage", i32(200000), NULL), NACRE_OK);
    for (int i = 1; i < COUNT; i += 2) {
        int32_t n = i % 7 + 1;
        assert_int_equal(call(f, "sum", any(lists[i]), &sum), NACRE_OK);
        assert_int_equal(sum.of.i32, n * (n + 1) / 2);
        nacre_ref_release(f->store, lists[i]);
    }
}

static void test_memory_limit(void **state) {
    struct fixture *f = *state;
    nacre_value list;
    assert_int_equal(call(f, "garbage", i32(1000000), NULL), NACRE_OK); /* 24 MB in all */
    assert_int_equal(call(f, "list", i32(1000000), &list), NACRE_TRAP);
    assert_int_equal(f->error.trap, NACRE_TRAP_OUT_OF_MEMORY);
    assert_int_equal(call(f, "list", i32(1000), &list), NACRE_OK);
}

static void test_parts(void **state) {
    struct fixture *f = *state;
    nacre_ref list = list_of(f, 3);
    nacre_value value, next, nine = i32(9), wrong = {.kind = NACRE_I64};
    assert_int_equal(nacre_object_size(f->store, list), 2);
    assert_int_equal(nacre_object_get(f->store, list, 0, &value), NACRE_OK);
    assert_int_equal(value.of.i32, 1);
    assert_int_equal(nacre_object_get(f->store, list, 1, &next), NACRE_OK);
    assert_int_equal(next.kind, NACRE_ANYREF);
    assert_int_equal(nacre_object_get(f->store, list, 2, &value), NACRE_BOUNDS);
    assert_int_equal(nacre_object_set(f->store, list, 0, &nine), NACRE_OK);
    assert_int_equal(nacre_object_set(f->store, list, 0, &wrong), NACRE_TYPE);
    assert_int_equal(nacre_object_set(f->store, next.of.ref, 1, &next), NACRE_OK);
    next.of.ref = nacre_i31_ref(5); /* no node */
    assert_int_equal(nacre_object_set(f->store, list, 1, &next), NACRE_TYPE);
    next.of.ref = NACRE_NULL;
    assert_int_equal(nacre_object_set(f->store, list, 1, &next), NACRE_OK);
    assert_int_equal(call(f, "sum", any(list), &value), NACRE_OK);
    assert_int_equal(value.of.i32, 9);
}

static void test_packed(void **state) {
    struct fixture *f = *state;
    nacre_value bytes, value, big = i32(0x1234);
    assert_int_equal(call(f, "bytes", i32(0), &bytes), NACRE_OK);
    assert_int_equal(nacre_object_size(f->store, bytes.of.ref), 3);
    assert_int_equal(nacre_object_get(f->store, bytes.of.ref, 2, &value), NACRE_OK);
    assert_int_equal(value.of.i32, 0xFF);
    assert_int_equal(nacre_object_get(f->store, bytes.of.ref, 3, &value), NACRE_BOUNDS);
    assert_int_equal(nacre_object_set(f->store, bytes.of.ref, 1, &big), NACRE_OK);
    assert_int_equal(nacre_object_get(f->store, bytes.of.ref, 1, &value), NACRE_OK);
    assert_int_equal(value.of.i32, 0x34);
    assert_int_equal(nacre_object_get(f->store, bytes.of.ref, 2, &value), NACRE_OK);
    assert_int_equal(value.of.i32, 0xFF);
}

static void test_referents(void **state) {
    struct fixture *f = *state;
    nacre_value bytes, func = {.kind = NACRE_FUNCREF, .of.ref = 1};
    nacre_value number = {.kind = NACRE_EXTERNREF, .of.ref = nacre_extern_ref(7)};
    assert_int_equal(call(f, "bytes", i32(0), &bytes), NACRE_OK);
    nacre_value list = any(list_of(f, 1)), one = i32(1), none = any(NACRE_NULL);
    nacre_value small = any(nacre_i31_ref(-4));
    assert_int_equal(nacre_ref_referent(f->store, &list), NACRE_REFERENT_STRUCT);
    assert_int_equal(nacre_ref_referent(f->store, &bytes), NACRE_REFERENT_ARRAY);
    assert_int_equal(nacre_ref_referent(f->store, &func), NACRE_REFERENT_FUNC);
    assert_int_equal(nacre_ref_referent(f->store, &number), NACRE_REFERENT_NUMBER);
    assert_int_equal(nacre_ref_referent(f->store, &one), NACRE_REFERENT_NONE);
    assert_int_equal(nacre_ref_referent(f->store, &none), NACRE_REFERENT_NONE);
    assert_int_equal(nacre_ref_referent(f->store, &small), NACRE_REFERENT_I31);
    assert_int_equal(nacre_i31_number(small.of.ref), -4);
    assert_int_equal(nacre_i31_number(nacre_i31_ref(0x3FFFFFFF)), 0x3FFFFFFF);
    func.of.ref = 1000000;
    assert_int_equal(nacre_ref_referent(f->store, &func), NACRE_REFERENT_NONE);
}

static void test_guest_throws(void **state) {
    struct fixture *f = *state;
    nacre_value value;
    assert_int_equal(call(f, "throw", i32(42), NULL), NACRE_EXCEPTION);
    nacre_ref exception = nacre_store_exception(f->store);
    assert_ptr_equal(nacre_exception_tag(f->store, exception), f->tag);
    assert_int_equal(nacre_object_size(f->store, exception), 1);
    assert_int_equal(nacre_object_get(f->store, exception, 0, &value), NACRE_OK);
    assert_int_equal(value.of.i32, 42);
    value = i32(1);
    assert_int_equal(nacre_object_set(f->store, exception, 0, &value), NACRE_ARGUMENT);
    assert_int_equal(call(f, "garbage", i32(1), NULL), NACRE_OK);
    assert_int_equal(nacre_store_exception(f->store), NACRE_NULL);
}

static nacre_status throw_it(struct fixture *f, nacre_caller *caller, const nacre_value *args,
                             nacre_value *results) {
    (void)results;
    nacre_value value = i32(args[0].of.i32 + 1);
    nacre_ref exception;
    assert_int_equal(nacre_exception_create(f->store, f->tag, &value, 1, &exception), NACRE_OK);
    return nacre_caller_throw(caller, exception);
}

static void test_host_throws(void **state) {
    struct fixture *f = *state;
    nacre_value result;
    f->on_call = throw_it;
    assert_int_equal(call(f, "catch", i32(6), &result), NACRE_OK);
    assert_int_equal(result.of.i32, 7);
    assert_int_equal(call(f, "pass", i32(6), NULL), NACRE_EXCEPTION);
    assert_int_equal(f->error.frames_total, 1);
    nacre_tag *other;
    nacre_functype type = {0};
    assert_int_equal(nacre_tag_create(f->store, &type, &other), NACRE_OK);
    assert_int_equal(nacre_tag_type(f->store, f->tag, &type), NACRE_OK);
    assert_int_equal(type.param_count, 1);
    f->tag = other; /* throws what takes no value */
    nacre_ref exception;
    assert_int_equal(nacre_exception_create(f->store, f->tag, NULL, 0, &exception), NACRE_OK);
    result = any(NACRE_NULL);
    assert_int_equal(nacre_exception_create(f->store, f->tag, &result, 1, &exception), NACRE_TYPE);
    type.result_count = 1;
    type.results = type.params;
    assert_int_equal(nacre_tag_create(f->store, &type, &other), NACRE_ARGUMENT);
}

/* Calls the guest, which throws, and hands on what came of it. */
static nacre_status throw_inside(struct fixture *f, nacre_caller *caller, const nacre_value *args,
                                 nacre_value *results) {
    (void)caller;
    (void)results;
    return call(f, "throw", args[0], NULL);
}

static void test_through_host(void **state) {
    struct fixture *f = *state;
    nacre_value result;
    f->on_call = throw_inside;
    assert_int_equal(call(f, "catch", i32(5), &result), NACRE_OK);
    assert_int_equal(result.of.i32, 5);
    assert_int_equal(call(f, "pass", i32(5), NULL), NACRE_EXCEPTION);
}

static nacre_status throw_nothing(struct fixture *f, nacre_caller *caller, const nacre_value *args,
                                  nacre_value *results) {
    (void)f;
    (void)results;
    return args[0].of.i32 ? NACRE_EXCEPTION : nacre_caller_throw(caller, nacre_i31_ref(1));
}

static void test_no_exception(void **state) {
    struct fixture *f = *state;
    f->on_call = throw_nothing;
    for (int32_t i = 0; i < 2; i++) {
        assert_int_equal(call(f, "pass", i32(i), NULL), NACRE_TRAP);
        assert_int_equal(f->error.trap, NACRE_TRAP_HOST);
    }
}

/* The argument of a running callback lives, though nobody kept it. */
static nacre_status see(struct fixture *f, nacre_caller *caller, const nacre_value *args,
                        nacre_value *results) {
    (void)caller;
    assert_int_equal(call(f, "garbage", i32(100), NULL), NACRE_OK);
    return call(f, "sum", args[0], results);
}

static void test_arguments_live(void **state) {
    struct fixture *f = *state;
    nacre_value sum;
    f->on_call = see;
    assert_int_equal(call(f, "pass_list", i32(10), &sum), NACRE_OK);
    assert_int_equal(sum.of.i32, 55);
}

/* The nodes of two instances are of one type, and one collection is for both. */
static void test_instances_share(void **state) {
    struct fixture *f = *state;
    nacre_instance *first = f->instance, *second;
    nacre_value sum;
    assert_int_equal(nacre_instance_create(f->store, f->module, &second, &f->error), NACRE_OK);
    nacre_ref list = list_of(f, 20);
    assert_int_equal(nacre_ref_keep(f->store, list), NACRE_OK);
    f->instance = second;
    nacre_ref other = list_of(f, 30);
    assert_int_equal(nacre_ref_keep(f->store, other), NACRE_OK);
    assert_int_equal(call(f, "garbage", i32(500), NULL), NACRE_OK);
    assert_int_equal(call(f, "sum", any(list), &sum), NACRE_OK);
    assert_int_equal(sum.of.i32, 210);
    f->instance = first;
    assert_int_equal(call(f, "sum", any(other), &sum), NACRE_OK);
    assert_int_equal(sum.of.i32, 465);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_STRESS(name) cmocka_unit_test_setup_teardown(name, setup_stress, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_kept),
        TEST_STRESS(test_kept),
        TEST(test_not_kept),
        TEST_STRESS(test_not_kept),
        TEST(test_keep_many),
        cmocka_unit_test_setup_teardown(test_memory_limit, setup_small, teardown),
        TEST(test_parts),
        TEST(test_packed),
        TEST(test_referents),
        TEST(test_guest_throws),
        TEST(test_host_throws),
        TEST_STRESS(test_host_throws),
        TEST(test_through_host),
        TEST_STRESS(test_through_host),
        TEST(test_no_exception),
        TEST_STRESS(test_arguments_live),
        TEST(test_instances_share),
        TEST_STRESS(test_instances_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
