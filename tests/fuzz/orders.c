/*
 * orders.c - orders, and answers, as untrusted bytes. The first byte says which:
 *
 *   even   a core that has a module and an instance of it is given orders: each a command, a size
 *          of 16 bits, and bytes. What it answers must be an answer.
 *   odd    a host asks for all that there is, and gets answers: each a byte, 1 if an outcome that
 *          is NACRE_OK is to stand before it, a size of 16 bits, and bytes
 */
#include "core/guest.h"
#include "port/posix/posix.h"
#include "support/orders.h"

#define MUST(condition) ((condition) ? (void)0 : abort())

struct input {
    const uint8_t *at, *end;
};

static uint8_t next(struct input *in) { return in->at < in->end ? *in->at++ : 0; }

static size_t next_bytes(struct input *in, const uint8_t **bytes) {
    size_t size = next(in);
    size |= (size_t)next(in) << 8;
    const size_t left = (size_t)(in->end - in->at);
    *bytes = in->at;
    if (size > left) size = left;
    in->at += size;
    return size;
}

/* --- Orders --- */

static nacre_status give(struct guest *guest, enum order_command command, const uint8_t *bytes,
                         size_t size) {
    const struct allocator *a = &guest->allocator;
    uint8_t *copy = a->resize(a->context, NULL, 0, size ? size : 1);
    struct order_writer answer;
    struct order_parts parts;
    nacre_error error;
    MUST(copy);
    if (size) memcpy(copy, bytes, size);
    order_begin(&answer, a);
    if (guest_do(guest, command, copy, size, &answer, &error)) alloc_free(a, copy, size, 1);
    if (error.status == NACRE_OK)
        MUST(order_read_answer(command, answer.bytes, answer.size, &parts));
    order_free(&answer);
    return error.status;
}

static void open_guest(struct guest *guest) {
    struct order_writer w;
    order_begin(&w, port_posix_allocator());
    order_put_option(&w, ORDER_OPTION_metering, 1);
    order_put_option(&w, ORDER_OPTION_fuel, 100000);
    order_put_option(&w, ORDER_OPTION_memory_bytes, 1 << 24);
    MUST(give(guest, ORDER_OPEN, w.bytes, w.size) == NACRE_OK);
    order_free(&w);
    order_begin(&w, port_posix_allocator());
    order_put(&w, ORDER_MODULE, orders_library, sizeof orders_library);
    MUST(give(guest, ORDER_LOAD, w.bytes, w.size) == NACRE_OK);
    order_free(&w);
    order_begin(&w, port_posix_allocator());
    order_put_number(&w, ORDER_NUMBER, 0);
    MUST(give(guest, ORDER_INSTANTIATE, w.bytes, w.size) == NACRE_OK);
    order_free(&w);
}

static void give_orders(struct input *in) {
    struct guest guest;
    guest_init(&guest, port_posix_allocator());
    open_guest(&guest);
    while (in->at < in->end) {
        enum order_command command = (enum order_command)(next(in) % ORDER_COMMANDS);
        const uint8_t *bytes;
        size_t size = next_bytes(in, &bytes);
        if (command != ORDER_END) (void)give(&guest, command, bytes, size);
    }
    guest_deinit(&guest);
}

/* --- Answers --- */

static size_t answer(void *env, enum order_command command, uint8_t bytes[FORGED_MAX]) {
    const nacre_error fine = {.offset = NACRE_NO_OFFSET};
    struct input *in = env;
    const uint8_t *from;
    (void)command;
    size_t at = next(in) == 1 ? outcome_write(&fine, bytes) : 0;
    size_t size = next_bytes(in, &from);
    if (size > FORGED_MAX - at) size = FORGED_MAX - at;
    if (size) memcpy(bytes + at, from, size);
    return at + size;
}

static nacre_status call(nacre_tee *tee) {
    const nacre_value args[] = {{.kind = NACRE_I32}, {.kind = NACRE_I32}};
    const nacre_value *results;
    uint32_t count = 0;
    nacre_error error;
    nacre_status status =
        nacre_tee_invoke(tee, 0, "add", 3, args, 2, &results, &count, &error);
    for (uint32_t i = 0; status == NACRE_OK && i < count; i++) MUST(results[i].kind != 0);
    return status;
}

static nacre_status list(nacre_tee *tee) {
    nacre_tee_export item;
    nacre_error error;
    nacre_status status = nacre_tee_get_export(tee, 0, 0, &item, &error);
    if (status != NACRE_OK) return status;
    MUST(item.kind <= NACRE_EXTERN_TAG);
    char *name = malloc(item.name_size + 1); /* a sanitizer looks */
    MUST(name);
    memcpy(name, item.name, item.name_size);
    free(name);
    for (uint32_t i = 0; i < item.type.param_count; i++) MUST(item.type.params[i] != 0);
    for (uint32_t i = 0; i < item.type.result_count; i++) MUST(item.type.results[i] != 0);
    return status;
}

static void ask(struct input *in) {
    nacre_tee_program granted;
    nacre_tee *tee;
    nacre_tee_module module;
    nacre_tee_instance instance;
    nacre_value value;
    nacre_referent referent;
    nacre_error error;
    forger.answer = answer;
    forger.env = in;
    nacre_tee_program_init(&granted);
    if (tee_open(&forger_kind, &granted, NULL, 0, &tee, &error) != NACRE_OK) return;
    while (in->at < in->end) {
        if (nacre_tee_load(tee, orders_user, sizeof orders_user, 3, NULL, &module, &error) ==
                NACRE_IO ||
            nacre_tee_instantiate(tee, 0, &instance, NULL, &error) == NACRE_IO ||
            nacre_tee_register(tee, 0, "m", 1, &error) == NACRE_IO || call(tee) == NACRE_IO ||
            list(tee) == NACRE_IO)
            break;
        if (nacre_tee_global(tee, 0, "g", 1, &value, &error) == NACRE_OK &&
            nacre_tee_referent(tee, &value, &referent, &error) == NACRE_OK)
            MUST(referent <= NACRE_REFERENT_EXCEPTION);
    }
    nacre_tee_close(tee);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, data + size};
    if (next(&in) & 1) ask(&in);
    else give_orders(&in);
    return 0;
}
