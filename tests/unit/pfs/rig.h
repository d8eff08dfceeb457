/* rig.h - a volume in the fake port's memory, and short names for what is done with it. */
#ifndef TESTS_PFS_RIG_H
#define TESTS_PFS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pfs/pfs.h"
#include "port/fake/fake.h"

#define OK(call) assert_int_equal((call), PORT_OK)
#define FAILS(error, call) assert_int_equal((call), (error))

struct rig {
    struct fake *fake;
    struct port port;
    uint8_t key[32];
    struct pfs *pfs;
    uint64_t root; /* its first directory, open */
};

struct rig *rig_new(void);   /* with a new volume, open */
void rig_destroy(struct rig *rig);

nacre_status rig_try_open(struct rig *rig, bool is_read_only, nacre_error *error);
void rig_open(struct rig *rig);
void rig_close(struct rig *rig);
void rig_check(struct rig *rig); /* finds nothing wrong */

uint32_t random_below(uint64_t *state, uint32_t limit);

/* Files of the volume, by names in its first directory. */
uint64_t open_file(struct rig *rig, const char *name, uint32_t how);
void close_file(struct rig *rig, uint64_t file);
size_t write_bytes(struct rig *rig, uint64_t file, uint64_t offset, const void *bytes,
                   size_t size);
size_t read_bytes(struct rig *rig, uint64_t file, uint64_t offset, void *bytes, size_t size);
void put(struct rig *rig, const char *name, const char *text);
void has(struct rig *rig, const char *name, const char *text); /* NULL: there is none */

#endif
