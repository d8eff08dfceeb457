/* run_tee.c - see run_tee.h */
#include "run_tee.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "grants.h"
#include "report.h"
#include "run_call.h"

/* A module that goes to the core. */
struct sent {
    struct module_file file;
    const uint8_t *key;
    char image[NACRE_CACHE_PATH]; /* "": it is interpreted */
};

/* What the core borrows. */
struct lists {
    nacre_tee_dir *dirs;
    char **hosts; /* to be freed with the directories */
    char **envs;
    const char **args;
    struct sent *modules; /* preloads, then the program */
    const char **images;
    uint32_t image_count;
};

/* A volume: by a key, or sealed, for which a new one says whom it is for. */
static int fill_volume(const struct tee_run *run, nacre_tee_dir *dir) {
    dir->key = run->key;
    if (!dir->key.kind && strcmp(run->kind, "local") == 0)
        return flags_misused(run->verb, "what opens the volume in %s? --key or --passphrase",
                             dir->host);
    if (!dir->key.kind)
        dir->key = (nacre_pfs_key){.kind = NACRE_PFS_SEALED, .seal_to_signer = true};
    dir->kind = run->new_volumes ? NACRE_TEE_NEW_VOLUME : NACRE_TEE_VOLUME;
    if (dir->key.kind == NACRE_PFS_SEALED)
        report_note("what shows that %s is an old copy is a file of this machine, which can turn "
                    "it back", dir->host);
    if (!run->new_volumes) return -1;
    bool is_signer = strcmp(run->new_volumes, "signer") == 0;
    if (!is_signer && strcmp(run->new_volumes, "module") != 0)
        return flags_misused(run->verb, "--new-volumes wants module or signer");
    dir->key.seal_for = is_signer ? NACRE_PFS_SIGNER : NACRE_PFS_MODULE;
    return -1;
}

static int list_dirs(struct tee_run *run, struct lists *lists) {
    size_t count = run->dirs->count;
    lists->dirs = calloc(count + 1, sizeof *lists->dirs);
    lists->hosts = calloc(count + 1, sizeof *lists->hosts);
    if (!lists->dirs || !lists->hosts) return report_no_memory();
    for (size_t i = 0; i < count; i++) {
        struct granted_dir dir;
        if (!granted_dir(run->dirs->items[i], &dir)) return report_no_memory();
        lists->hosts[i] = dir.host;
        lists->dirs[i] = (nacre_tee_dir){
            .host = dir.host, .guest = dir.guest, .read_only = dir.read_only};
        int status = -1;
        if (dir.is_protected || run->is_protected) status = fill_volume(run, &lists->dirs[i]);
        if (status >= 0) return status;
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
    run->program.arg_count = run->invoke ? 1 : count;
    run->program.listeners = (const char *const *)run->listeners->items;
    run->program.listener_count = run->listeners->count;
    return -1;
}

static int list_modules(struct tee_run *run, struct lists *lists) {
    const size_t count = run->preloads->count;
    lists->modules = calloc(count + 1, sizeof *lists->modules);
    lists->images = calloc(count + 1, sizeof *lists->images);
    if (!lists->modules || !lists->images) return report_no_memory();
    for (size_t i = 0; i <= count; i++) {
        struct sent *sent = &lists->modules[i];
        const bool is_program = i == count;
        size_t name_size;
        const char *path = is_program ? run->args->items[0]
                                      : granted_preload(run->preloads->items[i], &name_size);
        if (!path)
            return flags_misused(run->verb, "--preload wants NAME=FILE, not '%s'",
                                 run->preloads->items[i]);
        int status = images_locate(run->images, path, is_program, &sent->file, sent->image,
                                   &sent->key);
        if (status >= 0) return status;
        if (sent->image[0]) lists->images[lists->image_count++] = sent->image;
    }
    return -1;
}

static void free_lists(const struct tee_run *run, struct lists *lists) {
    for (size_t i = 0; lists->hosts && i < run->dirs->count; i++) free(lists->hosts[i]);
    for (size_t i = 0; lists->envs && i < run->envs->count; i++) free(lists->envs[i]);
    for (size_t i = 0; lists->modules && i <= run->preloads->count; i++)
        file_release(&lists->modules[i].file);
    free(lists->hosts);
    free(lists->dirs);
    free(lists->envs);
    free(lists->args);
    free(lists->modules);
    free(lists->images);
}

/* --- The run --- */

/* By the image if there is one. An enclave may be one that takes none: what the cache had is not
 * insisted on. */
static nacre_status load(nacre_tee *tee, const struct sent *sent, uint32_t image, bool insists,
                         nacre_tee_module *module, nacre_error *error) {
    const struct module_file *file = &sent->file;
    nacre_status status =
        nacre_tee_load(tee, file->bytes, file->size, image, sent->key, module, error);
    if (status != NACRE_UNSUPPORTED || image == NACRE_TEE_NO_IMAGE || insists) return status;
    return nacre_tee_load(tee, file->bytes, file->size, NACRE_TEE_NO_IMAGE, NULL, module, error);
}

/* All modules, before any runs: together they are what opens volumes. Returns -1 to go on, else
 * the exit status, as below. */
static int load_all(const struct tee_run *run, const struct lists *lists, nacre_tee *tee,
                    nacre_tee_module *modules) {
    uint32_t image = 0;
    for (size_t i = 0; i <= run->preloads->count; i++) {
        const struct sent *sent = &lists->modules[i];
        const uint32_t which = sent->image[0] ? image++ : NACRE_TEE_NO_IMAGE;
        nacre_error error;
        nacre_status status =
            load(tee, sent, which, images_insist(run->images), &modules[i], &error);
        if (status != NACRE_OK) return call_failed(sent->file.path, status, &error);
    }
    return -1;
}

static int instantiate(nacre_tee *tee, const struct sent *sent, nacre_tee_module module,
                       bool is_program, struct placed *placed) {
    nacre_error error;
    nacre_status status =
        is_program ? nacre_tee_define_shared(tee, module, &error) : NACRE_OK;
    if (status == NACRE_OK)
        status = nacre_tee_instantiate(tee, module, &placed->number, NULL, &error);
    return status == NACRE_OK ? -1 : call_failed(sent->file.path, status, &error);
}

/* Instances of all, each linked with those before; *placed: the last one. */
static int link_all(const struct tee_run *run, const struct lists *lists, struct place *place,
                    struct placed *placed) {
    const size_t count = run->preloads->count;
    nacre_tee_module *modules = calloc(count + 1, sizeof *modules);
    if (!modules) return report_no_memory();
    int status = load_all(run, lists, place->tee, modules);
    for (size_t i = 0; status < 0 && i <= count; i++) {
        const struct sent *sent = &lists->modules[i];
        status = instantiate(place->tee, sent, modules[i], i == count, placed);
        if (status >= 0 || i == count) break;
        const char *text = run->preloads->items[i];
        size_t name_size;
        (void)granted_preload(text, &name_size);
        status = call_linked(place, placed, sent->file.path, text, name_size);
    }
    free(modules);
    return status;
}

static int run_in(struct tee_run *run, const struct lists *lists, struct place *place) {
    const struct arguments *args = run->args;
    struct placed placed = {0};
    int status = link_all(run, lists, place, &placed);
    if (status >= 0) return status;
    const struct call call = {.place = place, .placed = placed, .path = args->items[0],
                              .args = args->items + 1, .arg_count = args->count - 1};
    return run->invoke ? call_export(&call, run->invoke) : call_program(&call);
}

/* What is wrong is with the core, and not with the module. */
static int report_no_core(const char *kind, const nacre_error *error) {
    char flag[32];
    snprintf(flag, sizeof flag, "--tee %s", kind);
    report(flag, "%s", error->text[0] ? error->text : nacre_status_text(error->status));
    if (error->status == NACRE_MALFORMED)
        report_hint("nacre tee sign makes an enclave that can be started of nacre-enclave.elf");
    if (error->status == NACRE_UNSUPPORTED)
        report_hint("nacre help run has the other kinds, and what each protects");
    return CLI_FAILED;
}

static int open_and_run(struct tee_run *run, const struct lists *lists, nacre_tee_kind kind) {
    struct place place = {0};
    nacre_error error;
    run->program.stdio = true;
    if (nacre_tee_open(kind, &run->program, lists->images, lists->image_count, &place.tee,
                       &error) != NACRE_OK)
        return report_no_core(run->kind, &error);
    int status = run_in(run, lists, &place);
    place_close(&place);
    return status;
}

int tee_run(struct tee_run *run) {
    struct lists lists = {0};
    nacre_tee_kind kind;
    if (!place_kind(run->kind, &kind))
        return flags_misused(run->verb, "--tee wants " PLACE_KINDS ", not '%s'", run->kind);
    if (run->require_sandbox && kind != NACRE_TEE_LOCAL) /* an enclave's host keeps all calls */
        return flags_misused(run->verb, "--require-sandbox goes with no --tee but local");
    place_warn(kind);
    if (kind != NACRE_TEE_LOCAL) images_check_bounds(run->images);
    int status = list_dirs(run, &lists);
    if (status < 0) status = list_envs(run, &lists);
    if (status < 0) status = list_args(run, &lists);
    if (status < 0) status = list_modules(run, &lists);
    if (status < 0) status = open_and_run(run, &lists, kind);
    free_lists(run, &lists);
    return status;
}
