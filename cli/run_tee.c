/* run_tee.c - see run_tee.h */
#include "run_tee.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "grants.h"
#include "report.h"
#include "run_call.h"

/* Lists that the program borrows. */
struct lists {
    nacre_tee_dir *dirs;
    char **hosts; /* to be freed with the directories */
    char **envs;
    const char **args;
};

static int list_dirs(struct tee_run *run, struct lists *lists) {
    size_t count = run->dirs->count;
    lists->dirs = calloc(count + 1, sizeof *lists->dirs);
    lists->hosts = calloc(count + 1, sizeof *lists->hosts);
    if (!lists->dirs || !lists->hosts) return report_no_memory();
    for (size_t i = 0; i < count; i++) {
        struct granted_dir dir;
        if (!granted_dir(run->dirs->items[i], &dir)) return report_no_memory();
        lists->hosts[i] = dir.host;
        lists->dirs[i] = (nacre_tee_dir){dir.host, dir.guest, dir.read_only};
    }
    run->program.dirs = lists->dirs;
    run->program.dir_count = count;
    return -1;
}

static int list_envs(struct tee_run *run, struct lists *lists) {
    lists->envs = calloc(run->envs->count + 1, sizeof *lists->envs);
    if (!lists->envs) return report_no_memory();
    for (size_t i = 0; i < run->envs->count; i++) {
        const char *text = run->envs->items[i];
        switch (granted_env(text, &lists->envs[run->program.env_count])) {
        case GRANTED_BADLY:
            return flags_misused(run->verb, "--env wants NAME or NAME=VALUE, not '%s'", text);
        case GRANTED_NOTHING: break;
        case GRANTED_NO_MEMORY: return report_no_memory();
        case GRANTED: run->program.env_count++; break;
        }
    }
    run->program.env = (const char *const *)lists->envs;
    return -1;
}

static int list_args(struct tee_run *run, struct lists *lists) {
    size_t count = run->args->count;
    lists->args = calloc(count + 1, sizeof *lists->args);
    if (!lists->args) return report_no_memory();
    for (size_t i = 0; i < count; i++) lists->args[i] = run->args->items[i];
    lists->args[0] = run->argv0 ? run->argv0 : granted_name(run->args->items[0]);
    run->program.args = lists->args;
    run->program.arg_count = count;
    run->program.listeners = (const char *const *)run->listeners->items;
    run->program.listener_count = run->listeners->count;
    return -1;
}

static void free_lists(const struct tee_run *run, struct lists *lists) {
    for (size_t i = 0; lists->hosts && i < run->dirs->count; i++) free(lists->hosts[i]);
    for (size_t i = 0; lists->envs && i < run->envs->count; i++) free(lists->envs[i]);
    free(lists->hosts);
    free(lists->dirs);
    free(lists->envs);
    free(lists->args);
}

static const char *const kinds[] = {[NACRE_TEE_LOCAL] = "local", [NACRE_TEE_SGX] = "sgx",
                                    [NACRE_TEE_SGX_HARDWARE] = "sgx-hw"};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static int run_program(struct tee_run *run, nacre_tee_kind kind) {
    const char *path = run->args->items[0];
    nacre_error error;
    char image[NACRE_CACHE_PATH];
    int status = images_locate(run->images, path, run->file, image,
                               &run->program.public_key);
    if (status >= 0) return status;
    run->program.module = run->file->bytes;
    run->program.module_size = run->file->size;
    run->program.image = image[0] ? image : NULL;
    run->program.stdio = true;
    nacre_status done = nacre_tee_run(kind, &run->program, &error);
    if (done == NACRE_OK) return CLI_OK;
    if (done == NACRE_EXIT || done == NACRE_TRAP || done == NACRE_EXCEPTION)
        return call_failed(path, done, &error);
    report_error(path, &error);
    return CLI_FAILED;
}

int tee_run(struct tee_run *run) {
    struct lists lists = {0};
    size_t kind = 0;
    while (kind < KIND_COUNT && strcmp(run->kind, kinds[kind]) != 0) kind++;
    if (kind == KIND_COUNT)
        return flags_misused(run->verb, "--tee wants local, sgx or sgx-hw, not '%s'", run->kind);
    int status = list_dirs(run, &lists);
    if (status < 0) status = list_envs(run, &lists);
    if (status < 0) status = list_args(run, &lists);
    if (status < 0) status = run_program(run, (nacre_tee_kind)kind);
    free_lists(run, &lists);
    return status;
}
