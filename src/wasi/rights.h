/*
 * rights.h - what may be done with a descriptor (witx `rights`).
 *
 * A right of a directory in `rights` is for functions called on the directory, one in
 * `inheriting` is for what is opened through it. Rights can only be given up.
 */
#ifndef WASI_RIGHTS_H
#define WASI_RIGHTS_H

#include "port/files.h"

enum wasi_right {
#define WASI_RIGHT(name, bit, kinds, reads) RIGHT_##name = 1 << (bit),
#include "wasi/rights.def"
#undef WASI_RIGHT
};

/* The kinds of descriptors that rights tell apart. A channel is a pipe, a terminal or another
 * device that is read and written as it comes. */
enum wasi_kind {
    WASI_KIND_FILE = 1,
    WASI_KIND_DIRECTORY = 2,
    WASI_KIND_CHANNEL = 4,
    WASI_KIND_SOCKET = 8,
    WASI_KIND_LISTENER = 16
};

/* All rights that mean something for any of the kinds; and those that change nothing. */
uint64_t rights_of_kinds(uint32_t kinds);
uint64_t rights_reading(void);

enum wasi_kind kind_of_type(enum port_file_type type);

#endif
