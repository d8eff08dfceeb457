/* test_calls.c - what crosses the boundary arrives, whatever its size; and what a core may not do
 * is refused by the host. */
/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "port/fake/fake.h"
#include "unit/tee/direct.h"

struct world {
    struct fake *fake;
    struct direct *direct;
    const struct port_files *files;
    void *context;
    uint64_t root;
};

static void open_world(struct world *w, bool read_only) {
    w->fake = fake_create();
    fake_dir(w->fake, "/data");
    fake_file(w->fake, "/data/tide", "6.1", 3);
    fake_dir(w->fake, "/secret");
    w->direct = direct_create(fake_port(w->fake), "/data", read_only);
    w->files = w->direct->port.files;
    w->context = w->direct->port.files_context;
    assert_int_equal(w->files->open_root(w->context, "/data", &w->root), PORT_OK);
}

static void close_world(struct world *w) {
    assert_null(calls_port_caught(w->context));
    assert_int_equal(w->files->close(w->context, w->root), PORT_OK);
    direct_destroy(w->direct);
    assert_int_equal(fake_open_files(w->fake), 0);
    fake_destroy(w->fake);
}

static uint64_t open_file(struct world *w, const char *name, uint32_t how) {
    uint64_t file;
    assert_int_equal(w->files->open(w->context, w->root, name, how, &file), PORT_OK);
    return file;
}

enum { READ_WRITE = PORT_OPEN_READ | PORT_OPEN_WRITE };

/* More than a message holds, in many pieces, some of them empty. */
static void test_large(void **state) {
    enum { SIZE = 3 * CALLS_DATA + 12345, PIECES = 40 };
    struct world w;
    (void)state;
    open_world(&w, false);
    uint8_t *bytes = malloc(SIZE), *back = calloc(1, SIZE);
    struct port_span spans[PIECES];
    size_t at = 0, moved = 0;
    assert_non_null(bytes);
    assert_non_null(back);
    for (size_t i = 0; i < SIZE; i++) bytes[i] = (uint8_t)(i * 7 + i / 251);
    for (size_t i = 0; i < PIECES; i++) {
        size_t size = i + 1 == PIECES ? SIZE - at : i % 5 == 0 ? 0 : i * 300;
        spans[i] = (struct port_span){bytes + at, size};
        at += size;
    }
    uint64_t file = open_file(&w, "large", READ_WRITE | PORT_OPEN_CREATE);
    assert_int_equal(w.files->write_at(w.context, file, spans, PIECES, 5, &moved), PORT_OK);
    assert_int_equal(moved, SIZE);
    for (size_t i = 0; i < PIECES; i++) spans[i].bytes += back - bytes;
    assert_int_equal(w.files->read_at(w.context, file, spans, PIECES, 5, &moved), PORT_OK);
    assert_int_equal(moved, SIZE);
    assert_memory_equal(bytes, back, SIZE);
    /* And at the file's position, which is still its beginning. */
    const struct port_span one = {back, SIZE};
    assert_int_equal(w.files->read(w.context, file, &one, 1, &moved), PORT_OK);
    assert_int_equal(moved, SIZE);
    assert_memory_equal(bytes, back + 5, SIZE - 5);
    struct port_stat stat;
    assert_int_equal(w.files->file_stat(w.context, file, &stat), PORT_OK);
    assert_int_equal(stat.size, SIZE + 5);
    assert_int_equal(w.files->resize(w.context, file, 9), PORT_OK);
    assert_int_equal(w.files->file_stat(w.context, file, &stat), PORT_OK);
    assert_int_equal(stat.size, 9);
    assert_int_equal(w.files->close(w.context, file), PORT_OK);
    free(bytes);
    free(back);
    close_world(&w);
}

/* A stream that has no more is not waited for, however much was wanted. */
static void test_stream(void **state) {
    enum { SIZE = 2 * CALLS_DATA };
    struct world w;
    uint64_t file;
    size_t moved;
    (void)state;
    open_world(&w, false);
    uint8_t *bytes = malloc(SIZE);
    assert_non_null(bytes);
    memset(bytes, 'x', SIZE);
    fake_input(w.fake, bytes, CALLS_DATA, false);
    assert_int_equal(w.files->standard(w.context, 0, &file), PORT_OK);
    const struct port_span one = {bytes, SIZE};
    assert_int_equal(w.files->read(w.context, file, &one, 1, &moved), PORT_OK);
    assert_int_equal(moved, CALLS_DATA);
    assert_int_equal(w.files->read(w.context, file, &one, 1, &moved), PORT_EAGAIN);
    assert_int_equal(w.files->close(w.context, file), PORT_OK);
    free(bytes);
    close_world(&w);
}

/* The host gives a core nothing but what it was granted, by whatever number or name. */
static void test_grants(void **state) {
    static const char *const others[] = {"/", "/secret", "/data/", "/dat", "", "/data/../secret"};
    struct world w;
    uint64_t file = 77;
    (void)state;
    open_world(&w, false);
    for (size_t i = 0; i < ARRAY_COUNT(others); i++)
        assert_int_equal(w.files->open_root(w.context, others[i], &file), PORT_EACCES);
    assert_int_equal(w.files->listen(w.context, "0.0.0.0:80", &file), PORT_EACCES);
    w.direct->served.grants.streams = 2;
    assert_int_equal(w.files->standard(w.context, 0, &file), PORT_EBADF);
    assert_int_equal(w.files->standard(w.context, 7, &file), PORT_EBADF);
    static const char *const names[] = {"..", "", "../secret", "/secret", "a/b"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        assert_int_equal(w.files->open(w.context, w.root, names[i], PORT_OPEN_READ, &file),
                         PORT_EINVAL);
    assert_int_equal(w.files->unlink(w.context, w.root, "."), PORT_EINVAL);
    assert_int_equal(w.files->make_dir(w.context, w.root, "."), PORT_EINVAL);
    char name[PORT_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    assert_int_equal(w.files->open(w.context, w.root, name, PORT_OPEN_READ, &file),
                     PORT_ENAMETOOLONG);
    static const uint64_t numbers[] = {1, 4095, 4096, UINT64_MAX};
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        assert_int_equal(w.files->open(w.context, numbers[i], "tide", PORT_OPEN_READ, &file),
                         PORT_EBADF);
        assert_int_equal(w.files->close(w.context, numbers[i]), PORT_EBADF);
    }
    assert_int_equal(w.files->open(w.context, w.root, "tide", 128, &file), PORT_EINVAL);
    assert_int_equal(file, 77);
    close_world(&w);
}

/* Below a directory that was granted for reading nothing can be changed, in whatever way. */
static void test_read_only(void **state) {
    struct world w;
    size_t size;
    uint64_t file;
    (void)state;
    open_world(&w, true);
    void *c = w.context;
    const struct port_times now = {PORT_TIME_NOW, PORT_TIME_NOW, 0, 0};
    static const uint32_t hows[] = {PORT_OPEN_WRITE, PORT_OPEN_CREATE, PORT_OPEN_TRUNCATE,
                                    PORT_OPEN_APPEND, PORT_OPEN_EXCLUSIVE};
    for (size_t i = 0; i < ARRAY_COUNT(hows); i++)
        assert_int_equal(w.files->open(c, w.root, "tide", PORT_OPEN_READ | hows[i], &file),
                         PORT_EROFS);
    assert_int_equal(w.files->make_dir(c, w.root, "d"), PORT_EROFS);
    assert_int_equal(w.files->unlink(c, w.root, "tide"), PORT_EROFS);
    assert_int_equal(w.files->remove_dir(c, w.root, "tide"), PORT_EROFS);
    assert_int_equal(w.files->rename(c, w.root, "tide", w.root, "ebb"), PORT_EROFS);
    assert_int_equal(w.files->link(c, w.root, "tide", w.root, "ebb"), PORT_EROFS);
    assert_int_equal(w.files->symlink(c, "tide", w.root, "ebb"), PORT_EROFS);
    assert_int_equal(w.files->set_times(c, w.root, "tide", &now), PORT_EROFS);
    file = open_file(&w, "tide", PORT_OPEN_READ);
    assert_int_equal(w.files->resize(c, file, 0), PORT_EROFS);
    assert_int_equal(w.files->allocate(c, file, 0, 9), PORT_EROFS);
    assert_int_equal(w.files->file_set_times(c, file, &now), PORT_EROFS);
    assert_int_equal(w.files->close(c, file), PORT_OK);
    assert_non_null(fake_contents(w.fake, "/data/tide", &size));
    assert_int_equal(size, 3);
    close_world(&w);
}

/* What does not fit a message is refused before it crosses. */
static void test_too_much(void **state) {
    enum { ITEMS = CALLS_DATA / 8 / CALLS_POLL_WORDS + 1 };
    struct world w;
    char target[4098];
    (void)state;
    open_world(&w, false);
    struct port_poll *items = calloc(ITEMS, sizeof *items);
    assert_non_null(items);
    for (size_t i = 0; i < ITEMS; i++) items[i].file = w.root;
    assert_int_equal(w.files->poll(w.context, items, ITEMS, 0), PORT_E2BIG);
    assert_int_equal(w.files->poll(w.context, items, ITEMS - 1, 0), PORT_OK);
    free(items);
    memset(target, 't', sizeof target);
    target[4097] = 0;
    assert_int_equal(w.files->symlink(w.context, target, w.root, "l"), PORT_ENAMETOOLONG);
    target[4096] = 0;
    assert_int_equal(w.files->symlink(w.context, target, w.root, "l"), PORT_OK);
    close_world(&w);
}

/* --- A file that is closed while a call uses it --- */

static struct {
    void *context; /* the core's */
    uint64_t number;
    uint32_t closed, others;
} busy;

static enum port_errno close_counted(void *context, uint64_t file) {
    busy.closed++;
    return fake_port(context)->files->close(context, file);
}

/* Meanwhile another thread, with the other slot, closes the file and opens some more. */
static enum port_errno read_slowly(void *context, uint64_t file, const struct port_span *spans,
                                   uint32_t count, size_t *size) {
    const uint32_t before = busy.closed;
    uint64_t other;
    assert_int_equal(calls_close(busy.context, busy.number), PORT_OK);
    assert_int_equal(calls_close(busy.context, busy.number), PORT_EBADF);
    for (int i = 0; i < 3; i++, busy.others++) {
        assert_int_equal(calls_standard(busy.context, 1, &other), PORT_OK);
        assert_int_not_equal(other, busy.number); /* it is still in use */
    }
    assert_int_equal(busy.closed, before);
    return fake_port(context)->files->read(context, file, spans, count, size);
}

static void test_close_while_used(void **state) {
    struct world w;
    uint8_t bytes[3];
    const struct port_span span = {bytes, sizeof bytes};
    size_t size = 0;
    (void)state;
    open_world(&w, false);
    struct port host = *fake_port(w.fake);
    struct port_files files = *host.files;
    files.read = read_slowly;
    files.close = close_counted;
    host.files = &files;
    w.direct->served.port = &host;
    busy.context = w.context;
    busy.number = open_file(&w, "tide", PORT_OPEN_READ);
    assert_int_equal(calls_read(w.context, busy.number, &span, 1, &size), PORT_OK);
    assert_int_equal(size, 3);
    assert_memory_equal(bytes, "6.1", 3);
    assert_int_equal(busy.closed, 1);
    assert_int_equal(calls_read(w.context, busy.number, &span, 1, &size), PORT_EBADF);
    for (uint64_t n = 0; n < CALLS_FILES_MAX; n++)
        if (n != w.root && w.direct->state.calls.files[n].is_open)
            assert_int_equal(calls_close(w.context, n), PORT_OK);
    assert_int_equal(busy.closed, 1 + busy.others);
    w.direct->served.port = fake_port(w.fake);
    close_world(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large),     cmocka_unit_test(test_stream),
        cmocka_unit_test(test_grants),    cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_too_much),  cmocka_unit_test(test_close_while_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
