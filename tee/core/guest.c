/* guest.c - see guest.h. Orders are from outside: nothing about them is taken for granted. */
#include "core/guest.h"

#include <nacre/image.h>
#include <nacre/object.h>

#include "base/status.h"
#include "port/default.h"

nacre_status guest_fail(const struct guest_order *o, nacre_status status, const char *text) {
    return error_set(o->error, status, NACRE_NO_OFFSET, text);
}

static nacre_status no_memory(const struct guest_order *o) {
    return guest_fail(o, NACRE_NO_MEMORY, "the core is out of memory");
}

/* --- What an order is about --- */

static nacre_status find_module(const struct guest_order *o, nacre_module **module) {
    const uint32_t number = order_number(&o->parts, ORDER_NUMBER);
    if (number >= o->guest->module_count)
        return guest_fail(o, NACRE_ARGUMENT, "no module has this number");
    *module = o->guest->modules[number].module;
    return NACRE_OK;
}

static nacre_status find_instance(const struct guest_order *o, nacre_instance **instance) {
    const uint32_t number = order_number(&o->parts, ORDER_NUMBER);
    if (number >= o->guest->instance_count)
        return guest_fail(o, NACRE_ARGUMENT, "no instance has this number");
    *instance = o->guest->instances[number];
    return NACRE_OK;
}

static nacre_status find_export(const struct guest_order *o, nacre_extern_kind kind,
                                nacre_extern *item) {
    const struct order_read *name = &o->parts.last[ORDER_NAME];
    nacre_instance *instance;
    TRY(find_instance(o, &instance));
    if (nacre_instance_export(instance, (const char *)name->bytes, name->size, item) != NACRE_OK) {
        guest_fail(o, NACRE_NOT_FOUND, "no export ");
        struct text text = error_text(o->error);
        text_add_name(&text, (const char *)name->bytes, name->size);
        return NACRE_NOT_FOUND;
    }
    if (item->kind == kind) return NACRE_OK;
    return guest_fail(o, NACRE_TYPE, kind == NACRE_EXTERN_FUNC ? "the export is no function"
                                                               : "the export is no global");
}

/* --- Modules and instances --- */

/* By the image of that name and number, such as "image7". */
static nacre_status make_compiled(const struct guest_order *o, const char *word, uint32_t number,
                                  const uint8_t *public_key, nacre_module **module,
                                  nacre_error *error) {
    const struct order_read *bytes = &o->parts.last[ORDER_MODULE];
    char name[sizeof PORT_IMAGE_NAME + 10];
    struct text text;
    text_init(&text, name, sizeof name);
    text_add(&text, word);
    text_add_u64(&text, number);
    const nacre_image_file file = {.path = name, .public_key = public_key};
    return nacre_module_create_compiled(o->guest->engine, bytes->bytes, bytes->size, &file, module,
                                        error);
}

/* By the image of this module that is part of the core, if there is one: who measured the core
 * has measured it, and nobody has to sign it. */
static bool make_baked(const struct guest_order *o, nacre_module **module) {
    const struct port_code *code = port_default()->code;
    const uint32_t count = code ? code->baked_count : 0;
    nacre_error unused;
    for (uint32_t i = 0; i < count; i++)
        if (make_compiled(o, PORT_BAKED_NAME, i, NULL, module, &unused) == NACRE_OK) return true;
    return false;
}

/* The core knows whose code it may run; who gives the order may want more. What is sealed is not
 * for code that nobody has signed: it could say to be any module's. */
static nacre_status make_brought(const struct guest_order *o, struct guest_module *made) {
    const struct port_code *code = port_default()->code;
    const uint8_t *wanted = o->parts.last[ORDER_KEY].bytes, *key = code ? code->key : NULL;
    if (code && code->is_closed)
        return guest_fail(o, NACRE_UNSUPPORTED, "this core runs no compiled code but its own");
    if (key && wanted && memcmp(key, wanted, ORDER_KEY_BYTES) != 0)
        return guest_fail(o, NACRE_UNSUPPORTED, "this core runs code of another signer only");
    made->is_itself = key != NULL;
    made->has_key = key || wanted;
    if (!made->has_key && o->guest->has_volumes && port_default()->seal)
        return guest_fail(o, NACRE_UNSUPPORTED, "sealed volumes are for code that is interpreted, "
                                                "baked in or signed");
    if (made->has_key) memcpy(made->key, key ? key : wanted, sizeof made->key);
    return make_compiled(o, PORT_IMAGE_NAME, order_number(&o->parts, ORDER_IMAGE),
                         key ? key : wanted, &made->module, o->error);
}

static nacre_status make_module(const struct guest_order *o, struct guest_module *made) {
    const struct order_read *bytes = &o->parts.last[ORDER_MODULE];
    made->is_itself = true;
    if (make_baked(o, &made->module)) return NACRE_OK;
    if (order_has(&o->parts, ORDER_IMAGE)) return make_brought(o, made);
    return nacre_module_create(o->guest->engine, bytes->bytes, bytes->size, &made->module,
                               o->error);
}

static nacre_status load(struct guest_order *o) {
    struct guest *g = o->guest;
    struct guest_module made = {.bytes = o->bytes, .size = o->size};
    if (g->has_volumes && g->is_granted)
        return guest_fail(o, NACRE_ARGUMENT, "protected files are open for the modules that "
                                             "there are: others are too late");
    if (!alloc_reserve(&g->allocator, (void **)&g->modules, &g->module_capacity,
                       g->module_count + 1, sizeof *g->modules))
        return no_memory(o);
    TRY(make_module(o, &made));
    order_put_number(o->answer, ORDER_NUMBER, g->module_count);
    g->modules[g->module_count++] = made;
    o->bytes = NULL;
    return NACRE_OK;
}

static nacre_status share(struct guest_order *o) {
    nacre_module *module;
    TRY(find_module(o, &module));
    nacre_status status = nacre_store_define_shared(o->guest->store, module);
    if (status == NACRE_OK) return NACRE_OK;
    return guest_fail(o, status, "the shared memory that it imports can't be made");
}

static nacre_status instantiate(struct guest_order *o) {
    struct guest *g = o->guest;
    nacre_module *module;
    nacre_instance *instance;
    TRY(find_module(o, &module));
    TRY(guest_grant(o));
    if (!alloc_reserve(&g->allocator, (void **)&g->instances, &g->instance_capacity,
                       g->instance_count + 1, sizeof(nacre_instance *)))
        return no_memory(o);
    TRY(nacre_instance_create(g->store, module, &instance, o->error));
    order_put_number(o->answer, ORDER_NUMBER, g->instance_count);
    if (nacre_instance_is_compiled(instance)) order_put(o->answer, ORDER_COMPILED, NULL, 0);
    g->instances[g->instance_count++] = instance;
    return NACRE_OK;
}

static nacre_status register_instance(struct guest_order *o) {
    const struct order_read *name = &o->parts.last[ORDER_NAME];
    nacre_instance *instance;
    TRY(find_instance(o, &instance));
    nacre_status status = nacre_store_define_instance(o->guest->store, (const char *)name->bytes,
                                                      name->size, instance);
    return status == NACRE_OK ? status : no_memory(o);
}

static nacre_status start(struct guest_order *o) {
    nacre_instance *instance;
    TRY(find_instance(o, &instance));
    return nacre_wasi_run(o->guest->store, instance, o->error);
}

static void put_kinds(struct order_writer *w, enum order_item item, const nacre_kind *kinds,
                      uint32_t count) {
    for (uint32_t i = 0; i < count; i++) order_put_number(w, item, kinds[i]);
}

static nacre_status describe_export(struct guest_order *o) {
    const uint32_t index = order_number(&o->parts, ORDER_INDEX);
    nacre_instance *instance;
    nacre_item item;
    nacre_externtype type;
    TRY(find_instance(o, &instance));
    const nacre_module *module = nacre_instance_module(instance);
    if (nacre_module_export(module, index, &item) != NACRE_OK ||
        nacre_module_export_type(module, index, &type) != NACRE_OK)
        return guest_fail(o, NACRE_NOT_FOUND, "there are no more exports");
    order_put_number(o->answer, ORDER_NUMBER, item.kind);
    order_put(o->answer, ORDER_NAME, item.name, item.name_size);
    put_kinds(o->answer, ORDER_PARAM, type.func.params, type.func.param_count);
    put_kinds(o->answer, ORDER_RESULT, type.func.results, type.func.result_count);
    return NACRE_OK;
}

/* --- Calls --- */

static bool read_values(const struct guest_order *o, nacre_value *values) {
    struct order_reader r = o->parts.all;
    struct order_read item;
    bool ok;
    while (order_next(&r, &item, &ok))
        if (item.item == ORDER_VALUE && !order_read_value(&item, values++)) return false;
    return true;
}

/* `values` has room for the arguments, and behind them the results. */
static nacre_status call(const struct guest_order *o, nacre_ref func, nacre_value *values,
                         uint32_t result_count) {
    const uint32_t count = o->parts.counts[ORDER_VALUE];
    nacre_value *results = values + count;
    if (!read_values(o, values))
        return guest_fail(o, NACRE_ARGUMENT, "an argument that is no value");
    TRY(nacre_call(o->guest->store, func, values, count, results, result_count, o->error));
    TRY(nacre_wasi_commit(o->guest->store, o->error));
    for (uint32_t i = 0; i < result_count; i++) order_put_value(o->answer, &results[i]);
    return NACRE_OK;
}

static nacre_status invoke(struct guest_order *o) {
    const struct allocator *a = &o->guest->allocator;
    nacre_extern item;
    nacre_functype type;
    uint32_t count;
    TRY(find_export(o, NACRE_EXTERN_FUNC, &item));
    if (nacre_func_type(o->guest->store, item.of.func, &type) != NACRE_OK ||
        !u32_add(o->parts.counts[ORDER_VALUE], type.result_count, &count))
        return guest_fail(o, NACRE_ARGUMENT, "a function without a type");
    nacre_value *values = ALLOC_ARRAY(a, nacre_value, count);
    if (!values) return no_memory(o);
    nacre_status status = call(o, item.of.func, values, type.result_count);
    ALLOC_FREE_ARRAY(a, values, count);
    return status;
}

static nacre_status read_global(struct guest_order *o) {
    nacre_extern item;
    nacre_value value;
    TRY(find_export(o, NACRE_EXTERN_GLOBAL, &item));
    nacre_global_get(item.of.global, &value);
    order_put_value(o->answer, &value);
    return NACRE_OK;
}

static nacre_status referent(struct guest_order *o) {
    nacre_value value;
    if (!read_values(o, &value)) return guest_fail(o, NACRE_ARGUMENT, "what is no value");
    order_put_number(o->answer, ORDER_NUMBER, nacre_ref_referent(o->guest->store, &value));
    return NACRE_OK;
}

/* --- Orders --- */

static nacre_status (*const commands[ORDER_COMMANDS])(struct guest_order *o) = {
    [ORDER_OPEN] = guest_open, [ORDER_LOAD] = load, [ORDER_SHARE] = share,
    [ORDER_INSTANTIATE] = instantiate, [ORDER_REGISTER] = register_instance,
    [ORDER_START] = start, [ORDER_EXPORT] = describe_export, [ORDER_INVOKE] = invoke,
    [ORDER_GLOBAL] = read_global, [ORDER_REFERENT] = referent,
};

bool guest_do(struct guest *guest, enum order_command command, uint8_t *bytes, size_t size,
              struct order_writer *answer, nacre_error *error) {
    struct guest_order o = {.guest = guest, .bytes = bytes, .size = size, .answer = answer,
                            .error = error};
    memset(error, 0, sizeof *error);
    error->offset = NACRE_NO_OFFSET;
    if (!order_read_items(command, bytes, size, &o.parts))
        guest_fail(&o, NACRE_ARGUMENT, "an order with other items than it should have");
    else if (!guest->is_open && command != ORDER_OPEN)
        guest_fail(&o, NACRE_ARGUMENT, "an order before the first one");
    else (void)commands[command](&o);
    return o.bytes;
}

void guest_init(struct guest *guest, const struct allocator *allocator) {
    *guest = (struct guest){.allocator = *allocator};
}

void guest_deinit(struct guest *g) {
    const struct allocator *a = &g->allocator;
    nacre_wasi_destroy(g->wasi);
    nacre_store_destroy(g->store);
    for (uint32_t i = 0; i < g->module_count; i++) {
        nacre_module_destroy(g->modules[i].module);
        alloc_free(a, g->modules[i].bytes, g->modules[i].size, 1);
    }
    nacre_engine_destroy(g->engine);
    alloc_free(a, g->granted, g->granted_size, 1);
    ALLOC_FREE_ARRAY(a, g->modules, g->module_capacity);
    ALLOC_FREE_ARRAY(a, g->instances, g->instance_capacity);
}
