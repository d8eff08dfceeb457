/* test_tee.c - nacre/tee.h: programs in a process without privileges, and what becomes of them. */
/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/orders.h"

/* (module (func (export "_start"))), and others that differ in the function's body. */
#define MODULE(...)                                                                          \
    {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 10, 1, 6, '_', 's', \
     't', 'a', 'r', 't', 0, 0, 10, __VA_ARGS__}
static const uint8_t returns[] = MODULE(4, 1, 2, 0, 0x0B);
static const uint8_t traps[] = MODULE(5, 1, 3, 0, 0x00, 0x0B);
static const uint8_t spins[] = MODULE(9, 1, 7, 0, 0x03, 0x40, 0x0C, 0, 0x0B, 0x0B);

static nacre_status run(const uint8_t *module, size_t size, nacre_tee_program *program,
                        nacre_error *error) {
    nacre_tee_program plain;
    if (!program) {
        nacre_tee_program_init(&plain);
        program = &plain;
    }
    program->module = module;
    program->module_size = size;
    memset(error, 0xEE, sizeof *error);
    return nacre_tee_run(NACRE_TEE_LOCAL, program, error);
}

static void test_ends(void **state) {
    nacre_error error;
    nacre_tee_program program;
    (void)state;
    assert_int_equal(run(returns, sizeof returns, NULL, &error), NACRE_OK);
    assert_int_equal(run(traps, sizeof traps, NULL, &error), NACRE_TRAP);
    assert_int_equal(error.trap, NACRE_TRAP_UNREACHABLE);
    assert_int_equal(error.frame_count, 1);
    assert_string_equal(error.frames[0].name, "_start");
    nacre_tee_program_init(&program);
    program.config.metering = true;
    program.limits.fuel = 1000;
    assert_int_equal(run(spins, sizeof spins, &program, &error), NACRE_TRAP);
    assert_int_equal(error.trap, NACRE_TRAP_OUT_OF_FUEL);
    program.limits.fuel = NACRE_UNLIMITED;
    program.limits.deadline_ms = 50;
    assert_int_equal(run(spins, sizeof spins, &program, &error), NACRE_TRAP);
    assert_int_equal(error.trap, NACRE_TRAP_DEADLINE);
}

/* What is wrong is told, and from where. */
static void test_failures(void **state) {
    nacre_error error;
    nacre_tee_program program;
    (void)state;
    assert_int_equal(run((const uint8_t *)"not a module", 12, NULL, &error), NACRE_NOT_WASM);
    assert_int_equal(run(returns, sizeof returns - 1, NULL, &error), NACRE_MALFORMED);
    assert_int_equal(run(NULL, 0, NULL, &error), NACRE_ARGUMENT);
    assert_int_equal(run(returns, 8, NULL, &error), NACRE_NOT_FOUND); /* nothing to run */
    nacre_tee_program_init(&program);
    const nacre_tee_dir nowhere = {.host = "/nowhere", .guest = "/", .read_only = false};
    program.dirs = &nowhere;
    program.dir_count = 1;
    assert_int_equal(run(returns, sizeof returns, &program, &error), NACRE_IO);
    nacre_tee_program_init(&program);
    const char *const envs[] = {"no equals sign"};
    program.env = envs;
    program.env_count = 1;
    assert_int_equal(run(returns, sizeof returns, &program, &error), NACRE_ARGUMENT);
    nacre_tee_program_init(&program);
    program.limits.fuel = 5; /* without metering */
    assert_int_equal(run(returns, sizeof returns, &program, &error), NACRE_ARGUMENT);
    nacre_tee_program_init(&program);
    program.image = "/nowhere/image";
    assert_int_equal(run(returns, sizeof returns, &program, &error), NACRE_IO);
    program.module = returns;
    program.module_size = sizeof returns;
    assert_int_equal(nacre_tee_run((nacre_tee_kind)7, &program, &error), NACRE_ARGUMENT);
}

/* Cores that are none. */
static void test_other_programs(void **state) {
    nacre_error error;
    (void)state;
    assert_int_equal(setenv("NACRE_CORE", "/nowhere/nacre-core", 1), 0);
    assert_int_equal(run(returns, sizeof returns, NULL, &error), NACRE_NOT_FOUND);
    assert_int_equal(setenv("NACRE_CORE", "/bin/true", 1), 0);
    assert_int_equal(run(returns, sizeof returns, NULL, &error), NACRE_IO);
    assert_string_equal(error.text, "the core ended with status 0");
    assert_int_equal(setenv("NACRE_CORE", "/dev/null", 1), 0);
    assert_int_equal(run(returns, sizeof returns, NULL, &error), NACRE_NOT_FOUND);
    unsetenv("NACRE_CORE");
    assert_int_equal(run(returns, sizeof returns, NULL, &error), NACRE_OK);
}

/* An embedder's thread forks all the time; its children have all that was open, and stay for
 * longer than a run may take. */
enum { CHILDREN = 100, STAY_SECONDS = 30, RUN_SECONDS = 20 };

static void *fork_often(void *argument) {
    pid_t *children = argument;
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            sleep(STAY_SECONDS);
            _exit(0);
        }
        usleep(2000);
    }
    return NULL;
}

static void test_forks(void **state) {
    pid_t children[CHILDREN];
    pthread_t thread;
    nacre_error error;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, fork_often, children), 0);
    for (int i = 0; i < 20; i++) {
        time_t begin = time(NULL);
        assert_int_equal(run(returns, sizeof returns, NULL, &error), NACRE_OK);
        assert_true(time(NULL) - begin < RUN_SECONDS);
    }
    pthread_join(thread, NULL);
    for (int i = 0; i < CHILDREN; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
}

/* --- Modules and functions --- */

static nacre_tee *open_tee(void) {
    nacre_tee_program granted;
    nacre_tee *tee = NULL;
    nacre_tee_program_init(&granted);
    assert_int_equal(nacre_tee_open(NACRE_TEE_LOCAL, &granted, NULL, 0, &tee, NULL), NACRE_OK);
    return tee;
}

static nacre_tee_instance make(nacre_tee *tee, const uint8_t *bytes, size_t size) {
    nacre_tee_module module;
    nacre_tee_instance instance = 99;
    bool is_compiled = true;
    assert_int_equal(nacre_tee_load(tee, bytes, size, NACRE_TEE_NO_IMAGE, NULL, &module, NULL),
                     NACRE_OK);
    assert_int_equal(nacre_tee_define_shared(tee, module, NULL), NACRE_OK);
    assert_int_equal(nacre_tee_instantiate(tee, module, &instance, &is_compiled, NULL), NACRE_OK);
    assert_false(is_compiled);
    return instance;
}

static void test_functions(void **state) {
    const nacre_value args[] = {{.kind = NACRE_I32, .of.i32 = 30},
                                {.kind = NACRE_I32, .of.i32 = -9}};
    const nacre_value *results;
    nacre_value value;
    uint32_t count;
    (void)state;
    nacre_tee *tee = open_tee();
    nacre_tee_instance library = make(tee, orders_library, sizeof orders_library);
    assert_int_equal(nacre_tee_register(tee, library, "m", 1, NULL), NACRE_OK);
    nacre_tee_instance user = make(tee, orders_user, sizeof orders_user);
    assert_int_equal(nacre_tee_invoke(tee, library, "add", 3, args, 2, &results, &count, NULL),
                     NACRE_OK);
    assert_int_equal(count, 1);
    assert_int_equal(results[0].of.i32, 21);
    assert_int_equal(nacre_tee_invoke(tee, user, "twice", 5, args, 1, &results, &count, NULL),
                     NACRE_OK);
    assert_int_equal(results[0].of.i32, 60);
    assert_int_equal(nacre_tee_global(tee, library, "g", 1, &value, NULL), NACRE_OK);
    assert_int_equal(value.kind, NACRE_I64);
    assert_int_equal(value.of.i64, 7);
    nacre_tee_close(tee);
}

/* A function of the core's goes out, and in again, beside all that is no number. */
static void test_references(void **state) {
    nacre_value args[3] = {{.kind = NACRE_EXTERNREF, .of.ref = nacre_extern_ref(77)}, {0},
                           {.kind = NACRE_V128, .of.v128 = {[15] = 1}}};
    const nacre_value *results;
    uint32_t count;
    nacre_referent referent;
    nacre_error error;
    (void)state;
    nacre_tee *tee = open_tee();
    nacre_tee_instance library = make(tee, orders_library, sizeof orders_library);
    assert_int_equal(nacre_tee_invoke(tee, library, "func", 4, NULL, 0, &results, &count, NULL),
                     NACRE_OK);
    args[1] = results[0];
    assert_int_equal(nacre_tee_referent(tee, results, &referent, NULL), NACRE_OK);
    assert_int_equal(referent, NACRE_REFERENT_FUNC);
    assert_int_equal(results[0].of.ref, args[1].of.ref); /* it stays where it is */
    assert_int_equal(nacre_tee_invoke(tee, library, "same", 4, args, 3, &results, &count, NULL),
                     NACRE_OK);
    assert_int_equal(count, 3);
    assert_int_equal(nacre_extern_number(results[0].of.ref), 77);
    assert_int_equal(results[1].of.ref, args[1].of.ref);
    assert_memory_equal(results[2].of.v128, args[2].of.v128, 16);
    args[1].of.ref += 1000; /* one that there is not */
    assert_int_equal(nacre_tee_invoke(tee, library, "same", 4, args, 3, &results, &count, &error),
                     NACRE_ARGUMENT);
    nacre_tee_close(tee);
}

static void test_exports(void **state) {
    nacre_tee_export item;
    (void)state;
    nacre_tee *tee = open_tee();
    nacre_tee_instance library = make(tee, orders_library, sizeof orders_library);
    assert_int_equal(nacre_tee_get_export(tee, library, 2, &item, NULL), NACRE_OK);
    assert_int_equal(item.kind, NACRE_EXTERN_FUNC);
    assert_int_equal(item.name_size, 4);
    assert_memory_equal(item.name, "same", 4);
    assert_int_equal(item.type.param_count, 3);
    assert_int_equal(item.type.result_count, 3);
    assert_int_equal(item.type.params[0], NACRE_EXTERNREF);
    assert_int_equal(item.type.results[2], NACRE_V128);
    assert_int_equal(nacre_tee_get_export(tee, library, 0, &item, NULL), NACRE_OK);
    assert_int_equal(item.kind, NACRE_EXTERN_GLOBAL);
    assert_int_equal(nacre_tee_get_export(tee, library, 5, &item, NULL), NACRE_NOT_FOUND);
    nacre_tee_close(tee);
}

/* What fails is told, and the core serves the next order. */
static void test_refusals(void **state) {
    const nacre_value wrong = {.kind = NACRE_I64};
    const nacre_value *results;
    nacre_value value;
    nacre_tee_module module;
    nacre_tee_instance instance;
    uint32_t count;
    nacre_error error;
    (void)state;
    nacre_tee *tee = open_tee();
    assert_int_equal(nacre_tee_load(tee, orders_user, 9, NACRE_TEE_NO_IMAGE, NULL, &module,
                                    &error), NACRE_MALFORMED);
    assert_int_equal(nacre_tee_load(tee, orders_user, 0, NACRE_TEE_NO_IMAGE, NULL, &module,
                                    &error), NACRE_MALFORMED);
    assert_int_equal(nacre_tee_load(tee, orders_user, sizeof orders_user, 0, NULL, &module,
                                    &error), NACRE_NOT_FOUND); /* no such image */
    assert_int_equal(nacre_tee_load(tee, orders_user, sizeof orders_user, NACRE_TEE_NO_IMAGE,
                                    NULL, &module, &error), NACRE_OK);
    assert_int_equal(nacre_tee_instantiate(tee, module, &instance, NULL, &error),
                     NACRE_UNKNOWN_IMPORT);
    assert_int_equal(nacre_tee_instantiate(tee, module + 1, &instance, NULL, &error),
                     NACRE_ARGUMENT);
    instance = make(tee, orders_library, sizeof orders_library);
    assert_int_equal(nacre_tee_register(tee, instance + 1, "m", 1, &error), NACRE_ARGUMENT);
    assert_int_equal(nacre_tee_invoke(tee, instance, "no", 2, NULL, 0, &results, &count, &error),
                     NACRE_NOT_FOUND);
    assert_int_equal(nacre_tee_invoke(tee, instance, "g", 1, NULL, 0, &results, &count, &error),
                     NACRE_TYPE);
    assert_int_equal(nacre_tee_global(tee, instance, "add", 3, &value, &error), NACRE_TYPE);
    assert_int_equal(nacre_tee_invoke(tee, instance, "add", 3, &wrong, 1, &results, &count,
                                      &error), NACRE_TYPE);
    assert_int_equal(nacre_tee_invoke(tee, instance, "boom", 4, NULL, 0, &results, &count,
                                      &error), NACRE_TRAP);
    assert_int_equal(error.trap, NACRE_TRAP_UNREACHABLE);
    assert_string_equal(error.frames[0].name, "boom");
    assert_int_equal(nacre_tee_start(tee, instance, &error), NACRE_NOT_FOUND);
    assert_int_equal(nacre_tee_global(tee, instance, "g", 1, &value, &error), NACRE_OK);
    nacre_tee_close(tee);
}

/* Those of this process. */
static void end_cores(void) {
    char script[] = "for p in $(cat /proc/$PPID/task/*/children); do"
                    " [ $(cat /proc/$p/comm) != nacre-core ] || kill -9 $p || exit 1; done";
    char *const argv[] = {"sh", "-c", script, NULL};
    int status = -1;
    pid_t pid;
    assert_int_equal(posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* A core that is gone does nothing more; one that was asked for too much was never there. */
static void test_gone(void **state) {
    static const char *const nowhere[513] = {"/nowhere"};
    nacre_tee_program granted;
    nacre_tee *tee = NULL;
    nacre_error error;
    (void)state;
    nacre_tee_program_init(&granted);
    assert_int_equal(nacre_tee_open(NACRE_TEE_LOCAL, &granted, nowhere, 1, &tee, &error),
                     NACRE_IO);
    assert_int_equal(nacre_tee_open(NACRE_TEE_LOCAL, &granted, nowhere, 513, &tee, &error),
                     NACRE_LIMIT);
    assert_int_equal(nacre_tee_open((nacre_tee_kind)7, &granted, NULL, 0, &tee, &error),
                     NACRE_ARGUMENT);
    assert_null(tee);
    nacre_tee_close(NULL);
    tee = open_tee();
    end_cores();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nacre_tee_define_shared(tee, 0, &error), NACRE_IO);
        assert_string_equal(error.text, "the core was ended by signal 9 (Killed)");
    }
    nacre_tee_close(tee);
}

static void *open_and_end(void *argument) {
    *(nacre_tee **)argument = open_tee();
    return NULL;
}

/* The thread that opened a core may end before it. */
static void test_other_thread(void **state) {
    pthread_t thread;
    nacre_tee *tee = NULL;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, open_and_end, &tee), 0);
    pthread_join(thread, NULL);
    usleep(50000);
    (void)make(tee, orders_library, sizeof orders_library);
    nacre_tee_close(tee);
}

static int files_at_first;

static int open_files(void) {
    int count = 0;
    for (int fd = 0; fd < 256; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void *run_some(void *argument) {
    nacre_error error;
    for (int i = 0; i < 5; i++)
        if (run(traps, sizeof traps, NULL, &error) != NACRE_TRAP) *(bool *)argument = true;
    return NULL;
}

/* Runs at the same time have nothing in common, and leave nothing behind. */
static void test_many(void **state) {
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    bool failed[THREADS] = {false};
    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_some, &failed[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(failed[i]);
    }
    /* The last thread that leaves a ring closes it. */
    for (int i = 0; i < 500 && open_files() != files_at_first; i++) usleep(10000);
    assert_int_equal(open_files(), files_at_first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_other_programs),
        cmocka_unit_test(test_forks),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_exports),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_other_thread),
        cmocka_unit_test(test_many),
    };
    files_at_first = open_files();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
