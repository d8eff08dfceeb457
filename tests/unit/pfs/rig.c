/* rig.c - see rig.h */
#include "rig.h"

static struct pfs_key key_of(const struct rig *rig) {
    return (struct pfs_key){.kind = PFS_KEY_FILE, .bytes = rig->key, .size = sizeof rig->key};
}

struct rig *rig_new(void) {
    struct rig *rig = calloc(1, sizeof *rig);
    nacre_error error;
    assert_non_null(rig);
    static uint8_t skipped[255];
    static size_t rigs;
    rig->fake = fake_create();
    /* No two volumes are alike. */
    (void)fake_port(rig->fake)->random(rig->fake, skipped, ++rigs % sizeof skipped);
    rig->port = *fake_port(rig->fake);
    memset(rig->key, 7, sizeof rig->key);
    fake_dir(rig->fake, "volume");
    const struct pfs_key key = key_of(rig);
    assert_int_equal(
        pfs_create(fake_allocator(rig->fake), &rig->port, "volume", &key, &error), NACRE_OK);
    rig_open(rig);
    return rig;
}

void rig_destroy(struct rig *rig) {
    if (rig->pfs) rig_close(rig);
    assert_int_equal(fake_open_files(rig->fake), 0);
    assert_int_equal(fake_live_allocations(rig->fake), 0);
    fake_destroy(rig->fake);
    free(rig);
}

nacre_status rig_try_open(struct rig *rig, bool is_read_only, nacre_error *error) {
    const struct pfs_key key = key_of(rig);
    const struct pfs_options options = {.is_read_only = is_read_only, .cache_blocks = 1};
    nacre_status status = pfs_open(fake_allocator(rig->fake), &rig->port, "volume", &key,
                                   &options, &rig->pfs, error);
    enum port_errno failed = status ? PORT_OK : pfs_files.open_root(rig->pfs, "", &rig->root);
    if (failed) {
        (void)pfs_close(rig->pfs, error);
        status = failed == PORT_EBADMSG ? NACRE_INTEGRITY : NACRE_IO;
        *error = (nacre_error){.status = status, .text = "no root"};
    }
    if (status) rig->pfs = NULL;
    return status;
}

void rig_open(struct rig *rig) {
    nacre_error error;
    nacre_status status = rig_try_open(rig, false, &error);
    if (status) print_error("%s\n", error.text);
    assert_int_equal(status, NACRE_OK);
}

void rig_close(struct rig *rig) {
    nacre_error error;
    nacre_status status = pfs_close(rig->pfs, &error);
    if (status) print_error("%s\n", error.text);
    assert_int_equal(status, NACRE_OK);
    rig->pfs = NULL;
}

static void print_problem(struct pfs_report *report, const char *path, const char *text) {
    (void)report;
    print_error("\"%s\": %s\n", path, text);
}

void rig_check(struct rig *rig) {
    struct pfs_report report = {.problem = print_problem};
    nacre_error error;
    assert_int_equal(pfs_check(rig->pfs, &report, &error), NACRE_OK);
    assert_int_equal(report.problems, 0);
}

uint32_t random_below(uint64_t *state, uint32_t limit) {
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)((*state >> 32) * limit >> 32);
}

uint64_t open_file(struct rig *rig, const char *name, uint32_t how) {
    uint64_t file;
    OK(pfs_files.open(rig->pfs, rig->root, name, how, &file));
    return file;
}

void close_file(struct rig *rig, uint64_t file) { OK(pfs_files.close(rig->pfs, file)); }

size_t write_bytes(struct rig *rig, uint64_t file, uint64_t offset, const void *bytes,
                   size_t size) {
    const struct port_span span = {(uint8_t *)(uintptr_t)bytes, size};
    size_t moved;
    OK(pfs_files.write_at(rig->pfs, file, &span, 1, offset, &moved));
    return moved;
}

size_t read_bytes(struct rig *rig, uint64_t file, uint64_t offset, void *bytes, size_t size) {
    const struct port_span span = {bytes, size};
    size_t moved;
    OK(pfs_files.read_at(rig->pfs, file, &span, 1, offset, &moved));
    return moved;
}

void put(struct rig *rig, const char *name, const char *text) {
    uint64_t file =
        open_file(rig, name, PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_TRUNCATE);
    assert_int_equal(write_bytes(rig, file, 0, text, strlen(text)), strlen(text));
    close_file(rig, file);
}

void has(struct rig *rig, const char *name, const char *text) {
    char bytes[256];
    uint64_t file;
    if (!text) {
        FAILS(PORT_ENOENT, pfs_files.open(rig->pfs, rig->root, name, PORT_OPEN_READ, &file));
        return;
    }
    file = open_file(rig, name, PORT_OPEN_READ);
    assert_int_equal(read_bytes(rig, file, 0, bytes, sizeof bytes), strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
    close_file(rig, file);
}
