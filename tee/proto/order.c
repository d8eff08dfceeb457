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

void order_put_number(struct order_writer *w, enum order_item item, uint32_t number) {
    uint8_t bytes[4];
    store_u32(bytes, number);
    order_put(w, item, bytes, sizeof bytes);
}

void order_put_option(struct order_writer *w, enum order_option option, uint64_t value) {
    uint8_t bytes[12];
    store_u32(bytes, option);
    store_u64(bytes + 4, value);
    order_put(w, ORDER_OPTION, bytes, sizeof bytes);
}

/* Bytes of a value of this kind; 0: there is no such kind. */
static uint32_t kind_size(uint32_t kind) {
    switch (kind) {
    case NACRE_I64: case NACRE_F64: return 8;
    case NACRE_V128: return 16;
    case NACRE_I32: case NACRE_F32: case NACRE_FUNCREF: case NACRE_EXTERNREF: case NACRE_ANYREF:
    case NACRE_EXNREF: return 4;
    default: return 0;
    }
}

void order_put_value(struct order_writer *w, const nacre_value *value) {
    uint8_t bytes[ORDER_VALUE_BYTES] = {0};
    store_u32(bytes, value->kind);
    memcpy(bytes + 8, &value->of, kind_size(value->kind));
    order_put(w, ORDER_VALUE, bytes, sizeof bytes);
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

enum { ANY_SIZE = UINT32_MAX };
#define BIT(item) (1u << ORDER_##item)
_Static_assert(ORDER_ITEMS <= 32, "a bit for each");

static const uint32_t sizes[ORDER_ITEMS] = {
    [ORDER_MODULE] = ANY_SIZE, [ORDER_IMAGE] = 4, [ORDER_KEY] = ORDER_KEY_BYTES,
    [ORDER_ARG] = ANY_SIZE, [ORDER_ENV] = ANY_SIZE, [ORDER_DIR] = ANY_SIZE,
    [ORDER_VOLUME] = ANY_SIZE,
    [ORDER_LISTENER] = ANY_SIZE, [ORDER_STDIO] = 0, [ORDER_OPTION] = 12, [ORDER_NUMBER] = 4,
    [ORDER_INDEX] = 4, [ORDER_NAME] = ANY_SIZE, [ORDER_VALUE] = ORDER_VALUE_BYTES,
    [ORDER_PARAM] = 4, [ORDER_RESULT] = 4, [ORDER_COMPILED] = 0,
};

/* Which items orders and answers have: these once, those at most once, and others any number. */
struct shape {
    uint32_t once, perhaps, any;
};
static const struct shape order_shapes[ORDER_COMMANDS] = {
    [ORDER_OPEN] = {0, BIT(STDIO), BIT(ARG) | BIT(ENV) | BIT(DIR) | BIT(VOLUME) |
                    BIT(LISTENER) | BIT(OPTION)},
    [ORDER_LOAD] = {BIT(MODULE), BIT(IMAGE) | BIT(KEY), 0},
    [ORDER_SHARE] = {BIT(NUMBER), 0, 0},
    [ORDER_INSTANTIATE] = {BIT(NUMBER), 0, 0},
    [ORDER_REGISTER] = {BIT(NUMBER) | BIT(NAME), 0, 0},
    [ORDER_START] = {BIT(NUMBER), 0, 0},
    [ORDER_EXPORT] = {BIT(NUMBER) | BIT(INDEX), 0, 0},
    [ORDER_INVOKE] = {BIT(NUMBER) | BIT(NAME), 0, BIT(VALUE)},
    [ORDER_GLOBAL] = {BIT(NUMBER) | BIT(NAME), 0, 0},
    [ORDER_REFERENT] = {BIT(VALUE), 0, 0},
};
static const struct shape answer_shapes[ORDER_COMMANDS] = {
    [ORDER_LOAD] = {BIT(NUMBER), 0, 0},
    [ORDER_INSTANTIATE] = {BIT(NUMBER), BIT(COMPILED), 0},
    [ORDER_EXPORT] = {BIT(NUMBER) | BIT(NAME), 0, BIT(PARAM) | BIT(RESULT)},
    [ORDER_INVOKE] = {0, 0, BIT(VALUE)},
    [ORDER_GLOBAL] = {BIT(VALUE), 0, 0},
    [ORDER_REFERENT] = {BIT(NUMBER), 0, 0},
};

static bool read_as(const struct shape *shape, const uint8_t *bytes, size_t size,
                    struct order_parts *parts) {
    struct order_reader r = {bytes, bytes + size};
    struct order_read read;
    uint32_t seen = 0;
    bool ok;
    memset(parts, 0, sizeof *parts);
    parts->all = r;
    while (order_next(&r, &read, &ok)) {
        const uint32_t bit = 1u << read.item;
        if (!((shape->once | shape->perhaps | shape->any) & bit)) return false;
        if (sizes[read.item] != ANY_SIZE && sizes[read.item] != read.size) return false;
        if (seen & bit & ~shape->any) return false;
        seen |= bit;
        parts->counts[read.item]++;
        parts->last[read.item] = read;
    }
    return ok && (seen & shape->once) == shape->once;
}

bool order_read_items(enum order_command command, const uint8_t *bytes, size_t size,
                      struct order_parts *parts) {
    return read_as(&order_shapes[command], bytes, size, parts);
}

bool order_read_answer(enum order_command command, const uint8_t *bytes, size_t size,
                       struct order_parts *parts) {
    return read_as(&answer_shapes[command], bytes, size, parts);
}

bool order_has(const struct order_parts *parts, enum order_item item) {
    return parts->counts[item] > 0;
}

bool order_read_option(const struct order_read *read, enum order_option *option,
                       uint64_t *value) {
    if (read->size != 12 || load_u32(read->bytes) >= ORDER_OPTIONS) return false;
    *option = (enum order_option)load_u32(read->bytes);
    *value = load_u64(read->bytes + 4);
    return true;
}

bool order_read_value(const struct order_read *read, nacre_value *value) {
    if (read->size != ORDER_VALUE_BYTES || load_u32(read->bytes + 4) != 0) return false;
    const uint32_t kind = load_u32(read->bytes), size = kind_size(kind);
    if (size == 0) return false;
    for (uint32_t i = 8 + size; i < ORDER_VALUE_BYTES; i++)
        if (read->bytes[i]) return false;
    memset(value, 0, sizeof *value);
    value->kind = (nacre_kind)kind;
    memcpy(&value->of, read->bytes + 8, size);
    return true;
}

bool order_read_kind(const struct order_read *read, nacre_kind *kind) {
    if (read->size != 4 || kind_size(load_u32(read->bytes)) == 0) return false;
    *kind = (nacre_kind)load_u32(read->bytes);
    return true;
}

/* --- Outcomes ---
 *
 *   0   status | trap | exit code | frames | frames in all | 0    32 bits each
 *   24  offset    64 bits
 *   32  text
 *   ... frames: function | 0, 32 bits each; offset; name
 *   ... items of the answer
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

uint32_t outcome_read(const uint8_t *bytes, size_t size, nacre_error *error) {
    if (size < FRAMES_AT) return 0;
    uint32_t count = load_u32(bytes + 12);
    if (count > NACRE_FRAME_COUNT || size < FRAMES_AT + count * FRAME_BYTES) return 0;
    if (!is_status(load_u32(bytes)) || !is_trap(load_u32(bytes + 4))) return 0;
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
    return FRAMES_AT + count * FRAME_BYTES;
}
