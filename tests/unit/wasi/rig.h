/*
 * rig.h - a guest without an engine: a memory, a context, and calls by name.
 *
 * Most tests run in four worlds: the fake port, the real one in a folder of its own, the real one
 * without its shortcut for resolving paths, and the real one across the boundary of a TEE.
 */
#ifndef TESTS_UNIT_WASI_RIG_H
#define TESTS_UNIT_WASI_RIG_H

/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "host_double.h"
#include "port/fake/fake.h"
#include "port/files.h"
#include "port/posix/posix.h"
#include "wasi/layout.h"
#include "wasi/rights.h"
#include "wasi/wasi.h"

enum world { WORLD_FAKE, WORLD_POSIX, WORLD_POSIX_WALKS, WORLD_BOUNDARY };

enum {
    MEMORY_SIZE = 1 << 20,
    ROOT = 3,       /* the preopened directory "/" */
    SCRATCH = 8192  /* where rig_text and results do not go */
};

struct rig {
    enum world world;
    struct fake *fake;        /* in WORLD_FAKE */
    struct direct *direct;    /* in WORLD_BOUNDARY */
    char folder[64];          /* in the others; beside it lies folder + "-outside" */
    struct port port;
    struct port_files files;
    struct allocator allocator;
    struct wasi *wasi;
    struct store store;
    struct memory memory;
    uint32_t next; /* of the guest's memory that rig_text takes */
    struct host_call call;
    nacre_status status; /* of the last call */
};

/* Makes a rig without directories, and the one with ROOT that most tests want; defines all. */
struct rig *rig_bare(enum world world);
void rig_define(struct rig *rig);
struct rig *rig_create(enum world world);
void rig_destroy(struct rig *rig);

/* cmocka setups for the worlds, and the teardown. */
int setup_fake(void **state);
int setup_posix(void **state);
int setup_posix_walks(void **state);
int setup_boundary(void **state);
int teardown(void **state);

#define IN_ALL_WORLDS(test)                                        \
    {#test " (fake)", test, setup_fake, teardown, NULL},           \
        {#test " (posix)", test, setup_posix, teardown, NULL},     \
        {#test " (posix, walking)", test, setup_posix_walks, teardown, NULL},  \
        {#test " (boundary)", test, setup_boundary, teardown, NULL}
#define IN_FAKE(test) {#test, test, setup_fake, teardown, NULL}
#define IN_POSIX(test)                                             \
    {#test " (posix)", test, setup_posix, teardown, NULL},         \
        {#test " (posix, walking)", test, setup_posix_walks, teardown, NULL},  \
        {#test " (boundary)", test, setup_boundary, teardown, NULL}

/* Calls a function; its errno. The status must be NACRE_OK for `call`. */
#define CALL(rig, name, ...) rig_call((rig), (name), (const uint64_t[]){__VA_ARGS__, 0}, true)
#define CALL_ENDS(rig, name, ...) \
    rig_call((rig), (name), (const uint64_t[]){__VA_ARGS__, 0}, false)
uint32_t rig_call(struct rig *rig, const char *name, const uint64_t *args, bool ok);

/* Puts bytes into the guest's memory; their address. TEXT gives address and size. */
uint32_t rig_put(struct rig *rig, const void *bytes, size_t size);
#define TEXT(rig, text) rig_put((rig), (text), strlen(text)), strlen(text)
uint32_t rig_u32(const struct rig *rig, uint32_t at);
uint64_t rig_u64(const struct rig *rig, uint32_t at);

/* Shorthands; each returns an errno. Results go to the pointers, if those are not NULL. */
uint32_t do_open(struct rig *rig, uint32_t dir, const char *path, uint32_t lookup,
                 uint32_t oflags, uint64_t rights, uint32_t fdflags, uint32_t *fd);
uint32_t do_mkdir(struct rig *rig, const char *path);
uint32_t do_symlink(struct rig *rig, const char *target, const char *path);
uint32_t do_unlink(struct rig *rig, const char *path);
uint32_t do_rmdir(struct rig *rig, const char *path);
uint32_t do_rename(struct rig *rig, const char *from, const char *to);
uint32_t do_stat(struct rig *rig, const char *path, uint32_t lookup, uint8_t stat[64]);
uint32_t do_write(struct rig *rig, uint32_t fd, const char *text, uint32_t *size);
uint32_t do_read(struct rig *rig, uint32_t fd, char *to, uint32_t capacity, uint32_t *size);

#define RIGHTS_RW ((uint64_t)(RIGHT_FD_READ | RIGHT_FD_WRITE | RIGHT_FD_SEEK | RIGHT_FD_TELL))

/* Makes a file with contents, as the guest; reads one whole. Both must succeed. */
void make_file(struct rig *rig, const char *path, const char *text);
void expect_file(struct rig *rig, const char *path, const char *text);

#define OK(call) assert_int_equal((call), PORT_OK)
#define FAILS(error, call) assert_int_equal((call), (error))

#endif
