/* tee.c - implements nacre/tee.h: makes an order of a program, and has a kind of TEE run it. */
#include <nacre/tee.h>

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "local/host/local.h"
#include "sgx/host/sgx.h"
#include "port/local/local.h"
#include "port/posix/posix.h"

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

static void put_options(struct order_writer *w, const nacre_tee_program *p) {
#define OPTION(name) order_put_option(w, ORDER_OPTION_##name, p->config.name);
    ORDER_CONFIG(OPTION)
#undef OPTION
#define OPTION(name) order_put_option(w, ORDER_OPTION_##name, p->limits.name);
    ORDER_LIMITS(OPTION)
#undef OPTION
}

static void put_program(struct order_writer *w, const nacre_tee_program *p) {
    put_options(w, p);
    for (size_t i = 0; i < p->arg_count; i++) order_put_text(w, ORDER_ARG, p->args[i]);
    for (size_t i = 0; i < p->env_count; i++) order_put_text(w, ORDER_ENV, p->env[i]);
    for (size_t i = 0; i < p->dir_count; i++) put_dir(w, &p->dirs[i]);
    for (size_t i = 0; i < p->listener_count; i++)
        order_put_text(w, ORDER_LISTENER, p->listeners[i]);
    if (p->stdio) order_put(w, ORDER_STDIO, NULL, 0);
    if (p->image) order_put_text(w, ORDER_IMAGE, LOCAL_IMAGE);
    if (p->public_key) order_put(w, ORDER_KEY, p->public_key, ORDER_KEY_BYTES);
    order_put_module(w, (uint32_t)p->module_size);
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

/* --- The run --- */

static const struct server_kind *const kinds[] = {
    [NACRE_TEE_LOCAL] = &local_kind, [NACRE_TEE_SGX] = &sgx_kind,
    [NACRE_TEE_SGX_HARDWARE] = &sgx_hardware_kind};

static nacre_status carry_out(const struct server_kind *kind, struct server *server,
                              const struct server_order *order, nacre_error *error) {
    struct server_answer answer;
    nacre_error outcome;
    if (!server_ask(server, order, &answer)) return kind->explain(server, error);
    bool is_outcome = outcome_read(answer.bytes, answer.size, &outcome);
    free(answer.bytes);
    if (!is_outcome)
        return error_set(error, NACRE_IO, NACRE_NO_OFFSET, "the core's answer is none");
    if (error && outcome.status != NACRE_OK) *error = outcome;
    return outcome.status;
}

static nacre_status run(const struct server_kind *kind, const nacre_tee_program *p,
                        const struct order_writer *w, nacre_error *error) {
    const struct server_order order = {ORDER_RUN, w, p->module, p->module_size};
    struct server_setup setup = {
        .image = p->image, .files_max = u32_min(p->limits.files, CALLS_FILES_MAX - 64) + 64};
    struct server *server;
    struct served_grant *grants = list_grants(p, &setup.grants);
    if (!grants || w->failed) {
        free(grants);
        return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "what the core is to run");
    }
    nacre_status status = kind->start(&setup, &server, error);
    free(grants);
    if (status != NACRE_OK) return status;
    status = carry_out(kind, server, &order, error);
    kind->end(server);
    return status;
}

nacre_status nacre_tee_run(nacre_tee_kind kind, const nacre_tee_program *program,
                           nacre_error *error) {
    struct order_writer w;
    if ((size_t)kind >= ARRAY_COUNT(kinds))
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "no such kind of TEE");
    if (!program->module || program->module_size == 0 || program->module_size > UINT32_MAX / 2)
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "no module, or too large a one");
    order_begin(&w, port_posix_allocator());
    put_program(&w, program);
    nacre_status status = run(kinds[kind], program, &w, error);
    order_free(&w);
    return status;
}
