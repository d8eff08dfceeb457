/* program.c - see program.h. The order is from outside: nothing about it is taken for granted. */
#include "core/program.h"

#include <nacre/image.h>
#include <nacre/wasi.h>

#include "base/status.h"
#include "port/default.h"
#include "proto/order.h"

struct program {
    nacre_config config;
    nacre_limits limits;
    nacre_engine *engine;
    nacre_module *module;
    nacre_store *store;
    nacre_wasi *wasi; /* until the store owns it */
    nacre_instance *instance;
    struct order_read bytes, image, key; /* of the module; size 0: none */
    struct allocator allocator;
    nacre_error *error;
};

static nacre_status bad_order(struct program *p, const char *text) {
    return error_set(p->error, NACRE_ARGUMENT, NACRE_NO_OFFSET, text);
}

static nacre_status failed(struct program *p, nacre_status status, const char *text) {
    return error_set(p->error, status, NACRE_NO_OFFSET, text);
}

/* --- Options, before there is an engine --- */

static bool set_option(struct program *p, enum order_option option, uint64_t value) {
    switch (option) {
#define OPTION(name)                                                            \
    case ORDER_OPTION_##name:                                                   \
        p->config.name = (__typeof__(p->config.name))value;                     \
        return p->config.name == value;
        ORDER_CONFIG(OPTION)
#undef OPTION
#define OPTION(name)                                                            \
    case ORDER_OPTION_##name:                                                   \
        p->limits.name = (__typeof__(p->limits.name))value;                     \
        return p->limits.name == value;
        ORDER_LIMITS(OPTION)
#undef OPTION
    default: return false;
    }
}

static nacre_status read_options(struct program *p, struct order_reader r) {
    struct order_read item;
    bool ok;
    while (order_next(&r, &item, &ok)) {
        enum order_option option;
        uint64_t value;
        if (item.item == ORDER_MODULE) p->bytes = item;
        if (item.item == ORDER_IMAGE) p->image = item;
        if (item.item == ORDER_KEY) p->key = item;
        if (item.item != ORDER_OPTION) continue;
        if (!order_read_option(&item, &option, &value) || !set_option(p, option, value))
            return bad_order(p, "an option that there is not");
    }
    if (!ok) return bad_order(p, "an order that ends within an item");
    if (p->key.size && p->key.size != ORDER_KEY_BYTES)
        return bad_order(p, "a key of another size");
    return p->bytes.size ? NACRE_OK : bad_order(p, "an order without a module");
}

/* --- What the guest gets --- */

typedef nacre_status (*use_text)(struct program *p, const char *text, size_t size);

/* Hands over an item's bytes with a NUL behind them. */
static nacre_status with_text(struct program *p, const struct order_read *item, use_text use) {
    const struct allocator *a = &p->allocator;
    char *text = a->resize(a->context, NULL, 0, (size_t)item->size + 1);
    if (!text) return failed(p, NACRE_NO_MEMORY, "an item of the order");
    memcpy(text, item->bytes, item->size);
    text[item->size] = 0;
    nacre_status status = use(p, text, item->size);
    alloc_free(a, text, (size_t)item->size + 1, 1);
    return status;
}

static nacre_status add_arg(struct program *p, const char *text, size_t size) {
    if (strlen(text) != size) return bad_order(p, "an argument with a NUL");
    nacre_status status = nacre_wasi_add_arg(p->wasi, text);
    return status == NACRE_OK ? status : failed(p, status, "an argument of the program");
}

static nacre_status add_env(struct program *p, const char *text, size_t size) {
    if (strlen(text) != size) return bad_order(p, "a variable with a NUL");
    nacre_status status = nacre_wasi_add_env(p->wasi, text);
    return status == NACRE_OK ? status : failed(p, status, "a variable of the environment");
}

static nacre_status add_dir(struct program *p, const char *text, size_t size) {
    if (size < 2 || (uint8_t)text[0] > 1) return bad_order(p, "a directory without its rights");
    const char *host = text + 1, *guest = host + strlen(host) + 1;
    if (guest > text + size || guest + strlen(guest) != text + size)
        return bad_order(p, "a directory without its two names");
    return nacre_wasi_add_dir(p->wasi, host, guest, text[0] == 1, p->error);
}

static nacre_status add_listener(struct program *p, const char *text, size_t size) {
    if (strlen(text) != size) return bad_order(p, "an address with a NUL");
    return nacre_wasi_add_listener(p->wasi, text, p->error);
}

static nacre_status add_stdio(struct program *p, const char *text, size_t size) {
    (void)text;
    (void)size;
    nacre_wasi_inherit_stdio(p->wasi);
    return NACRE_OK;
}

static const use_text uses[ORDER_ITEMS] = {
    [ORDER_ARG] = add_arg, [ORDER_ENV] = add_env, [ORDER_DIR] = add_dir,
    [ORDER_LISTENER] = add_listener, [ORDER_STDIO] = add_stdio,
};

static nacre_status grant(struct program *p, struct order_reader r) {
    struct order_read item;
    bool ok;
    if (nacre_wasi_create(p->engine, &p->wasi) != NACRE_OK)
        return failed(p, NACRE_NO_MEMORY, "WASI");
    while (order_next(&r, &item, &ok))
        if (uses[item.item]) TRY(with_text(p, &item, uses[item.item]));
    if (nacre_wasi_attach(p->wasi, p->store) != NACRE_OK)
        return failed(p, NACRE_NO_MEMORY, "WASI");
    p->wasi = NULL;
    return NACRE_OK;
}

/* --- The run --- */

static nacre_status load(struct program *p, const char *image, size_t size) {
    const nacre_image_file file = {.path = image,
                                   .public_key = p->key.size ? p->key.bytes : NULL};
    if (size == 0 || strlen(image) != size) return bad_order(p, "an image without a name");
    return nacre_module_create_compiled(p->engine, p->bytes.bytes, p->bytes.size, &file,
                                        &p->module, p->error);
}

static nacre_status open_all(struct program *p) {
    nacre_status status = nacre_engine_create(&p->config, &p->engine);
    if (status != NACRE_OK) return failed(p, status, "the engine");
    status = nacre_store_create(p->engine, &p->limits, &p->store);
    if (status != NACRE_OK) return failed(p, status, "a store with these limits");
    if (p->image.size) return with_text(p, &p->image, load);
    return nacre_module_create(p->engine, p->bytes.bytes, p->bytes.size, &p->module, p->error);
}

static nacre_status run(struct program *p, struct order_reader r) {
    TRY(read_options(p, r));
    TRY(open_all(p));
    TRY(grant(p, r));
    nacre_status status = nacre_store_define_shared(p->store, p->module);
    if (status != NACRE_OK) return failed(p, status, "the shared memory that it imports");
    TRY(nacre_instance_create(p->store, p->module, &p->instance, p->error));
    return nacre_wasi_run(p->store, p->instance, p->error);
}

struct program *program_run(const uint8_t *bytes, size_t size, nacre_error *error) {
    const struct allocator allocator = port_default_allocator();
    struct program *p = ALLOC_NEW(&allocator, struct program);
    if (!p) {
        error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "the program");
        return NULL;
    }
    p->allocator = allocator;
    p->error = error;
    memset(error, 0, sizeof *error);
    error->offset = NACRE_NO_OFFSET;
    nacre_config_init(&p->config);
    nacre_limits_init(&p->limits);
    p->config.spares = 0; /* there is but one run */
    (void)run(p, (struct order_reader){bytes, bytes + size});
    return p;
}

void program_end(struct program *p) {
    if (!p) return;
    const struct allocator allocator = p->allocator;
    nacre_wasi_destroy(p->wasi);
    nacre_store_destroy(p->store);
    nacre_module_destroy(p->module);
    nacre_engine_destroy(p->engine);
    ALLOC_FREE(&allocator, p);
}
