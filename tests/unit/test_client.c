/* test_client.c - nacre/compiler.h over programs that stand in for the compiler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <nacre/compiler.h>

#include "base/base.h"

static const uint8_t module[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

struct fixture {
    char folder[64], program[96], image[96];
    nacre_compile_options options;
    nacre_error error;
};

/* The compiler is now a shell script; "$folder" is where it may leave things. */
static void be(struct fixture *f, const char *script) {
    FILE *file = fopen(f->program, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\nfolder=%s\n%s\n", f->folder, script);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(f->program, 0700), 0);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    if (!f) return -1;
    snprintf(f->folder, sizeof f->folder, "/tmp/nacre-client-XXXXXX");
    if (!mkdtemp(f->folder)) return -1;
    snprintf(f->program, sizeof f->program, "%s/compiler", f->folder);
    snprintf(f->image, sizeof f->image, "%s/app.nimg", f->folder);
    nacre_compile_options_init(&f->options);
    f->options.compiler = f->program;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", f->folder);
    char *const argv[] = {(char *)"sh", (char *)"-c", command, NULL};
    pid_t child = fork();
    if (child == 0) {
        execv("/bin/sh", argv);
        _exit(1);
    }
    free(f);
    return waitpid(child, NULL, 0) == child ? 0 : -1;
}

static bool exists(const char *path) { return access(path, F_OK) == 0; }

static void test_background(void **state) {
    struct fixture *f = *state;
    nacre_compilation *c;
    be(f, "cat > $folder/module; while [ ! -e $folder/go ]; do sleep 0.01; done; echo image");
    assert_int_equal(nacre_compile_start(module, sizeof module, f->image, &f->options, &c, NULL),
                     NACRE_OK);
    assert_false(nacre_compilation_done(c));
    assert_false(exists(f->image));
    char go[96];
    snprintf(go, sizeof go, "%s/go", f->folder);
    fclose(fopen(go, "w"));
    while (!nacre_compilation_done(c)) usleep(1000);
    assert_false(exists(f->image)); /* waiting puts it there */
    assert_int_equal(nacre_compilation_wait(c, &f->error), NACRE_OK);
    assert_int_equal(nacre_compilation_wait(c, &f->error), NACRE_OK);
    assert_true(exists(f->image));
    nacre_compilation_destroy(c);
    assert_true(exists(f->image));
}

static void test_cancel(void **state) {
    struct fixture *f = *state;
    nacre_compilation *c;
    be(f, "sleep 100");
    for (int waits = 0; waits < 2; waits++) {
        assert_int_equal(
            nacre_compile_start(module, sizeof module, f->image, &f->options, &c, NULL),
            NACRE_OK);
        nacre_compilation_cancel(c);
        if (waits) {
            assert_int_equal(nacre_compilation_wait(c, &f->error), NACRE_COMPILER);
            assert_string_equal(f->error.text, "cancelled");
            nacre_compilation_cancel(c); /* of what ended, nothing */
        }
        nacre_compilation_destroy(c);
        assert_false(exists(f->image));
    }
    nacre_compilation_destroy(NULL);
}

static void test_failures(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *script;
        nacre_status status;
        uint64_t offset;
        const char *text;
    } rows[] = {
        {"echo 'nacre-compiler: why' >&2; exit 7", NACRE_UNSUPPORTED, NACRE_NO_OFFSET, "why"},
        {"echo 'nacre-compiler: 0x2a: why' >&2; exit 6", NACRE_INVALID, 42, "why"},
        {"echo a >&2; echo b >&2; exit 5", NACRE_MALFORMED, NACRE_NO_OFFSET, "b"},
        {"exit 0", NACRE_COMPILER, NACRE_NO_OFFSET, "the compiler made nothing"},
        {"exit 42", NACRE_COMPILER, NACRE_NO_OFFSET, "the compiler ended with status 42"},
        {"kill -XCPU $$", NACRE_LIMIT, NACRE_NO_OFFSET, NULL},
        {"exit 1", NACRE_LIMIT, NACRE_NO_OFFSET, NULL},
        {"kill -ABRT $$", NACRE_COMPILER, NACRE_NO_OFFSET,
         "the compiler was ended by signal 6 (Aborted)"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        be(f, rows[i].script);
        assert_int_equal(
            nacre_compile(module, sizeof module, f->image, &f->options, &f->error),
            rows[i].status);
        assert_int_equal(f->error.status, rows[i].status);
        assert_int_equal(f->error.offset, rows[i].offset);
        if (rows[i].text) assert_string_equal(f->error.text, rows[i].text);
        assert_int_equal(nacre_compile(module, sizeof module, f->image, &f->options, NULL),
                         rows[i].status);
        assert_false(exists(f->image));
    }
}

static void test_arguments(void **state) {
    struct fixture *f = *state;
    nacre_compile_options o = f->options;
    be(f, "echo image");
    o.target = "x86-64 --dump=/";
    assert_int_equal(nacre_compile(module, sizeof module, f->image, &o, NULL), NACRE_ARGUMENT);
    o = f->options;
    o.level = 4;
    assert_int_equal(nacre_compile(module, sizeof module, f->image, &o, NULL), NACRE_ARGUMENT);
    o = f->options;
    o.memory_bytes = 0;
    assert_int_equal(nacre_compile(module, sizeof module, f->image, &o, NULL), NACRE_ARGUMENT);
    o = f->options;
    o.compiler = "/nowhere";
    assert_int_equal(nacre_compile(module, sizeof module, f->image, &o, NULL), NACRE_NOT_FOUND);
    assert_int_equal(nacre_compile(module, sizeof module, "/nowhere/a", &f->options, NULL),
                     NACRE_IO);
}

/* Descriptors 0 to 2 may be closed, and then ours have these numbers. */
static void test_low_descriptors(void **state) {
    struct fixture *f = *state;
    be(f, "cat; echo image; exit 0");
    int kept = dup(0);
    close(0);
    nacre_status status =
        nacre_compile(module, sizeof module, f->image, &f->options, &f->error);
    assert_int_equal(dup2(kept, 0), 0);
    close(kept);
    assert_int_equal(status, NACRE_OK);
    struct stat info;
    assert_int_equal(stat(f->image, &info), 0);
    assert_int_equal(info.st_size, sizeof module + 6);
}

static bool count_entry(void *context, const nacre_cache_entry *entry) {
    assert_true(entry->size_bytes > 0);
    ++*(size_t *)context;
    return true;
}

static void test_cache(void **state) {
    struct fixture *f = *state;
    nacre_cache *cache;
    nacre_cache_entry first, again, other;
    nacre_compilation *c;
    char folder[96];
    uint64_t removed, bytes;
    size_t count = 0;
    snprintf(folder, sizeof folder, "%s/a/cache", f->folder);
    be(f, "for last; do :; done; case $last in -) echo image;; *) echo image > $last;; esac");
    assert_int_equal(nacre_cache_open(folder, 1000, &cache, &f->error), NACRE_OK);
    assert_string_equal(nacre_cache_folder(cache), folder);
    assert_int_equal(nacre_cache_bound(cache), 1000);
    assert_int_equal(
        nacre_cache_compile(cache, module, sizeof module, &f->options, &first, &f->error),
        NACRE_OK);
    assert_int_equal(first.size_bytes, 6);
    assert_int_equal(
        nacre_cache_compile(cache, module, sizeof module, &f->options, &again, &f->error),
        NACRE_OK);
    assert_string_equal(first.path, again.path);
    f->options.metering = true;
    assert_int_equal(
        nacre_cache_start(cache, module, sizeof module, &f->options, &c, &f->error), NACRE_OK);
    assert_int_equal(nacre_compilation_wait(c, &f->error), NACRE_OK);
    nacre_compilation_destroy(c);
    assert_int_equal(
        nacre_cache_compile(cache, module, sizeof module, &f->options, &other, &f->error),
        NACRE_OK);
    assert_string_not_equal(first.path, other.path);
    assert_int_equal(nacre_cache_list(cache, count_entry, &count), NACRE_OK);
    assert_int_equal(count, 2);
    nacre_cache_remove(cache, &first);
    assert_false(exists(first.path));
    assert_int_equal(nacre_cache_prune(cache, 0, &removed, &bytes), NACRE_OK);
    assert_int_equal(removed, 1);
    assert_int_equal(bytes, 6);
    nacre_cache_close(cache);
    nacre_cache_close(NULL);
}

static void test_describe(void **state) {
    struct fixture *f = *state;
    nacre_image_description d;
    assert_int_equal(nacre_image_describe(f->image, &d, NULL), NACRE_NOT_FOUND);
    assert_int_equal(nacre_image_describe(f->folder, &d, NULL), NACRE_MALFORMED);
    be(f, "");
    assert_int_equal(nacre_image_describe(f->program, &d, NULL), NACRE_MALFORMED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_background, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_arguments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_low_descriptors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cache, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_describe, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
