/* tee.c - implements nacre/tee.h: makes an order of a program, and has a kind of TEE run it. */
#include <nacre/tee.h>

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "local/host/local.h"
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

/* From outside: the deadline is one of calls, of which there are two (a start function and what is
 * run), and the core takes time to start and to load: 5 seconds, and one more for each MiB. */
static uint64_t limit_ms(const nacre_tee_program *p) {
    const uint64_t grace_ms = 5000 + p->module_size / 1024, deadline_ms = p->limits.deadline_ms;
    return deadline_ms < UINT64_MAX / 4 ? 2 * deadline_ms + grace_ms : UINT64_MAX;
}

static nacre_status run(const nacre_tee_program *p, struct order_writer *w, nacre_error *error) {
    struct local_job job = {.order = w, .module = p->module, .module_size = p->module_size,
                            .image = p->image, .limit_ms = limit_ms(p),
                            .files_max = u32_min(p->limits.files, CALLS_FILES_MAX - 64) + 64};
    struct served_grant *grants = list_grants(p, &job.grants);
    if (!grants || w->failed) {
        free(grants);
        return error_set(error, NACRE_NO_MEMORY, NACRE_NO_OFFSET, "what the core is to run");
    }
    nacre_status status = local_run(&job, error);
    free(grants);
    return status;
}

nacre_status nacre_tee_run(nacre_tee_kind kind, const nacre_tee_program *program,
                           nacre_error *error) {
    struct order_writer w;
    if (kind != NACRE_TEE_LOCAL)
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "no such kind of TEE");
    if (!program->module || program->module_size == 0 || program->module_size > UINT32_MAX / 2)
        return error_set(error, NACRE_ARGUMENT, NACRE_NO_OFFSET, "no module, or too large a one");
    order_begin(&w, port_posix_allocator());
    put_program(&w, program);
    nacre_status status = run(program, &w, error);
    order_free(&w);
    return status;
}
