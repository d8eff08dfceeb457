/*
 * order.h - what a core is to do, and how that ended, as bytes.
 *
 * An order is a list of items: a tag and a size, 32 bits each, then so many bytes. Text has no NUL
 * at its end.
 */
#ifndef PROTO_ORDER_H
#define PROTO_ORDER_H

#include "base/alloc.h"

/* END has no bytes. RUN: a program with WASI; the answer is an outcome. */
enum order_command { ORDER_END, ORDER_RUN, ORDER_COMMANDS };

#define ORDER_SIZE_MAX UINT32_MAX
enum { ORDER_KEY_BYTES = 32 };

enum order_item {
    ORDER_MODULE,   /* its bytes: the last item, once */
    ORDER_IMAGE,    /* it has an image, which the core finds at this path */
    ORDER_KEY,      /* 32 bytes: who must have signed the image, an Ed25519 public key */
    ORDER_ARG,      /* text */
    ORDER_ENV,      /* text */
    ORDER_DIR,      /* a byte: 1 if for reading only; the host's path, NUL, the guest's name */
    ORDER_LISTENER, /* text */
    ORDER_STDIO,    /* the guest has the host's streams */
    ORDER_OPTION,   /* 32 bits: enum order_option; 64 bits: its value */
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

/* --- Writing, by the host --- */

struct order_writer {
    struct allocator allocator;
    uint8_t *bytes;
    uint32_t size, capacity;
    bool failed; /* for lack of memory */
};

void order_begin(struct order_writer *w, const struct allocator *allocator);
void order_put(struct order_writer *w, enum order_item item, const void *bytes, size_t size);
void order_put_text(struct order_writer *w, enum order_item item, const char *text);
void order_put_option(struct order_writer *w, enum order_option option, uint64_t value);
/* The begin of the module, whose bytes follow elsewhere. */
void order_put_module(struct order_writer *w, uint32_t size);
void order_free(struct order_writer *w);

/* --- Reading, by the core --- */

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
/* False: it is none. */
bool order_read_option(const struct order_read *read, enum order_option *option, uint64_t *value);

/* --- An outcome: how a run ended. Of a nacre_error, all but the frames' instances. --- */

enum { OUTCOME_BYTES_MAX = 40 + NACRE_ERROR_TEXT + NACRE_FRAME_COUNT * (16 + NACRE_FRAME_NAME) };

/* Returns how many bytes were written. */
uint32_t outcome_write(const nacre_error *error, uint8_t bytes[OUTCOME_BYTES_MAX]);
/* False, and *error untouched: it is none. */
bool outcome_read(const uint8_t *bytes, size_t size, nacre_error *error);

#endif
