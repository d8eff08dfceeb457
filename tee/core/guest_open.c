/* guest_open.c - a store with the limits, and WASI with the grants, of an order. */
#include "base/status.h"
#include "core/guest.h"

struct settings {
    nacre_config config;
    nacre_limits limits;
};

static nacre_status bad_order(const struct guest_order *o, const char *text) {
    return guest_fail(o, NACRE_ARGUMENT, text);
}

static bool set_option(struct settings *s, enum order_option option, uint64_t value) {
    switch (option) {
#define OPTION(name)                                                            \
    case ORDER_OPTION_##name:                                                   \
        s->config.name = (__typeof__(s->config.name))value;                     \
        return s->config.name == value;
        ORDER_CONFIG(OPTION)
#undef OPTION
#define OPTION(name)                                                            \
    case ORDER_OPTION_##name:                                                   \
        s->limits.name = (__typeof__(s->limits.name))value;                     \
        return s->limits.name == value;
        ORDER_LIMITS(OPTION)
#undef OPTION
    default: return false;
    }
}

static nacre_status read_options(const struct guest_order *o, struct settings *s) {
    struct order_reader r = o->parts.all;
    struct order_read item;
    bool ok;
    while (order_next(&r, &item, &ok)) {
        enum order_option option;
        uint64_t value;
        if (item.item != ORDER_OPTION) continue;
        if (!order_read_option(&item, &option, &value) || !set_option(s, option, value))
            return bad_order(o, "an option that there is not");
    }
    return NACRE_OK;
}

/* --- What the guest gets --- */

typedef nacre_status (*use_text)(const struct guest_order *o, const char *text, size_t size);

/* Hands over an item's bytes with a NUL behind them. */
static nacre_status with_text(const struct guest_order *o, const struct order_read *item,
                              use_text use) {
    const struct allocator *a = &o->guest->allocator;
    char *text = a->resize(a->context, NULL, 0, (size_t)item->size + 1);
    if (!text) return guest_fail(o, NACRE_NO_MEMORY, "an item of the order");
    memcpy(text, item->bytes, item->size);
    text[item->size] = 0;
    nacre_status status = use(o, text, item->size);
    alloc_free(a, text, (size_t)item->size + 1, 1);
    return status;
}

static nacre_status add_arg(const struct guest_order *o, const char *text, size_t size) {
    if (strlen(text) != size) return bad_order(o, "an argument with a NUL");
    nacre_status status = nacre_wasi_add_arg(o->guest->wasi, text);
    return status == NACRE_OK ? status : guest_fail(o, status, "an argument of the program");
}

static nacre_status add_env(const struct guest_order *o, const char *text, size_t size) {
    if (strlen(text) != size) return bad_order(o, "a variable with a NUL");
    nacre_status status = nacre_wasi_add_env(o->guest->wasi, text);
    return status == NACRE_OK ? status : guest_fail(o, status, "a variable of the environment");
}

static nacre_status add_dir(const struct guest_order *o, const char *text, size_t size) {
    if (size < 2 || (uint8_t)text[0] > 1) return bad_order(o, "a directory without its rights");
    const char *host = text + 1, *guest = host + strlen(host) + 1;
    if (guest > text + size || guest + strlen(guest) != text + size)
        return bad_order(o, "a directory without its two names");
    return nacre_wasi_add_dir(o->guest->wasi, host, guest, text[0] == 1, o->error);
}

static nacre_status add_volume(const struct guest_order *o, const char *text, size_t size) {
    return guest_add_volume(o, (const uint8_t *)text, size);
}

static nacre_status add_listener(const struct guest_order *o, const char *text, size_t size) {
    if (strlen(text) != size) return bad_order(o, "an address with a NUL");
    return nacre_wasi_add_listener(o->guest->wasi, text, o->error);
}

static nacre_status add_stdio(const struct guest_order *o, const char *text, size_t size) {
    (void)text;
    (void)size;
    nacre_wasi_inherit_stdio(o->guest->wasi);
    return NACRE_OK;
}

static const use_text uses[ORDER_ITEMS] = {
    [ORDER_ARG] = add_arg, [ORDER_ENV] = add_env, [ORDER_DIR] = add_dir,
    [ORDER_VOLUME] = add_volume,
    [ORDER_LISTENER] = add_listener, [ORDER_STDIO] = add_stdio,
};

/* Before the first instance, in the order in which it was said, as the guest numbers what it is
 * granted. */
nacre_status guest_grant(const struct guest_order *o) {
    struct guest *g = o->guest;
    struct guest_order granted = *o;
    struct order_read item;
    bool ok;
    if (g->is_granted) return NACRE_OK;
    g->is_granted = true;
    if (!order_read_items(ORDER_OPEN, g->granted, g->granted_size, &granted.parts))
        return bad_order(o, "what was granted is gone");
    struct order_reader r = granted.parts.all;
    if (nacre_wasi_create(g->engine, &g->wasi) != NACRE_OK)
        return guest_fail(o, NACRE_NO_MEMORY, "WASI");
    while (order_next(&r, &item, &ok))
        if (uses[item.item]) TRY(with_text(o, &item, uses[item.item]));
    if (nacre_wasi_attach(g->wasi, g->store) != NACRE_OK)
        return guest_fail(o, NACRE_NO_MEMORY, "WASI");
    g->wasi = NULL;
    return NACRE_OK;
}

nacre_status guest_open(struct guest_order *o) {
    struct guest *g = o->guest;
    struct settings settings;
    if (g->engine) return bad_order(o, "it is open");
    nacre_config_init(&settings.config);
    nacre_limits_init(&settings.limits);
    settings.config.spares = 0; /* there is but one store */
    TRY(read_options(o, &settings));
    nacre_status status = nacre_engine_create(&settings.config, &g->engine);
    if (status != NACRE_OK) return guest_fail(o, status, "the engine");
    status = nacre_store_create(g->engine, &settings.limits, &g->store);
    if (status != NACRE_OK) return guest_fail(o, status, "a store with these limits");
    g->granted = o->bytes;
    g->granted_size = o->size;
    o->bytes = NULL;
    g->has_volumes = order_has(&o->parts, ORDER_VOLUME);
    if (!g->has_volumes) TRY(guest_grant(o));
    g->is_open = true;
    return NACRE_OK;
}
