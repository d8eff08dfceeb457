/*
 * test_faults.c - calls of the port that fail, one after the other; and disks that are full, or
 * move less than they are asked to. What was acknowledged is there when the volume is opened
 * again, and no failure is taken for an attack.
 */
#include "disk.h"
#include "state.h"

enum { MARKS_MAX = 32 };

struct faults {
    struct rig *rig;
    struct disk *disk;
    uint64_t digests[MARKS_MAX]; /* of the states that are acknowledged, one after the other */
    uint32_t count, acknowledged;
    bool is_first; /* they are noted */
    bool is_hit;   /* the call that was to fail was made */
    uint64_t random;
    struct image image; /* of a new volume */
};

enum { ANY = PORT_OPEN_READ | PORT_OPEN_WRITE | PORT_OPEN_CREATE };

/* --- A workload that ends at the first error --- */

#define STEP(call)                                   \
    do {                                             \
        enum port_errno error_ = (call);             \
        if (error_) return error_;                   \
    } while (0)

static enum port_errno acknowledge(struct faults *f) {
    STEP(pfs_files.sync(f->rig->pfs, f->rig->root, true));
    f->acknowledged++;
    if (!f->is_first) return PORT_OK;
    assert_true(f->count < MARKS_MAX);
    OK(state_digest(f->rig->pfs, &f->digests[f->count]));
    f->count++;
    return PORT_OK;
}

static enum port_errno store(struct faults *f, const char *name, uint8_t seed, uint64_t offset,
                             size_t size) {
    static uint8_t bytes[100000];
    const struct port_span span = {bytes, size};
    uint64_t file;
    size_t moved;
    memset(bytes, seed, size);
    STEP(pfs_files.open(f->rig->pfs, f->rig->root, name, ANY, &file));
    enum port_errno error =
        pfs_files.write_at(f->rig->pfs, file, &span, 1, offset, &moved);
    if (!error && moved != size) error = PORT_EIO; /* as some of it failed */
    enum port_errno closed = pfs_files.close(f->rig->pfs, file);
    return error ? error : closed;
}

static enum port_errno cut_file(struct faults *f, const char *name, uint64_t size) {
    uint64_t file;
    STEP(pfs_files.open(f->rig->pfs, f->rig->root, name, ANY, &file));
    enum port_errno error = pfs_files.resize(f->rig->pfs, file, size);
    enum port_errno closed = pfs_files.close(f->rig->pfs, file);
    return error ? error : closed;
}

/* A file that is open when it loses its name. */
static enum port_errno hold_and_remove(struct faults *f, const char *name) {
    struct pfs *pfs = f->rig->pfs;
    uint64_t file;
    STEP(pfs_files.open(pfs, f->rig->root, name, ANY, &file));
    enum port_errno error = pfs_files.unlink(pfs, f->rig->root, name);
    if (!error) error = acknowledge(f);
    enum port_errno closed = pfs_files.close(pfs, file);
    return error ? error : closed;
}

static enum port_errno many_names(struct faults *f, uint64_t dir) {
    struct pfs *pfs = f->rig->pfs;
    for (uint32_t i = 0; i < 60; i++) {
        char name[200];
        snprintf(name, sizeof name, "%0150u", i);
        STEP(pfs_files.symlink(pfs, "nowhere", dir, name));
    }
    STEP(acknowledge(f));
    for (uint32_t i = 0; i < 60; i++) {
        char name[200];
        snprintf(name, sizeof name, "%0150u", i);
        STEP(pfs_files.unlink(pfs, dir, name));
    }
    return PORT_OK;
}

static enum port_errno work(struct faults *f) {
    struct pfs *pfs = f->rig->pfs;
    uint64_t dir;
    STEP(store(f, "a", 1, 0, 10));
    STEP(store(f, "b", 2, 5000, 30000));
    STEP(acknowledge(f));
    STEP(store(f, "c", 3, 1 << 20, 100000));
    STEP(pfs_files.rename(pfs, f->rig->root, "a", f->rig->root, "b"));
    STEP(pfs_files.make_dir(pfs, f->rig->root, "d"));
    STEP(acknowledge(f));
    STEP(cut_file(f, "c", (1 << 20) + 50001));
    STEP(store(f, "c", 4, (1 << 20) + 4096, 20000));
    STEP(acknowledge(f));
    STEP(hold_and_remove(f, "b"));
    STEP(acknowledge(f));
    STEP(pfs_files.open(pfs, f->rig->root, "d", PORT_OPEN_READ, &dir));
    enum port_errno error = many_names(f, dir);
    enum port_errno closed = pfs_files.close(pfs, dir);
    if (error || closed) return error ? error : closed;
    STEP(acknowledge(f));
    STEP(pfs_files.remove_dir(pfs, f->rig->root, "d"));
    STEP(store(f, "e", 5, 0, 40000));
    STEP(pfs_files.unlink(pfs, f->rig->root, "c"));
    return acknowledge(f);
}

/* --- One call fails --- */

static bool is_named(const nacre_error *error, nacre_status status) {
    return error->status == status && error->text[0];
}

/* Of a volume that is opened again: whole, and one of two states (or any: UINT32_MAX). */
static void expect_state(struct faults *f, uint32_t acknowledged) {
    uint64_t digest;
    nacre_error error = {0};
    f->rig->port = *fake_port(f->rig->fake);
    nacre_status status = rig_try_open(f->rig, false, &error);
    if (status) print_error("%s\n", error.text);
    assert_int_equal(status, NACRE_OK);
    OK(state_digest(f->rig->pfs, &digest));
    assert_true(state_is_whole(f->rig->pfs, false));
    if (acknowledged != UINT32_MAX) {
        bool is_last = digest == f->digests[acknowledged];
        bool is_next = acknowledged + 1 < f->count && digest == f->digests[acknowledged + 1];
        assert_true(is_last || is_next);
    }
    put(f->rig, "later", "x");
    rig_close(f->rig);
}

/* A failure is no attack. */
static void expect_error(enum port_errno error, enum port_errno injected) {
    if (error == injected || error == PORT_EIO || error == PORT_ENOMEM) return;
    print_error("error %d\n", (int)error);
    assert_int_equal(error, injected);
}

static void run_all(struct faults *f, enum port_errno injected) {
    uint64_t digest;
    nacre_error error = {0};
    nacre_status status = rig_try_open(f->rig, false, &error);
    if (status) {
        assert_int_not_equal(status, NACRE_INTEGRITY);
        assert_true(is_named(&error, status));
        f->is_hit = true;
        fake_fail(f->rig->fake, UINT64_MAX, PORT_OK);
        return;
    }
    enum port_errno failed = work(f);
    if (failed) expect_error(failed, injected);
    size_t events = f->disk->count;
    if (failed && state_digest(f->rig->pfs, &digest) == PORT_EBADMSG) fail_msg("an attack");
    assert_null(pfs_files.broken(f->rig->pfs));
    status = pfs_close(f->rig->pfs, &error);
    f->rig->pfs = NULL;
    if (status) assert_true(is_named(&error, status));
    assert_int_not_equal(status, NACRE_INTEGRITY);
    f->is_hit = fake_fault_hit(f->rig->fake);
    fake_fail(f->rig->fake, UINT64_MAX, PORT_OK);
    assert_int_equal(fake_open_files(f->rig->fake), 0);
    assert_int_equal(fake_live_allocations(f->rig->fake), 0);
    expect_state(f, failed || status ? UINT32_MAX : f->acknowledged);
    disk_cut(f->disk, events, DISK_ALL, &f->random);
    expect_state(f, f->acknowledged);
    disk_cut(f->disk, events, DISK_SOME, &f->random);
    expect_state(f, f->acknowledged);
}

static void start(struct faults *f) {
    disk_put(f->rig->fake, f->image.bytes, f->image.size);
    f->disk = disk_new(f->rig->fake);
    f->rig->port = f->disk->port;
    f->acknowledged = 0;
}

static void begin(struct faults *f) {
    memset(f, 0, sizeof *f);
    f->random = 1;
    f->rig = rig_new();
    rig_close(f->rig);
    const uint8_t *bytes = fake_contents(f->rig->fake, "volume/nacre.pfs", &f->image.size);
    f->image.bytes = malloc(f->image.size);
    assert_non_null(f->image.bytes);
    memcpy(f->image.bytes, bytes, f->image.size);
    start(f);
    rig_open(f->rig);
    OK(state_digest(f->rig->pfs, &f->digests[f->count++]));
    f->is_first = true;
    OK(work(f));
    f->is_first = false;
    rig_close(f->rig);
    disk_destroy(f->disk);
}

static void end(struct faults *f) {
    f->rig->port = *fake_port(f->rig->fake);
    rig_destroy(f->rig);
    free(f->image.bytes);
}

/* NACRE_FAULT_STEP: only every so many calls of them fail. */
static void fail_each(enum port_errno injected, bool is_unprepared, uint64_t step) {
    static struct faults f;
    const char *text = getenv("NACRE_FAULT_STEP");
    uint64_t n = 0;
    if (text) step *= strtoul(text, NULL, 10);
    begin(&f);
    for (f.is_hit = true; f.is_hit; n += step) {
        start(&f);
        f.disk->is_unprepared = is_unprepared;
        fake_fail(f.rig->fake, n, injected);
        run_all(&f, injected);
        disk_destroy(f.disk);
    }
    assert_int_equal(f.acknowledged + 1, f.count);
    print_message("%llu calls\n", (unsigned long long)n);
    end(&f);
}

static void test_io(void **state) {
    (void)state;
    fail_each(PORT_EIO, false, 1);
}

static void test_space(void **state) {
    (void)state;
    fail_each(PORT_ENOSPC, true, 3);
}

/* --- A new one --- */

static void test_create(void **state) {
    struct fake *fake = fake_create();
    const uint8_t bytes[32] = {7};
    const struct pfs_key key = {.kind = PFS_KEY_FILE, .bytes = bytes, .size = sizeof bytes};
    bool is_hit = true;
    (void)state;
    fake_dir(fake, "volume");
    for (uint64_t n = 0; is_hit; n++) {
        nacre_error error = {0};
        fake_fail(fake, n, PORT_EIO);
        nacre_status status =
            pfs_create(fake_allocator(fake), fake_port(fake), "volume", &key, &error);
        is_hit = fake_fault_hit(fake);
        fake_fail(fake, UINT64_MAX, PORT_OK);
        assert_int_equal(fake_open_files(fake), 0);
        assert_int_equal(fake_live_allocations(fake), 0);
        if (status && status != NACRE_NO_MEMORY && !is_named(&error, status))
            print_error("call %llu: status %d, no text\n", (unsigned long long)n, (int)status);
        if (status && status != NACRE_NO_MEMORY) assert_true(is_named(&error, status));
        if (fake_exists(fake, "volume/nacre.pfs")) fake_remove(fake, "volume/nacre.pfs");
    }
    fake_destroy(fake);
}

/* --- A full disk --- */

static enum port_errno add_file(struct rig *rig, uint32_t number, size_t size) {
    static uint8_t bytes[20000];
    const struct port_span span = {bytes, size};
    char name[32];
    uint64_t file;
    size_t moved;
    memset(bytes, (uint8_t)number, size);
    snprintf(name, sizeof name, "%u", number);
    STEP(pfs_files.open(rig->pfs, rig->root, name, ANY, &file));
    enum port_errno error = pfs_files.write_at(rig->pfs, file, &span, 1, 0, &moved);
    OK(pfs_files.close(rig->pfs, file));
    return error;
}

static enum port_errno remove_file(struct rig *rig, uint32_t number) {
    char name[32];
    snprintf(name, sizeof name, "%u", number);
    return pfs_files.unlink(rig->pfs, rig->root, name);
}

static enum port_errno rename_file(struct rig *rig, uint32_t number, uint32_t to) {
    char name[32], to_name[200];
    snprintf(name, sizeof name, "%u", number);
    snprintf(to_name, sizeof to_name, "%0150u", to);
    return pfs_files.rename(rig->pfs, rig->root, name, rig->root, to_name);
}

/* On a disk on which nothing fits any more all can be removed, and then it fits again. */
static void fill_and_empty(struct rig *rig, uint64_t *random, size_t size, uint32_t sync_each) {
    enum port_errno error = PORT_OK;
    uint32_t count = 0;
    for (; !error; count++) error = add_file(rig, count, size);
    assert_int_equal(error, PORT_ENOSPC);
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t number = random_below(random, count);
        error = random_below(random, 2) ? rename_file(rig, number, number)
                                        : add_file(rig, number, 1 + random_below(random, 8000));
        if (error != PORT_ENOENT && error != PORT_ENOSPC) OK(error);
        if (i % 10 == 9) OK(pfs_files.sync(rig->pfs, rig->root, false));
    }
    rig_check(rig);
    for (uint32_t i = 0; i < count; i++) {
        char name[200];
        snprintf(name, sizeof name, "%0150u", i);
        error = remove_file(rig, i);
        if (error == PORT_ENOENT) error = pfs_files.unlink(rig->pfs, rig->root, name);
        if (error != PORT_ENOENT) OK(error);
        if (sync_each && i % sync_each == 0) OK(pfs_files.sync(rig->pfs, rig->root, false));
    }
    OK(pfs_files.sync(rig->pfs, rig->root, false));
    OK(add_file(rig, 0, 20000));
    OK(remove_file(rig, 0));
}

static void test_full(void **state) {
    uint64_t random = 3;
    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        struct rig *rig = rig_new();
        rig_close(rig);
        struct disk *disk = disk_new(rig->fake);
        disk->limit = (320 + 13 * i) * 4096;
        disk->is_unprepared = i % 2;
        disk->is_short = i % 5 == 0;
        rig->port = disk->port;
        rig_open(rig);
        fill_and_empty(rig, &random, 1 + random_below(&random, 20000), i % 4);
        rig_check(rig);
        rig_close(rig);
        rig_open(rig);
        fill_and_empty(rig, &random, i % 3 ? 3 : 20000, i % 4);
        rig_check(rig);
        rig_close(rig);
        disk_destroy(disk);
        rig->port = *fake_port(rig->fake);
        rig_destroy(rig);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_io),
        cmocka_unit_test(test_space),
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
