/* rig.c - see rig.h */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"
#include "unit/tee/direct.h"

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *at) {
    (void)stat;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_tree(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

struct rig *rig_bare(enum world world) {
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    rig->world = world;
    if (world == WORLD_FAKE) {
        rig->fake = fake_create();
        rig->port = *fake_port(rig->fake);
        rig->allocator = *fake_allocator(rig->fake);
    } else {
        char outside[80];
        snprintf(rig->folder, sizeof rig->folder, "/tmp/nacre-wasi-XXXXXX");
        assert_non_null(mkdtemp(rig->folder));
        snprintf(outside, sizeof outside, "%s-outside", rig->folder);
        assert_int_equal(mkdir(outside, 0777), 0);
        rig->port = *port_posix();
        if (world == WORLD_BOUNDARY) {
            rig->direct = direct_create(port_posix(), rig->folder, false);
            rig->port = rig->direct->port;
        }
        rig->allocator = *port_posix_allocator();
    }
    rig->files = *rig->port.files;
    rig->port.files = &rig->files;
    if (world == WORLD_POSIX_WALKS) rig->files.open_beneath = NULL;
    rig->memory.bytes = calloc(1, MEMORY_SIZE);
    rig->memory.size = MEMORY_SIZE;
    rig->next = MEMORY_SIZE / 2;
    rig->call.store = &rig->store;
    rig->call.memory = &rig->memory;
    rig->call.deadline_ns = UINT64_MAX;
    double_store_init(&rig->store);
    assert_int_equal(wasi_create(&rig->allocator, &rig->port, 64, &rig->wasi), NACRE_OK);
    return rig;
}

void rig_define(struct rig *rig) {
    assert_int_equal(wasi_define(rig->wasi, &rig->store), NACRE_OK);
}

struct rig *rig_create(enum world world) {
    struct rig *rig = rig_bare(world);
    const char *folder = world == WORLD_FAKE ? "/" : rig->folder;
    assert_int_equal(wasi_add_dir(rig->wasi, folder, "/", false, NULL), NACRE_OK);
    rig_define(rig);
    return rig;
}

void rig_destroy(struct rig *rig) {
    if (rig->store.owned) double_store_deinit(&rig->store);
    else wasi_destroy(rig->wasi);
    if (rig->fake) {
        assert_int_equal(fake_open_files(rig->fake), 0);
        assert_int_equal(fake_live_allocations(rig->fake), 0);
        fake_destroy(rig->fake);
    } else {
        char outside[80];
        if (rig->direct) direct_destroy(rig->direct);
        snprintf(outside, sizeof outside, "%s-outside", rig->folder);
        remove_tree(rig->folder);
        remove_tree(outside);
    }
    free(rig->memory.bytes);
    free(rig);
}

int setup_fake(void **state) {
    *state = rig_create(WORLD_FAKE);
    return 0;
}

int setup_posix(void **state) {
    *state = rig_create(WORLD_POSIX);
    return 0;
}

int setup_posix_walks(void **state) {
    *state = rig_create(WORLD_POSIX_WALKS);
    return 0;
}

int setup_boundary(void **state) {
    *state = rig_create(WORLD_BOUNDARY);
    return 0;
}

int teardown(void **state) {
    rig_destroy(*state);
    return 0;
}

uint32_t rig_call(struct rig *rig, const char *name, const uint64_t *args, bool ok) {
    uint32_t index = double_find(&rig->store, name);
    const char *params = rig->store.definitions[index].params;
    uint64_t slots[16] = {0};
    for (size_t i = 0; params[i]; i++) slots[i] = params[i] == 'i' ? (uint32_t)args[i] : args[i];
    rig->call.text = NULL;
    rig->call.exit_code = 0;
    rig->status = rig->store.definitions[index].function(rig->store.definitions[index].env,
                                                         &rig->call, slots);
    if (ok) assert_int_equal(rig->status, NACRE_OK);
    assert_in_range(slots[0], 0, UINT32_MAX);
    return (uint32_t)slots[0];
}

uint32_t rig_put(struct rig *rig, const void *bytes, size_t size) {
    if (rig->next + size > MEMORY_SIZE) rig->next = MEMORY_SIZE / 2;
    uint32_t at = rig->next;
    memcpy(rig->memory.bytes + at, bytes, size);
    rig->next += (uint32_t)size + 1;
    return at;
}

uint32_t rig_u32(const struct rig *rig, uint32_t at) { return load_u32(rig->memory.bytes + at); }
uint64_t rig_u64(const struct rig *rig, uint32_t at) { return load_u64(rig->memory.bytes + at); }

uint32_t do_open(struct rig *rig, uint32_t dir, const char *path, uint32_t lookup,
                 uint32_t oflags, uint64_t rights, uint32_t fdflags, uint32_t *fd) {
    uint32_t e = CALL(rig, "path_open", dir, lookup, TEXT(rig, path), oflags, rights, UINT64_MAX,
                      fdflags, 0);
    if (e == 0 && fd) *fd = rig_u32(rig, 0);
    if (e == 0 && !fd) assert_int_equal(CALL(rig, "fd_close", rig_u32(rig, 0)), 0);
    return e;
}

uint32_t do_mkdir(struct rig *rig, const char *path) {
    return CALL(rig, "path_create_directory", ROOT, TEXT(rig, path));
}

uint32_t do_symlink(struct rig *rig, const char *target, const char *path) {
    return CALL(rig, "path_symlink", TEXT(rig, target), ROOT, TEXT(rig, path));
}

uint32_t do_unlink(struct rig *rig, const char *path) {
    return CALL(rig, "path_unlink_file", ROOT, TEXT(rig, path));
}

uint32_t do_rmdir(struct rig *rig, const char *path) {
    return CALL(rig, "path_remove_directory", ROOT, TEXT(rig, path));
}

uint32_t do_rename(struct rig *rig, const char *from, const char *to) {
    return CALL(rig, "path_rename", ROOT, TEXT(rig, from), ROOT, TEXT(rig, to));
}

uint32_t do_stat(struct rig *rig, const char *path, uint32_t lookup, uint8_t stat[64]) {
    uint32_t e = CALL(rig, "path_filestat_get", ROOT, lookup, TEXT(rig, path), 64);
    if (e == 0 && stat) memcpy(stat, rig->memory.bytes + 64, 64);
    return e;
}

uint32_t do_write(struct rig *rig, uint32_t fd, const char *text, uint32_t *size) {
    uint32_t iovec[2] = {rig_put(rig, text, strlen(text)), (uint32_t)strlen(text)};
    uint32_t e = CALL(rig, "fd_write", fd, rig_put(rig, iovec, sizeof iovec), 1, 16);
    if (e == 0 && size) *size = rig_u32(rig, 16);
    return e;
}

uint32_t do_read(struct rig *rig, uint32_t fd, char *to, uint32_t capacity, uint32_t *size) {
    uint32_t iovec[2] = {SCRATCH, capacity};
    uint32_t e = CALL(rig, "fd_read", fd, rig_put(rig, iovec, sizeof iovec), 1, 16);
    if (e) return e;
    *size = rig_u32(rig, 16);
    memcpy(to, rig->memory.bytes + SCRATCH, *size);
    return 0;
}

void make_file(struct rig *rig, const char *path, const char *text) {
    uint32_t fd, size = 0;
    OK(do_open(rig, ROOT, path, 0, OFLAG_CREAT | OFLAG_EXCL, RIGHTS_RW, 0, &fd));
    OK(do_write(rig, fd, text, &size));
    assert_int_equal(size, strlen(text));
    OK(CALL(rig, "fd_close", fd));
}

void expect_file(struct rig *rig, const char *path, const char *text) {
    char bytes[256];
    uint32_t fd, size = 0;
    OK(do_open(rig, ROOT, path, LOOKUP_FOLLOW, 0, RIGHT_FD_READ, 0, &fd));
    OK(do_read(rig, fd, bytes, sizeof bytes, &size));
    OK(CALL(rig, "fd_close", fd));
    assert_int_equal(size, strlen(text));
    assert_memory_equal(bytes, text, size);
}
