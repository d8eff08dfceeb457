/*
 * tee.c - implements nacre/tee.h: makes orders of what is asked, has a core carry them out, and
 * looks at its answers, which are no more trusted than what the core runs.
 */
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "host/tee.h"
#include "local/host/local.h"
#include "port/posix/posix.h"
#include "sgx/host/sgx.h"

bool nacre_tee_is_there(nacre_tee_kind kind) {
    return kind == NACRE_TEE_LOCAL || (kind != NACRE_TEE_SGX_SIMULATED && sgx_is_there());
}

void nacre_tee_program_init(nacre_tee_program *program) {
    *program = (nacre_tee_program){0};
    nacre_config_init(&program->config);
    nacre_limits_init(&program->limits);
}

static void put_dir(struct order_writer *w, const nacre_tee_dir *dir) {
    size_t host = strlen(dir->host), guest = strlen(dir->guest), size = host + guest + 2;
    char *bytes = malloc(size);
    if (!bytes) {
        w->failed = true;
        return;
    }
    bytes[0] = dir->read_only ? 1 : 0;
    memcpy(bytes + 1, dir->host, host + 1);
    memcpy(bytes + 2 + host, dir->guest, guest);
    order_put(w, ORDER_DIR, bytes, size);
    free(bytes);
}

static void put_volume(struct order_writer *w, const nacre_tee_dir *dir) {
    const struct order_volume head = {.read_only = dir->read_only,
                                      .may_create = dir->kind == NACRE_TEE_NEW_VOLUME,
                                      .key_kind = (uint8_t)dir->key.kind,
                                      .seal_for = (uint8_t)dir->key.seal_for,
                                      .seal_to_signer = dir->key.seal_to_signer,
                                      .key_size = (uint32_t)dir->key.size};
    size_t host = strlen(dir->host), guest = strlen(dir->guest);
    size_t size = sizeof head + dir->key.size + host + 1 + guest;
    uint8_t *bytes = dir->key.size > UINT32_MAX ? NULL : malloc(size), *at = bytes;
    if (!bytes) {
        w->failed = true;
        return;
    }
    memcpy(at, &head, sizeof head);
    at += sizeof head;
    if (dir->key.size) memcpy(at, dir->key.bytes, dir->key.size);
    at += dir->key.size;
    memcpy(at, dir->host, host + 1);
    memcpy(at + host + 1, dir->guest, guest);
    order_put(w, ORDER_VOLUME, bytes, size);
    explicit_bzero(bytes, size);
    free(bytes);
}

static void put_options(struct order_writer *w, const nacre_tee_program *p) {
#define OPTION(name) order_put_option(w, ORDER_OPTION_##name, p->config.name);
    ORDER_CONFIG(OPTION)
#undef OPTION
#define OPTION(name) order_put_option(w, ORDER_OPTION_##name, p->limits.name);
    ORDER_LIMITS(OPTION)
#undef OPTION
}

static void put_granted(struct order_writer *w, const nacre_tee_program *p) {
    put_options(w, p);
    for (size_t i = 0; i < p->arg_count; i++) order_put_text(w, ORDER_ARG, p->args[i]);
    for (size_t i = 0; i < p->env_count; i++) order_put_text(w, ORDER_ENV, p->env[i]);
    for (size_t i = 0; i < p->dir_count; i++)
        p->dirs[i].kind == NACRE_TEE_FILES ? put_dir(w, &p->dirs[i]) : put_volume(w, &p->dirs[i]);
    for (size_t i = 0; i < p->listener_count; i++)
        order_put_text(w, ORDER_LISTENER, p->listeners[i]);
    if (p->stdio) order_put(w, ORDER_STDIO, NULL, 0);
}

/* The grants of a program: its directories, then its listeners. */
static struct served_grant *list_grants(const nacre_tee_program *p, struct served_grants *grants) {
    struct served_grant *all = calloc(p->dir_count + p->listener_count + 1, sizeof *all);
    if (!all) return NULL;
    for (size_t i = 0; i < p->dir_count; i++)
        all[i] = (struct served_grant){p->dirs[i].host, p->dirs[i].read_only};
    for (size_t i = 0; i < p->listener_count; i++)
        all[p->dir_count + i] = (struct served_grant){p->listeners[i], false};
    *grants = (struct served_grants){
        .dirs = {all, (uint32_t)p->dir_count},
        .listeners = {all + p->dir_count, (uint32_t)p->listener_count},
        .streams = p->stdio ? 7 : 0,
    };
    return all;
}

/* --- Orders --- */

struct nacre_tee {
    const struct server_kind *kind;
    struct server *server; /* NULL: it was late */
    uint64_t deadline_ms;  /* of what is called inside */
    uint64_t given_bytes;  /* modules */
    nacre_tee_times times; /* of its start */
    struct server_answer answer; /* the last one, and its items */
    struct order_parts parts;
    void *list;   /* values or kinds that the caller looks at */
    bool is_lost; /* the core gave what is no answer */
};

static nacre_status no_memory(nacre_error *error) {
    return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "no memory for the core's orders");
}

/* Who answers so does not do what it was made for. */
static nacre_status no_answer(nacre_tee *tee, nacre_error *error) {
    tee->is_lost = true;
    return error_set(error, NACRE_IO, NACRE_NO_OFFSET, "the core's answer is none");
}

/* From outside: an order calls the guest once at most, and has as long as that may take, and 5
 * seconds and another for each MiB of modules. A core keeps to it by itself, unless it was taken
 * over. */
static uint64_t limit_ms(const nacre_tee *tee) {
    const uint64_t grace_ms = 5000 + tee->given_bytes / 1024;
    return tee->deadline_ms < UINT64_MAX / 4 ? tee->deadline_ms + grace_ms : SERVER_NO_LIMIT;
}

static nacre_status too_late(nacre_tee *tee, nacre_error *error) {
    if (tee->server) tee->kind->end(tee->server);
    tee->server = NULL;
    return error_set(error, NACRE_LIMIT, NACRE_NO_OFFSET,
                     "the core did not end when its time was over, and was ended");
}

/* Has an order carried out. Its items are released; tee->parts are those of the answer. */
static nacre_status ask(nacre_tee *tee, enum order_command command, struct order_writer *items,
                        const void *module, size_t module_size, nacre_error *error) {
    const struct server_order order = {command, items, module, module_size};
    nacre_error outcome;
    free(tee->answer.bytes);
    tee->answer = (struct server_answer){0};
    const bool is_ready = !items->failed;
    enum server_end end = SERVER_LATE;
    tee->given_bytes += module_size;
    if (is_ready && !tee->is_lost && tee->server)
        end = server_ask(tee->server, &order, limit_ms(tee), &tee->answer);
    order_free(items);
    if (!is_ready) return no_memory(error);
    if (tee->is_lost) return no_answer(tee, error);
    if (end == SERVER_LATE) return too_late(tee, error);
    if (end == SERVER_OVER) return tee->kind->explain(tee->server, error);
    const struct server_answer *answer = &tee->answer;
    const uint32_t at = outcome_read(answer->bytes, answer->size, &outcome);
    const bool failed = at && outcome.status != NACRE_OK;
    if (at == 0 || (failed && at != answer->size)) return no_answer(tee, error);
    if (failed) {
        if (error) *error = outcome;
        return outcome.status;
    }
    if (!order_read_answer(command, answer->bytes + at, answer->size - at, &tee->parts))
        return no_answer(tee, error);
    return NACRE_OK;
}

static void begin(struct order_writer *items) { order_begin(items, port_posix_allocator()); }

/* About a module or an instance, and perhaps by a name of it. */
static void begin_about(struct order_writer *items, uint32_t number, const char *name,
                        size_t name_size) {
    begin(items);
    order_put_number(items, ORDER_NUMBER, number);
    if (name) order_put(items, ORDER_NAME, name, name_size);
}

/* --- Cores --- */

static const struct server_kind *const kinds[] = {
    [NACRE_TEE_LOCAL] = &local_kind, [NACRE_TEE_SGX] = &sgx_kind,
    [NACRE_TEE_SGX_HARDWARE] = &sgx_hardware_kind,
    [NACRE_TEE_SGX_SIMULATED] = &sgx_simulated_kind};

static nacre_status start(nacre_tee *tee, const nacre_tee_program *granted,
                          const char *const *images, uint32_t image_count, nacre_error *error) {
    struct server_setup setup = {
        .images = images, .image_count = image_count,
        .files_max = u32_min(granted->limits.files, CALLS_FILES_MAX - 64) + 64};
    struct served_grant *grants = list_grants(granted, &setup.grants);
    if (!grants) return no_memory(error);
    nacre_status status = tee->kind->start(&setup, &tee->server, error);
    free(grants);
    return status;
}

static void note_times(nacre_tee *tee) {
    const struct server_times *parts = &tee->server->times;
    tee->times = (nacre_tee_times){
        .open_ns = server_now_ns() - tee->times.open_ns, .create_ns = parts->create_ns,
        .measure_ns = parts->measure_ns, .init_ns = parts->init_ns};
}

nacre_status tee_open(const struct server_kind *kind, const nacre_tee_program *granted,
                      const char *const *images, uint32_t image_count, nacre_tee **opened,
                      nacre_error *error) {
    struct order_writer items;
    nacre_tee *tee = calloc(1, sizeof *tee);
    if (!tee) return no_memory(error);
    tee->kind = kind;
    tee->deadline_ms = granted->limits.deadline_ms;
    tee->times.open_ns = server_now_ns();
    nacre_status status = start(tee, granted, images, image_count, error);
    if (status == NACRE_OK) {
        begin(&items);
        put_granted(&items, granted);
        status = ask(tee, ORDER_OPEN, &items, NULL, 0, error);
    }
    if (status == NACRE_OK) note_times(tee);
    if (status == NACRE_OK) *opened = tee;
    else nacre_tee_close(tee);
    return status;
}

nacre_status nacre_tee_open(nacre_tee_kind kind, const nacre_tee_program *granted,
                            const char *const *images, uint32_t image_count, nacre_tee **tee,
                            nacre_error *error) {
    if ((size_t)kind >= ARRAY_COUNT(kinds))
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "no such kind of TEE");
    return tee_open(kinds[kind], granted, images, image_count, tee, error);
}

nacre_tee_times nacre_tee_get_times(const nacre_tee *tee) { return tee->times; }

void nacre_tee_close(nacre_tee *tee) {
    if (!tee) return;
    if (tee->server) tee->kind->end(tee->server);
    free(tee->answer.bytes);
    free(tee->list);
    free(tee);
}

/* --- Modules and instances --- */

nacre_status nacre_tee_load(nacre_tee *tee, const void *bytes, size_t size, uint32_t image,
                            const uint8_t *public_key, nacre_tee_module *module,
                            nacre_error *error) {
    struct order_writer items;
    if (size > UINT32_MAX / 2)
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "too large a module");
    begin(&items);
    if (image != NACRE_TEE_NO_IMAGE) order_put_number(&items, ORDER_IMAGE, image);
    if (public_key) order_put(&items, ORDER_KEY, public_key, ORDER_KEY_BYTES);
    order_put_module(&items, (uint32_t)size);
    nacre_status status = ask(tee, ORDER_LOAD, &items, bytes, size, error);
    if (status == NACRE_OK) *module = order_number(&tee->parts, ORDER_NUMBER);
    return status;
}

nacre_status nacre_tee_define_shared(nacre_tee *tee, nacre_tee_module module,
                                     nacre_error *error) {
    struct order_writer items;
    begin_about(&items, module, NULL, 0);
    return ask(tee, ORDER_SHARE, &items, NULL, 0, error);
}

nacre_status nacre_tee_instantiate(nacre_tee *tee, nacre_tee_module module,
                                   nacre_tee_instance *instance, bool *is_compiled,
                                   nacre_error *error) {
    struct order_writer items;
    begin_about(&items, module, NULL, 0);
    nacre_status status = ask(tee, ORDER_INSTANTIATE, &items, NULL, 0, error);
    if (status != NACRE_OK) return status;
    *instance = order_number(&tee->parts, ORDER_NUMBER);
    if (is_compiled) *is_compiled = order_has(&tee->parts, ORDER_COMPILED);
    return NACRE_OK;
}

nacre_status nacre_tee_register(nacre_tee *tee, nacre_tee_instance instance, const char *name,
                                size_t name_size, nacre_error *error) {
    struct order_writer items;
    begin_about(&items, instance, name, name_size);
    return ask(tee, ORDER_REGISTER, &items, NULL, 0, error);
}

nacre_status nacre_tee_start(nacre_tee *tee, nacre_tee_instance instance, nacre_error *error) {
    struct order_writer items;
    begin_about(&items, instance, NULL, 0);
    return ask(tee, ORDER_START, &items, NULL, 0, error);
}

/* In place of the last one. */
static void *make_list(nacre_tee *tee, size_t count, size_t size) {
    free(tee->list);
    tee->list = calloc(count + 1, size);
    return tee->list;
}

/* Parameters, and behind them results, whatever the order of the items. */
static bool read_type(nacre_tee *tee, nacre_functype *type) {
    struct order_reader r = tee->parts.all;
    struct order_read item;
    bool ok;
    const uint32_t *counts = tee->parts.counts;
    nacre_kind *kinds_read = tee->list, *params = kinds_read;
    nacre_kind *results = kinds_read + counts[ORDER_PARAM];
    *type = (nacre_functype){counts[ORDER_PARAM], counts[ORDER_RESULT], params, results};
    while (order_next(&r, &item, &ok)) {
        if (item.item == ORDER_PARAM && !order_read_kind(&item, params++)) return false;
        if (item.item == ORDER_RESULT && !order_read_kind(&item, results++)) return false;
    }
    return true;
}

nacre_status nacre_tee_get_export(nacre_tee *tee, nacre_tee_instance instance, uint32_t index,
                                  nacre_tee_export *item, nacre_error *error) {
    struct order_writer items;
    begin_about(&items, instance, NULL, 0);
    order_put_number(&items, ORDER_INDEX, index);
    nacre_status status = ask(tee, ORDER_EXPORT, &items, NULL, 0, error);
    if (status != NACRE_OK) return status;
    const struct order_parts *parts = &tee->parts;
    const struct order_read *name = &parts->last[ORDER_NAME];
    const uint32_t kind = order_number(parts, ORDER_NUMBER);
    size_t count = (size_t)parts->counts[ORDER_PARAM] + parts->counts[ORDER_RESULT];
    if (!make_list(tee, count, sizeof(nacre_kind))) return no_memory(error);
    nacre_tee_export found = {.kind = (nacre_extern_kind)kind, .name = (const char *)name->bytes,
                              .name_size = name->size};
    if (kind > NACRE_EXTERN_TAG || !read_type(tee, &found.type)) return no_answer(tee, error);
    *item = found;
    return NACRE_OK;
}

/* --- Calls --- */

nacre_status nacre_tee_invoke(nacre_tee *tee, nacre_tee_instance instance, const char *name,
                              size_t name_size, const nacre_value *args, uint32_t arg_count,
                              const nacre_value **results, uint32_t *result_count,
                              nacre_error *error) {
    struct order_writer items;
    begin_about(&items, instance, name, name_size);
    for (uint32_t i = 0; i < arg_count; i++) order_put_value(&items, &args[i]);
    nacre_status status = ask(tee, ORDER_INVOKE, &items, NULL, 0, error);
    if (status != NACRE_OK) return status;
    const uint32_t count = tee->parts.counts[ORDER_VALUE];
    nacre_value *values = make_list(tee, count, sizeof *values);
    if (!values) return no_memory(error);
    struct order_reader r = tee->parts.all;
    struct order_read item;
    bool ok;
    for (uint32_t i = 0; order_next(&r, &item, &ok); i++)
        if (!order_read_value(&item, &values[i])) return no_answer(tee, error);
    *results = values;
    *result_count = count;
    return NACRE_OK;
}

nacre_status nacre_tee_global(nacre_tee *tee, nacre_tee_instance instance, const char *name,
                              size_t name_size, nacre_value *value, nacre_error *error) {
    struct order_writer items;
    begin_about(&items, instance, name, name_size);
    nacre_status status = ask(tee, ORDER_GLOBAL, &items, NULL, 0, error);
    if (status != NACRE_OK) return status;
    return order_read_value(&tee->parts.last[ORDER_VALUE], value) ? NACRE_OK
                                                                  : no_answer(tee, error);
}

nacre_status nacre_tee_referent(nacre_tee *tee, const nacre_value *value,
                                nacre_referent *referent, nacre_error *error) {
    struct order_writer items;
    begin(&items);
    order_put_value(&items, value);
    nacre_status status = ask(tee, ORDER_REFERENT, &items, NULL, 0, error);
    if (status != NACRE_OK) return status;
    const uint32_t number = order_number(&tee->parts, ORDER_NUMBER);
    if (number > NACRE_REFERENT_EXCEPTION) return no_answer(tee, error);
    *referent = (nacre_referent)number;
    return NACRE_OK;
}

/* --- A program --- */

static nacre_status run(nacre_tee *tee, const nacre_tee_program *p, nacre_error *error) {
    nacre_tee_module module;
    nacre_tee_instance instance;
    TRY(nacre_tee_load(tee, p->module, p->module_size, p->image ? 0 : NACRE_TEE_NO_IMAGE,
                       p->public_key, &module, error));
    TRY(nacre_tee_define_shared(tee, module, error));
    TRY(nacre_tee_instantiate(tee, module, &instance, NULL, error));
    return nacre_tee_start(tee, instance, error);
}

nacre_status nacre_tee_run(nacre_tee_kind kind, const nacre_tee_program *program,
                           nacre_error *error) {
    nacre_tee *tee;
    if (!program->module || program->module_size == 0)
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "no module");
    TRY(nacre_tee_open(kind, program, &program->image, program->image ? 1 : 0, &tee, error));
    nacre_status status = run(tee, program, error);
    nacre_tee_close(tee);
    return status;
}
