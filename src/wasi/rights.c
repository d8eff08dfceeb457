/* rights.c - see rights.h */
#include "wasi/rights.h"

enum {
    FILE = WASI_KIND_FILE,
    DIRECTORY = WASI_KIND_DIRECTORY,
    CHANNEL = WASI_KIND_CHANNEL,
    SOCKET = WASI_KIND_SOCKET,
    LISTENER = WASI_KIND_LISTENER
};

static const struct {
    uint32_t right;
    uint8_t kinds;
    bool reads;
} table[] = {
#define WASI_RIGHT(name, bit, kinds, reads) {RIGHT_##name, kinds, reads},
#include "wasi/rights.def"
#undef WASI_RIGHT
};

uint64_t rights_of_kinds(uint32_t kinds) {
    uint64_t rights = 0;
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        if (table[i].kinds & kinds) rights |= table[i].right;
    }
    return rights;
}

uint64_t rights_reading(void) {
    uint64_t rights = 0;
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        if (table[i].reads) rights |= table[i].right;
    }
    return rights;
}

enum wasi_kind kind_of_type(enum port_file_type type) {
    static const uint8_t kinds[PORT_TYPE_COUNT] = {
        [PORT_TYPE_UNKNOWN] = CHANNEL,     [PORT_TYPE_BLOCK] = FILE,
        [PORT_TYPE_CHARACTER] = CHANNEL,   [PORT_TYPE_DIRECTORY] = DIRECTORY,
        [PORT_TYPE_REGULAR] = FILE,        [PORT_TYPE_DATAGRAM] = SOCKET,
        [PORT_TYPE_STREAM] = SOCKET,       [PORT_TYPE_LINK] = CHANNEL,
    };
    return (enum wasi_kind)(type < PORT_TYPE_COUNT ? kinds[type] : CHANNEL);
}
