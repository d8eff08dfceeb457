/*
 * orders.h - for tests of orders: modules, and a kind of TEE whose cores answer what a test wants.
 */
#ifndef TESTS_SUPPORT_ORDERS_H
#define TESTS_SUPPORT_ORDERS_H

#include <stdlib.h>

#include "base/status.h"
#include "host/tee.h"

/* (module
     (global (export "g") i64 (i64.const 7))
     (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
     (func (export "same") (param externref funcref v128) (result externref funcref v128)
       (local.get 0) (local.get 1) (local.get 2))
     (func $boom (export "boom") unreachable)
     (elem declare func $boom)
     (func (export "func") (result funcref) (ref.func $boom))) */
static const uint8_t orders_library[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x17, 0x04, 0x60, 0x02, 0x7f, 0x7f,
    0x01, 0x7f, 0x60, 0x03, 0x6f, 0x70, 0x7b, 0x03, 0x6f, 0x70, 0x7b, 0x60, 0x00, 0x00, 0x60,
    0x00, 0x01, 0x70, 0x03, 0x05, 0x04, 0x00, 0x01, 0x02, 0x03, 0x06, 0x06, 0x01, 0x7e, 0x00,
    0x42, 0x07, 0x0b, 0x07, 0x20, 0x05, 0x01, 0x67, 0x03, 0x00, 0x03, 0x61, 0x64, 0x64, 0x00,
    0x00, 0x04, 0x73, 0x61, 0x6d, 0x65, 0x00, 0x01, 0x04, 0x62, 0x6f, 0x6f, 0x6d, 0x00, 0x02,
    0x04, 0x66, 0x75, 0x6e, 0x63, 0x00, 0x03, 0x09, 0x05, 0x01, 0x03, 0x00, 0x01, 0x02, 0x0a,
    0x1b, 0x04, 0x07, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6a, 0x0b, 0x08, 0x00, 0x20, 0x00, 0x20,
    0x01, 0x20, 0x02, 0x0b, 0x03, 0x00, 0x00, 0x0b, 0x04, 0x00, 0xd2, 0x02, 0x0b,
};

/* (module (import "m" "add" (func $add (param i32 i32) (result i32)))
     (func (export "twice") (param i32) (result i32) (call $add (local.get 0) (local.get 0)))) */
static const uint8_t orders_user[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0c, 0x02, 0x60, 0x02, 0x7f, 0x7f,
    0x01, 0x7f, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x02, 0x09, 0x01, 0x01, 0x6d, 0x03, 0x61, 0x64,
    0x64, 0x00, 0x00, 0x03, 0x02, 0x01, 0x01, 0x07, 0x09, 0x01, 0x05, 0x74, 0x77, 0x69, 0x63,
    0x65, 0x00, 0x01, 0x0a, 0x0a, 0x01, 0x08, 0x00, 0x20, 0x00, 0x20, 0x00, 0x10, 0x00, 0x0b,
};

enum { FORGED_MAX = 8192 };

/* What the next cores answer: so many bytes; 0: they end. */
static struct forger {
    size_t (*answer)(void *env, enum order_command command, uint8_t bytes[FORGED_MAX]);
    void *env;
} forger;

static inline void *forge(void *argument) {
    struct server *s = argument;
    const struct served_orders *orders = s->served.orders;
    enum order_command command;
    uint64_t order_size;
    size_t size = 1, sent;
    while (size && orders->next(s, &command, &order_size) == PORT_OK && command != ORDER_END) {
        uint8_t bytes[FORGED_MAX];
        size = forger.answer(forger.env, command, bytes);
        const struct port_span answer = {bytes, size};
        if (size && orders->answer(s, &answer, 1, &sent) != PORT_OK) abort();
    }
    server_is_over(s);
    server_leave(s);
    return NULL;
}

static inline void forger_release(struct server *s) { free(s); }

static inline nacre_status forger_start(const struct server_setup *setup, struct server **server,
                                        nacre_error *error) {
    struct server *s = calloc(1, sizeof *s);
    (void)error;
    if (!s || !server_init(s, setup, forger_release)) abort();
    if (!server_start_thread(s, forge, s)) abort();
    *server = s;
    return NACRE_OK;
}

static inline nacre_status forger_explain(struct server *server, nacre_error *error) {
    (void)server;
    return error_set(error, NACRE_IO, NACRE_NO_OFFSET, "it is gone");
}

static inline void forger_end(struct server *server) {
    server_close(server);
    server_leave(server);
}

static const struct server_kind forger_kind = {forger_start, forger_explain, forger_end};

#endif
