/*
 * order.h - what a core is to do, and what it answers, as bytes.
 *
 * An order is a list of items: a tag and a size, 32 bits each, then so many bytes. An answer is an
 * outcome, and behind it, where that is NACRE_OK, items. Text has no NUL at its end.
 */
#ifndef PROTO_ORDER_H
#define PROTO_ORDER_H

#include <nacre/value.h>

#include "base/alloc.h"

/* Modules and instances are known by numbers that the core gave for them. */
enum order_command {
    ORDER_END,         /* there are no more orders */
    ORDER_OPEN,        /* first, once: a store, and WASI with what is granted */
    ORDER_LOAD,        /* a module */
    ORDER_SHARE,       /* the shared memories that a module imports and nobody defined */
    ORDER_INSTANTIATE, /* a module, linked with what was registered */
    ORDER_REGISTER,    /* an instance's exports, for imports from this name */
    ORDER_START,       /* runs an instance as a program */
    ORDER_EXPORT,      /* says what an instance's export is, by its index in the module */
    ORDER_INVOKE,      /* calls a function that an instance exports */
    ORDER_GLOBAL,      /* reads a global that an instance exports */
    ORDER_REFERENT,    /* says what a reference refers to */
    ORDER_COMMANDS
};

#define ORDER_SIZE_MAX UINT32_MAX
enum { ORDER_KEY_BYTES = 32, ORDER_VALUE_BYTES = 24 };

enum order_item {
    ORDER_MODULE,   /* its bytes: the last item, once */
    ORDER_IMAGE,    /* 32 bits: it has this image of those that the core was started with */
    ORDER_KEY,      /* 32 bytes: who must have signed the image, an Ed25519 public key */
    ORDER_ARG,      /* text */
    ORDER_ENV,      /* text */
    ORDER_DIR,      /* a byte: 1 if for reading only; the host's path, NUL, the guest's name */
    ORDER_VOLUME,   /* protected files: see struct order_volume */
    ORDER_LISTENER, /* text */
    ORDER_STDIO,    /* the guest has the host's streams */
    ORDER_OPTION,   /* 32 bits: enum order_option; 64 bits: its value */
    ORDER_NUMBER,   /* 32 bits: which module or instance; of an answer also what was asked */
    ORDER_INDEX,    /* 32 bits */
    ORDER_NAME,     /* text, which may hold NULs */
    ORDER_VALUE,    /* 32 bits: nacre_kind; 32 bits: 0; 16 bytes: the value, behind it 0 */
    ORDER_PARAM,    /* 32 bits: nacre_kind */
    ORDER_RESULT,   /* 32 bits: nacre_kind */
    ORDER_COMPILED, /* the instance runs compiled code */
    ORDER_ITEMS
};

/* Of nacre_config and nacre_limits; the names are those of their members. */
#define ORDER_CONFIG(OPTION) \
    OPTION(metering) OPTION(deterministic) OPTION(features_off) OPTION(gc_stress)
#define ORDER_LIMITS(OPTION)                                                      \
    OPTION(fuel) OPTION(deadline_ms) OPTION(memory_bytes) OPTION(table_elements) \
    OPTION(stack_bytes) OPTION(reserve_bytes) OPTION(instances) OPTION(files) OPTION(threads)

enum order_option {
#define OPTION(name) ORDER_OPTION_##name,
    ORDER_CONFIG(OPTION) ORDER_LIMITS(OPTION)
#undef OPTION
    ORDER_OPTIONS
};

/* --- Writing --- */

struct order_writer {
    struct allocator allocator;
    uint8_t *bytes;
    uint32_t size, capacity;
    bool failed; /* for lack of memory */
};

void order_begin(struct order_writer *w, const struct allocator *allocator);
void order_put(struct order_writer *w, enum order_item item, const void *bytes, size_t size);
void order_put_text(struct order_writer *w, enum order_item item, const char *text);
void order_put_number(struct order_writer *w, enum order_item item, uint32_t number);
void order_put_value(struct order_writer *w, const nacre_value *value);
void order_put_option(struct order_writer *w, enum order_option option, uint64_t value);
/* The begin of the module, whose bytes follow elsewhere. */
void order_put_module(struct order_writer *w, uint32_t size);
void order_free(struct order_writer *w);

/* A volume, in its item: a head, the key's bytes, the host's path, NUL, the guest's name. */
struct order_volume {
    uint8_t read_only, may_create, key_kind, seal_for, seal_to_signer, zero[3];
    uint32_t key_size;
};
_Static_assert(sizeof(struct order_volume) == 12, "without holes");

/* --- Reading --- */

struct order_reader {
    const uint8_t *at, *end;
};

struct order_read {
    enum order_item item;
    const uint8_t *bytes;
    uint32_t size;
};

/* False at the end; and where the bytes are no order, with *ok false. */
bool order_next(struct order_reader *r, struct order_read *read, bool *ok);
/* What bytes hold, once it was checked which items there are, how often and how large. */
struct order_parts {
    struct order_reader all;
    uint32_t counts[ORDER_ITEMS];
    struct order_read last[ORDER_ITEMS]; /* of each, if there is one */
};

/* The items of an order. False: they are not those that such an order has. */
bool order_read_items(enum order_command command, const uint8_t *bytes, size_t size,
                      struct order_parts *parts);
/* The same for the items of its answer. */
bool order_read_answer(enum order_command command, const uint8_t *bytes, size_t size,
                       struct order_parts *parts);

/* Of items that were checked. */
static inline uint32_t order_number(const struct order_parts *parts, enum order_item item) {
    return load_u32(parts->last[item].bytes);
}
bool order_has(const struct order_parts *parts, enum order_item item);
/* False: it is none. */
bool order_read_option(const struct order_read *read, enum order_option *option, uint64_t *value);
bool order_read_value(const struct order_read *read, nacre_value *value);
bool order_read_kind(const struct order_read *read, nacre_kind *kind);

/* --- An outcome: how an order ended. Of a nacre_error, all but the frames' instances. --- */

enum { OUTCOME_BYTES_MAX = 40 + NACRE_ERROR_TEXT + NACRE_FRAME_COUNT * (16 + NACRE_FRAME_NAME) };

/* Returns how many bytes were written. */
uint32_t outcome_write(const nacre_error *error, uint8_t bytes[OUTCOME_BYTES_MAX]);
/* How many bytes it takes of those that begin with it. 0, and *error untouched: it is none. */
uint32_t outcome_read(const uint8_t *bytes, size_t size, nacre_error *error);

#endif
