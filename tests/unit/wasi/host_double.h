/* host_double.h - a stand-in for the engine behind exec/host.h: one memory, one store that only
 * keeps definitions. */
#ifndef TESTS_UNIT_WASI_HOST_DOUBLE_H
#define TESTS_UNIT_WASI_HOST_DOUBLE_H

#include "exec/host.h"

struct memory {
    uint8_t *bytes;
    uint64_t size;
};

enum {
    DOUBLE_DEFINITIONS_MAX = 64,
    PREVIEW1_FUNCTIONS = 46,
    WASI_FUNCTIONS = PREVIEW1_FUNCTIONS + 1 /* thread-spawn */
};

struct store {
    struct {
        const char *module, *name, *params, *results;
        host_function function;
        void *env;
    } definitions[DOUBLE_DEFINITIONS_MAX];
    uint32_t count;
    uint32_t room; /* definitions and owned things that still fit: 0 makes the next fail */
    void *owned;
    void (*release)(void *owned);
};

void double_store_init(struct store *store);
void double_store_deinit(struct store *store);

/* The index of a definition; fails the test when there is none. */
uint32_t double_find(const struct store *store, const char *name);

#endif
