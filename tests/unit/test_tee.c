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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <nacre/tee.h>

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
    const nacre_tee_dir nowhere = {"/nowhere", "/", false};
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
        cmocka_unit_test(test_many),
    };
    files_at_first = open_files();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
