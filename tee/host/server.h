/*
 * server.h - what serves a core, however it is reached: what it was granted, the order that it is
 * to carry out, and its answer.
 *
 * A server has users: its owner, and threads. A thread may still be at a call when the core is
 * gone, such as one that waits for a key to be pressed: nobody waits for it, and the last user
 * that leaves takes the server with it.
 */
#ifndef HOST_SERVER_H
#define HOST_SERVER_H

#include <pthread.h>

#include "proto/host.h"
#include "proto/order.h"

/* An order, which ends where the module's bytes begin. */
struct server_order {
    enum order_command command;
    const struct order_writer *items;
    const void *module;
    size_t module_size;
};

struct server_answer {
    uint8_t *bytes; /* by malloc; as untrusted as the core */
    size_t size;
};

/* What a core is started with; borrowed for the start. */
struct server_setup {
    struct served_grants grants;
    uint32_t files_max;
    const char *const *images; /* files */
    uint32_t image_count;
};

/* What the parts of a start took: as nacre_tee_times has them. */
struct server_times {
    uint64_t create_ns, measure_ns, init_ns;
};

uint64_t server_now_ns(void); /* of the clock that is never set */

struct server {
    struct served served; /* answers the core's calls */
    struct server_times times;
    /* --- For server.c --- */
    struct served_grant *grants; /* a copy, with its texts: threads may outlive the owner */
    uint32_t grant_count;
    uint32_t users; /* atomic */
    void (*release)(struct server *server);
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    const struct server_order *order; /* NULL: none */
    bool was_taken, has_begun, is_over, is_closed; /* the order; any order; the core; the server */
    struct server_answer answer;
};

/* A kind of TEE: how its cores are reached. */
struct server_kind {
    /* Starts a core that asks for orders. */
    nacre_status (*start)(const struct server_setup *setup, struct server **server,
                          nacre_error *error);
    /* Why one ended without an answer. */
    nacre_status (*explain)(struct server *server, nacre_error *error);
    /* Ends it, whatever it does, and leaves the server. */
    void (*end)(struct server *server);
};

/* With its caller as only user. The last one calls `release`, which frees what the server is part
 * of. False: no memory. */
bool server_init(struct server *s, const struct server_setup *setup,
                 void (*release)(struct server *server));
void server_leave(struct server *s);
/* A thread that is a user: it leaves at its end. No signals of the caller's come to it. */
bool server_start_thread(struct server *s, void *(*run)(void *argument), void *argument);

#define SERVER_NO_LIMIT UINT64_MAX
enum server_end { SERVER_ANSWERED, SERVER_OVER, SERVER_LATE };
/* Has the core carry out an order, and waits for its answer: until the core has ended, or so much
 * time is over. It is to be ended then, as it may still be at that order. One order at a time. */
enum server_end server_ask(struct server *s, const struct server_order *order, uint64_t limit_ms,
                           struct server_answer *answer);
/* Has it taken an order? What it says of its end may be the guest's doing, then. */
bool server_has_begun(struct server *s);

/* No answer is to come: there is no core any more. */
void server_is_over(struct server *s);
/* There are no more orders: who waits for one, or asks later, gets ORDER_END. */
void server_close(struct server *s);
/* Waits until there is no core any more, but not for long. False: there still is. */
bool server_await_end(struct server *s, uint32_t timeout_ms);

#endif
