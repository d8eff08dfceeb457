/* test_confine.c - nacre/process.h: what is left to a process, and to threads that it has. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <nacre/instance.h>
#include <nacre/process.h>

enum { CAN_NOT = 77 };

static int go[2];

static void *late(void *argument) {
    char byte;
    (void)argument;
    if (read(go[0], &byte, 1) != 1) _exit(3);
    (void)socket(AF_UNIX, SOCK_STREAM, 0);
    _exit(4); /* it could */
}

static void confine(bool late_images) {
    nacre_error error;
    if (nacre_process_confine(late_images, &error) != NACRE_OK) _exit(CAN_NOT);
}

/* A thread that was there before. */
static void in_thread(void) {
    pthread_t thread;
    if (pipe(go) || pthread_create(&thread, NULL, late, NULL)) _exit(2);
    confine(false);
    if (write(go[1], "x", 1) != 1) _exit(2);
    pthread_join(thread, NULL);
}

/* The library goes on, and so does what ends the process. */
static void go_on(void) {
    static const uint8_t empty[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    nacre_engine *engine;
    nacre_store *store;
    nacre_module *module;
    nacre_instance *instance;
    confine(false);
    if (nacre_engine_create(NULL, &engine) != NACRE_OK ||
        nacre_store_create(engine, NULL, &store) != NACRE_OK ||
        nacre_module_create(engine, empty, sizeof empty, &module, NULL) != NACRE_OK ||
        nacre_instance_create(store, module, &instance, NULL) != NACRE_OK)
        _exit(1);
    nacre_store_destroy(store);
    nacre_module_destroy(module);
    nacre_engine_destroy(engine);
    _exit(0);
}

static void map_code(bool late_images, int flags, int prot) {
    char *program = getenv("NACRE");
    FILE *file = program ? fopen(program, "rb") : NULL;
    if (!file) _exit(CAN_NOT);
    confine(late_images);
    _exit(mmap(NULL, 4096, prot, flags, fileno(file), 0) == MAP_FAILED);
}
static void map_none(void) { map_code(false, MAP_PRIVATE, PROT_READ | PROT_EXEC); }
static void map_late(void) { map_code(true, MAP_PRIVATE, PROT_READ | PROT_EXEC); }
static void map_shared(void) { map_code(true, MAP_SHARED, PROT_READ | PROT_EXEC); }
static void map_writable(void) {
    map_code(true, MAP_PRIVATE, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void expect(void (*child)(void), bool lives) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        child();
        _exit(5);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CAN_NOT) skip();
    if (lives) assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    else assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static void test_threads(void **state) {
    (void)state;
    expect(in_thread, false);
}
static void test_library(void **state) {
    (void)state;
    expect(go_on, true);
}
static void test_code(void **state) {
    (void)state;
    expect(map_late, true);
    expect(map_none, false);
    expect(map_shared, false);
    expect(map_writable, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_library),
        cmocka_unit_test(test_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
