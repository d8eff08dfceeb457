/* test_volume.c - protected files against a model of them, in memory. */
#include "rig.h"

static void test_first(void **state) {
    struct rig *rig = rig_new();
    (void)state;
    put(rig, "a", "hello");
    has(rig, "a", "hello");
    has(rig, "b", NULL);
    rig_close(rig);
    rig_open(rig);
    has(rig, "a", "hello");
    put(rig, "b", "more");
    rig_close(rig);
    rig_open(rig);
    has(rig, "a", "hello");
    has(rig, "b", "more");
    rig_destroy(rig);
}

static void copy_volume(struct rig *rig, const char *from, const char *to) {
    size_t size;
    const uint8_t *bytes = fake_contents(rig->fake, from, &size);
    if (fake_exists(rig->fake, to)) fake_remove(rig->fake, to);
    fake_file(rig->fake, to, bytes, size);
}

/* The port's counter shows that a volume is an old one; and that somebody else uses it. */
static void test_counter(void **state) {
    struct rig *rig = rig_new();
    nacre_error error;
    (void)state;
    fake_use_counters(rig->fake);
    rig->port = *fake_port(rig->fake);
    rig_close(rig);
    rig_open(rig);
    put(rig, "a", "one");
    rig_close(rig);
    copy_volume(rig, "volume/nacre.pfs", "old");
    rig_open(rig);
    put(rig, "a", "two");
    rig_close(rig);
    copy_volume(rig, "volume/nacre.pfs", "new");
    copy_volume(rig, "old", "volume/nacre.pfs");
    assert_int_equal(rig_try_open(rig, true, &error), NACRE_INTEGRITY);
    assert_non_null(strstr(error.text, "rolled back"));
    copy_volume(rig, "new", "volume/nacre.pfs");
    rig_open(rig);
    has(rig, "a", "two");
    fake_set_counters(rig->fake, 1000000);
    FAILS(PORT_EBADMSG, pfs_files.make_dir(rig->pfs, rig->root, "b"));
    assert_non_null(strstr(pfs_files.broken(rig->pfs), "another process"));
    assert_int_equal(pfs_close(rig->pfs, &error), NACRE_INTEGRITY);
    rig->pfs = NULL;
    assert_int_equal(rig_try_open(rig, true, &error), NACRE_INTEGRITY);
    rig_destroy(rig);
}

static void test_lock(void **state) {
    struct rig *rig = rig_new();
    struct pfs *first = rig->pfs;
    nacre_error error;
    (void)state;
    assert_int_equal(rig_try_open(rig, false, &error), NACRE_IO);
    assert_non_null(strstr(error.text, "another process has the volume open"));
    assert_int_equal(rig_try_open(rig, true, &error), NACRE_IO);
    rig->pfs = first;
    rig_destroy(rig);
}

/* --- A model --- */

enum { FILES = 6, LARGEST = 3 << 20 };

struct model {
    struct rig *rig;
    uint64_t random;
    uint8_t *bytes[FILES]; /* NULL: there is none */
    size_t sizes[FILES];
    uint64_t handles[FILES];
    uint8_t buffer[200000];
};

static const char *const names[FILES] = {"a", "b", "c", "d", "e", "f"};

static uint32_t below(struct model *m, uint32_t limit) { return random_below(&m->random, limit); }

static size_t some_size(struct model *m) {
    switch (below(m, 4)) {
    case 0: return below(m, 10);
    case 1: return below(m, 5000);
    case 2: return (size_t)below(m, 40) * 4096;
    default: return below(m, sizeof m->buffer);
    }
}

static uint64_t some_offset(struct model *m, uint32_t n) {
    switch (below(m, 4)) {
    case 0: return m->sizes[n] < LARGEST - sizeof m->buffer ? m->sizes[n] : 0;
    case 1: return (uint64_t)below(m, 100) * 4096;
    case 2: return below(m, 10000);
    default: return below(m, LARGEST - sizeof m->buffer);
    }
}

static void model_create(struct model *m, uint32_t n) {
    if (m->bytes[n]) return;
    m->bytes[n] = calloc(1, LARGEST);
    m->sizes[n] = 0;
    m->handles[n] = open_file(m->rig, names[n],
                              PORT_OPEN_READ | PORT_OPEN_WRITE | PORT_OPEN_CREATE |
                                  PORT_OPEN_EXCLUSIVE);
}

static void model_write(struct model *m, uint32_t n) {
    size_t size = some_size(m);
    uint64_t offset = some_offset(m, n);
    for (size_t i = 0; i < size; i++) m->buffer[i] = (uint8_t)below(m, 256);
    assert_int_equal(write_bytes(m->rig, m->handles[n], offset, m->buffer, size), size);
    memcpy(m->bytes[n] + offset, m->buffer, size);
    if (size && offset + size > m->sizes[n]) m->sizes[n] = offset + size;
}

static void model_read(struct model *m, uint32_t n) {
    size_t size = some_size(m), expected = 0;
    uint64_t offset = some_offset(m, n);
    if (offset < m->sizes[n])
        expected = size < m->sizes[n] - offset ? size : m->sizes[n] - offset;
    assert_int_equal(read_bytes(m->rig, m->handles[n], offset, m->buffer, size), expected);
    assert_memory_equal(m->buffer, m->bytes[n] + offset, expected);
}

static void model_resize(struct model *m, uint32_t n) {
    size_t size = below(m, 3) ? below(m, LARGEST) : below(m, 10000);
    OK(pfs_files.resize(m->rig->pfs, m->handles[n], size));
    if (size < m->sizes[n]) memset(m->bytes[n] + size, 0, m->sizes[n] - size);
    m->sizes[n] = size;
}

static void model_remove(struct model *m, uint32_t n) {
    bool is_late = below(m, 2);
    if (is_late) close_file(m->rig, m->handles[n]);
    OK(pfs_files.unlink(m->rig->pfs, m->rig->root, names[n]));
    has(m->rig, names[n], NULL);
    if (!is_late) {
        model_read(m, n);
        model_write(m, n);
        model_read(m, n);
        close_file(m->rig, m->handles[n]);
    }
    free(m->bytes[n]);
    m->bytes[n] = NULL;
}

static void model_rename(struct model *m, uint32_t n) {
    uint32_t to = below(m, FILES);
    OK(pfs_files.rename(m->rig->pfs, m->rig->root, names[n], m->rig->root, names[to]));
    if (to == n) return;
    if (m->bytes[to]) {
        close_file(m->rig, m->handles[to]);
        free(m->bytes[to]);
    }
    m->bytes[to] = m->bytes[n];
    m->sizes[to] = m->sizes[n];
    m->handles[to] = m->handles[n];
    m->bytes[n] = NULL;
}

static void model_compare(struct model *m) {
    static uint8_t all[LARGEST];
    for (uint32_t n = 0; n < FILES; n++) {
        if (!m->bytes[n]) continue;
        assert_int_equal(read_bytes(m->rig, m->handles[n], 0, all, sizeof all), m->sizes[n]);
        assert_memory_equal(all, m->bytes[n], m->sizes[n]);
    }
}

static void model_reopen(struct model *m) {
    for (uint32_t n = 0; n < FILES; n++)
        if (m->bytes[n] && below(m, 2)) close_file(m->rig, m->handles[n]);
    if (below(m, 2)) rig_check(m->rig);
    rig_close(m->rig);
    rig_open(m->rig);
    rig_check(m->rig);
    for (uint32_t n = 0; n < FILES; n++)
        if (m->bytes[n])
            m->handles[n] = open_file(m->rig, names[n], PORT_OPEN_READ | PORT_OPEN_WRITE);
    model_compare(m);
}

static void step(struct model *m) {
    uint32_t n = below(m, FILES), what = below(m, 100);
    if (!m->bytes[n]) model_create(m, n);
    else if (what < 40) model_write(m, n);
    else if (what < 70) model_read(m, n);
    else if (what < 80) model_resize(m, n);
    else if (what < 84) model_remove(m, n);
    else if (what < 88) model_rename(m, n);
    else if (what < 95) OK(pfs_files.sync(m->rig->pfs, m->handles[n], true));
    else if (what < 97) model_reopen(m);
    else model_compare(m);
}

static void test_model(void **state) {
    static struct model m;
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        memset(&m, 0, sizeof m);
        m.rig = rig_new();
        m.random = seed;
        for (int i = 0; i < 400; i++) step(&m);
        model_reopen(&m);
        for (uint32_t n = 0; n < FILES; n++) free(m.bytes[n]);
        rig_destroy(m.rig);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_counter),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
