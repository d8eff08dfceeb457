/* order.c - see order.h */
#include "proto/order.h"

/* --- Writing --- */

void order_begin(struct order_writer *w, const struct allocator *allocator) {
    *w = (struct order_writer){.allocator = *allocator};
}

static uint8_t *add(struct order_writer *w, size_t size) {
    uint32_t total;
    if (size > UINT32_MAX || !u32_add(w->size, (uint32_t)size, &total)) w->failed = true;
    if (w->failed || !alloc_reserve(&w->allocator, (void **)&w->bytes, &w->capacity, total, 1)) {
        w->failed = true;
        return NULL;
    }
    uint8_t *at = w->bytes + w->size;
    w->size = total;
    return at;
}

static void add_u32(struct order_writer *w, uint32_t value) {
    uint8_t *at = add(w, sizeof value);
    if (at) store_u32(at, value);
}

void order_put(struct order_writer *w, enum order_item item, const void *bytes, size_t size) {
    add_u32(w, item);
    add_u32(w, (uint32_t)size);
    uint8_t *at = add(w, size);
    if (at && size) memcpy(at, bytes, size);
}

void order_put_text(struct order_writer *w, enum order_item item, const char *text) {
    order_put(w, item, text, strlen(text));
}

void order_put_option(struct order_writer *w, enum order_option option, uint64_t value) {
    uint8_t bytes[12];
    store_u32(bytes, option);
    store_u64(bytes + 4, value);
    order_put(w, ORDER_OPTION, bytes, sizeof bytes);
}

void order_put_module(struct order_writer *w, uint32_t size) {
    add_u32(w, ORDER_MODULE);
    add_u32(w, size);
}

void order_free(struct order_writer *w) {
    alloc_free(&w->allocator, w->bytes, w->capacity, 1);
    w->bytes = NULL;
}

/* --- Reading --- */

bool order_next(struct order_reader *r, struct order_read *read, bool *ok) {
    const size_t left = (size_t)(r->end - r->at);
    *ok = true;
    if (left == 0) return false;
    *ok = left >= 8 && load_u32(r->at) < ORDER_ITEMS && load_u32(r->at + 4) <= left - 8;
    if (!*ok) return false;
    *read = (struct order_read){(enum order_item)load_u32(r->at), r->at + 8, load_u32(r->at + 4)};
    r->at = read->bytes + read->size;
    return true;
}

bool order_read_option(const struct order_read *read, enum order_option *option,
                       uint64_t *value) {
    if (read->size != 12 || load_u32(read->bytes) >= ORDER_OPTIONS) return false;
    *option = (enum order_option)load_u32(read->bytes);
    *value = load_u64(read->bytes + 4);
    return true;
}

/* --- Outcomes ---
 *
 *   0   status | trap | exit code | frames | frames in all | 0    32 bits each
 *   24  offset    64 bits
 *   32  text
 *   ... frames: function | 0, 32 bits each; offset; name
 */

enum { TEXT_AT = 32, FRAMES_AT = TEXT_AT + NACRE_ERROR_TEXT,
       FRAME_BYTES = 16 + NACRE_FRAME_NAME };

uint32_t outcome_write(const nacre_error *error, uint8_t bytes[OUTCOME_BYTES_MAX]) {
    uint32_t count = u32_min(error->frame_count, NACRE_FRAME_COUNT);
    memset(bytes, 0, OUTCOME_BYTES_MAX);
    store_u32(bytes, error->status);
    store_u32(bytes + 4, error->trap);
    store_u32(bytes + 8, (uint32_t)error->exit_code);
    store_u32(bytes + 12, count);
    store_u32(bytes + 16, error->frames_total);
    store_u64(bytes + 24, error->offset);
    memcpy(bytes + TEXT_AT, error->text, NACRE_ERROR_TEXT);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *at = bytes + FRAMES_AT + i * FRAME_BYTES;
        store_u32(at, error->frames[i].function);
        store_u64(at + 8, error->frames[i].offset);
        memcpy(at + 16, error->frames[i].name, NACRE_FRAME_NAME);
    }
    return FRAMES_AT + count * FRAME_BYTES;
}

static bool is_status(uint32_t number) {
    switch (number) {
#define NACRE_STATUS(name, value, text) case value:
#include <nacre/status.def>
#undef NACRE_STATUS
        return true;
    }
    return false;
}

static bool is_trap(uint32_t number) {
    switch (number) {
#define NACRE_TRAP(name, value, text) case value:
#include <nacre/trap.def>
#undef NACRE_TRAP
        return true;
    }
    return false;
}

bool outcome_read(const uint8_t *bytes, size_t size, nacre_error *error) {
    if (size < FRAMES_AT) return false;
    uint32_t count = load_u32(bytes + 12);
    if (count > NACRE_FRAME_COUNT || size != FRAMES_AT + count * FRAME_BYTES) return false;
    if (!is_status(load_u32(bytes)) || !is_trap(load_u32(bytes + 4))) return false;
    *error = (nacre_error){.status = (nacre_status)load_u32(bytes),
                           .trap = (nacre_trap)load_u32(bytes + 4),
                           .exit_code = (int32_t)load_u32(bytes + 8),
                           .offset = load_u64(bytes + 24),
                           .frame_count = count, .frames_total = load_u32(bytes + 16)};
    memcpy(error->text, bytes + TEXT_AT, NACRE_ERROR_TEXT - 1);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *at = bytes + FRAMES_AT + i * FRAME_BYTES;
        error->frames[i].function = load_u32(at);
        error->frames[i].offset = load_u64(at + 8);
        memcpy(error->frames[i].name, at + 16, NACRE_FRAME_NAME - 1);
    }
    return true;
}
