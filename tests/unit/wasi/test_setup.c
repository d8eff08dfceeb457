/* test_setup.c - what embedders do: arguments, environment, directories, listeners, attaching. */
#include <stdio.h>

#include "rig.h"

static void test_arguments(void **state) {
    (void)state;
    struct rig *rig = rig_bare(WORLD_FAKE);
    const char *bytes = (const char *)rig->memory.bytes;
    assert_int_equal(wasi_add_arg(rig->wasi, "prog"), NACRE_OK);
    assert_int_equal(wasi_add_arg(rig->wasi, ""), NACRE_OK);
    assert_int_equal(wasi_add_arg(rig->wasi, "with \"quotes\"\n"), NACRE_OK);
    static const char *const entries[] = {"A=0", "AB=2", "EMPTY=", "A=1", "AB="};
    for (size_t i = 0; i < ARRAY_COUNT(entries); i++) /* the last of a name wins */
        assert_int_equal(wasi_add_env(rig->wasi, entries[i]), NACRE_OK);
    assert_int_equal(wasi_add_env(rig->wasi, "=nameless"), NACRE_ARGUMENT);
    assert_int_equal(wasi_add_env(rig->wasi, "none"), NACRE_ARGUMENT);
    assert_int_equal(wasi_add_env(rig->wasi, ""), NACRE_ARGUMENT);
    rig_define(rig);
    OK(CALL(rig, "args_sizes_get", 0, 4));
    assert_int_equal(rig_u32(rig, 0), 3);
    assert_int_equal(rig_u32(rig, 4), 21);
    OK(CALL(rig, "args_get", 100, 200));
    assert_int_equal(rig_u32(rig, 100), 200);
    assert_string_equal(bytes + rig_u32(rig, 100), "prog");
    assert_string_equal(bytes + rig_u32(rig, 104), "");
    assert_string_equal(bytes + rig_u32(rig, 108), "with \"quotes\"\n");
    FAILS(PORT_EFAULT, CALL(rig, "args_get", MEMORY_SIZE - 11, 200));
    FAILS(PORT_EFAULT, CALL(rig, "args_get", 100, MEMORY_SIZE - 20));
    OK(CALL(rig, "environ_sizes_get", 0, 4));
    assert_int_equal(rig_u32(rig, 0), 3);
    assert_int_equal(rig_u32(rig, 4), 15);
    OK(CALL(rig, "environ_get", 100, 200));
    assert_string_equal(bytes + rig_u32(rig, 100), "EMPTY=");
    assert_string_equal(bytes + rig_u32(rig, 104), "A=1");
    assert_string_equal(bytes + rig_u32(rig, 108), "AB=");
    rig_destroy(rig);
    rig = rig_bare(WORLD_FAKE); /* none at all */
    rig_define(rig);
    OK(CALL(rig, "args_sizes_get", 0, 4));
    assert_int_equal(rig_u32(rig, 0), 0);
    assert_int_equal(rig_u32(rig, 4), 0);
    OK(CALL(rig, "args_get", MEMORY_SIZE, MEMORY_SIZE));
    rig_destroy(rig);
}

static void test_directories(void **state) {
    (void)state;
    struct rig *rig = rig_bare(WORLD_FAKE);
    const char *bytes = (const char *)rig->memory.bytes;
    nacre_error error;
    fake_dir(rig->fake, "a");
    fake_file(rig->fake, "a/file", "data", 4);
    fake_file(rig->fake, "x\"y", "", 0);
    assert_int_equal(wasi_add_dir(rig->wasi, "nothing", "/", false, &error), NACRE_IO);
    assert_int_equal(error.status, NACRE_IO);
    assert_string_equal(error.text,
                        "can't open directory \"nothing\": No such file or directory");
    assert_int_equal(wasi_add_dir(rig->wasi, "x\"y", "/", false, &error), NACRE_IO);
    assert_string_equal(error.text, "can't open directory \"x\\22y\": Not a directory");
    assert_int_equal(wasi_add_dir(rig->wasi, "nothing", "/", false, NULL), NACRE_IO);
    assert_int_equal(wasi_add_listener(rig->wasi, "", &error), NACRE_ARGUMENT);
    assert_int_equal(wasi_add_listener(rig->wasi, "x", &error), NACRE_OK);
    assert_int_equal(wasi_add_dir(rig->wasi, "a", "/first", true, &error), NACRE_OK);
    assert_int_equal(wasi_add_listener(rig->wasi, "y", &error), NACRE_OK);
    assert_int_equal(wasi_add_dir(rig->wasi, "/", "second", false, &error), NACRE_OK);
    rig_define(rig);
    OK(CALL(rig, "fd_prestat_dir_name", 3, 0, 6));
    assert_memory_equal(bytes, "/first", 6);
    OK(CALL(rig, "fd_prestat_dir_name", 4, 0, 6));
    assert_memory_equal(bytes, "second", 6);
    FAILS(PORT_EBADF, CALL(rig, "fd_prestat_get", 5, 0));
    FAILS(PORT_ENOTCAPABLE, CALL(rig, "sock_shutdown", 5, SDFLAG_RD));
    /* Granted for reading. */
    OK(do_open(rig, 3, "file", 0, 0, RIGHT_FD_READ | RIGHT_FD_SEEK, 0, NULL));
    FAILS(PORT_ENOTCAPABLE, do_open(rig, 3, "file", 0, 0, RIGHTS_RW, 0, NULL));
    FAILS(PORT_ENOTCAPABLE, do_open(rig, 3, "new", 0, OFLAG_CREAT, 0, 0, NULL));
    OK(do_open(rig, 4, "a/file", 0, 0, RIGHTS_RW, 0, NULL));
    /* No way from the one into the other. */
    FAILS(PORT_ENOTCAPABLE,
          CALL(rig, "path_link", 3, 0, TEXT(rig, "file"), 4, TEXT(rig, "stolen")));
    FAILS(PORT_ENOTCAPABLE,
          CALL(rig, "path_rename", 3, TEXT(rig, "file"), 4, TEXT(rig, "stolen")));
    rig_destroy(rig);
}

static void test_limits(void **state) {
    (void)state;
    struct fake *fake = fake_create();
    struct wasi *wasi;
    nacre_error error;
    assert_int_equal(wasi_create(fake_allocator(fake), fake_port(fake), 2, &wasi), NACRE_LIMIT);
    assert_int_equal(wasi_create(fake_allocator(fake), fake_port(fake), 4, &wasi), NACRE_OK);
    assert_int_equal(wasi_add_dir(wasi, "/", "/", false, NULL), NACRE_OK);
    assert_int_equal(wasi_add_dir(wasi, "/", "/", false, &error), NACRE_LIMIT);
    assert_string_equal(error.text, "can't open directory \"/\": Too many open files");
    assert_int_equal(wasi_add_listener(wasi, "x", &error), NACRE_LIMIT);
    assert_int_equal(wasi_limit_files(wasi, 3), NACRE_LIMIT);
    assert_int_equal(wasi_limit_files(wasi, 5), NACRE_OK);
    assert_int_equal(wasi_add_listener(wasi, "x", &error), NACRE_OK);
    char name[5000];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    assert_int_equal(wasi_limit_files(wasi, 50), NACRE_OK);
    assert_int_equal(wasi_add_dir(wasi, "/", name, false, &error), NACRE_LIMIT);
    wasi_destroy(wasi);
    assert_int_equal(fake_open_files(fake), 0);
    assert_int_equal(fake_live_allocations(fake), 0);
    fake_destroy(fake);
}

static void test_definitions(void **state) {
    struct rig *rig = *state;
    assert_int_equal(rig->store.count, WASI_FUNCTIONS);
    assert_string_equal(rig->store.definitions[PREVIEW1_FUNCTIONS].module, "wasi");
    assert_string_equal(rig->store.definitions[PREVIEW1_FUNCTIONS].name, "thread-spawn");
    for (uint32_t i = 0; i < PREVIEW1_FUNCTIONS; i++) {
        bool exits = strcmp(rig->store.definitions[i].name, "proc_exit") == 0;
        assert_string_equal(rig->store.definitions[i].module, "wasi_snapshot_preview1");
        assert_true(i == 0 || strcmp(rig->store.definitions[i - 1].name,
                                     rig->store.definitions[i].name) < 0);
        assert_string_equal(rig->store.definitions[i].results, exits ? "" : "i");
        assert_int_equal(strspn(rig->store.definitions[i].params, "iI"),
                         strlen(rig->store.definitions[i].params));
    }
}

static void test_failing_to_define(void **state) {
    (void)state;
    const uint32_t steps = 3; /* what the functions share, and two sets of them */
    for (uint32_t room = 0; room < steps; room++) {
        struct fake *fake = fake_create();
        struct wasi *wasi;
        struct store store;
        double_store_init(&store);
        store.room = room;
        assert_int_equal(wasi_create(fake_allocator(fake), fake_port(fake), 9, &wasi), NACRE_OK);
        assert_int_equal(wasi_define(wasi, &store), NACRE_NO_MEMORY);
        wasi_destroy(wasi); /* still ours; what was defined must know */
        if (store.count) {
            struct host_call call = {.deadline_ns = UINT64_MAX};
            uint64_t slots[16] = {0};
            assert_int_equal(store.definitions[0].function(store.definitions[0].env, &call, slots),
                             NACRE_TRAP);
            assert_non_null(call.text);
        }
        double_store_deinit(&store);
        assert_int_equal(fake_live_allocations(fake), 0);
        fake_destroy(fake);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments), cmocka_unit_test(test_directories),
        cmocka_unit_test(test_limits),    IN_FAKE(test_definitions),
        cmocka_unit_test(test_failing_to_define),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
