/*
 * guest.h - what a core holds for its host, and what it does with it by orders: a store, modules
 * and instances, which the host knows by numbers.
 */
#ifndef CORE_GUEST_H
#define CORE_GUEST_H

#include <nacre/wasi.h>

#include "proto/order.h"

struct guest_module {
    nacre_module *module;
    uint8_t *bytes; /* the order that it came in */
    size_t size;
    bool is_itself; /* nobody's word but the core's is needed for what it does: it is interpreted,
                       baked in, or signed by who is measured with the core */
    bool has_key;   /* its image was signed with this one */
    uint8_t key[ORDER_KEY_BYTES];
};

struct guest {
    struct allocator allocator;
    nacre_engine *engine;
    nacre_store *store;
    nacre_wasi *wasi; /* until the store owns it */
    bool is_open;
    bool is_granted;      /* what was granted is there */
    bool has_volumes;     /* of protected files, which wait for the modules */
    uint8_t *granted;     /* the order that says so */
    size_t granted_size;
    struct guest_module *modules;
    uint32_t module_count, module_capacity;
    nacre_instance **instances;
    uint32_t instance_count, instance_capacity;
};

/* An order being carried out. */
struct guest_order {
    struct guest *guest;
    struct order_parts parts;
    uint8_t *bytes; /* the parts'; NULL: they were taken over */
    size_t size;
    struct order_writer *answer;
    nacre_error *error;
};

void guest_init(struct guest *guest, const struct allocator *allocator);
/* Waits for the guest's threads. */
void guest_deinit(struct guest *guest);

/* Carries out what `bytes` describe. *error tells how that ended, NACRE_OK too, and `answer` gets
 * items then. False: the bytes were taken over. */
bool guest_do(struct guest *guest, enum order_command command, uint8_t *bytes, size_t size,
              struct order_writer *answer, nacre_error *error);

/* --- For guest*.c --- */

nacre_status guest_fail(const struct guest_order *o, nacre_status status, const char *text);
/* ORDER_OPEN (guest_open.c). */
nacre_status guest_open(struct guest_order *o);
/* Before the first instance: all that was granted is there afterwards. */
nacre_status guest_grant(const struct guest_order *o);
/* A volume for the modules that were loaded (guest_volume.c). */
nacre_status guest_add_volume(const struct guest_order *o, const uint8_t *bytes, size_t size);

#endif
